//! chromedriver, spoken to in W3C WebDriver. Its rule: it and its browser end when the test process ends, however that
//! ends. It is asked over HTTP by `ureq`, which the program brings anyway: of WebDriver these tests need a dozen calls,
//! and a client crate (thirtyfour, fantoccini) would bring a second HTTP stack into the cold build.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Once;
use std::time::Duration;

use serde_json::{Value, json};

/// Longer than anything asked of a browser on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);
/// What a page in a picture comes to at most.
const ANSWER_BYTES: u64 = 64 << 20;

/// Ends the driver and the browser whose id it was told when our end of its input is closed: also by kill -9.
const WATCHER: &str = r#"
"$1" --port=0 --log-level=SEVERE &
driver=$! browser=
exec >/dev/null # what the driver says ends with the driver
while read -r line; do browser=$line; done
kill -9 "$driver" 2>/dev/null
[ -n "$browser" ] && kill -9 "$browser" 2>/dev/null
wait
"#;

/// Past the capturing of test output: what was measured or left out is told.
pub fn say(line: &str) {
    drop(writeln!(std::io::stderr(), "[browser] {line}"));
}

/// A running chromedriver with one browser.
pub struct Driver {
    watcher: Child,
    orders: Option<ChildStdin>,
    /// Kept open, so that it may say what it likes.
    _said: BufReader<ChildStdout>,
    base: String,
    agent: ureq::Agent,
    session: String,
}

/// How WebDriver refuses: its code, and what it says of it.
#[derive(Debug)]
#[expect(dead_code, reason = "said by Debug where a test fails")]
pub struct Refusal {
    pub code: String,
    pub message: String,
}

/// The programs of a browser test: the driver and the browser.
fn programs() -> Option<(PathBuf, PathBuf)> {
    let folders: Vec<PathBuf> = std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default();
    let more = ["/usr/bin", "/usr/lib/chromium", "/usr/lib/chromium-browser", "/snap/bin"];
    let folders: Vec<PathBuf> = folders.into_iter().chain(more.map(PathBuf::from)).collect();
    let find = |names: &[&str]| {
        let mut places = names.iter().flat_map(|name| folders.iter().map(move |at| at.join(name)));
        places.find(|place| place.is_file())
    };
    let driver = find(&["chromedriver"])?;
    let browser = find(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"])?;
    Some((driver, browser))
}

impl Driver {
    /// Starts a driver and a headless browser with `arguments`; `None` where either is not installed, which the
    /// run says aloud.
    pub fn start(arguments: &[String]) -> Option<Self> {
        static SAID: Once = Once::new();
        let found = programs();
        SAID.call_once(|| match &found {
            Some((_, browser)) => {
                say(&format!("{}: its tests (browser::…) run", browser.display()));
            }
            None => say(
                "no browser: its tests (browser::…) were NOT run: no chromedriver and Chromium found \
                 (Debian: chromium-driver)",
            ),
        });
        assert!(
            found.is_some() || std::env::var_os("JIESU_TEST_NEEDS_BROWSER").is_none(),
            "JIESU_TEST_NEEDS_BROWSER is set, but there is no chromedriver with its Chromium"
        );
        let (driver, browser) = found?;
        let (watcher, orders, said, port) =
            (0..5).find_map(|_| launch(&driver)).expect("chromedriver starts at one of five tries");
        let base = format!("http://127.0.0.1:{port}");
        let settings = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(PATIENCE))
            .build();
        let agent = settings.new_agent();
        let mut driver = Self { watcher, orders, _said: said, base, agent, session: String::new() };
        driver.begin(&browser.display().to_string(), arguments);
        Some(driver)
    }

    fn begin(&mut self, browser: &str, arguments: &[String]) {
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "unhandledPromptBehavior": "ignore",
            "timeouts": { "script": 120_000, "pageLoad": 120_000 },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
            "goog:chromeOptions": {
                "binary": browser,
                "args": arguments,
                "perfLoggingPrefs": { "enableNetwork": true, "enablePage": false },
            },
        } } });
        let made = self.send("POST", "/session", &wanted).unwrap();
        self.session = made["sessionId"].as_str().expect("a session").to_owned();
        let id = made["capabilities"]["goog:processID"].as_u64().expect("the browser's process");
        writeln!(self.orders.as_mut().unwrap(), "{id}").unwrap();
    }

    /// One call about the session.
    pub fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, Refusal> {
        self.send(method, &format!("/session/{}{path}", self.session), body)
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Result<Value, Refusal> {
        let address = format!("{}{path}", self.base);
        let answer = match method {
            "GET" => self.agent.get(&address).call(),
            "DELETE" => self.agent.delete(&address).call(),
            _ => self.agent.post(&address).send_json(body),
        };
        let gone =
            |error: ureq::Error| Refusal { code: "gone".to_owned(), message: error.to_string() };
        let mut answer = answer.map_err(gone)?;
        let good = answer.status().is_success();
        let body: Value =
            answer.body_mut().with_config().limit(ANSWER_BYTES).read_json().map_err(gone)?;
        if good {
            return Ok(body["value"].clone());
        }
        let text = |name: &str| body["value"][name].as_str().unwrap_or_default().to_owned();
        Err(Refusal { code: text("error"), message: text("message") })
    }

    /// SIGKILL for the browser and its driver: neither runs a further instruction of its own.
    pub fn kill(&mut self) {
        self.orders.take();
        drop(self.watcher.wait());
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if self.orders.is_some() {
            drop(self.ask("DELETE", "", &Value::Null));
        }
        self.kill();
    }
}

/// Starts `driver` and asks where it listens; `None` where it ended at once, as it does where another took the port.
fn launch(driver: &Path) -> Option<(Child, Option<ChildStdin>, BufReader<ChildStdout>, u16)> {
    let mut watcher = Command::new("/bin/sh")
        .args(["-c", WATCHER, "watcher"])
        .arg(driver)
        .process_group(0)
        .env("TZ", "Asia/Shanghai") // what is typed as a local time is the site's
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let orders = watcher.stdin.take();
    let mut said = BufReader::new(watcher.stdout.take().unwrap());
    let Some(port) = port(&mut said) else {
        drop(orders);
        drop(watcher.wait());
        return None;
    };
    Some((watcher, orders, said, port))
}

/// Where it listens, as it says itself.
fn port(said: &mut impl BufRead) -> Option<u16> {
    let mut line = String::new();
    while said.read_line(&mut line).unwrap() > 0 {
        if let Some((_, port)) = line.split_once("successfully on port ") {
            return port.trim().trim_end_matches('.').parse().ok();
        }
        line.clear();
    }
    None
}

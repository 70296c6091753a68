//! A browser as somebody sits before it: what they press, see and wait for. Its rule: nothing waits a fixed time; a
//! condition is asked for until it holds or the test's patience is over, and every key goes through `keys`, which counts.

use std::cell::Cell;
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::driver::Driver;
use super::stage::PASSWORD;

/// How long a condition may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often it is asked.
const PACE: Duration = Duration::from_millis(25);

pub const ALT: char = '\u{E00A}';
pub const TAB: char = '\u{E004}';
pub const ENTER: char = '\u{E007}';

/// How wide the window is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    Desktop,
    Phone,
}

/// What the reader's system asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Light,
    Dark,
}

/// What was pressed so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pressed {
    /// Keys: letters of ASCII, Enter, Alt and the like, each press one.
    pub strokes: u32,
    /// Characters of Chinese, which an input method makes of some strokes of its own.
    pub characters: u32,
}

/// What a stretch of work cost the server.
#[derive(Debug, Clone, Default)]
pub struct Served {
    pub requests: u32,
    /// From the last byte sent to the first byte of the answer, summed up, in milliseconds.
    pub millis: f64,
    /// Addresses of other machines that were asked.
    pub abroad: Vec<String>,
}

/// A browser on a site.
pub struct Tab {
    driver: Driver,
    origin: String,
    pressed: Cell<Pressed>,
}

impl Tab {
    /// Comes through the door as `who` by keys alone and waits for `place`; what was pressed so far is forgotten.
    pub fn log_in(&self, who: &str, place: &str) {
        self.go(place);
        self.until("document.activeElement && document.activeElement.name === 'username'");
        self.keys(&format!("{who}{TAB}{PASSWORD}{ENTER}"));
        self.arrives(place);
        self.pressed();
    }

    /// A browser with the profile in `profile`, on the site at `origin`; `None` where none is installed.
    pub fn open(origin: &str, profile: &Path) -> Option<Self> {
        let mut arguments: Vec<String> = [
            "--headless=new",
            "--hide-scrollbars",
            "--no-first-run",
            "--no-default-browser-check",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-proxy-server",
            "--lang=zh-CN",
            "--window-size=1366,900",
        ]
        .map(str::to_owned)
        .to_vec();
        arguments.push(format!("--user-data-dir={}", profile.display()));
        if is_root() {
            arguments.push("--no-sandbox".to_owned());
        }
        let driver = Driver::start(&arguments)?;
        let tab = Self { driver, origin: origin.to_owned(), pressed: Cell::default() };
        tab.look(Width::Desktop, Scheme::Light);
        Some(tab)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        self.driver
            .ask(method, path, body)
            .unwrap_or_else(|refusal| panic!("{method} {path} on {}: {refusal:?}", self.place()))
    }

    /// Goes to a page of the site, as an address typed or a telephone system's pop would.
    pub fn go(&self, path: &str) {
        self.ask("POST", "/url", &json!({ "url": format!("{}{path}", self.origin) }));
    }

    /// The address shown, without the site's own part.
    pub fn place(&self) -> String {
        let address = self.driver.ask("GET", "/url", &Value::Null).unwrap_or_default();
        let address = address.as_str().unwrap_or_default();
        address.strip_prefix(&self.origin).unwrap_or(address).to_owned()
    }

    /// What `script` returns; it is no script of the page, so no policy of the page's stops it.
    pub fn run(&self, script: &str, arguments: &[Value]) -> Value {
        self.ask("POST", "/execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// What the expression comes to, once it is neither empty nor false.
    pub fn until(&self, expression: &str) -> Value {
        let (since, script) = (Instant::now(), format!("return ({expression});"));
        while since.elapsed() < PATIENCE {
            let found =
                self.driver.ask("POST", "/execute/sync", &json!({ "script": script, "args": [] }));
            if let Ok(value) = found
                && !matches!(value, Value::Null | Value::Bool(false))
                && value != json!("")
                && value != json!(0)
            {
                return value;
            }
            std::thread::sleep(PACE);
        }
        panic!("{expression} never came true on {}: {}", self.place(), self.words());
    }

    /// Waits for a page whose address begins so, loaded with its scripts.
    pub fn arrives(&self, start: &str) {
        let start = serde_json::to_string(start).unwrap();
        self.until(&format!(
            "document.readyState === 'complete' && (location.pathname + location.search).startsWith({start})"
        ));
    }

    /// Does something that loads a page anew, and waits until another document is there.
    pub fn anew(&self, act: impl FnOnce()) {
        self.run("window.before = true;", &[]);
        act();
        self.until("document.readyState === 'complete' && window.before !== true");
    }

    /// What the page says, as it is read.
    pub fn words(&self) -> String {
        let text = self.driver.ask(
            "POST",
            "/execute/sync",
            &json!({ "script": "return document.body ? document.body.innerText : '';", "args": [] }),
        );
        text.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Waits until the page says `words`.
    pub fn says(&self, words: &str) {
        let wanted = serde_json::to_string(words).unwrap();
        self.until(&format!("document.body.innerText.includes({wanted})"));
    }

    // ---- hands ----------------------------------------------------------------------------------

    /// Presses these keys one after the other, whatever has the focus; `ALT` is held for the key behind it.
    pub fn keys(&self, keys: &str) {
        let key = |kind: &str, value: char| json!({ "type": kind, "value": value.to_string() });
        let mut actions = Vec::new();
        let mut pressed = self.pressed.get();
        let mut held = false;
        for one in keys.chars() {
            if one.is_ascii() || ('\u{E000}'..='\u{E05D}').contains(&one) {
                pressed.strokes += 1;
            } else {
                pressed.characters += 1;
            }
            actions.push(key("keyDown", one));
            if one == ALT {
                held = true;
                continue;
            }
            actions.push(key("keyUp", one));
            if held {
                actions.push(key("keyUp", ALT));
                held = false;
            }
        }
        self.pressed.set(pressed);
        self.ask(
            "POST",
            "/actions",
            &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }),
        );
    }

    /// What was pressed since this was last asked.
    pub fn pressed(&self) -> Pressed {
        self.pressed.take()
    }

    fn element(&self, selector: &str) -> String {
        let found =
            self.ask("POST", "/element", &json!({ "using": "css selector", "value": selector }));
        let id = found.as_object().and_then(|it| it.values().next());
        id.and_then(Value::as_str).unwrap_or_else(|| panic!("{selector}: {found}")).to_owned()
    }

    /// Clicks what `selector` finds first.
    pub fn click(&self, selector: &str) {
        let id = self.element(selector);
        self.ask("POST", &format!("/element/{id}/click"), &json!({}));
    }

    /// Types `text` into what `selector` finds first, in place of what stood there.
    pub fn fill(&self, selector: &str, text: &str) {
        let id = self.element(selector);
        self.ask("POST", &format!("/element/{id}/clear"), &json!({}));
        self.ask("POST", &format!("/element/{id}/value"), &json!({ "text": text }));
    }

    /// Chooses the file at `path` in the field that `selector` finds first, as from a phone's album.
    pub fn picks(&self, selector: &str, path: &Path) {
        let id = self.element(selector);
        let text = path.display().to_string();
        self.ask("POST", &format!("/element/{id}/value"), &json!({ "text": text }));
    }

    /// Puts a value into a field of dates, whose own way of typing follows the browser's language.
    pub fn set(&self, selector: &str, value: &str) {
        self.run(
            "const it = document.querySelector(arguments[0]); it.value = arguments[1]; \
             it.dispatchEvent(new Event('input', { bubbles: true }));",
            &[json!(selector), json!(value)],
        );
    }

    // ---- eyes -----------------------------------------------------------------------------------

    /// How wide the window is, and what its reader's system asks for.
    pub fn look(&self, width: Width, scheme: Scheme) {
        let (across, down, mobile) = match width {
            Width::Desktop => (1366, 900, false),
            Width::Phone => (390, 844, true),
        };
        let scheme = if scheme == Scheme::Dark { "dark" } else { "light" };
        self.tell(
            "Emulation.setDeviceMetricsOverride",
            &json!({ "width": across, "height": down, "deviceScaleFactor": 1, "mobile": mobile }),
        );
        self.tell(
            "Emulation.setEmulatedMedia",
            &json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] }),
        );
    }

    /// Tells the browser something that WebDriver has no word for.
    pub fn tell(&self, command: &str, with: &Value) -> Value {
        self.ask("POST", "/goog/cdp/execute", &json!({ "cmd": command, "params": with }))
    }

    /// A picture of the whole page.
    pub fn picture(&self) -> Vec<u8> {
        let taken = self.tell(
            "Page.captureScreenshot",
            &json!({ "format": "png", "captureBeyondViewport": true }),
        );
        STANDARD.decode(taken["data"].as_str().expect("a picture")).unwrap()
    }

    /// The text of a dialog that is open; there should be none.
    pub fn dialog(&self) -> Option<String> {
        let text = self.driver.ask("GET", "/alert/text", &Value::Null).ok()?;
        drop(self.driver.ask("POST", "/alert/dismiss", &json!({})));
        Some(text.as_str().unwrap_or_default().to_owned())
    }

    /// What the browser complained of since this was last asked: scripts that failed, what a policy stopped. An answer
    /// that is a refusal is none.
    pub fn complaints(&self) -> Vec<String> {
        let lines = self.ask("POST", "/se/log", &json!({ "type": "browser" }));
        let lines = lines.as_array().cloned().unwrap_or_default();
        let grave = |line: &Value| line["level"] == "SEVERE" && line["source"] != "network";
        let said = lines.iter().filter(|line| grave(line));
        said.filter_map(|line| line["message"].as_str().map(str::to_owned)).collect()
    }

    /// What was asked of the server since this was last asked, and how long it took.
    pub fn served(&self) -> Served {
        let lines = self.ask("POST", "/se/log", &json!({ "type": "performance" }));
        let mut served = Served::default();
        for line in lines.as_array().into_iter().flatten() {
            let Some(text) = line["message"].as_str() else { continue };
            let event: Value = serde_json::from_str(text).unwrap_or_default();
            let (name, told) = (&event["message"]["method"], &event["message"]["params"]);
            if name == "Network.requestWillBeSent" {
                let address = told["request"]["url"].as_str().unwrap_or_default();
                let far = address.starts_with("http") || address.starts_with("ws");
                if far && !address.starts_with(&self.origin) {
                    served.abroad.push(address.to_owned());
                }
            }
            let answer = &told["response"];
            let own = answer["url"].as_str().is_some_and(|url| url.starts_with(&self.origin));
            if name == "Network.responseReceived" && own && answer["fromDiskCache"] != true {
                let at = |what: &str| answer["timing"][what].as_f64();
                if let (Some(sent), Some(heard)) = (at("sendEnd"), at("receiveHeadersEnd")) {
                    served.requests += 1;
                    served.millis += (heard - sent).max(0.0);
                }
            }
        }
        served
    }

    /// Lets the browser hold this cookie of the site, and no other.
    pub fn holds(&self, cookie: Option<&str>) {
        self.ask("DELETE", "/cookie", &Value::Null);
        if let Some((name, value)) = cookie.and_then(|cookie| cookie.split_once('=')) {
            let cookie = json!({ "name": name, "value": value, "path": "/", "httpOnly": true, "sameSite": "Strict" });
            self.ask("POST", "/cookie", &json!({ "cookie": cookie }));
        }
    }

    /// From now on pages run no script.
    pub fn scripts_off(&self) {
        self.tell("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    }

    /// As when the machine loses its power.
    pub fn kill(mut self) {
        self.driver.kill();
    }
}

/// Chromium's own cage does not work for root.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0)
}

//! The real program as a process of its own, with the small city in its data directory. Its rule: it
//! is started, asked and ended only as an operator and a client could.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::Mutex;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiesu::app::{App, Demo};
use jiesu::config::Config;
use jiesu::time::SystemClock;

use super::databases::Folder;
use super::server::Answer;
use super::{badges, city, tree, watch};

/// Longer than any start on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A data directory and a database, ready to be served.
pub struct Site {
    folder: Folder,
    environment: Vec<(String, String)>,
    tokens: BTreeMap<String, String>,
}

impl Site {
    /// The small city and everyone in it, on `database` or on a SQLite file of its own; `keys` are
    /// further variables of the environment.
    pub fn new(database: Option<&str>, keys: &[(&str, &str)]) -> Self {
        let mut site = Self::bare(database, keys);
        let app = site.app();
        app.db.migrate().unwrap();
        app.db.write(tree::record).unwrap();
        site.tokens = badges::issue(&app, city::people_of_a_server().iter());
        site
    }

    /// A new machine with an empty `database`, to which the people of `other` will come with the badges
    /// that they have there.
    pub fn to_come_back_to(other: &Self, database: Option<&str>, keys: &[(&str, &str)]) -> Self {
        Self { tokens: other.tokens.clone(), ..Self::bare(database, keys) }
    }

    /// Nothing yet: no file, no table.
    fn bare(database: Option<&str>, keys: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let data = folder.path().join("data").display().to_string();
        let mut environment = vec![pair("JIESU_DATA_DIR", &data)];
        environment.extend(database.map(|url| pair("JIESU_DATABASE__URL", url)));
        environment.extend(keys.iter().map(|(name, value)| pair(name, value)));
        Self { folder, environment, tokens: BTreeMap::new() }
    }

    /// The house on this site, for this process. Whoever holds it holds the database open.
    pub fn app(&self) -> App {
        let config = Config::from_environment(self.environment.clone()).unwrap();
        App::with(config, Arc::new(SystemClock), Demo::Off).unwrap()
    }

    /// A folder for the test's own files; the data directory lies in it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The headers by which `who` asks.
    pub fn badge(&self, who: &str) -> String {
        let token = self.tokens.get(who).unwrap_or_else(|| panic!("nobody is called {who}"));
        format!("Bearer {token}")
    }

    /// `jiesu ARGS` on this site, with nothing of our own environment's configuration.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jiesu"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("JIESU_") {
                command.env_remove(name);
            }
        }
        command.args(arguments).current_dir(self.folder.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a subcommand to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().unwrap()
    }

    /// The same with nobody to read what it prints.
    pub fn run_unheard(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        child.wait_with_output().unwrap()
    }

    /// `jiesu serve`, not yet waited for.
    pub fn begin(&self) -> Program {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut child = self
            .command(&["serve"])
            .env("JIESU_LISTEN", port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said: Arc<Mutex<Vec<u8>>> = Arc::default();
        let listeners = vec![
            listen(child.stdout.take().unwrap(), said.clone()),
            listen(child.stderr.take().unwrap(), said.clone()),
        ];
        Program { child, address: port, said, listeners }
    }

    /// `jiesu serve`, ready. Should somebody else take the port in between, it is started again.
    pub fn start(&self) -> Program {
        for _ in 0..5 {
            let mut program = self.begin();
            if program.is_ready_soon(&self.badge("leader")) {
                return program;
            }
            program.kill();
            println!("the program did not come up:\n{}", program.said());
        }
        panic!("the program does not start");
    }
}

/// What a running process says, kept as it comes.
fn listen(mut mouth: impl Read + Send + 'static, said: Arc<Mutex<Vec<u8>>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut part = [0; 8192];
        while let Ok(count @ 1..) = mouth.read(&mut part) {
            said.lock().unwrap().extend_from_slice(&part[..count]);
        }
    })
}

/// A running process; it is killed when the test is over.
pub struct Program {
    child: Child,
    pub address: SocketAddr,
    said: Arc<Mutex<Vec<u8>>>,
    listeners: Vec<JoinHandle<()>>,
}

impl Program {
    /// Whether it answers and knows `badge` (another program on the port would not), within time.
    fn is_ready_soon(&mut self, badge: &str) -> bool {
        let since = Instant::now();
        while since.elapsed() < PATIENCE && matches!(self.child.try_wait(), Ok(None)) {
            let mut line = self.line();
            let ready = line.ask("GET", "/api/v1/health/ready", &[], "");
            if ready.is_ok_and(|answer| answer.status == 200) {
                let me = line.ask("GET", "/api/v1/me", &[("Authorization", badge)], "");
                return me.is_ok_and(|answer| answer.status == 200);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }

    /// SIGKILL: the process runs no further instruction of its own.
    pub fn kill(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        for listener in self.listeners.drain(..) {
            drop(listener.join());
        }
    }

    /// Everything it has said so far, on both of its outputs.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&self.said.lock().unwrap()).into_owned()
    }

    /// The most memory that it ever had, in MiB; as the kernel counts, which looks now and then: where it took pages back
    /// in between, a later answer may be lower.
    pub fn peak_mib(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }

    /// A connection of one client.
    pub fn line(&self) -> Line {
        Line::to(self.address)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
        let said = self.said();
        if std::thread::panicking() {
            // Why a request was answered 500 stands in the log alone.
            said.lines()
                .filter(|line| line.contains("\"ERROR\""))
                .for_each(|line| println!("{line}"));
        }
        watch::heard(&said);
        watch::demand_none();
    }
}

/// A client's connection, kept between requests. Whatever goes wrong ends it; nothing is sent twice.
pub struct Line {
    address: SocketAddr,
    stream: Option<TcpStream>,
}

impl Line {
    pub fn to(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    /// Sends one request and reads the whole answer; an answer that breaks off is an error.
    pub fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> std::io::Result<Answer> {
        watch::sent(body);
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: test\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => dial(self.address)?,
        };
        stream.write_all(head.as_bytes())?;
        let answer = read(&mut stream)?;
        if answer.header("connection") != Some("close") {
            self.stream = Some(stream);
        }
        Ok(answer)
    }
}

fn dial(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// One answer, with a `Content-Length` or, where it is a list that leaves, in chunks.
fn read(stream: &mut TcpStream) -> std::io::Result<Answer> {
    let started = Instant::now();
    let mut bytes = Vec::new();
    let mut part = [0; 16_384];
    let mut whole = None;
    while whole.is_none_or(|length| bytes.len() < length) {
        let count = stream.read(&mut part)?;
        if count == 0 {
            return Err(Error::new(ErrorKind::UnexpectedEof, "the answer breaks off"));
        }
        bytes.extend_from_slice(&part[..count]);
        whole = whole.or_else(|| length_of(&bytes));
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    let (raw_head, head, body) = (head.to_owned(), head.to_lowercase(), body.to_owned());
    Ok(Answer { status, head, raw_head, body, closed_after: started.elapsed() })
}

/// How long a body in chunks is from `at` on, once all of it is there.
fn chunked(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let end = bytes.get(at..)?.windows(2).position(|it| it == b"\r\n")?;
        let length = String::from_utf8_lossy(&bytes[at..at + end]).into_owned();
        let length = usize::from_str_radix(&length, 16).ok()?;
        at += end + 2 + length + 2;
        if length == 0 {
            return (at <= bytes.len()).then_some(at);
        }
    }
}

/// How long the answer is, head and body, once its head is there.
fn length_of(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n")?;
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    if text.contains("transfer-encoding: chunked") {
        return chunked(bytes, head + 4);
    }
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length = length.and_then(|length| length.trim().parse::<usize>().ok()).unwrap_or(0);
    Some(head + 4 + length)
}

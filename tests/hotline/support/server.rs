//! A whole program on a port of its own. Its rule: it is the same server that `jiesu serve` runs.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use jiesu::app::{App, Demo};
use jiesu::config::Config;
use jiesu::time::HandClock;

use super::databases::{Folder, start};
use super::watch;

/// A running server; it stops when the test is over.
pub struct Server {
    pub address: SocketAddr,
    pub app: Arc<App>,
    pub clock: Arc<HandClock>,
    handle: actix_web::dev::ServerHandle,
    thread: Option<std::thread::JoinHandle<()>>,
    _folder: Folder,
}

/// An app in a folder of its own, migrated, with `keys` as the environment's variables.
pub fn app(keys: &[(&str, &str)], demo: Demo) -> (Arc<App>, Arc<HandClock>, Folder) {
    let folder = Folder::new();
    let data = folder.path().display().to_string();
    let mut environment = vec![("JIESU_DATA_DIR".to_owned(), data)];
    environment.extend(keys.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let config = Config::from_environment(environment).unwrap();
    let clock = Arc::new(HandClock::at(start()));
    let app = Arc::new(App::with(config, clock.clone(), demo).unwrap());
    app.db.migrate().unwrap();
    (app, clock, folder)
}

impl Server {
    pub fn start(keys: &[(&str, &str)]) -> Self {
        watch::listen();
        let (app, clock, folder) = app(keys, Demo::On);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, told) = mpsc::channel();
        let served = app.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = jiesu::web::listen(served, listener).unwrap();
                tell.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        let handle = told.recv().unwrap();
        Self { address, app, clock, handle, thread: Some(thread), _folder: folder }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Sends one request with `Connection: close` and reads the whole answer.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        watch::sent(body);
        let mut stream = self.connect();
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        stream.write_all(head.as_bytes()).unwrap();
        Answer::read(&mut stream)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
        watch::demand_none();
    }
}

/// An answer as it came over the socket, and when the socket was closed.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// In small letters, to be looked through.
    pub head: String,
    /// As it came.
    pub raw_head: String,
    pub body: String,
    pub closed_after: Duration,
}

impl Answer {
    /// Reads until the server closes (a reset counts as closed).
    pub fn read(stream: &mut TcpStream) -> Self {
        let started = Instant::now();
        let mut bytes = Vec::new();
        let mut part = [0; 4096];
        loop {
            match stream.read(&mut part) {
                Ok(0) => break,
                Ok(count) => bytes.extend_from_slice(&part[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
                // A process that was stopped and goes on.
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => panic!("the socket stays open: {error}"),
            }
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
        Self {
            status,
            head: head.to_lowercase(),
            raw_head: head.to_owned(),
            body: body.to_owned(),
            closed_after: started.elapsed(),
        }
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

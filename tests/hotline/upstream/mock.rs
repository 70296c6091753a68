//! A city's 12345 platform on a port of its own, with a ledger of its own. Its rule: it fails as it is told to,
//! and what it has written down it never forgets unless it is made to.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};

/// What goes wrong with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Nothing,
    /// It never heard it, and the line is cut.
    Deaf,
    /// It wrote it down, and the answer is lost.
    AnswerLost,
    /// It wrote it down, and says nothing until the other side gives up.
    Silent,
    /// 500, nothing written down.
    Broken,
    /// It asks to come again.
    Busy,
    /// It does not want it.
    Refuses,
}

/// A ticket as the platform has it.
#[derive(Debug, Clone, Default)]
pub struct Theirs {
    pub day: String,
    /// The answer with the highest revision, as it came.
    pub form: Value,
    pub revision: i64,
}

/// What the platform has written down.
#[derive(Default)]
pub struct Ledger {
    pub tickets: BTreeMap<String, Theirs>,
    /// Message id → upstream number and revision.
    pub seen: BTreeMap<String, (String, i64)>,
    /// How often a message came that it had already.
    pub repeats: usize,
    pub requests: usize,
}

type Mood = Box<dyn FnMut() -> Fault + Send>;

pub struct Mock {
    pub address: SocketAddr,
    ledger: Arc<Mutex<Ledger>>,
    mood: Arc<Mutex<Mood>>,
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Mock {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ledger = Arc::new(Mutex::new(Ledger::default()));
        let mood: Arc<Mutex<Mood>> = Arc::new(Mutex::new(Box::new(|| Fault::Nothing)));
        let stop = Arc::new(AtomicBool::new(false));
        let (books, feels, over) = (ledger.clone(), mood.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let fault = feels.lock().unwrap()();
                // Whoever calls may have gone away.
                drop(stream.and_then(|stream| answer(stream, &books, fault)));
            }
        });
        Self { address, ledger, mood, stop, thread: Some(thread) }
    }

    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    /// How the next requests go.
    pub fn feels(&self, mood: impl FnMut() -> Fault + Send + 'static) {
        *self.mood.lock().unwrap() = Box::new(mood);
    }

    /// The next requests go like this, in order, and all after them well.
    pub fn fails(&self, faults: &[Fault]) {
        let mut faults = faults.to_vec();
        faults.reverse();
        self.feels(move || faults.pop().unwrap_or(Fault::Nothing));
    }

    /// It knows a ticket that it has sent to us.
    pub fn knows(&self, no: &str, day: &str) {
        let ticket = Theirs { day: day.to_owned(), form: Value::Null, revision: 0 };
        self.ledger().tickets.insert(no.to_owned(), ticket);
    }

    /// The configuration that leads to it.
    pub fn keys(&self) -> Vec<(String, String)> {
        let at = |path: &str| format!("http://{}{path}", self.address);
        [
            ("JIESU_UPSTREAM__URL", at("/take")),
            ("JIESU_UPSTREAM__STATUS_URL", at("/status/{id}")),
            ("JIESU_UPSTREAM__LIST_URL", at("/list/{day}/{page}")),
            ("JIESU_UPSTREAM__TOKEN", "for-the-mock".to_owned()),
            ("JIESU_UPSTREAM__TIMEOUT_MS", "400".to_owned()),
            ("JIESU_OUTWARD__ALLOW", "127.0.0.1".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn answer(mut stream: TcpStream, ledger: &Mutex<Ledger>, fault: Fault) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let (head, body) = read(&mut stream)?;
    let mut words = head.split(' ');
    let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or("").to_owned());
    assert!(head.to_lowercase().contains("authorization: bearer for-the-mock"), "{head}");
    let mut ledger = ledger.lock().unwrap();
    ledger.requests += 1;
    match fault {
        Fault::Deaf => return Ok(()),
        Fault::Broken => return write(&mut stream, 500, &json!({})),
        Fault::Busy => return write(&mut stream, 503, &json!({ "code": "busy" })),
        Fault::Refuses => return write(&mut stream, 422, &json!({ "code": "not_wanted" })),
        Fault::Nothing | Fault::AnswerLost | Fault::Silent => {}
    }
    let (status, said) = match (method, path.trim_start_matches('/').split('/').next()) {
        ("POST", Some("take")) => take(&mut ledger, &serde_json::from_slice(&body)?),
        ("GET", Some("status")) => status(&ledger, path.trim_start_matches("/status/")),
        ("GET", Some("list")) => list(&ledger, path.trim_start_matches("/list/")),
        _ => (404, json!({})),
    };
    drop(ledger);
    match fault {
        Fault::AnswerLost => Ok(()),
        Fault::Silent => stream.read(&mut [0]).map(drop),
        _ => write(&mut stream, status, &said),
    }
}

fn take(ledger: &mut Ledger, form: &Value) -> (u16, Value) {
    let text = |name: &str| form[name].as_str().unwrap_or_default().to_owned();
    let (id, no) = (text("message_id"), text("upstream_no"));
    let revision = form["revision"].as_i64().unwrap_or_default();
    if ledger.seen.contains_key(&id) {
        ledger.repeats += 1;
        return (409, json!({ "code": "repeated" }));
    }
    let Some(ticket) = ledger.tickets.get_mut(&no) else {
        return (422, json!({ "code": "no_such_ticket" }));
    };
    if revision > ticket.revision {
        ticket.revision = revision;
        ticket.form = form.clone();
    }
    ledger.seen.insert(id, (no, revision));
    (200, json!({ "code": "accepted" }))
}

fn status(ledger: &Ledger, id: &str) -> (u16, Value) {
    if ledger.seen.contains_key(id) {
        (200, json!({ "code": "accepted" }))
    } else {
        (404, json!({ "code": "unknown" }))
    }
}

/// Ten to a page.
fn list(ledger: &Ledger, path: &str) -> (u16, Value) {
    let (day, page) = path.split_once('/').unwrap_or((path, "1"));
    let page: usize = page.parse().unwrap_or(1);
    let items: Vec<Value> = ledger
        .tickets
        .iter()
        .filter(|(_, ticket)| ticket.day == day)
        .skip((page - 1) * 10)
        .take(10)
        .map(|(no, ticket)| {
            json!({
                "upstream_no": no, "revision": ticket.revision,
                "stage": ticket.form.get("stage").cloned().unwrap_or_default(),
            })
        })
        .collect();
    (200, json!({ "items": items }))
}

fn read(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..at]).into_owned();
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok())
                .unwrap_or(0_usize);
            let mut body = bytes.split_off(at + 4);
            while body.len() < length {
                let count = stream.read(&mut part)?;
                body.extend_from_slice(&part[..count]);
            }
            return Ok((head, body));
        }
        match stream.read(&mut part)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => bytes.extend_from_slice(&part[..count]),
        }
    }
}

fn write(stream: &mut TcpStream, status: u16, body: &Value) -> std::io::Result<()> {
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())
}

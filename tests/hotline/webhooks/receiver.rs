//! A receiver of webhooks, as another program would be. Its rule: it knows the specification and nothing of
//! ours: its HMAC is written out here from SHA-256.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What came in: the headers in small letters, and the body as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    pub head: String,
    pub body: String,
}

impl Heard {
    pub fn header(&self, name: &str) -> &str {
        let found = self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        found.unwrap_or_else(|| panic!("no {name} in {}", self.head))
    }
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
    pub fn event(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }
    /// How many of its signatures are good by `secret` (`whsec_…`).
    pub fn signed_by(&self, secret: &str) -> usize {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let (id, at) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        let wanted = STANDARD.encode(hmac(&key, format!("{id}.{at}.{}", self.body).as_bytes()));
        let signatures = self.header("webhook-signature").split(' ');
        signatures.filter(|signature| *signature == format!("v1,{wanted}")).count()
    }
}

/// RFC 2104, written out.
fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    assert!(key.len() <= 64);
    let padded = |byte: u8| {
        let mut block = [byte; 64];
        block.iter_mut().zip(key).for_each(|(place, key)| *place ^= key);
        block
    };
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

/// A receiver that answers what it is told to, and 204 when it is told nothing.
pub struct Receiver {
    pub address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
    answers: Arc<Mutex<VecDeque<String>>>,
}

impl Receiver {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (heard, answers) =
            (Arc::new(Mutex::new(Vec::new())), Arc::<Mutex<VecDeque<String>>>::default());
        let (kept, said) = (heard.clone(), answers.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Some(request) = read(&mut stream) else { continue };
                kept.lock().unwrap().push(request);
                let answer = said.lock().unwrap().pop_front();
                let answer = answer.unwrap_or_else(|| "204 No Content\r\n\r\n".to_owned());
                drop(stream.write_all(format!("HTTP/1.1 {answer}").as_bytes()));
            }
        });
        Self { address, heard, answers }
    }

    pub fn url(&self) -> String {
        format!("http://{}/in?token=t0ken-in-the-url", self.address)
    }

    /// The next answers: a status line, or a whole head with a body.
    pub fn will_say(&self, answers: &[&str]) {
        let whole = |answer: &&str| {
            if answer.contains("\r\n") {
                (*answer).to_owned()
            } else {
                format!("{answer}\r\nContent-Length: 0\r\n\r\n")
            }
        };
        self.answers.lock().unwrap().extend(answers.iter().map(whole));
    }

    /// What came since this was last asked.
    pub fn heard(&self) -> Vec<Heard> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

fn read(stream: &mut impl Read) -> Option<Heard> {
    let (mut bytes, mut one) = (Vec::new(), [0]);
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read(&mut one).ok()? == 0 {
            return None;
        }
        bytes.push(one[0]);
    }
    let head = String::from_utf8(bytes).unwrap();
    let length = head.lines().find_map(|line| {
        line.to_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok()
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    let name_small = |line: &str| match line.split_once(": ") {
        Some((name, value)) => format!("{}: {value}", name.to_lowercase()),
        None => line.to_owned(),
    };
    let head = head.lines().map(name_small).collect::<Vec<_>>().join("\n");
    Some(Heard { head, body: String::from_utf8(body).unwrap() })
}

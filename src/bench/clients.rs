//! Bench: clients that keep their connections. Its rule: as little work of their own as can be, since
//! they share the machine with what they measure.

use std::cell::RefCell;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::engine::{Speed, WRITERS};
use crate::error::{Error, Result};
use crate::intake::Draft;

/// Longer than any turn takes: a server that answers no more must not hold the bench for good.
const PATIENCE: Duration = Duration::from_mins(10);

/// One kept connection.
pub struct Line {
    stream: TcpStream,
    left: Vec<u8>,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    /// As it went over the wire: packed, where that was asked for.
    pub body: Vec<u8>,
    /// The cookie that it sets, by name and value.
    pub cookie: Option<String>,
}

impl Line {
    /// # Errors
    /// Where nobody listens.
    pub fn to(address: SocketAddr) -> Result<Self> {
        TcpStream::connect(address).map(Self::over).map_err(Error::internal)
    }

    pub fn over(stream: TcpStream) -> Self {
        drop(stream.set_nodelay(true));
        drop(stream.set_read_timeout(Some(Duration::from_mins(1))));
        Self { stream, left: Vec::with_capacity(8192) }
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// Where the connection breaks or the answer has no length.
    pub fn ask(
        &mut self,
        method: &str,
        path: &str,
        head: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer> {
        let request = request(method, path, head, body);
        self.stream.write_all(request.as_bytes()).map_err(Error::internal)?;
        self.answer().map_err(Error::internal)
    }

    fn answer(&mut self) -> std::io::Result<Answer> {
        let mut part = [0; 16_384];
        loop {
            if let Some(answer) = taken(&mut self.left)? {
                return Ok(answer);
            }
            let count = self.stream.read(&mut part)?;
            if count == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            self.left.extend_from_slice(&part[..count]);
        }
    }
}

fn request(method: &str, path: &str, head: &[(&str, &str)], body: &str) -> String {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: bench\r\n");
    if !head.iter().any(|(name, _)| *name == "Content-Type") {
        request.push_str("Content-Type: application/json\r\n");
    }
    for (name, value) in head {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    request
}

/// The answer that `left` begins with, taken off it, once all of it is there.
fn taken(left: &mut Vec<u8>) -> std::io::Result<Option<Answer>> {
    const LENGTH: &[u8] = b"content-length:";
    let broken = || std::io::Error::from(std::io::ErrorKind::InvalidData);
    let Some(end) = left.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let mut lines = left[..end].split(|byte| *byte == b'\n');
    let number = |text: &[u8]| std::str::from_utf8(text).ok()?.trim().parse::<usize>().ok();
    let status = lines.next().and_then(|line| number(line.get(9..12)?));
    let status = status.and_then(|status| u16::try_from(status).ok()).ok_or_else(broken)?;
    let is_length = |line: &&[u8]| {
        line.get(..LENGTH.len()).is_some_and(|name| name.eq_ignore_ascii_case(LENGTH))
    };
    let length = lines.find(is_length).and_then(|line| number(&line[LENGTH.len()..]));
    let whole = end + 4 + length.ok_or_else(broken)?;
    if left.len() < whole {
        return Ok(None);
    }
    let (body, cookie) = (left[end + 4..whole].to_vec(), cookie_of(&left[..end]));
    left.drain(..whole);
    Ok(Some(Answer { status, body, cookie }))
}

/// What the head of an answer gives a browser to keep.
fn cookie_of(head: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"set-cookie:";
    let mut lines = head.split(|byte| *byte == b'\n');
    let line = lines
        .find(|line| line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)))?;
    let said = std::str::from_utf8(&line[NAME.len()..]).ok()?;
    said.split(';').next().map(|pair| pair.trim().to_owned())
}

/// The JSON of a good answer.
///
/// # Errors
/// Any status but 2xx, with what was said.
pub fn answer_of(answer: &Answer) -> Result<serde_json::Value> {
    if !(200..300).contains(&answer.status) {
        let said = String::from_utf8_lossy(&answer.body);
        return Err(Error::internal(format!("{}: {said}", answer.status)));
    }
    serde_json::from_slice(&answer.body).map_err(Error::internal)
}

/// Sends `drafts` by [`WRITERS`] clients, spread over the servers at `addresses`; each waits for its
/// answer and sends the next, each under an Idempotency-Key of its own. All of them are one thread,
/// and what they send is made before the clock runs.
///
/// # Errors
/// The first answer that is not 201.
pub fn take_in(addresses: &[SocketAddr], token: &str, drafts: &[Draft]) -> Result<Speed> {
    let bearer = format!("Bearer {token}");
    let run: u64 = rand::random();
    let made = drafts.iter().enumerate().map(|(at, draft)| {
        let key = format!("{run:016x}-{at}");
        let head = [("Authorization", bearer.as_str()), ("Idempotency-Key", key.as_str())];
        let body = serde_json::to_string(draft).map_err(Error::internal)?;
        Ok(request("POST", "/api/v1/tickets", &head, &body))
    });
    let requests = Rc::new(RefCell::new(made.collect::<Result<Vec<String>>>()?.into_iter()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let seconds = runtime.map_err(Error::internal)?.block_on(async {
        let mut lines = Vec::new();
        for client in 0..WRITERS {
            let address = addresses[client % addresses.len()];
            let stream = tokio::net::TcpStream::connect(address).await.map_err(Error::internal)?;
            drop(stream.set_nodelay(true));
            lines.push(stream);
        }
        let began = Instant::now();
        let clients = lines.into_iter().map(|line| client(line, requests.clone()));
        let all = futures_util::future::try_join_all(clients);
        tokio::time::timeout(PATIENCE, all).await.map_err(Error::internal)??;
        Ok::<f64, Error>(began.elapsed().as_secs_f64())
    })?;
    Ok(Speed { tickets: drafts.len(), seconds, group: 1 })
}

/// Sends the next request that nobody has sent, until there is none.
async fn client(
    mut line: tokio::net::TcpStream,
    requests: Rc<RefCell<std::vec::IntoIter<String>>>,
) -> Result<()> {
    let mut left = Vec::with_capacity(16_384);
    loop {
        let Some(request) = requests.borrow_mut().next() else { return Ok(()) };
        line.write_all(request.as_bytes()).await.map_err(Error::internal)?;
        let answer = loop {
            if let Some(answer) = taken(&mut left).map_err(Error::internal)? {
                break answer;
            }
            if line.read_buf(&mut left).await.map_err(Error::internal)? == 0 {
                return Err(Error::internal("the server went away"));
            }
        };
        if answer.status != 201 {
            answer_of(&answer)?;
            return Err(Error::internal(format!("status {}", answer.status)));
        }
    }
}

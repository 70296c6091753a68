//! Bench: clients that keep their connections. Its rule: as little work of their own as can be, since
//! they share the machine with what they measure.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::engine::{Speed, WRITERS};
use crate::error::{Error, Result};
use crate::intake::Draft;

/// One kept connection.
pub struct Line {
    stream: TcpStream,
    left: Vec<u8>,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
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
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        );
        for (name, value) in head {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        self.stream.write_all(request.as_bytes()).map_err(Error::internal)?;
        self.answer().map_err(Error::internal)
    }

    fn answer(&mut self) -> std::io::Result<Answer> {
        let broken = || std::io::Error::from(std::io::ErrorKind::InvalidData);
        let mut part = [0; 16_384];
        loop {
            if let Some(end) = self.left.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.left[..end]).to_lowercase();
                let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
                let length = head
                    .lines()
                    .find_map(|line| {
                        line.strip_prefix("content-length:")?.trim().parse::<usize>().ok()
                    })
                    .ok_or_else(broken)?;
                let whole = end + 4 + length;
                while self.left.len() < whole {
                    let count = self.stream.read(&mut part)?;
                    if count == 0 {
                        return Err(broken());
                    }
                    self.left.extend_from_slice(&part[..count]);
                }
                let body = self.left[end + 4..whole].to_vec();
                self.left.drain(..whole);
                return Ok(Answer { status: status.ok_or_else(broken)?, body });
            }
            let count = self.stream.read(&mut part)?;
            if count == 0 {
                return Err(broken());
            }
            self.left.extend_from_slice(&part[..count]);
        }
    }
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
/// answer and sends the next, each under an Idempotency-Key of its own.
///
/// # Errors
/// The first answer that is not 201.
pub fn take_in(addresses: &[SocketAddr], token: &str, drafts: &[Draft]) -> Result<Speed> {
    let bodies: Vec<String> = drafts
        .iter()
        .map(|draft| serde_json::to_string(draft).map_err(Error::internal))
        .collect::<Result<_>>()?;
    let bearer = format!("Bearer {token}");
    let run: u64 = rand::random();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let failed: Mutex<Option<Error>> = Mutex::new(None);
    let lines: Vec<Line> = (0..WRITERS)
        .map(|client| Line::to(addresses[client % addresses.len()]))
        .collect::<Result<_>>()?;
    let began = Instant::now();
    std::thread::scope(|scope| {
        for mut line in lines {
            let (next, failed, bodies, bearer) = (&next, &failed, &bodies, &bearer);
            scope.spawn(move || {
                let done = send(&mut line, next, bodies, bearer, run);
                if let (Err(error), Ok(mut failed)) = (done, failed.lock()) {
                    failed.get_or_insert(error);
                }
            });
        }
    });
    let seconds = began.elapsed().as_secs_f64();
    match failed.into_inner() {
        Ok(None) => Ok(Speed { tickets: bodies.len(), seconds, group: 1 }),
        Ok(Some(error)) => Err(error),
        Err(_) => Err(Error::internal("a client panicked")),
    }
}

fn send(
    line: &mut Line,
    next: &std::sync::atomic::AtomicUsize,
    bodies: &[String],
    bearer: &str,
    run: u64,
) -> Result<()> {
    loop {
        let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let Some(body) = bodies.get(at) else { return Ok(()) };
        let key = format!("{run:016x}-{at}");
        let head = [("Authorization", bearer), ("Idempotency-Key", key.as_str())];
        let answer = line.ask("POST", "/api/v1/tickets", &head, body)?;
        if answer.status != 201 {
            answer_of(&answer)?;
            return Err(Error::internal(format!("status {}", answer.status)));
        }
    }
}

//! Files on their way to and from a server, as a browser sends and gets them. Its rule: bytes are bytes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

const BOUNDARY: &str = "----jiesuTestBoundary7MA4YWxkTrZu0gW";

/// An answer whose body is no text.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {} {text}", self.status))
    }
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (there, value) = line.split_once(": ")?;
            there.eq_ignore_ascii_case(name).then_some(value)
        })
    }
    /// The stable code of a refusal, or of its first field.
    pub fn code(&self) -> String {
        let body = self.json();
        body["errors"][0]["code"].as_str().or(body["code"].as_str()).unwrap_or_default().to_owned()
    }
}

/// A form of these words and files, in this order.
pub fn form(words: &[(&str, &str)], files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, word) in words {
        body.extend(
            format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{word}\r\n"
            )
            .bytes(),
        );
    }
    for (name, file) in files {
        body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: image/jpeg\r\n\r\n").bytes());
        body.extend(*file);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    body
}

/// Sends a form as a citizen without an account does.
pub fn send_form(
    address: SocketAddr,
    path: &str,
    body: &[u8],
    more: &[(&str, &str)],
) -> std::io::Result<Reply> {
    let of_form = format!("multipart/form-data; boundary={BOUNDARY}");
    let headers = [&[("Content-Type", of_form.as_str())], more].concat();
    send(address, ("POST", path), &headers, body)
}

/// Sends `body` and reads the whole answer.
pub fn send(
    address: SocketAddr,
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Reply> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    // A server that has heard enough answers before all is sent.
    let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes);
    let Some(end) = bytes.windows(4).position(|end| end == b"\r\n\r\n") else {
        sent?;
        read?;
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    let body = bytes.split_off(end + 4);
    let length = head.to_lowercase();
    let length =
        length.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    if length.is_some_and(|length: usize| length != body.len()) {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Reply { status, head, body })
}

/// Adds a file to a ticket.
pub fn attach(
    address: SocketAddr,
    badge: &str,
    no: &str,
    (kind, name, file): (&str, &str, &[u8]),
    more: &[(&str, &str)],
) -> std::io::Result<Reply> {
    let path = format!("/api/v1/tickets/{no}/attachments");
    let headers = [&[("Authorization", badge)], more].concat();
    send_form(address, &path, &form(&[("kind", kind)], &[(name, file)]), &headers)
}

/// Fetches a file.
pub fn fetch(address: SocketAddr, badge: &str, id: &str) -> std::io::Result<Reply> {
    let path = format!("/api/v1/attachments/{id}");
    send(address, ("GET", &path), &[("Authorization", badge)], b"")
}

//! A mail server of the tests' own on loopback, plain, with STARTTLS or with TLS from the first byte.
//! Its rule: it says what it is told to say, and keeps every mail it took with its recipients.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A mail as it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub from: String,
    pub to: Vec<String>,
    pub data: String,
    pub over_tls: bool,
}

impl Taken {
    /// The head's lines, those that go on joined to the one they belong to.
    pub fn head(&self) -> Vec<String> {
        let head = self.data.split("\r\n\r\n").next().unwrap_or_default();
        let mut lines: Vec<String> = Vec::new();
        for line in head.split("\r\n") {
            match (line.starts_with([' ', '\t']), lines.last_mut()) {
                (true, Some(last)) => last.push_str(line),
                _ => lines.push(line.to_owned()),
            }
        }
        lines
    }
    pub fn header(&self, name: &str) -> String {
        let start = format!("{}: ", name.to_lowercase());
        let found = self.head().into_iter().find(|line| line.to_lowercase().starts_with(&start));
        found.map(|line| line[start.len()..].to_owned()).unwrap_or_default()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    None,
    Starttls,
    Tls,
}

#[derive(Default)]
struct Book {
    taken: Mutex<Vec<Taken>>,
    /// By recipient: the code of a refusal.
    refuses: Mutex<BTreeMap<String, u16>>,
    shut: AtomicBool,
    /// The codes of the greeting and of the answer to a login, where they are refusals.
    bars: Mutex<(u16, u16)>,
}

/// The server; it ends with the test.
pub struct SmtpServer {
    pub address: SocketAddr,
    /// Its own certificate, which is its own authority too.
    pub certificate: String,
    book: Arc<Book>,
}

impl SmtpServer {
    pub fn start(security: Security) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let (config, book) = (Arc::new(config), Arc::new(Book::default()));
        let kept = book.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if kept.shut.load(Ordering::SeqCst) {
                    // As a server that is away: the line goes dead before it says a word.
                    continue;
                }
                let (config, book) = (config.clone(), kept.clone());
                std::thread::spawn(move || drop(serve(stream, security, &config, &book)));
            }
        });
        Self { address, certificate: made.cert.pem(), book }
    }

    /// `smtp://localhost:PORT`.
    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://localhost:{}", self.address.port())
    }
    pub fn taken(&self) -> Vec<Taken> {
        self.book.taken.lock().unwrap().clone()
    }
    pub fn refuse(&self, recipient: &str, code: u16) {
        self.book.refuses.lock().unwrap().insert(recipient.to_owned(), code);
    }
    pub fn relent(&self) {
        self.book.refuses.lock().unwrap().clear();
    }
    /// Lets nobody in: by its greeting, or once they have said who they are; 0 for neither.
    pub fn bar(&self, greeting: u16, login: u16) {
        *self.book.bars.lock().unwrap() = (greeting, login);
    }
    pub fn go_away(&self) {
        self.book.shut.store(true, Ordering::SeqCst);
    }
    pub fn come_back(&self) {
        self.book.shut.store(false, Ordering::SeqCst);
    }
}

/// How a conversation begins: after STARTTLS no server greets again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Greet {
    Plain,
    Tls,
    AfterStarttls,
}

trait Wire: Read + Write + Send {}
impl<T: Read + Write + Send> Wire for T {}

fn serve(
    stream: TcpStream,
    security: Security,
    config: &Arc<ServerConfig>,
    book: &Book,
) -> std::io::Result<()> {
    let tls = |stream| {
        let connection = ServerConnection::new(config.clone()).unwrap();
        Box::new(StreamOwned::new(connection, stream)) as Box<dyn Wire>
    };
    if security == Security::Tls {
        return talk(tls(stream), false, Greet::Tls, book).map(drop);
    }
    let plain = stream.try_clone()?;
    if talk(Box::new(plain), security == Security::Starttls, Greet::Plain, book)? {
        talk(tls(stream), false, Greet::AfterStarttls, book)?;
    }
    Ok(())
}

/// Answers a client until it quits; true where it asked to start TLS.
fn talk(wire: Box<dyn Wire>, starttls: bool, greet: Greet, book: &Book) -> std::io::Result<bool> {
    let over_tls = greet != Greet::Plain;
    let mut wire = BufReader::new(wire);
    let say = |wire: &mut BufReader<Box<dyn Wire>>, text: &str| {
        wire.get_mut().write_all(text.as_bytes())?;
        wire.get_mut().flush()
    };
    let mut mail = Taken { from: String::new(), to: Vec::new(), data: String::new(), over_tls };
    let (greeting, login) = *book.bars.lock().unwrap();
    if greeting != 0 {
        return say(&mut wire, &format!("{greeting} not you\r\n")).map(|()| false);
    }
    if greet != Greet::AfterStarttls {
        say(&mut wire, "220 localhost ESMTP\r\n")?;
    }
    loop {
        let mut line = String::new();
        if wire.read_line(&mut line)? == 0 {
            return Ok(false);
        }
        let upper = line.to_uppercase();
        if upper.starts_with("EHLO") {
            let more = if starttls { "250-STARTTLS\r\n" } else { "" };
            say(&mut wire, &format!("250-localhost\r\n{more}250-AUTH PLAIN\r\n250 8BITMIME\r\n"))?;
        } else if upper.starts_with("AUTH") {
            let code = if login == 0 { 235 } else { login };
            say(&mut wire, &format!("{code} so be it\r\n"))?;
        } else if upper.starts_with("STARTTLS") && starttls {
            say(&mut wire, "220 go on\r\n")?;
            return Ok(true);
        } else if upper.starts_with("MAIL FROM:") {
            mail = Taken { from: address(&line), to: Vec::new(), data: String::new(), over_tls };
            say(&mut wire, "250 ok\r\n")?;
        } else if upper.starts_with("RCPT TO:") {
            let to = address(&line);
            let refused = book.refuses.lock().unwrap().get(&to).copied();
            match refused {
                Some(code) => say(&mut wire, &format!("{code} {to} is not taken\r\n"))?,
                None => {
                    mail.to.push(to);
                    say(&mut wire, "250 ok\r\n")?;
                }
            }
        } else if upper.starts_with("DATA") {
            say(&mut wire, "354 go on\r\n")?;
            mail.data = data(&mut wire)?;
            book.taken.lock().unwrap().push(mail.clone());
            say(&mut wire, "250 taken\r\n")?;
        } else if upper.starts_with("QUIT") {
            return say(&mut wire, "221 bye\r\n").map(|()| false);
        } else {
            say(&mut wire, "250 ok\r\n")?;
        }
    }
}

fn data(wire: &mut impl BufRead) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if wire.read_line(&mut line)? == 0 || line == ".\r\n" {
            return Ok(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

fn address(line: &str) -> String {
    let start = line.find('<').map_or(0, |at| at + 1);
    line[start..].split('>').next().unwrap_or_default().to_owned()
}

//! Outward: real calls to small servers on this machine. Their rule: what must not be called counts
//! its visitors, and has none.

use std::collections::VecDeque;
use std::io::Write;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::*;

const PATIENCE: Duration = Duration::from_secs(10);

/// A server that answers each connection by `answer`, which gets the request's text.
struct Server {
    address: SocketAddr,
    visitors: Arc<AtomicUsize>,
}

impl Server {
    fn new(answer: impl Fn(&mut TcpStream, String) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, visitors) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let count = visitors.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                let request = request_of(&mut stream);
                answer(&mut stream, request);
            }
        });
        Self { address, visitors }
    }

    fn saying(answer: &'static str) -> Self {
        Self::new(move |stream, _| drop(stream.write_all(answer.as_bytes())))
    }

    fn url(&self) -> Url {
        Url::parse(&format!("http://{}/in", self.address)).unwrap()
    }

    fn visitors(&self) -> usize {
        self.visitors.load(Ordering::SeqCst)
    }
}

/// Head and body, as far as Content-Length says.
fn request_of(stream: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    let mut one = [0];
    while !bytes.ends_with(b"\r\n\r\n") && stream.read(&mut one).is_ok_and(|read| read == 1) {
        bytes.push(one[0]);
    }
    let head = String::from_utf8(bytes).unwrap();
    let length = head.lines().find_map(|line| {
        line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok()
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}

fn allowing(allow: &[&str]) -> config::Outward {
    config::Outward {
        allow: allow.iter().map(ToString::to_string).collect(),
        ca_file: PathBuf::new(),
    }
}

fn local() -> Outward {
    Outward::of(&allowing(&["127.0.0.0/8"])).unwrap()
}

/// Names that lead where the test says, one answer a look-up.
#[derive(Debug, Default)]
struct Told(Mutex<VecDeque<Vec<IpAddr>>>);

impl Names for Told {
    fn look_up(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(self.0.lock().unwrap().pop_front().unwrap_or_default())
    }
}

fn told(answers: &[&[&str]]) -> Arc<Told> {
    let parse = |some: &&[&str]| some.iter().map(|text| text.parse().unwrap()).collect();
    Arc::new(Told(Mutex::new(answers.iter().map(parse).collect())))
}

#[test]
fn what_is_sent_arrives_and_what_is_answered_comes_back() {
    let (heard, requests) = std::sync::mpsc::channel();
    let server = Server::new(move |stream, request| {
        heard.send(request).unwrap();
        stream
            .write_all(b"HTTP/1.1 202 Accepted\r\nX-Kind: one\r\nContent-Length: 2\r\n\r\nok")
            .unwrap();
    });
    let headers = [("content-type", "application/json"), ("webhook-id", "msg_1")];
    let answer = local().post(&server.url(), &headers, "{\"号\":1}".as_bytes(), PATIENCE).unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (202, b"ok".as_slice()));
    assert_eq!(answer.header("x-kind"), Some("one"));
    let request = requests.recv().unwrap();
    assert!(request.starts_with("POST /in HTTP/1.1\r\n"), "{request}");
    assert!(
        request.contains("webhook-id: msg_1\r\n") && request.ends_with("{\"号\":1}"),
        "{request}"
    );
}

#[test]
fn a_redirect_is_an_answer_and_leads_nowhere() {
    let inside = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let target = inside.url().reveal().to_owned();
    for status in [301, 302, 303, 307, 308] {
        let target = target.clone();
        let outside = Server::new(move |stream, _| {
            let head = format!("HTTP/1.1 {status} Moved\r\nLocation: {target}\r\n");
            stream.write_all((head + "Content-Length: 0\r\n\r\n").as_bytes()).unwrap();
        });
        let answer = local().post(&outside.url(), &[], b"x", PATIENCE).unwrap();
        assert_eq!((answer.status, answer.taken()), (status, Err(Failure::Status)));
    }
    assert_eq!(inside.visitors(), 0);
}

#[test]
fn an_answer_without_end_is_cut_and_one_without_beginning_is_left() {
    let flood = Server::new(|stream, _| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        while stream.write_all(&vec![b'a'; 65_536]).is_ok() {}
    });
    assert_eq!(local().get(&flood.url(), &[], PATIENCE).unwrap().body.len(), BODY_BYTES);
    let heads = Server::new(|stream, _| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n").unwrap();
        while stream.write_all(b"x-more: aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n").is_ok() {}
    });
    assert_eq!(local().get(&heads.url(), &[], PATIENCE).unwrap_err(), Failure::Broken);
}

#[test]
fn who_is_silent_or_drips_is_left_when_the_time_is_over() {
    let (held, hold) = std::sync::mpsc::channel::<()>();
    let silent = Server::new(move |_, _| assert!(hold.recv().is_err()));
    let short = Duration::from_millis(150);
    assert_eq!(local().get(&silent.url(), &[], short).unwrap_err(), Failure::Slow);
    drop(held);
    let drips = Server::new(|stream, _| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n").unwrap();
        let (_keep, wait) = std::sync::mpsc::channel::<()>();
        while stream.write_all(b"a").is_ok() {
            assert!(wait.recv_timeout(Duration::from_millis(20)).is_err());
        }
    });
    let dripped = local().get(&drips.url(), &[], short).unwrap();
    assert_eq!((dripped.status, dripped.broke), (200, Some(Failure::Slow)));
    assert!(dripped.body.len() < 1_000 && dripped.whole().is_err());
}

#[test]
fn a_status_counts_where_the_body_breaks_off_behind_it() {
    let breaks = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    let answer = local().post(&breaks.url(), &[], b"x", PATIENCE).unwrap();
    assert_eq!((answer.taken(), answer.body.as_slice()), (Ok(()), b"half".as_slice()));
    assert!(answer.broke.is_some());
    assert_eq!(breaks.visitors(), 1);
}

#[test]
fn nobody_there_and_nonsense_are_told_apart() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = Url::parse(&format!("http://{gone}/")).unwrap();
    assert_eq!(local().get(&url, &[], PATIENCE).unwrap_err(), Failure::Connect);
    let nonsense = Server::saying("SSH-2.0-OpenSSH_9.2\r\n\r\n");
    assert_eq!(local().get(&nonsense.url(), &[], PATIENCE).unwrap_err(), Failure::Broken);
    let mute = Server::saying("");
    assert_eq!(local().get(&mute.url(), &[], PATIENCE).unwrap_err(), Failure::Broken);
}

#[test]
fn no_header_slips_in_through_a_value() {
    let server = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    for value in ["a\r\nx-evil: 1", "a\nb", "a\0b"] {
        let failed = local().post(&server.url(), &[("webhook-id", value)], b"", PATIENCE);
        assert_eq!(failed.unwrap_err(), Failure::Header);
    }
    assert_eq!(server.visitors(), 0);
}

#[test]
fn a_name_that_leads_inside_calls_nobody_however_it_is_asked() {
    let inside = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let port = inside.address.port();
    let url = Url::parse(&format!("https://rebinding.cn:{port}/")).unwrap();
    // Public at first, this machine a moment later: each connection is judged by its own look-up.
    let names = told(&[&["127.0.0.1"], &["8.8.8.8", "127.0.0.1"], &["::ffff:127.0.0.1"], &[]]);
    let outward = Outward::with_names(&allowing(&["public"]), names).unwrap();
    for expected in [Failure::Address, Failure::Address, Failure::Address, Failure::Name] {
        assert_eq!(outward.get(&url, &[], PATIENCE).unwrap_err(), expected);
    }
    let names = told(&[&["127.0.0.1"]]);
    let named = Outward::with_names(&allowing(&["rebinding.cn"]), names).unwrap();
    assert_eq!(named.get(&url, &[], PATIENCE).unwrap_err(), Failure::Address);
    assert_eq!(inside.visitors(), 0);
    let names = told(&[&["127.0.0.1"]]);
    let listed = Outward::with_names(&allowing(&["127.0.0.1/32"]), names).unwrap();
    let plain = Url::parse(&format!("http://rebinding.cn:{port}/")).unwrap();
    assert_eq!(listed.get(&plain, &[], PATIENCE).unwrap().status, 200);
}

#[test]
fn who_asks_for_time_gets_it_and_a_refusal_is_final() {
    use crate::jobs::Fail;
    let busy = "HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n";
    let answer = local().get(&Server::saying(busy).url(), &[], PATIENCE).unwrap();
    let failure = answer.taken().unwrap_err();
    let after = Some(chrono::TimeDelta::seconds(120));
    assert_eq!(Fail::from(failure), Fail::Again { after, why: "outward.later".to_owned() });
    assert_eq!(Fail::from(Failure::Status), Fail::never("outward.status"));
    assert_eq!(Fail::from(Failure::Connect), Fail::again("outward.connect"));
}

/// An authority, and a server with a certificate of it for `name`.
fn sealed_server(name: &str) -> (SocketAddr, String) {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let settings = rustls::ServerConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let settings = Arc::new(settings);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = rustls::ServerConnection::new(settings.clone()).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream.unwrap());
            let mut first = [0; 1024];
            if stream.read(&mut first).is_ok() {
                drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsealed"));
            }
        }
    });
    (address, authority.pem())
}

#[test]
fn over_https_the_other_side_must_be_who_it_says() {
    let (address, authority) = sealed_server("gateway.city.gov.cn");
    let file = std::env::temp_dir().join(format!("jiesu-outward-{}.pem", std::process::id()));
    std::fs::write(&file, authority).unwrap();
    let here: &[&str] = &["127.0.0.1"];
    let call = |config: &config::Outward, name: &str| {
        let outward = Outward::with_names(config, told(&[here])).unwrap();
        let url = Url::parse(&format!("https://{name}:{}/", address.port())).unwrap();
        outward.get(&url, &[], PATIENCE)
    };
    let mut config = allowing(&["127.0.0.0/8"]);
    assert_eq!(
        call(&config, "gateway.city.gov.cn").unwrap_err(),
        Failure::Tls,
        "unknown authority"
    );
    config.ca_file = file.clone();
    assert_eq!(call(&config, "gateway.city.gov.cn").unwrap().body, b"sealed");
    assert_eq!(call(&config, "other.city.gov.cn").unwrap_err(), Failure::Tls, "another name");
    std::fs::write(&file, "no certificate").unwrap();
    assert_eq!(Outward::of(&config).unwrap_err().code(), "config.value");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(Outward::of(&config).unwrap_err().code(), "config.unreadable");
}

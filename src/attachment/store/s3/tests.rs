//! A bucket in this process: enough of S3 to keep, give, list and take away.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::super::super::disk::{Disk, RealDisk};
use super::super::super::{Bounds, Files};
use super::super::{Found, Store};
use super::Bucket;
use crate::config::Config;
use crate::error::Kind;
use crate::sealing::{RecordKey, entropy};

type Objects = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// A bucket `b` that answers; with its objects.
fn bucket() -> (Bucket, Objects) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    let objects = Objects::default();
    let shared = objects.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            drop(answer(stream, &shared));
        }
    });
    let keys = [
        ("JIESU_ATTACHMENTS__S3_ENDPOINT", format!("http://{address}")),
        ("JIESU_ATTACHMENTS__S3_BUCKET", "b".to_owned()),
        ("JIESU_ATTACHMENTS__S3_ACCESS_KEY", "who".to_owned()),
        ("JIESU_ATTACHMENTS__S3_SECRET_KEY", "secret".to_owned()),
        ("JIESU_ATTACHMENTS__STORE", "s3".to_owned()),
    ];
    let keys = keys.map(|(name, value)| (name.to_owned(), value));
    let config = Config::from_environment(keys).expect("a configuration");
    (Bucket::open(&config.attachments).expect("a bucket"), objects)
}

fn answer(stream: TcpStream, objects: &Objects) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    assert!(query.contains("X-Amz-Signature="), "unsigned: {target}");
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let key = path.strip_prefix("/b/").unwrap_or_default().to_owned();
    let mut objects = objects.lock().unwrap_or_else(|e| e.into_inner());
    let (status, body) = match method {
        "PUT" => {
            objects.insert(key, body);
            ("200 OK", Vec::new())
        }
        "DELETE" => {
            objects.remove(&key);
            ("204 No Content", Vec::new())
        }
        _ if query.contains("list-type=2") => ("200 OK", page(&objects, query)),
        _ => match objects.get(&key) {
            Some(bytes) => ("200 OK", bytes.clone()),
            None => ("404 Not Found", b"<Error/>".to_vec()),
        },
    };
    let mut stream = stream;
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), &body].concat())
}

/// Two keys a page, so that lists go on.
fn page(objects: &BTreeMap<String, Vec<u8>>, query: &str) -> Vec<u8> {
    let word = |name: &str| {
        let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        value.unwrap_or_default().replace("%2F", "/")
    };
    let (prefix, after) = (word("prefix"), word("continuation-token"));
    let found: Vec<&String> =
        objects.keys().filter(|key| key.starts_with(&prefix) && **key > after).collect();
    let contents: String = found
        .iter()
        .take(2)
        .map(|key| format!("<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><Size>1</Size></Contents>"))
        .collect();
    let next = if found.len() > 2 {
        format!("<NextContinuationToken>{}</NextContinuationToken>", found[1])
    } else {
        String::new()
    };
    format!(
        "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{next}{contents}</ListBucketResult>"
    )
    .into_bytes()
}

#[test]
fn a_bucket_keeps_files_as_the_folder_does() {
    let (bucket, objects) = bucket();
    let root = std::env::temp_dir().join(format!("jiesu-bucket-{}", std::process::id()));
    RealDisk.make_folder(&root).expect("a folder");
    let bounds = Bounds { bytes: 1 << 20, pixels: 1 << 20 };
    let files =
        Files::with(Store::S3(Box::new(bucket)), Arc::new(RealDisk), &root, bounds).expect("files");
    let key = RecordKey::fresh(&mut entropy());
    let paper = [b"%PDF-1.4\n".as_slice(), &vec![b'x'; 200_000], b"%%EOF"].concat();
    let mut hashes = Vec::new();
    for ticket in [7, 7, 7, 8] {
        let mut incoming = files.receive().expect("a draft");
        incoming.write(&paper).expect("written");
        let clean = files.inspect(incoming.finish().expect("sent")).expect("a paper");
        hashes.push(files.keep(ticket, &key, &clean).expect("kept").hash);
    }
    assert_eq!(objects.lock().expect("objects").len(), 4);
    let mut reading = files.read(7, &key, &hashes[0]).expect("there");
    let mut read = Vec::new();
    while let Some(chunk) = reading.next_chunk().expect("whole") {
        read.extend(chunk);
    }
    assert_eq!(read, paper);
    assert_eq!(files.names_of(7).expect("a list").len(), 3);
    let mut tickets = Vec::new();
    files
        .store
        .tickets(&mut |id| {
            tickets.push(id);
            Ok(())
        })
        .expect("a list");
    assert_eq!(tickets, [7, 8]);
    assert_eq!(files.store.check(7, &hashes[0]).expect("asked"), Found::Whole);
    // One byte turned in the bucket.
    for bytes in objects.lock().expect("objects").values_mut() {
        bytes[100] ^= 1;
    }
    assert_eq!(files.store.check(7, &hashes[1]).expect("asked"), Found::Changed);
    assert_eq!(
        files.read(7, &key, &hashes[1]).map(drop).expect_err("changed").kind(),
        Kind::Internal
    );
    assert_eq!(files.remove_ticket(7).expect("removed"), 3);
    assert_eq!(files.store.check(7, &hashes[1]).expect("asked"), Found::Missing);
    assert_eq!(std::fs::read_dir(root.join("drafts")).expect("drafts").count(), 0);
    drop(std::fs::remove_dir_all(&root));
}

//! Everything that is not taken at all, under the names of what is; and good files under bad names.

use super::{Fate, Hostile, hostile};
use crate::support::photo::{jpeg_of, picture, zlib};

pub fn all() -> Vec<Hostile> {
    [drawings(), strangers(), names(), vec![too_long()]].into_iter().flatten().collect()
}

const TYPE: Fate = Fate::Refused("attachment.type");

/// Drawings and pages that a browser would run.
fn drawings() -> Vec<Hostile> {
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"><script>alert(2)</script></svg>";
    let entity = "<?xml version=\"1.0\"?><!DOCTYPE svg [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><svg>&a;</svg>";
    let laughs = "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]><svg>&b;</svg>";
    let wide: Vec<u8> = svg.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let texts = [
        svg.to_owned(),
        format!("\u{feff}{svg}"),
        format!("<?xml version=\"1.0\"?>{svg}"),
        format!("\n\n  <!-- GIF89a -->{svg}"),
        entity.to_owned(),
        laughs.to_owned(),
        "<html><body onload=alert(1)>".to_owned(),
        "<!DOCTYPE html><script src=//x></script>".to_owned(),
        "MIME-Version: 1.0\nContent-Type: multipart/related\n\n<html>".to_owned(),
        "<?php system($_GET['x']); ?>".to_owned(),
        "#!/bin/sh\nrm -rf /".to_owned(),
        "javascript:alert(1)".to_owned(),
        "=cmd|' /C calc'!A0".to_owned(),
        "{\\rtf1\\object}".to_owned(),
        "%!PS-Adobe-3.0\n(/etc/passwd) run".to_owned(),
        "[InternetShortcut]\nURL=file://x".to_owned(),
    ];
    let mut files: Vec<Hostile> = texts
        .into_iter()
        .enumerate()
        .map(|(n, text)| {
            hostile("drawing or script", &format!("{n}.svg.jpg"), text.into_bytes(), TYPE)
        })
        .collect();
    let packed = [b"\x1f\x8b\x08\0\0\0\0\0".as_slice(), &zlib(svg.as_bytes())].concat();
    files.push(hostile("drawing or script", "x.svgz", packed, TYPE));
    files.push(hostile("drawing or script", "wide.svg", [vec![0xff, 0xfe], wide].concat(), TYPE));
    files
}

/// Known by their first bytes, and none of ours.
fn strangers() -> Vec<Hostile> {
    let heads: [(&str, &[u8]); 22] = [
        ("a.exe", b"MZ\x90\0\x03\0\0\0"),
        ("a.elf", b"\x7fELF\x02\x01\x01\0"),
        ("a.gif", b"GIF89a\x01\0\x01\0"),
        ("a.webp", b"RIFF\x10\0\0\0WEBPVP8 "),
        ("a.bmp", b"BM\x36\0\0\0\0\0\0\0"),
        ("a.tiff", b"II*\0\x08\0\0\0"),
        ("a.ico", b"\0\0\x01\0\x01\0"),
        ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0"),
        ("a.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0"),
        ("a.mp3", b"ID3\x04\0\0\0\0\0\0"),
        ("a.amr", b"#!AMR\n\x3c"),
        ("a.wav", b"RIFF\x10\0\0\0WAVEfmt "),
        ("a.rar", b"Rar!\x1a\x07\x01\0"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c\0\x04"),
        ("a.gz", b"\x1f\x8b\x08\0\0\0\0\0"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("a.class", b"\xca\xfe\xba\xbe\0\0\0\x34"),
        ("a.wasm", b"\0asm\x01\0\0\0"),
        ("a.db", b"SQLite format 3\0"),
        ("a.zip", b"PK\x05\x06\0\0\0\0"),
        ("a.jp2", b"\0\0\0\x0cjP  \r\n\x87\n"),
        ("a.lnk", b"L\0\0\0\x01\x14\x02\0"),
    ];
    heads
        .iter()
        .map(|(name, head)| {
            let bytes = [head, [0x41; 600].as_slice()].concat();
            hostile("stranger", &format!("{name}.jpg"), bytes, TYPE)
        })
        .collect()
}

/// A good photo whose name is an attack.
fn names() -> Vec<Hostile> {
    let photo = jpeg_of(&picture(24, 24));
    let long = "长".repeat(3_000);
    [
        "../../../etc/passwd",
        "..\\..\\windows\\system32\\x.exe",
        "/etc/shadow",
        "C:\\fakepath\\x.jpg",
        "photo.jpg%00.php",
        "a;b|c&d`e`.jpg",
        "$(reboot).jpg",
        "invoice\u{202e}gpj.exe",
        "<img src=x onerror=alert(1)>.jpg",
        "' OR 1=1 --.jpg",
        "=HYPERLINK(1).jpg",
        "CON",
        "....",
        long.as_str(),
    ]
    .into_iter()
    .map(|name| hostile("name", name, photo.clone(), Fate::Drawn))
    .collect()
}

fn too_long() -> Hostile {
    let bytes = [jpeg_of(&picture(24, 24)), vec![0; 4_000_000]].concat();
    hostile("too long", "long.jpg", bytes, Fate::Refused("attachment.too_large"))
}

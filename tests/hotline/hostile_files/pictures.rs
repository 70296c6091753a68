//! Pictures that are more than pictures, or claim to be larger than any.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::{Fate, Hostile, hostile};
use crate::support::photo::{
    MARK, chunk, exif, jpeg_of, pdf, phone_photo, picture, png_of, segment, with_chunks,
    with_segments, zip, zlib,
};

pub fn all() -> Vec<Hostile> {
    let families = [positions(), hidden_in_jpeg(), hidden_in_png(), bombs(), damaged()];
    families.into_iter().flatten().collect()
}

/// Positions, devices and previews, however the camera was held.
fn positions() -> Vec<Hostile> {
    let mut files = Vec::new();
    for turned in 1..=8 {
        let name = format!("IMG_{turned}.jpg");
        files.push(hostile("position", &name, phone_photo(turned), Fate::Drawn));
        let png = with_chunks(&png_of(&picture(40, 30)), &[chunk(*b"eXIf", &exif(turned)[6..])]);
        files.push(hostile("position", &format!("IMG_{turned}.png"), png, Fate::Drawn));
    }
    // An orientation that there is not, and one more EXIF block than there may be.
    files.push(hostile("position", "IMG_9.jpg", phone_photo(9), Fate::Drawn));
    let twice = [segment(0xe1, &exif(3)), segment(0xe1, &exif(6))];
    let twice = with_segments(&jpeg_of(&picture(40, 30)), &twice);
    files.push(hostile("position", "twice.jpg", twice, Fate::Drawn));
    files
}

/// What else a file can be at the same time.
fn others() -> Vec<(&'static str, Vec<u8>)> {
    let html = format!("<html><script>alert('{MARK}')</script></html>");
    let php = format!("<?php system('{MARK}'); ?>");
    let archive = zip(&[crate::support::photo::Part::of("x.exe", MARK.as_bytes())]);
    let paper = [pdf().as_slice(), MARK.as_bytes()].concat();
    vec![
        ("html", html.into_bytes()),
        ("php", php.into_bytes()),
        ("zip", archive),
        ("pdf", paper),
        ("text", MARK.as_bytes().to_vec()),
    ]
}

fn hidden_in_jpeg() -> Vec<Hostile> {
    let plain = jpeg_of(&picture(40, 30));
    let mut files = Vec::new();
    for (what, other) in others() {
        let mut add = |place: &str, bytes: Vec<u8>| {
            files.push(hostile("hidden in jpeg", &format!("{place}.{what}"), bytes, Fate::Drawn));
        };
        add("behind", [plain.as_slice(), &other].concat());
        add("comment", with_segments(&plain, &[segment(0xfe, &other)]));
        let xmp = [b"http://ns.adobe.com/xap/1.0/\0".as_slice(), &other].concat();
        add("xmp", with_segments(&plain, &[segment(0xe1, &xmp)]));
        let iptc = [b"Photoshop 3.0\0".as_slice(), &other].concat();
        add("iptc", with_segments(&plain, &[segment(0xed, &iptc)]));
        let profile = [b"ICC_PROFILE\0\x01\x01".as_slice(), &other].concat();
        add("profile", with_segments(&plain, &[segment(0xe2, &profile)]));
        add("maker", with_segments(&plain, &[segment(0xef, &other)]));
    }
    files
}

fn hidden_in_png() -> Vec<Hostile> {
    let plain = png_of(&picture(40, 30));
    let mut files = Vec::new();
    for (what, other) in others() {
        let mut add = |place: &str, bytes: Vec<u8>| {
            let name = format!("{place}.{what}.png");
            files.push(hostile("hidden in png", &name, bytes, Fate::RefusedOrDrawn));
        };
        add("behind", [plain.as_slice(), &other].concat());
        let words = |head: &[u8], body: &[u8]| [head, body].concat();
        add("tEXt", with_chunks(&plain, &[chunk(*b"tEXt", &words(b"Comment\0", &other))]));
        add("zTXt", with_chunks(&plain, &[chunk(*b"zTXt", &words(b"Comment\0\0", &zlib(&other)))]));
        let xmp = words(b"XML:com.adobe.xmp\0\0\0\0\0", &other);
        add("iTXt", with_chunks(&plain, &[chunk(*b"iTXt", &xmp)]));
        add("own", with_chunks(&plain, &[chunk(*b"prVt", &other)]));
    }
    files
}

/// A JPEG whose header claims another size than its picture has.
fn jpeg_claiming(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = jpeg_of(&picture(16, 16));
    let frame = bytes.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}

/// A PNG of one repeated byte that claims a size, in any colours.
fn png_claiming(width: u32, height: u32, (depth, colours): (u8, u8), data: &[u8]) -> Vec<u8> {
    let header =
        [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, colours, 0, 0, 0]].concat();
    let palette = if colours == 3 { chunk(*b"PLTE", &[0; 12]) } else { Vec::new() };
    [
        b"\x89PNG\r\n\x1a\n".as_slice(),
        &chunk(*b"IHDR", &header),
        &palette,
        &chunk(*b"IDAT", data),
        &chunk(*b"IEND", b""),
    ]
    .concat()
}

fn bombs() -> Vec<Hostile> {
    let large = Fate::Refused("attachment.pixels");
    let mut files = Vec::new();
    for (width, height) in
        [(50_000, 50_000), (65_535, 65_535), (65_535, 1), (1, 65_535), (30_001, 2), (5_000, 5_000)]
    {
        let name = format!("{width}x{height}.jpg");
        files.push(hostile("bomb", &name, jpeg_claiming(width, height), large));
    }
    let zeros = zlib(&vec![0; 8 << 20]);
    for colours in [(8, 0), (8, 2), (8, 3), (8, 4), (8, 6), (16, 2), (16, 6), (1, 0), (1, 3)] {
        for (width, height) in [(50_000, 50_000), (2_000_000_000, 2_000_000_000)] {
            let name = format!("{}-{}-{width}.png", colours.0, colours.1);
            let bytes = png_claiming(width, height, colours, &zeros);
            files.push(hostile("bomb", &name, bytes, Fate::RefusedOrDrawn));
        }
    }
    // Small pictures that swell beside the picture.
    let plain = png_of(&picture(40, 30));
    let swollen = zlib(&vec![b'A'; 8 << 20]);
    for (name, head) in [
        (b"zTXt", b"Comment\0\0".as_slice()),
        (b"iCCP", b"profile\0\0"),
        (b"iTXt", b"XML:com.adobe.xmp\0\x01\0\0\0"),
    ] {
        let bytes = with_chunks(&plain, &[chunk(*name, &[head, &swollen].concat())]);
        let called = String::from_utf8_lossy(name).into_owned();
        files.push(hostile("bomb", &called, bytes.clone(), Fate::RefusedOrDrawn));
        let many = vec![chunk(*name, &[head, &swollen].concat()); 20];
        let bytes = with_chunks(&plain, &many);
        files.push(hostile("bomb", &format!("20 {called}"), bytes, Fate::RefusedOrDrawn));
    }
    // More rows than it claims.
    let more = png_claiming(16, 16, (8, 2), &zlib(&vec![0; 8 << 20]));
    files.push(hostile("bomb", "more.png", more, Fate::RefusedOrDrawn));
    files
}

/// Bytes torn off and turned around.
fn damaged() -> Vec<Hostile> {
    let seed = std::env::var("JIESU_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(rand::random);
    println!("JIESU_SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let mut files = Vec::new();
    for (name, whole) in [("torn.jpg", phone_photo(6)), ("torn.png", png_of(&picture(40, 30)))] {
        for tenth in 1..=9 {
            let bytes = whole[..whole.len() * tenth / 10].to_vec();
            files.push(hostile("damaged", name, bytes, Fate::RefusedOrDrawn));
        }
        for _ in 0..12 {
            let mut bytes = whole.clone();
            for _ in 0..rng.random_range(1..20) {
                let at = rng.random_range(4..bytes.len());
                bytes[at] = rng.random();
            }
            files.push(hostile("damaged", "turned.jpg", bytes, Fate::RefusedOrDrawn));
        }
    }
    files
}

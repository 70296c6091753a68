//! Files that tell who sent them: in their names, and wherever cameras and offices write such things. Its
//! rule: every file is one that would be taken, and what it tells stands outside of what it shows.

use proptest::prelude::*;

use crate::citizen::eyes::{Canary, wide};
use crate::support::photo::{
    Part, chunk, exif_saying, jpeg_of, pdf, picture, png_of, segment, unzip, with_chunks,
    with_segments, zip,
};

/// A file on its way.
#[derive(Debug, Clone)]
pub struct Given {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// One of each sort, under hostile names.
pub fn given(canary: &Canary) -> impl Strategy<Value = Vec<Given>> + use<> {
    let files = [
        ("jpg", photo(canary)),
        ("png", drawing(canary)),
        ("docx", letter(canary)),
        ("xlsx", sheet(canary)),
        ("pdf", paper(canary)),
    ];
    let called = prop::collection::vec((name(canary), prop::sample::select(vec!["", "JPG"])), 5);
    called.prop_map(move |names| {
        let one = |((ending, bytes), (stem, other)): (&(&str, Vec<u8>), (String, &str))| Given {
            name: format!("{stem}.{}", if other.is_empty() { ending } else { other }),
            bytes: bytes.clone(),
        };
        files.iter().zip(names).map(one).collect()
    })
}

/// What a file is called by who does not think of it, or does.
fn name(canary: &Canary) -> impl Strategy<Value = String> + use<> {
    let Canary { name, mobile, email, .. } = canary;
    let between = |text: &str, put: &str| -> String {
        text.chars().map(String::from).collect::<Vec<_>>().join(put)
    };
    let (a, b, c) = (&mobile[..3], &mobile[3..7], &mobile[7..]);
    let stems = vec![
        format!("{name}家{mobile}"),
        format!("IMG_20261102_{name}_{mobile}"),
        format!("{a}-{b}-{c} {name}"),
        format!("{a}_{b}_{c}"),
        format!("{}.{c}", &mobile[..7]),
        wide(mobile),
        between(name, " "),
        between(name, "_"),
        between(name, "."),
        between(name, "\u{200b}"),
        format!("../{name}/{mobile}"),
        format!("C:\\{name}\\{name}{mobile}"),
        email.clone(),
        format!("{email} {name}的合同"),
    ];
    let long = (55..82_usize).prop_map({
        let tail = format!("{mobile}{name}{email}");
        move |before| format!("{}{tail}{}", "水".repeat(before), "长".repeat(30))
    });
    prop_oneof![3 => prop::sample::select(stems), 1 => long]
}

/// All that is said of oneself, and a position.
fn said(canary: &Canary) -> String {
    format!("{} 31.2304N", canary.words())
}

/// A camera's photo: EXIF, XMP, IPTC, a comment, and a second photo behind the end.
fn photo(canary: &Canary) -> Vec<u8> {
    let said = said(canary);
    let xmp = format!("http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>{said}</x:xmpmeta>");
    let segments = [
        segment(0xe1, &exif_saying(6, &said)),
        segment(0xe1, xmp.as_bytes()),
        segment(0xed, format!("Photoshop 3.0\0{said}").as_bytes()),
        segment(0xfe, said.as_bytes()),
    ];
    let first = with_segments(&jpeg_of(&picture(16, 12)), &segments);
    [first.as_slice(), &with_segments(&jpeg_of(&picture(8, 8)), &segments)].concat()
}

fn drawing(canary: &Canary) -> Vec<u8> {
    let said = said(canary);
    let text = |keyword: &str| [keyword.as_bytes(), b"\0", said.as_bytes()].concat();
    let chunks = [
        chunk(*b"tEXt", &text("Author")),
        chunk(*b"iTXt", &[b"Author\0\0\0\0\0".as_slice(), said.as_bytes()].concat()),
        chunk(*b"eXIf", &exif_saying(1, &said)[6..]),
    ];
    with_chunks(&png_of(&picture(8, 8)), &chunks)
}

/// What an office writes about whoever wrote, and of its own accord.
fn properties(canary: &Canary) -> Vec<Part> {
    let said = said(canary);
    let of = |name: &str, element: &str| {
        let xml =
            format!("<?xml version=\"1.0\"?><{element}><creator>{said}</creator></{element}>");
        Part::of(name, xml.as_bytes())
    };
    vec![
        of("docProps/core.xml", "cp:coreProperties"),
        of("docProps/app.xml", "Properties"),
        of("docProps/custom.xml", "Properties"),
    ]
}

fn letter(canary: &Canary) -> Vec<u8> {
    let mut parts = crate::support::photo::letter();
    parts.extend(properties(canary));
    parts.push(Part::of("word/media/image1.jpeg", &photo(canary)));
    parts.push(Part::of("word/media/image2.png", &drawing(canary)));
    zip(&parts)
}

fn sheet(canary: &Canary) -> Vec<u8> {
    let mut parts = vec![
        Part::of("[Content_Types].xml", b"<Types/>"),
        Part::of("xl/workbook.xml", b"<workbook/>"),
        Part::of("xl/media/image1.jpg", &photo(canary)),
    ];
    parts.extend(properties(canary));
    zip(&parts)
}

/// A PDF says who wrote it in places that cannot be taken out without writing it anew.
fn paper(canary: &Canary) -> Vec<u8> {
    let info = format!("3 0 obj<</Author({})>>endobj\n%%EOF\n", said(canary));
    [pdf().as_slice(), info.as_bytes()].concat()
}

/// What of the citizen is told by `bytes`: as they are, or by a part of what they unpack to.
pub fn tells(bytes: &[u8], canary: &Canary) -> Option<String> {
    let parts = unzip(bytes);
    let contents = parts.iter().map(|(_, content)| content.as_slice()).chain([bytes]);
    let texts: Vec<String> = contents.flat_map(readings).collect();
    needles(canary).into_iter().find(|needle| texts.iter().any(|text| text.contains(needle)))
}

/// The bytes as text in the codes that cameras and offices write.
fn readings(bytes: &[u8]) -> [String; 3] {
    let of_two = |from: usize| {
        let pairs = bytes.get(from..).unwrap_or_default().chunks_exact(2);
        let units: Vec<u16> = pairs.map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    [String::from_utf8_lossy(bytes).into_owned(), of_two(0), of_two(1)]
}

fn needles(canary: &Canary) -> Vec<String> {
    let Canary { name, mobile, .. } = canary;
    let mut needles = canary.needles();
    for between in ["_", ".", " "] {
        needles.push(name.chars().map(String::from).collect::<Vec<_>>().join(between));
    }
    // Ten digits of eleven tell as much, and so does a name without its last character.
    needles.extend([mobile[..9].to_owned(), mobile[2..].to_owned()]);
    needles.push(name.chars().take(2).collect());
    needles.push("31.2304N".to_owned());
    let percent = |text: &String| text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let in_headers: Vec<String> = needles.iter().map(percent).collect();
    needles.extend(in_headers);
    needles
}

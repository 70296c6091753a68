//! Papers that are more than papers: bombs, programs, files in files, names that lead out.

use super::{Fate, Hostile, hostile};
use crate::support::photo::{Part, deflate, docx, letter, pdf, xlsx, zip};

const BROKEN: Fate = Fate::Refused("attachment.broken");
const ACTIVE: Fate = Fate::Refused("attachment.active");
const TYPE: Fate = Fate::Refused("attachment.type");

pub fn all() -> Vec<Hostile> {
    [bombs(), forged(), programs(), joined()].into_iter().flatten().collect()
}

/// A letter with one more part.
fn with(part: Part) -> Vec<Part> {
    let mut parts = letter();
    parts.push(part);
    parts
}

/// `mib` MiB of zeros as a few kilobytes.
fn packed_zeros(mib: usize) -> Vec<u8> {
    let mut packer = flate2::Compress::new(flate2::Compression::best(), false);
    let (zeros, mut out) = (vec![0; 1 << 20], Vec::with_capacity(mib * 2_048 + 4_096));
    for _ in 0..mib {
        packer.compress_vec(&zeros, &mut out, flate2::FlushCompress::Sync).unwrap();
    }
    packer.compress_vec(&[], &mut out, flate2::FlushCompress::Finish).unwrap();
    out
}

fn bombs() -> Vec<Hostile> {
    let swollen =
        |size: u32| Part { packed: packed_zeros(16), size, ..Part::of("word/media.bin", b"") };
    let honest = with(swollen(16 << 20));
    let many: Vec<Part> = (0..4)
        .map(|n| Part { name: format!("word/media/{n}.bin"), ..swollen(64 << 20) })
        .chain(letter())
        .collect();
    let parts: Vec<Part> =
        (0..2_100).map(|n| Part::of(&format!("word/{n}.xml"), b"x")).chain(letter()).collect();
    let mut inside = docx();
    for _ in 0..5 {
        inside = zip(&with(Part::of("word/inner.zip", &inside)));
    }
    vec![
        hostile("zip bomb", "16 MiB.docx", zip(&honest), Fate::Saved),
        hostile("zip bomb", "256 MiB.docx", zip(&many), BROKEN),
        hostile("zip bomb", "says 10.docx", zip(&with(swollen(10))), BROKEN),
        hostile("zip bomb", "says 4 GiB.docx", zip(&with(swollen(u32::MAX))), BROKEN),
        hostile("zip bomb", "parts.docx", zip(&parts), BROKEN),
        hostile("zip bomb", "nested.docx", inside, Fate::Saved),
        hostile("zip bomb", "bomb.zip", zip(&[swollen(16 << 20)]), TYPE),
        hostile("zip bomb", "overlapping.docx", overlapping(), BROKEN),
    ]
}

/// Many entries of the list that share one part (Fifield's bomb).
fn overlapping() -> Vec<u8> {
    let mut bytes =
        zip(&with(Part { packed: packed_zeros(8), size: 8 << 20, ..Part::of("word/a.bin", b"") }));
    let end = bytes.len() - 22;
    let start = u32::from_le_bytes(bytes[end + 16..end + 20].try_into().unwrap()) as usize;
    let list = bytes[start..end].to_vec();
    let count = u16::from_le_bytes([bytes[end + 8], bytes[end + 9]]);
    let tail = bytes.split_off(end);
    bytes.extend(&list);
    let mut tail = tail;
    for at in [8, 10] {
        tail[at..at + 2].copy_from_slice(&(count * 2).to_le_bytes());
    }
    tail[12..16].copy_from_slice(&u32::try_from(list.len() * 2).unwrap().to_le_bytes());
    [bytes, tail].concat()
}

fn forged() -> Vec<Hostile> {
    let mut files = Vec::new();
    for name in ["../../etc/cron.d/x", "/etc/passwd", "word\\..\\x", "word/../../x", ".."] {
        let bytes = zip(&with(Part::of(name, b"x")));
        files.push(hostile("leads out", "letter.docx", bytes, BROKEN));
    }
    let mut add =
        |name: &str, bytes: Vec<u8>, fate| files.push(hostile("forged", name, bytes, fate));
    add("twice.docx", zip(&[letter(), letter()].concat()), BROKEN);
    add("case.docx", zip(&with(Part::of("WORD/Document.xml", b"other"))), BROKEN);
    let encrypted = Part { flags: 1, ..Part::of("word/x.xml", b"x") };
    add("encrypted.docx", zip(&with(encrypted)), BROKEN);
    let strange = Part { method: 12, ..Part::of("word/x.xml", b"x") };
    add("bzip2.docx", zip(&with(strange)), BROKEN);
    let broken = Part { packed: vec![7, 7, 7], size: 3, ..Part::of("word/x.xml", b"x") };
    add("no deflate.docx", zip(&with(broken)), BROKEN);
    let longer = Part { size: 1, ..Part::of("word/x.xml", b"longer") };
    add("longer.docx", zip(&with(longer)), BROKEN);
    add("nothing.docx", zip(&[]), TYPE);
    add("plain.zip", zip(&[Part::of("a.txt", b"a")]), TYPE);
    add("lists nothing.docx", zip(&letter()[1..]), TYPE);
    add("program.jar", zip(&[Part::of("META-INF/MANIFEST.MF", b"Main-Class: X")]), TYPE);
    add("program.apk", zip(&[Part::of("AndroidManifest.xml", b"x")]), TYPE);
    add("both.docx", zip(&[letter(), vec![Part::of("xl/workbook.xml", b"x")]].concat()), TYPE);
    add("torn.docx", docx()[..docx().len() - 9].to_vec(), BROKEN);
    add("torn.xlsx", xlsx()[..xlsx().len() / 2].to_vec(), BROKEN);
    add("paper.docx", docx(), Fate::Saved);
    add("table.xlsx", xlsx(), Fate::Saved);
    files
}

/// What would run, or open something else, on a clerk's machine.
fn programs() -> Vec<Hostile> {
    let mut files = Vec::new();
    for name in [
        "word/vbaProject.bin",
        "word/vbaData.xml/vbaProject",
        "word/activeX/activeX1.bin",
        "word/embeddings/oleObject1.bin",
        "word/embeddings/x.exe",
        "xl/macrosheets/sheet1.xml",
        "xl/externalLinks/externalLink1.xml",
    ] {
        files.push(hostile("program", "letter.docx", zip(&with(Part::of(name, b"x"))), ACTIVE));
    }
    let mut renamed = letter();
    renamed[0] = Part::of(
        "[Content_Types].xml",
        b"<Override ContentType=\"application/vnd.ms-word.document.macroEnabled.main+xml\"/>",
    );
    files.push(hostile("program", "renamed.docx", zip(&renamed), ACTIVE));
    files
}

/// Two files in one.
fn joined() -> Vec<Hostile> {
    let html = b"<html><script>alert(1)</script></html>".to_vec();
    let mut files = Vec::new();
    let mut add =
        |name: &str, bytes: Vec<u8>, fate| files.push(hostile("joined", name, bytes, fate));
    add("html+docx", [html.clone(), docx()].concat(), TYPE);
    add("docx+html", [docx(), html.clone()].concat(), BROKEN);
    add("docx+docx", [docx(), docx()].concat(), BROKEN);
    add("pdf+html", [pdf(), html.clone()].concat(), BROKEN);
    add("pdf+zip", [pdf(), zip(&[Part::of("x.exe", b"MZ")])].concat(), BROKEN);
    add("html+pdf", [html.clone(), pdf()].concat(), TYPE);
    add("docx+pdf", [docx(), pdf()].concat(), BROKEN);
    add("torn.pdf", pdf()[..40].to_vec(), BROKEN);
    add(
        "script.pdf",
        [b"%PDF-1.7\n/OpenAction<</S/JavaScript/JS(app.alert(1))>>\n".as_slice(), b"%%EOF"]
            .concat(),
        Fate::Saved,
    );
    // A gap between the parts, filled with another file.
    let (mut hidden, at) = (docx(), 0);
    hidden.splice(at..at, deflate(&html));
    add("in front.docx", hidden, TYPE);
    files
}

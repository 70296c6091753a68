//! Attachment: Word and Excel files (OOXML, a ZIP of parts). Its rule: nothing in front, nothing behind,
//! nothing between the parts that no list names, no program inside, and unpacked no larger than
//! [`MOST_UNPACKED`]; so it is what it says, whichever end a reader begins at.

use std::io::Read;

use flate2::read::DeflateDecoder;

use super::links;
use super::refusal::{broken, refused};
use crate::error::Result;
use crate::ticket::attachment::Media;

/// All parts together, unpacked.
const MOST_UNPACKED: u64 = 200 << 20;
/// Parts of one file.
const MOST_PARTS: u16 = 2_000;
/// Bytes of a part that are looked at; lists of links and of contents are far shorter.
const MOST_READ: usize = 1 << 20;
/// Names that stand for something that runs, or for a file in the file.
const ACTIVE: [&str; 6] =
    ["vbaproject", "activex", "oleobject", "/embeddings/", "macrosheets", "externallinks"];

/// What sort of document it is.
///
/// # Errors
/// `attachment.type` for a ZIP of something else; `.broken`; `.active` where it holds a program.
pub(super) fn look(bytes: &[u8]) -> Result<Media> {
    let parts = parts(bytes).ok_or_else(broken)?;
    let names: Vec<String> =
        parts.iter().map(|part| String::from_utf8_lossy(part.name).to_lowercase()).collect();
    let has = |name: &str| names.iter().any(|there| there == name);
    let media = match (has("word/document.xml"), has("xl/workbook.xml")) {
        (true, false) if has("[content_types].xml") => Media::Docx,
        (false, true) if has("[content_types].xml") => Media::Xlsx,
        _ => return Err(refused("attachment.type")),
    };
    let leads_out = |name: &String| {
        name.starts_with('/') || name.contains('\\') || name.split('/').any(|part| part == "..")
    };
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if names.iter().any(leads_out) || sorted.len() < names.len() {
        return Err(broken());
    }
    if names.iter().any(|name| ACTIVE.iter().any(|word| name.contains(word))) {
        return Err(refused("attachment.active"));
    }
    let announced: u64 = parts.iter().map(|part| u64::from(part.size)).sum();
    if announced > MOST_UNPACKED {
        return Err(broken());
    }
    let mut left = MOST_UNPACKED;
    for (part, name) in parts.iter().zip(&names) {
        let mut head = Vec::new();
        left = unpacked(part, left, &mut head).ok_or_else(broken)?;
        let is_links = std::path::Path::new(name).extension().is_some_and(|end| end == "rels");
        if is_links && (head.len() as u64) < u64::from(part.size) {
            return Err(broken());
        }
        if is_links && links::lead_out(&head).ok_or_else(broken)? {
            return Err(refused("attachment.active"));
        }
        // A document with macros says so in its list of contents, whatever the part is called.
        let says_macro = name == "[content_types].xml"
            && String::from_utf8_lossy(&head).to_lowercase().contains("macroenabled");
        if says_macro {
            return Err(refused("attachment.active"));
        }
    }
    Ok(media)
}

/// One part as it lies there.
struct Part<'a> {
    name: &'a [u8],
    method: u16,
    packed: &'a [u8],
    size: u32,
}

/// Unpacks a part into nothing, but for its beginning; answers what is left of `most`, or nothing
/// where it is broken, comes to more, or to something else than its list says.
fn unpacked(part: &Part<'_>, most: u64, head: &mut Vec<u8>) -> Option<u64> {
    let mut reader: Box<dyn Read + '_> = match part.method {
        0 => Box::new(part.packed),
        8 => Box::new(DeflateDecoder::new(part.packed)),
        _ => return None,
    };
    let (mut count, mut buffer) = (0_u64, [0; 8 * 1024]);
    loop {
        let read = reader.read(&mut buffer).ok()?;
        if read == 0 {
            break;
        }
        count += read as u64;
        if count > most || count > u64::from(part.size) {
            return None;
        }
        let room = MOST_READ.saturating_sub(head.len());
        head.extend_from_slice(&buffer[..read.min(room)]);
    }
    (count == u64::from(part.size)).then(|| most - count)
}

/// The parts that the list at the end names: each begins where the one before ended, and the list
/// begins where the last part ended.
fn parts(bytes: &[u8]) -> Option<Vec<Part<'_>>> {
    let end = bytes.len().checked_sub(22)?;
    // No comment: the end is the end.
    let tail = bytes.get(end..)?;
    let (count, all) = (u16_at(tail, 8)?, u16_at(tail, 10)?);
    let (size, start) = (u32_at(tail, 12)? as usize, u32_at(tail, 16)? as usize);
    let one_disk = u32_at(tail, 4)? == 0 && u16_at(tail, 20)? == 0;
    let fits = tail.starts_with(b"PK\x05\x06") && one_disk && count == all && count <= MOST_PARTS;
    if !fits || start.checked_add(size)? != end {
        return None;
    }
    let (mut at, mut listed) = (start, Vec::new());
    for _ in 0..count {
        let entry = bytes.get(at..)?;
        if !entry.starts_with(b"PK\x01\x02") {
            return None;
        }
        let flags = u16_at(entry, 8)?;
        let lengths = [u16_at(entry, 28)?, u16_at(entry, 30)?, u16_at(entry, 32)?].map(usize::from);
        let name = entry.get(46..46 + lengths[0])?;
        // Encrypted parts cannot be looked at.
        if flags & 1 != 0 {
            return None;
        }
        let facts = (u16_at(entry, 10)?, u32_at(entry, 20)? as usize, u32_at(entry, 24)?);
        listed.push((u32_at(entry, 42)? as usize, name, facts));
        at += 46 + lengths.iter().sum::<usize>();
    }
    if at != end {
        return None;
    }
    listed.sort_unstable_by_key(|(offset, ..)| *offset);
    let (mut at, mut parts) = (0, Vec::with_capacity(listed.len()));
    for (offset, name, (method, packed, size)) in listed {
        let local = bytes.get(offset..start)?;
        if offset != at || !local.starts_with(b"PK\x03\x04") {
            return None;
        }
        let lengths = [u16_at(local, 26)?, u16_at(local, 28)?].map(usize::from);
        let from = 30 + lengths[0] + lengths[1];
        if local.get(30..30 + lengths[0])? != name {
            return None;
        }
        parts.push(Part {
            name,
            method,
            packed: local.get(from..from.checked_add(packed)?)?,
            size,
        });
        at = offset + from + packed;
        at += descriptor(bytes.get(at..start)?, u16_at(local, 6)?, packed, size)?;
    }
    (at == start).then_some(parts)
}

/// How long the descriptor behind a part is, where its flags announce one.
fn descriptor(rest: &[u8], flags: u16, packed: usize, size: u32) -> Option<usize> {
    if flags & 8 == 0 {
        return Some(0);
    }
    let signed = usize::from(rest.starts_with(b"PK\x07\x08")) * 4;
    let says = (u32_at(rest, signed + 4)? as usize, u32_at(rest, signed + 8)?);
    (says == (packed, size)).then_some(signed + 12)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

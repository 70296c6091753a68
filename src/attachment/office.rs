//! Attachment: Word and Excel files (OOXML, a ZIP of parts). Its rule: nothing in front, nothing behind,
//! nothing between the parts that no list names, no program inside, and unpacked no larger than
//! [`MOST_UNPACKED`]; so it is what it says, whichever end a reader begins at. What the office wrote about
//! whoever wrote it goes ([`traces`]).

use std::io::Read;

use flate2::read::DeflateDecoder;

use super::links;
use super::refusal::{broken, refused};
use super::traces;
use crate::error::Result;
use crate::ticket::attachment::Media;

/// All parts together, unpacked.
const MOST_UNPACKED: u64 = 200 << 20;
/// Parts of one file.
const MOST_PARTS: u16 = 2_000;
/// Bytes of a part that are looked at; lists of links and of contents are far shorter.
const MOST_READ: usize = 1 << 20;
/// The flag that says so of a part's name.
const NAMED_IN_UTF8: u16 = 0x800;
/// Names that stand for something that runs, or for a file in the file.
const ACTIVE: [&str; 6] =
    ["vbaproject", "activex", "oleobject", "/embeddings/", "macrosheets", "externallinks"];

/// What sort of document it is, and the document without traces where it has some.
///
/// # Errors
/// `attachment.type` for a ZIP of something else; `.broken`; `.active` where it holds a program.
pub(super) fn look(bytes: &[u8]) -> Result<(Media, Option<Vec<u8>>)> {
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
    Ok((media, without_traces(&parts, &names)?))
}

/// The same file without traces; nothing where it has none.
fn without_traces(parts: &[Part<'_>], names: &[String]) -> Result<Option<Vec<u8>>> {
    let mut anew = Vec::new();
    for (part, name) in parts.iter().zip(names) {
        let may = traces::may_hold(name, part.size, part.packed.len());
        let plain = if may { traces::without(name, &part.content()?) } else { None };
        anew.push(plain);
    }
    if anew.iter().all(Option::is_none) {
        return Ok(None);
    }
    let parts = parts.iter().zip(&anew).map(|(part, plain)| match plain {
        Some(plain) => Part::stored(part.name, plain),
        None => Some(Part { ..*part }),
    });
    let parts = parts.collect::<Option<Vec<_>>>().ok_or_else(broken)?;
    zip(&parts).map(Some).ok_or_else(broken)
}

/// One part as it lies there.
struct Part<'a> {
    name: &'a [u8],
    /// Of its flags that which says how its name is written.
    flags: u16,
    method: u16,
    packed: &'a [u8],
    size: u32,
    crc: u32,
}

impl<'a> Part<'a> {
    /// `plain` as a part, not packed.
    fn stored(name: &'a [u8], plain: &'a [u8]) -> Option<Self> {
        let mut crc = flate2::Crc::new();
        crc.update(plain);
        let size = u32::try_from(plain.len()).ok()?;
        Some(Self { name, flags: 0, method: 0, packed: plain, size, crc: crc.sum() })
    }

    /// What is in it; it was unpacked before, into nothing.
    fn content(&self) -> Result<Vec<u8>> {
        let mut content = Vec::new();
        if self.method == 0 {
            content.extend(self.packed);
        } else {
            let most = u64::from(self.size);
            DeflateDecoder::new(self.packed)
                .take(most)
                .read_to_end(&mut content)
                .map_err(|_| broken())?;
        }
        Ok(content)
    }

    /// What both lists say of it.
    fn facts(&self) -> Option<Vec<u8>> {
        let packed = u32::try_from(self.packed.len()).ok()?;
        let name = u16::try_from(self.name.len()).ok()?;
        let mut facts = [self.flags.to_le_bytes(), self.method.to_le_bytes()].concat();
        // 1980-01-01: when a part was changed says when somebody was at work.
        facts.extend([0, 0, 0x21, 0]);
        facts.extend([self.crc, packed, self.size].map(u32::to_le_bytes).concat());
        facts.extend([name, 0].map(u16::to_le_bytes).concat());
        Some(facts)
    }
}

/// A ZIP of these parts, as [`parts`] demands them.
fn zip(parts: &[Part<'_>]) -> Option<Vec<u8>> {
    let (mut bytes, mut list) = (Vec::new(), Vec::new());
    for part in parts {
        let (offset, facts) = (u32::try_from(bytes.len()).ok()?, part.facts()?);
        list.extend([b"PK\x01\x02\x14\0\x14\0".as_slice(), &facts, &[0; 10]].concat());
        list.extend(offset.to_le_bytes());
        list.extend(part.name);
        bytes.extend([b"PK\x03\x04\x14\0".as_slice(), &facts, part.name].concat());
        bytes.extend(part.packed);
    }
    let (count, start) = (u16::try_from(parts.len()).ok()?, u32::try_from(bytes.len()).ok()?);
    let size = u32::try_from(list.len()).ok()?;
    bytes.extend(list);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([count, count].map(u16::to_le_bytes).concat());
    bytes.extend([size, start].map(u32::to_le_bytes).concat());
    bytes.extend([0, 0]);
    Some(bytes)
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
        let packed = u32_at(entry, 20)? as usize;
        let (method, crc, size) = (u16_at(entry, 10)?, u32_at(entry, 16)?, u32_at(entry, 24)?);
        let facts = (flags & NAMED_IN_UTF8, method, packed, size, crc);
        listed.push((u32_at(entry, 42)? as usize, name, facts));
        at += 46 + lengths.iter().sum::<usize>();
    }
    if at != end {
        return None;
    }
    listed.sort_unstable_by_key(|(offset, ..)| *offset);
    let (mut at, mut parts) = (0, Vec::with_capacity(listed.len()));
    for (offset, name, (flags, method, packed, size, crc)) in listed {
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
            flags,
            method,
            size,
            crc,
            packed: local.get(from..from.checked_add(packed)?)?,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(core: &[u8]) -> Vec<u8> {
        let parts: [(&[u8], &[u8]); 3] = [
            (b"[Content_Types].xml", b"<Types/>"),
            (b"word/document.xml", b"<w:document/>"),
            (b"docProps/core.xml", core),
        ];
        let parts = parts.map(|(name, plain)| Part::stored(name, plain).expect("short"));
        zip(&parts).expect("short")
    }

    #[test]
    fn a_letter_is_taken_without_who_wrote_it_and_then_has_no_traces_more() {
        let core = b"<cp:coreProperties><dc:creator>Li Si</dc:creator></cp:coreProperties>";
        let (media, anew) = look(&letter(core)).expect("a letter");
        let anew = anew.expect("it told who wrote it");
        assert_eq!(media, Media::Docx);
        assert!(!anew.windows(5).any(|five| five == b"Li Si"));
        assert!(anew.windows(13).any(|part| part == b"<w:document/>"));
        assert!(matches!(look(&anew), Ok((Media::Docx, None))));
    }

    #[test]
    fn nothing_comes_out_far_longer_than_it_came_in() {
        // A picture that is a bomb: a mebibyte of lines that packs to a kilobyte.
        let lines = vec![0; 1 << 20];
        let head = b"\xff\xd8\xff\xe1\0\x04Li\xff\xda\0\x02";
        let plain = [head.as_slice(), &lines, b"\xff\xd9"].concat();
        assert!(traces::without("word/media/a.jpg", &plain).is_some());
        assert!(!traces::may_hold("word/media/a.jpg", 1 << 20, 1 << 10));
    }
}

//! Attachment: what offices and cameras write of their own accord: who wrote it, where, on what. Its rule: it
//! goes, and what the sender wrote or took stays as it is; what cannot be walked through is left alone.

/// Bytes by which a part may be longer than twice what it was packed to: pictures hardly pack, and what
/// packs better would come out far longer than it came in.
const SLACK: u64 = 4 << 10;

/// Parts of an office file that say who wrote it, and such a part that says nothing.
const SILENT: [(&str, &[u8]); 3] = [
    (
        "docprops/core.xml",
        br#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>"#,
    ),
    (
        "docprops/app.xml",
        br#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>"#,
    ),
    (
        "docprops/custom.xml",
        br#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"/>"#,
    ),
];

/// Whether a part called `name` (in small letters), `size` long and packed to `packed`, may hold any.
pub(super) fn may_hold(name: &str, size: u32, packed: usize) -> bool {
    let is_picture = name.contains("media/") || name.contains("thumbnail");
    is_properties(name) || is_picture && u64::from(size) <= 2 * packed as u64 + SLACK
}

fn is_properties(name: &str) -> bool {
    SILENT.iter().any(|(there, _)| *there == name)
}

/// The part without them; nothing where it has none.
pub(super) fn without(name: &str, content: &[u8]) -> Option<Vec<u8>> {
    let silent = SILENT.iter().find(|(there, _)| *there == name).map(|(_, silent)| silent.to_vec());
    let plain = silent.or_else(|| jpeg(content)).or_else(|| png(content))?;
    (plain != content).then_some(plain)
}

/// A JPEG of the segments that its picture needs, up to its first end: behind it lie previews, with
/// positions of their own.
fn jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut kept = bytes.strip_prefix(b"\xff\xd8").map(|_| b"\xff\xd8".to_vec())?;
    let mut at = 2;
    loop {
        let [0xff, marker] = *bytes.get(at..at + 2)? else { return None };
        match marker {
            0xff => at += 1,
            0xd9 => {
                kept.extend(b"\xff\xd9");
                return Some(kept);
            }
            _ => {
                let length =
                    usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]));
                let segment = bytes.get(at..at + 2 + length).filter(|_| length >= 2)?;
                at += segment.len();
                if is_of_the_picture(marker, segment) {
                    kept.extend(segment);
                }
                if marker == 0xda {
                    let lines = scan(bytes.get(at..)?)?;
                    kept.extend(&bytes[at..at + lines]);
                    at += lines;
                }
            }
        }
    }
}

/// Not the applications' own segments, but the two that say how colours are meant, and no comment.
fn is_of_the_picture(marker: u8, segment: &[u8]) -> bool {
    match marker {
        0xe0 | 0xee => true,
        0xe2 => segment.get(4..).is_some_and(|body| body.starts_with(b"ICC_PROFILE\0")),
        0xe1..=0xef | 0xfe => false,
        _ => true,
    }
}

/// How long the lines of a picture are: up to a marker that is none of theirs.
fn scan(bytes: &[u8]) -> Option<usize> {
    bytes.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7))
}

/// A PNG without its texts, its time and its EXIF, up to its end.
fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    const HEAD: &[u8] = b"\x89PNG\r\n\x1a\n";
    let mut rest = bytes.strip_prefix(HEAD)?;
    let mut kept = HEAD.to_vec();
    loop {
        let length = u32::from_be_bytes(rest.get(..4)?.try_into().ok()?);
        let whole = usize::try_from(length).ok()?.checked_add(12)?;
        let (chunk, behind) = rest.split_at_checked(whole)?;
        let name = chunk.get(4..8)?;
        if !matches!(name, b"tEXt" | b"zTXt" | b"iTXt" | b"eXIf" | b"tIME") {
            kept.extend(chunk);
        }
        if name == b"IEND" {
            return Some(kept);
        }
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, ImageFormat};

    use super::*;

    fn drawn(format: ImageFormat) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        DynamicImage::new_rgb8(40, 30).write_to(&mut bytes, format).expect("memory");
        bytes.into_inner()
    }

    #[test]
    fn a_picture_without_traces_is_left_alone_and_one_with_them_shows_the_same() {
        let jpeg = drawn(ImageFormat::Jpeg);
        assert_eq!(without("word/media/a.jpg", &jpeg), None);
        let told = b"\xff\xe1\0\x0aExif\0\0GP\xff\xfe\0\x05Li ";
        let telling = [&jpeg[..2], told, &jpeg[2..], b"\xff\xd8 behind the end"].concat();
        assert_eq!(without("word/media/a.jpg", &telling), Some(jpeg));
        let png = drawn(ImageFormat::Png);
        assert_eq!(without("xl/media/a.png", &png), None);
        let text = b"\0\0\0\x06tEXtAu\0Li \0\0\0\0";
        let telling = [&png[..33], text, &png[33..], b"behind"].concat();
        assert_eq!(without("xl/media/a.png", &telling), Some(png));
    }

    #[test]
    fn what_breaks_off_anywhere_is_left_alone() {
        for whole in [drawn(ImageFormat::Jpeg), drawn(ImageFormat::Png)] {
            for end in 0..whole.len() {
                assert_eq!(without("word/media/a", &whole[..end]), None, "{end}");
            }
        }
    }
}

//! Attachment: where the parts of an office file lead. Its rule: a link that somebody clicks may lead out; what
//! a program fetches by itself (a template, a picture, a linked object) may not.

use quick_xml::events::Event;
use quick_xml::{Reader, XmlVersion};

/// The only kind of relationship that waits for a click.
const CLICKED: &str = "/hyperlink";

/// Whether the list of relationships `part` (OPC, ECMA-376 part 2 §6.5.3) has one that a program would fetch
/// from outside; none where it is no such list: other than UTF-8, with entities of its own, or broken.
pub(super) fn lead_out(part: &[u8]) -> Option<bool> {
    let text = std::str::from_utf8(part.strip_prefix(b"\xef\xbb\xbf").unwrap_or(part)).ok()?;
    let mut reader = Reader::from_str(text);
    let mut leads = false;
    loop {
        match reader.read_event().ok()? {
            Event::Eof => return Some(leads),
            Event::DocType(_) => return None,
            Event::Start(element) | Event::Empty(element)
                if element.local_name().as_ref().eq_ignore_ascii_case("relationship") =>
            {
                let (mut outside, mut clicked) = (false, false);
                for attribute in element.attributes() {
                    let attribute = attribute.ok()?;
                    let value = attribute.normalized_value(XmlVersion::Explicit1_0).ok()?;
                    match attribute.key.local_name().as_ref() {
                        "TargetMode" => outside = value.eq_ignore_ascii_case("external"),
                        "Type" => clicked = value.ends_with(CLICKED),
                        _ => {}
                    }
                }
                leads |= outside && !clicked;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(inside: &str) -> Vec<u8> {
        let head = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
        format!("{head}<Relationships xmlns=\"p\">{inside}</Relationships>").into_bytes()
    }

    #[test]
    fn only_what_a_person_clicks_may_lead_out() {
        let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        for (kind, mode, leads) in [
            ("hyperlink", "TargetMode=\"External\"", false),
            ("styles", "", false),
            ("image", "TargetMode='Internal'", false),
            ("attachedTemplate", "TargetMode=\"External\"", true),
            ("image", "TargetMode='external'", true),
            ("oleObject", "TargetMode=\"&#69;xternal\"", true),
        ] {
            let one =
                format!("<Relationship Id=\"r\" Type=\"{office}/{kind}\" Target=\"t\" {mode}/>");
            assert_eq!(lead_out(&list(&one)), Some(leads), "{kind} {mode}");
            let prefixed = one.replace("<Relationship", "<x:Relationship");
            assert_eq!(lead_out(&list(&prefixed)), Some(leads), "{kind} {mode}");
        }
        for broken in [
            b"<Relationships><a".to_vec(),
            b"<!DOCTYPE x [<!ENTITY e 'External'>]><Relationships/>".to_vec(),
            list("").iter().flat_map(|byte| [*byte, 0]).chain([0xff]).collect(),
        ] {
            assert_eq!(lead_out(&broken), None);
        }
    }
}

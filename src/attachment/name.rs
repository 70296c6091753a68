//! Attachment: what a sender calls a file. Its rule: it names nothing on our disk; what is kept of it is
//! short, of one line, and ends as the content says, not as the sender does.

use crate::ticket::attachment::Media;

/// Characters kept of a name, without its ending.
const LONGEST: usize = 80;

/// What is kept of the name `sent`; nothing where nothing is left of it.
pub fn clean_name(sent: &str, media: Media) -> Option<String> {
    let last = sent.rsplit(['/', '\\', ':']).next().unwrap_or_default();
    let plain: String =
        last.chars().map(|c| if c.is_control() || is_hidden(c) { ' ' } else { c }).collect();
    let stem = match plain.rsplit_once('.') {
        Some((stem, end)) if end.len() <= 5 && end.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            stem
        }
        _ => plain.as_str(),
    };
    let forbidden = |c: char| "\"<>|?*%;".contains(c);
    let words: Vec<&str> =
        stem.split(|c: char| c.is_whitespace() || forbidden(c)).filter(|w| !w.is_empty()).collect();
    let short: String = words.join(" ").chars().take(LONGEST).collect();
    let short = short.trim_matches(['.', ' ', '-', '~']);
    (!short.is_empty()).then(|| format!("{short}.{}", media.ending()))
}

/// Characters that are not seen, or that turn the order of the others around.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_short_line_that_ends_as_the_content_says() {
        for (sent, kept) in [
            ("照片.JPG", Some("照片.jpg")),
            ("../../etc/passwd", Some("passwd.jpg")),
            ("C:\\fakepath\\漏水 3号楼.png", Some("漏水 3号楼.jpg")),
            ("invoice\u{202e}gpj.exe", Some("invoice gpj.jpg")),
            ("a\r\nSet-Cookie: x=1.svg", Some("x=1.jpg")),
            ("evil.php\0.jpg", Some("evil.php.jpg")),
            ("....", None),
            ("", None),
            (".htaccess", Some("htaccess.jpg")),
            ("\"; filename=\"x.html", Some("filename= x.jpg")),
        ] {
            assert_eq!(clean_name(sent, Media::Jpeg).as_deref(), kept, "{sent:?}");
        }
        let long = clean_name(&"长".repeat(5_000), Media::Pdf).expect("a name");
        assert_eq!(long.chars().count(), LONGEST + 4);
    }
}

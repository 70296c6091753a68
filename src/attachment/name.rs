//! Attachment: what a sender calls a file. Its rule: it names nothing on our disk; what is kept of it is
//! short, of one line, and ends as the content says, not as the sender does.

use crate::sealing::beginning;
use crate::ticket::attachment::Media;

/// Characters kept of a name, without its ending.
const LONGEST: usize = 80;

/// What is kept of the name `sent`; nothing where nothing is left of it. What it is cut to ends before a
/// number or one of `names`, of which half could not be masked any more.
pub fn clean_name(sent: &str, media: Media, names: &[&str]) -> Option<String> {
    let last = sent.rsplit(['/', '\\', ':']).next().unwrap_or_default();
    let plain: String =
        last.chars().map(|c| if c.is_control() || is_hidden(c) { ' ' } else { c }).collect();
    let stem = match plain.rsplit_once('.') {
        Some((stem, end)) if is_ending(end) => stem,
        _ => plain.as_str(),
    };
    let forbidden = |c: char| "\"<>|?*%;".contains(c);
    let words: Vec<&str> =
        stem.split(|c: char| c.is_whitespace() || forbidden(c)).filter(|w| !w.is_empty()).collect();
    let whole = words.join(" ");
    let short = beginning(&whole, LONGEST, names).trim_matches(['.', ' ', '-', '~']);
    // What must not be cut, and is longer than any name, is none.
    let fits = (1..=2 * LONGEST).contains(&short.chars().count());
    fits.then(|| format!("{short}.{}", media.ending()))
}

/// `jpg`, but not the last digits of `1390000.0001`.
fn is_ending(end: &str) -> bool {
    let plain = end.bytes().all(|byte| byte.is_ascii_alphanumeric());
    end.len() <= 5 && plain && end.bytes().any(|byte| byte.is_ascii_alphabetic())
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
            assert_eq!(clean_name(sent, Media::Jpeg, &[]).as_deref(), kept, "{sent:?}");
        }
        let long = clean_name(&"长".repeat(5_000), Media::Pdf, &[]).expect("a name");
        assert_eq!(long.chars().count(), LONGEST + 4);
    }
    #[test]
    fn a_name_that_is_cut_ends_with_no_half_of_a_number_or_a_caller() {
        for before in 60..LONGEST + 2 {
            let long = format!("{}13900000001欧阳娜娜家{}", "水".repeat(before), "长".repeat(90));
            let kept = clean_name(&long, Media::Jpeg, &["欧阳娜娜"]).expect("a name");
            let shown = crate::sealing::mask_text(&kept, &["欧阳娜娜"]);
            assert!(!shown.contains("139000") && !shown.contains("欧阳娜"), "{shown}");
        }
        let mail = format!("{}@posteo.example.cn", "a".repeat(5_000));
        assert_eq!(clean_name(&mail, Media::Jpeg, &[]), None);
        let kept = clean_name("电话1390000.0001", Media::Jpeg, &[]).expect("a name");
        assert_eq!(crate::sealing::mask_text(&kept, &[]), "电话139****0001.jpg");
    }
}

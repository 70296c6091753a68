//! What browsers came to know after Chromium 109, which is the last for Windows 7 and so the oldest that the pages are
//! for: calls of scripts, style and markup, each with the version that brought it (caniuse.com, chromestatus.com). Its
//! rule: a table; what is older is in no line, what is newer is no page's.

use std::path::{Path, PathBuf};

/// How it is written, and the version of Chromium that brought it.
pub type Newer = (&'static str, u16);

/// As it stands in a script: `.name(` is a call of a method, whoever has it.
pub const CALLS: &[Newer] = &[
    // The language's own.
    (".toSorted(", 110),
    (".toReversed(", 110),
    (".toSpliced(", 110),
    (".isWellFormed(", 111),
    (".toWellFormed(", 111),
    (".transferToFixedLength(", 114),
    ("JSON.rawJSON", 114),
    ("Object.groupBy", 117),
    ("Map.groupBy", 117),
    ("Promise.withResolvers", 119),
    ("Array.fromAsync", 121),
    (".union(", 122),
    (".intersection(", 122),
    (".difference(", 122),
    (".symmetricDifference(", 122),
    (".isSubsetOf(", 122),
    (".isSupersetOf(", 122),
    (".isDisjointFrom(", 122),
    ("Iterator.from", 122),
    (".toArray(", 122),
    (".entries().map(", 122),
    (".entries().filter(", 122),
    (".values().map(", 122),
    (".values().filter(", 122),
    (".values().some(", 122),
    (".values().find(", 122),
    (".values().reduce(", 122),
    (".keys().map(", 122),
    (".keys().filter(", 122),
    ("Promise.try", 128),
    ("Intl.DurationFormat", 129),
    ("Uint8Array.fromBase64", 133),
    (".toBase64(", 140),
    ("Error.isError", 134),
    ("Float16Array", 135),
    ("RegExp.escape", 136),
    ("Temporal", 144),
    // The browser's.
    (".startViewTransition(", 111),
    (".getSetCookie(", 113),
    (".showPopover(", 114),
    (".hidePopover(", 114),
    (".togglePopover(", 114),
    (".popoverTargetElement", 114),
    ("AbortSignal.any", 116),
    ("documentPictureInPicture", 116),
    ("URL.canParse", 120),
    ("EditContext", 121),
    (".setHTMLUnsafe(", 124),
    ("Document.parseHTMLUnsafe", 124),
    (".getHTML(", 125),
    ("URL.parse", 126),
    ("CloseWatcher", 126),
    (".caretPositionFromPoint(", 128),
    ("scheduler.yield", 129),
    (".moveBefore(", 133),
    (".requestClose(", 134),
    (".commandForElement", 135),
];

/// As it stands in a style: `name:` is a property.
pub const STYLES: &[Newer] = &[
    ("initial-letter:", 110),
    ("color-mix(", 111),
    ("oklch(", 111),
    ("oklab(", 111),
    ("lch(", 111),
    ("lab(", 111),
    ("color(", 111),
    ("sin(", 111),
    ("cos(", 111),
    ("pow(", 120),
    ("sqrt(", 120),
    ("hypot(", 120),
    ("view-transition-name:", 111),
    ("::view-transition", 111),
    ("animation-composition:", 112),
    ("image-set(", 113),
    ("linear(", 113),
    ("text-wrap:", 114),
    ("white-space-collapse:", 114),
    (":popover-open", 114),
    ("animation-timeline:", 115),
    ("scroll-timeline:", 115),
    ("view-timeline:", 115),
    ("offset-path: ray(", 116),
    ("@starting-style", 117),
    ("transition-behavior:", 117),
    ("allow-discrete", 117),
    ("subgrid", 117),
    ("@scope", 118),
    ("prefers-reduced-transparency", 118),
    (":user-invalid", 119),
    (":user-valid", 119),
    ("rgb(from", 119),
    ("hsl(from", 119),
    ("auto-phrase", 119),
    (":dir(", 120),
    ("mask:", 120),
    ("mask-image:", 120),
    ("mask-size:", 120),
    ("(scripting", 120),
    ("scrollbar-color:", 121),
    ("scrollbar-width:", 121),
    ("light-dark(", 123),
    ("field-sizing:", 123),
    ("text-spacing-trim:", 123),
    ("anchor-name:", 125),
    ("position-anchor:", 125),
    ("position-area:", 129),
    ("position-try:", 125),
    ("@position-try", 125),
    ("anchor(", 125),
    ("anchor-size(", 125),
    (":state(", 125),
    ("round(", 125),
    ("rem(", 125),
    ("@view-transition", 126),
    ("font-size-adjust:", 127),
    ("ruby-align:", 128),
    ("calc-size(", 129),
    ("interpolate-size:", 129),
    ("text-wrap-style:", 130),
    ("text-wrap-mode:", 130),
    ("::details-content", 131),
    ("@top-center", 131),
    ("@bottom-center", 131),
    ("@bottom-left", 131),
    ("@bottom-right", 131),
    ("text-box:", 133),
    ("text-box-trim:", 133),
    ("::scroll-button", 135),
    ("::scroll-marker", 135),
    ("dynamic-range-limit:", 136),
    ("reading-flow:", 137),
    ("if(", 137),
    ("sibling-index(", 138),
    ("corner-shape:", 139),
];

/// As it stands in a page.
pub const MARKS: &[Newer] = &[
    ("shadowrootmode", 111),
    (" popover", 114),
    ("popovertarget", 114),
    ("<search", 118),
    ("writingsuggestions", 124),
    ("closedby", 134),
    ("commandfor", 135),
    ("<selectedcontent", 135),
];

/// Where something newer stands all the same, and what is missing without it.
const SPARED: [(&str, &str); 2] = [
    // On paper the page's number, which the browser's own foot says too.
    ("config/reports/page.html", "@bottom-left"),
    ("config/reports/page.html", "@bottom-right"),
];

/// Rules within rules.
const NESTED: Newer = ("a rule in a rule", 112);
/// Of several `<details>` of one name only one is open.
const NAMED: Newer = ("<details name>", 120);

/// A call as the words of a script have it, with a space between any two.
fn spaced(call: &str) -> String {
    let mut text = String::from(" ");
    for c in call.chars() {
        let is_mark = matches!(c, '.' | '(' | ')');
        if is_mark && !text.ends_with(' ') {
            text.push(' ');
        }
        text.push(c);
        if is_mark {
            text.push(' ');
        }
    }
    if !text.ends_with(' ') {
        text.push(' ');
    }
    text
}

/// What is newer in a script, given as its words with a space before, between and behind them.
pub fn newer_calls(words: &str) -> Vec<Newer> {
    CALLS.iter().filter(|(call, _)| words.contains(&spaced(call))).copied().collect()
}

/// Whether `text` has `it`, and not as a part of a longer name.
fn has(text: &str, it: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
    text.match_indices(it).any(|(at, _)| {
        let before = text[..at].chars().next_back().is_some_and(is_name);
        let after = text[at + it.len()..].chars().next().is_some_and(is_name);
        !(before && it.starts_with(is_name) || after && it.ends_with(is_name))
    })
}

/// A style without its comments, its texts and what a template fills in.
fn bare(style: &str) -> String {
    let mut text = String::new();
    let mut rest = style;
    while let Some(c) = rest.chars().next() {
        let end = match c {
            '/' if rest.starts_with("/*") => rest.find("*/").map(|at| at + 2),
            '{' if rest.starts_with("{{") => rest.find("}}").map(|at| at + 2),
            '{' if rest.starts_with("{%") => rest.find("%}").map(|at| at + 2),
            '"' | '\'' => rest[1..].find(c).map(|at| at + 2),
            _ => {
                text.push(c);
                Some(c.len_utf8())
            }
        };
        rest = &rest[end.unwrap_or(rest.len())..];
    }
    text
}

/// Whether a block stands in the block of a rule.
fn nests(bare: &str) -> bool {
    let (mut blocks, mut prelude) = (Vec::new(), String::new());
    for c in bare.chars() {
        match c {
            '{' => {
                if blocks.last() == Some(&true) {
                    return true;
                }
                blocks.push(!prelude.trim_start().starts_with('@'));
            }
            '}' => {
                blocks.pop();
            }
            ';' => {}
            other => {
                prelude.push(other);
                continue;
            }
        }
        prelude.clear();
    }
    false
}

/// What is newer in a style.
pub fn newer_styles(style: &str) -> Vec<Newer> {
    let text = bare(style);
    let mut found: Vec<Newer> = STYLES.iter().filter(|(it, _)| has(&text, it)).copied().collect();
    found.extend(nests(&text).then_some(NESTED));
    found
}

/// What is newer in a page.
pub fn newer_marks(page: &str) -> Vec<Newer> {
    let mut found: Vec<Newer> = MARKS.iter().filter(|(it, _)| has(page, it)).copied().collect();
    let mut heads = page.split("<details").skip(1).filter_map(|rest| rest.split('>').next());
    found.extend(heads.any(|head| head.contains(" name=")).then_some(NAMED));
    found
}

/// All files below `folder` of the source whose name ends so.
pub fn files(folder: &str, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == end) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn no_style_and_no_page_has_anything_newer_than_chromium_109() {
    let mut wrong: Vec<(PathBuf, Newer)> = Vec::new();
    let (mut styles, mut pages) = (0, 0);
    let all = |end| files("src", end).into_iter().chain(files("config", end));
    for path in ["css", "html"].into_iter().flat_map(all) {
        let text = std::fs::read_to_string(&path).unwrap();
        let ending = path.extension().unwrap_or_default();
        if ending == "css" {
            styles += 1;
            wrong.extend(newer_styles(&text).into_iter().map(|it| (path.clone(), it)));
        }
        // A page that is printed brings its style with it.
        for inside in text.split("<style>").skip(1).filter_map(|it| it.split("</style>").next()) {
            styles += 1;
            wrong.extend(newer_styles(inside).into_iter().map(|it| (path.clone(), it)));
        }
        if ending == "html" {
            pages += 1;
            wrong.extend(newer_marks(&text).into_iter().map(|it| (path.clone(), it)));
        }
    }
    assert!(styles > 2 && pages > 60, "{styles} styles, {pages} pages");
    for (place, name) in SPARED {
        let before = wrong.len();
        wrong.retain(|(path, it)| !(path.ends_with(place) && it.0 == name));
        assert!(wrong.len() < before, "{name} is no more in {place}");
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn what_is_newer_is_seen_where_it_stands_and_not_in_comments_texts_and_longer_names() {
    for it in STYLES {
        let (name, since) = it;
        assert!(*since > 109, "{name}");
        let line = match name {
            at if at.starts_with('@') => format!("{at} {{ top: 0; }}"),
            on if on.starts_with(':') && on.ends_with('(') => format!("a{on}b) {{ top: 0; }}"),
            on if on.starts_with(':') => format!("a{on} {{ top: 0; }}"),
            of if of.ends_with(':') => format!("a {{ top: 0; {of} 1 }}"),
            call if call.ends_with('(') => format!("a {{ width:{call}1) }}"),
            word => format!("a {{ width:{word} 1 }}"),
        };
        assert!(newer_styles(&line).contains(it), "{line}");
        let hidden = format!("/* {line} */ a {{ content: \"{name}\"; --x-{name} 0 }}");
        let is_mark = name.starts_with([':', '@', '(']);
        assert!(is_mark || newer_styles(&hidden).is_empty(), "{hidden}");
    }
    for (style, is_nested) in [
        ("a { b { top: 0 } }", true),
        ("a { top: 0; &:hover { top: 1px } }", true),
        ("a { @media print { top: 0 } }", true),
        ("@media print { a { top: 0 } b { top: 0 } }", false),
        ("@keyframes k { from { top: 0 } to { top: 1px } } a { top: 0 }", false),
    ] {
        assert_eq!(newer_styles(style).contains(&NESTED), is_nested, "{style}");
    }
    for it in MARKS {
        let (name, since) = it;
        let tag = if name.starts_with('<') { format!("{name}>") } else { format!("<b {name}>") };
        assert!(newer_marks(&tag).contains(it) && *since > 109, "{tag}");
    }
    assert_eq!(newer_marks("<details data-key=\"a\" name=\"b\">"), [NAMED]);
    assert!(newer_marks("<details data-key-name=\"a\"><p name=\"b\">").is_empty());
}

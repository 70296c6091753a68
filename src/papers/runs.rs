//! Papers: places in a document that Word has taken apart. Its rule: Word cuts what was typed in one go into runs
//! (spelling, another font, a second look); a place is put together again where it begins, and nothing else moves.
//!
//! Rows and paragraphs that hold nothing but `{% for … %}` and the like go, and leave the mark in their place: what lies
//! between is repeated whole. A row that begins with its `{% for … %}` and ends with its `{% endfor %}` is repeated itself.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::fill::escaped;

/// A part of a document.
#[derive(Debug, Clone, PartialEq)]
enum Piece {
    /// As it stands.
    Raw(String),
    /// What stands inside a `w:t`, in clear.
    Text(String),
    /// Of the template: as it stands, marks and all.
    Template(String),
}

/// A paragraph or a row, from the piece that opens it to the one that closes it.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    is_row: bool,
    from: usize,
    to: usize,
}

/// The pieces of a document and where its paragraphs and rows lie, the inner ones first.
struct Sheet {
    pieces: Vec<Piece>,
    stretches: Vec<Stretch>,
}

/// The document as a template; nothing where it is no XML.
pub fn joined(xml: &str) -> Option<String> {
    let mut sheet = Sheet::read(xml)?;
    sheet.join();
    sheet.lift();
    Some(sheet.pieces.iter().map(written).collect())
}

/// Whether it is XML, each tag closed.
pub fn is_whole(xml: &str) -> bool {
    let mut reader = Reader::from_str(xml);
    let mut depth = 0_usize;
    loop {
        match reader.read_event() {
            Ok(Event::Start(_)) => depth += 1,
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::Eof) => return depth == 0,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

/// A cell of a table ends with a paragraph, or Word does not open the file: those that lost theirs get an empty one.
pub fn with_whole_cells(xml: &str) -> String {
    const END: &str = "</w:tc>";
    let mut whole = String::with_capacity(xml.len());
    let mut rest = xml;
    while let Some(at) = rest.find(END) {
        let (inside, after) = rest.split_at(at);
        whole.push_str(inside);
        let last = inside.trim_end();
        if !last.ends_with("</w:p>") && !last.ends_with("<w:p/>") {
            whole.push_str("<w:p/>");
        }
        whole.push_str(END);
        rest = &after[END.len()..];
    }
    whole + rest
}

impl Sheet {
    fn read(xml: &str) -> Option<Self> {
        let mut reader = Reader::from_str(xml);
        let (mut pieces, mut stretches, mut open) = (Vec::new(), Vec::new(), Vec::new());
        let mut depth = 0_usize;
        let mut text: Option<String> = None;
        let mut at = 0;
        loop {
            let event = reader.read_event().ok()?;
            let end = usize::try_from(reader.buffer_position()).ok()?;
            let raw = xml.get(at..end)?;
            at = end;
            match event {
                Event::Eof => break,
                Event::Start(tag) => {
                    depth += 1;
                    match tag.name().as_ref() {
                        "w:t" => {
                            text = Some(String::new());
                            pieces.push(Piece::Raw("<w:t xml:space=\"preserve\">".to_owned()));
                            continue;
                        }
                        name @ ("w:p" | "w:tr") => open.push((name == "w:tr", pieces.len())),
                        _ => {}
                    }
                }
                Event::End(tag) => {
                    depth = depth.checked_sub(1)?;
                    match tag.name().as_ref() {
                        "w:t" => pieces.push(Piece::Text(text.take().unwrap_or_default())),
                        name @ ("w:p" | "w:tr") => {
                            let is_row = name == "w:tr";
                            let (_, from) = open.pop().filter(|(of_row, _)| *of_row == is_row)?;
                            stretches.push(Stretch { is_row, from, to: pieces.len() });
                        }
                        _ => {}
                    }
                }
                Event::Text(_) | Event::GeneralRef(_) if text.is_some() => {
                    let plain = quick_xml::escape::unescape(raw).ok()?;
                    text.get_or_insert_default().push_str(&plain);
                    continue;
                }
                _ => {}
            }
            pieces.push(Piece::Raw(raw.to_owned()));
        }
        (depth == 0).then_some(Self { pieces, stretches })
    }

    /// The texts that belong to this stretch, in their order; of a paragraph not those of one inside it.
    fn texts(&self, stretch: Stretch) -> Vec<usize> {
        let is_inner = |other: &&Stretch| {
            !other.is_row && !stretch.is_row && stretch.from < other.from && other.to < stretch.to
        };
        let inner: Vec<&Stretch> = self.stretches.iter().filter(is_inner).collect();
        let here = stretch.from..=stretch.to;
        here.filter(|at| matches!(self.pieces[*at], Piece::Text(_)))
            .filter(|at| !inner.iter().any(|inner| (inner.from..=inner.to).contains(at)))
            .collect()
    }

    fn said(&self, texts: &[usize]) -> String {
        let text = |at: &usize| match &self.pieces[*at] {
            Piece::Text(text) => text.as_str(),
            _ => "",
        };
        texts.iter().map(text).collect()
    }

    fn join(&mut self) {
        let paragraphs: Vec<Stretch> =
            self.stretches.iter().filter(|it| !it.is_row).copied().collect();
        for paragraph in paragraphs {
            let texts = self.texts(paragraph);
            if texts.len() > 1 {
                self.join_one(&texts);
            }
        }
    }

    /// Each mark wholly into the text where it begins.
    fn join_one(&mut self, texts: &[usize]) {
        let said = self.said(texts);
        let marks = marks(&said);
        let mut ends = Vec::new();
        let mut end = 0;
        for at in texts {
            end += self.said(&[*at]).len();
            ends.push(end);
        }
        let owner = |byte: usize| ends.iter().position(|end| byte < *end).unwrap_or_default();
        let mut parts = vec![String::new(); texts.len()];
        for (byte, c) in said.char_indices() {
            let mark = marks.iter().find(|(from, to)| (*from..*to).contains(&byte));
            parts[owner(mark.map_or(byte, |(from, _)| *from))].push(c);
        }
        for (at, part) in texts.iter().zip(parts) {
            self.pieces[*at] = Piece::Text(part);
        }
    }

    /// What holds nothing but marks goes; a row with its own loop is put into it. Rows first: a mark alone in a
    /// cell is the row's.
    fn lift(&mut self) {
        let rows = self.stretches.iter().filter(|it| it.is_row);
        let rest = self.stretches.iter().filter(|it| !it.is_row);
        let all: Vec<Stretch> = rows.chain(rest).copied().collect();
        for stretch in all {
            let texts = self.texts(stretch);
            let said = self.said(&texts);
            if holds_blocks_only(&said) {
                if !self.carries_more(stretch) {
                    self.replace(stretch, straight(said.trim()));
                }
            } else if stretch.is_row {
                self.repeat_row(stretch, &texts, said.trim());
            }
        }
    }

    /// A paragraph with a picture or the end of a section stays.
    fn carries_more(&self, stretch: Stretch) -> bool {
        const MORE: [&str; 4] = ["<w:sectPr", "<w:drawing", "<w:pict", "<w:object"];
        self.pieces[stretch.from..=stretch.to].iter().any(|piece| match piece {
            Piece::Raw(raw) => MORE.iter().any(|more| raw.starts_with(more)),
            _ => false,
        })
    }

    fn replace(&mut self, stretch: Stretch, with: String) {
        for piece in &mut self.pieces[stretch.from..=stretch.to] {
            *piece = Piece::Raw(String::new());
        }
        self.pieces[stretch.from] = Piece::Template(with);
    }

    fn repeat_row(&mut self, row: Stretch, texts: &[usize], said: &str) {
        let marks = marks(said);
        let (Some(first), Some(last)) = (marks.first(), marks.last()) else { return };
        let (begin, end) = (&said[first.0..first.1], &said[last.0..last.1]);
        let opens = first.0 == 0 && is_block(begin, "for");
        let closes = last.1 == said.len() && is_block(end, "endfor");
        let holds = |mark: &str, at: &usize| self.said(&[*at]).contains(mark);
        let from = texts.iter().find(|at| holds(begin, at)).copied();
        let to = texts.iter().rfind(|at| holds(end, at)).copied();
        let (Some(from), Some(to), true) = (from, to, opens && closes) else { return };
        let (begin, end) = (begin.to_owned(), end.to_owned());
        if let Piece::Text(text) = &mut self.pieces[from] {
            *text = text.replacen(&begin, "", 1);
        }
        if let Piece::Text(text) = &mut self.pieces[to]
            && let Some(at) = text.rfind(&end)
        {
            text.replace_range(at..at + end.len(), "");
        }
        for (at, before, after) in
            [(row.from, straight(&begin), ""), (row.to, String::new(), end.as_str())]
        {
            if let Piece::Raw(raw) = &self.pieces[at] {
                self.pieces[at] = Piece::Template(format!("{before}{raw}{}", straight(after)));
            }
        }
    }
}

/// Where the marks of a template lie in a text: `{{ … }}`, `{% … %}`, `{# … #}`.
fn marks(said: &str) -> Vec<(usize, usize)> {
    const KINDS: [(&str, &str); 3] = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")];
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some((from, end)) = KINDS
        .iter()
        .filter_map(|(begin, end)| said[at..].find(begin).map(|found| (at + found, *end)))
        .min()
    {
        let Some(to) = said[from..].find(end).map(|found| from + found + end.len()) else { break };
        found.push((from, to));
        at = to;
    }
    found
}

/// Whether there is nothing but blocks: `{% for … %}`, `{% if … %}`, their ends.
fn holds_blocks_only(said: &str) -> bool {
    let marks = marks(said);
    let mut rest = said.to_owned();
    for (from, to) in marks.iter().rev() {
        if !said[*from..].starts_with("{%") {
            return false;
        }
        rest.replace_range(from..to, "");
    }
    !marks.is_empty() && rest.trim().is_empty()
}

fn is_block(mark: &str, word: &str) -> bool {
    let inside = mark.trim_start_matches("{%").trim_start_matches('-').trim_start();
    inside.split([' ', '%', '-']).next() == Some(word)
}

/// Word makes typographic quotation marks of straight ones, also inside a mark.
fn straight(mark: &str) -> String {
    mark.replace(['“', '”'], "\"").replace(['‘', '’'], "'").replace('\u{a0}', " ")
}

/// A piece as the template has it.
fn written(piece: &Piece) -> String {
    match piece {
        Piece::Template(template) => template.clone(),
        Piece::Raw(raw) if marks_may_begin(raw) => raw.replace('{', "{{ '{' }}"),
        Piece::Raw(raw) => raw.clone(),
        Piece::Text(text) => {
            let mut safe = String::with_capacity(text.len());
            let mut at = 0;
            for (from, to) in marks(text) {
                safe.push_str(&escaped(&text[at..from], " "));
                safe.push_str(&straight(&text[from..to]));
                at = to;
            }
            safe + &escaped(&text[at..], " ")
        }
    }
}

fn marks_may_begin(raw: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|begin| raw.contains(begin))
}

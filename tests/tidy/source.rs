//! Tidy: the source as text. Its rule: comments and literals are blanked before anything is
//! searched, and what stands under `#[cfg(test)]` is known as test code.

use std::fs;
use std::path::{Path, PathBuf};

/// One Rust file of the repository.
pub struct Source {
    /// From the root of the repository, with `/`.
    pub path: String,
    pub raw: String,
    /// As long as `raw`, with comments and the insides of literals turned into blanks.
    pub bare: String,
    /// Per line (from 0): whether it is test code.
    pub in_test: Vec<bool>,
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder` (from the root) whose name ends with `ending`, in order.
pub fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![root().join(folder)];
    while let Some(here) = waiting.pop() {
        for entry in fs::read_dir(&here).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

pub fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// The Rust files below the folders.
pub fn sources(folders: &[&str]) -> Vec<Source> {
    let paths = folders.iter().flat_map(|folder| files(folder, ".rs"));
    let mut sources: Vec<Source> = paths
        .map(|path| Source::new(relative(&path), fs::read_to_string(&path).unwrap()))
        .collect();
    let tests: Vec<String> = sources.iter().flat_map(Source::test_files).collect();
    for source in sources.iter_mut().filter(|source| tests.contains(&source.path)) {
        source.in_test.fill(true);
    }
    sources
}

impl Source {
    pub fn new(path: String, raw: String) -> Self {
        let bare = blank(&raw);
        let mut source = Self { path, raw, bare, in_test: Vec::new() };
        source.in_test = source.test_lines();
        source
    }

    /// `path:line` of a byte offset.
    pub fn place(&self, at: usize) -> String {
        format!("{}:{}", self.path, self.line(at) + 1)
    }

    /// The line (from 0) of a byte offset.
    pub fn line(&self, at: usize) -> usize {
        self.bare.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count()
    }

    pub fn is_test(&self, at: usize) -> bool {
        self.in_test.get(self.line(at)).copied().unwrap_or(false)
    }

    /// Offsets of `word` in the bare text where no identifier goes on before or behind it.
    pub fn finds(&self, word: &str) -> Vec<usize> {
        let bytes = self.bare.as_bytes();
        let (starts, ends) = (word.as_bytes()[0], word.as_bytes()[word.len() - 1]);
        let free = |at: Option<usize>, edge: u8| {
            !is_word(edge) || at.and_then(|at| bytes.get(at)).is_none_or(|byte| !is_word(*byte))
        };
        self.bare
            .match_indices(word)
            .map(|(at, _)| at)
            .filter(|at| free(at.checked_sub(1), starts) && free(Some(at + word.len()), ends))
            .collect()
    }

    /// The offset behind the bracket that closes the one at `open`.
    pub fn closing(&self, open: usize) -> usize {
        let mut depth = 0usize;
        for (at, byte) in self.bare.bytes().enumerate().skip(open) {
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return at + 1;
                    }
                }
                _ => {}
            }
        }
        self.bare.len()
    }

    /// The string literals inside a range: offset and text.
    pub fn literals(&self, from: usize, to: usize) -> Vec<(usize, &str)> {
        let mut found = Vec::new();
        let mut at = from;
        while let Some(start) = self.bare[at..to].find('"').map(|found| at + found) {
            let Some(end) = self.bare[start + 1..to].find('"').map(|found| start + 1 + found)
            else {
                break;
            };
            found.push((start, &self.raw[start + 1..end]));
            at = end + 1;
        }
        found
    }

    fn test_lines(&self) -> Vec<bool> {
        let whole = self.path.starts_with("tests/")
            || self.path.ends_with("/tests.rs")
            || self.path.contains("/tests/");
        let mut lines = vec![whole; self.bare.lines().count() + 1];
        for at in self.finds("#[cfg(test)]") {
            let end = self.bare[at..]
                .find(['{', ';'])
                .map_or(self.bare.len(), |found| self.end_of_item(at + found));
            let last = self.line(end.min(self.bare.len()));
            lines[self.line(at)..=last].fill(true);
        }
        lines
    }

    /// Files that this one declares as test code: `#[cfg(test)] mod support;`.
    fn test_files(&self) -> Vec<String> {
        let folder = self.path.trim_end_matches("/mod.rs").trim_end_matches(".rs");
        self.finds("#[cfg(test)]")
            .into_iter()
            .filter_map(|at| {
                let item = self.bare[at + "#[cfg(test)]".len()..].split(';').next()?;
                let name = item.split_whitespace().skip_while(|word| *word != "mod").nth(1)?;
                Some(format!("{folder}/{name}.rs"))
            })
            .collect()
    }

    fn end_of_item(&self, at: usize) -> usize {
        if self.bare.as_bytes()[at] == b'{' { self.closing(at) } else { at }
    }
}

pub fn is_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

/// The same text with comments and the insides of literals blank; quotes and line ends stay.
fn blank(raw: &str) -> String {
    let bytes = raw.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/') => wipe(&mut out, at, line_end(bytes, at)),
            b'/' if bytes.get(at + 1) == Some(&b'*') => wipe(&mut out, at, comment_end(bytes, at)),
            b'"' => {
                let end = string_end(bytes, at);
                wipe(&mut out, at + 1, end.saturating_sub(1));
                end
            }
            b'r' if at == 0 || !is_word(bytes[at - 1]) || bytes[at - 1] == b'b' => {
                raw_string(bytes, &mut out, at).unwrap_or(at + 1)
            }
            b'\'' => char_literal(bytes, &mut out, at).unwrap_or(at + 1),
            _ => at + 1,
        };
        at = end.max(at + 1);
    }
    String::from_utf8(out).unwrap()
}

fn wipe(out: &mut [u8], from: usize, to: usize) -> usize {
    let to = to.min(out.len());
    if from < to {
        for byte in &mut out[from..to] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }
    to
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |found| at + found)
}

fn comment_end(bytes: &[u8], start: usize) -> usize {
    let (mut depth, mut at) = (0, start);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

fn raw_string(bytes: &[u8], out: &mut [u8], start: usize) -> Option<usize> {
    let hashes = bytes[start + 1..].iter().take_while(|byte| **byte == b'#').count();
    let open = start + 1 + hashes;
    if bytes.get(open) != Some(&b'"') {
        return None;
    }
    let mut mark = vec![b'"'];
    mark.extend(std::iter::repeat_n(b'#', hashes));
    let inside = &bytes[open + 1..];
    let length = inside.windows(mark.len()).position(|window| window == mark)?;
    wipe(out, open + 1, open + 1 + length);
    Some(open + 1 + length + mark.len())
}

/// A character, not a lifetime: closed by `'` right behind one character or an escape.
fn char_literal(bytes: &[u8], out: &mut [u8], start: usize) -> Option<usize> {
    let close = if bytes.get(start + 1) == Some(&b'\\') {
        bytes[start + 3..].iter().position(|byte| *byte == b'\'').map(|found| start + 3 + found)?
    } else {
        let width = match bytes.get(start + 1)? {
            0..=0x7f => 1,
            0x80..=0xdf => 2,
            0xe0..=0xef => 3,
            _ => 4,
        };
        start + 1 + width
    };
    (bytes.get(close) == Some(&b'\'')).then(|| wipe(out, start + 1, close) + 1)
}

//! Moving in: a file of histories, line by line. Its rule: any number of runs over the same file
//! end in the same tickets; what is there already is passed over, what cannot be true is written
//! beside the file with its reason, and nobody is told of anything.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::make::{Line, Made, Maker, Outcome};
use super::rejects::{Lines as RejectedLines, Sink, beside, cannot_write, make_room};
use super::store;
use crate::error::{Error, FieldError, Kind, Result};
use crate::lifecycle::Hotline;
use crate::sealing::mask_text;
use crate::sheet::{cannot_read, private_file};

/// Whether a run changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    Real,
    /// Reads and checks, changes nothing.
    Dry,
}

impl Run {
    /// The word in the name of the file with what is not taken. A dry run's is its own: it changes nothing,
    /// not even the file that somebody is mending.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Real => "rejects",
            Self::Dry => "dry-run",
        }
    }
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    pub lines: u64,
    pub imported: u64,
    /// There already, from an identical line.
    pub skipped: u64,
    pub rejected: u64,
    /// Which run brought the tickets (0 where nothing came).
    pub batch: i64,
    /// Where the rejects are, if there are any.
    pub rejects: Option<PathBuf>,
    /// Headings of a sheet that were left alone.
    pub unused: Vec<String>,
}

/// Where lines come from, as the list of runs names it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    /// The file, where there is one.
    pub path: Option<&'a Path>,
    pub form: &'static str,
    /// Rows that did not even become a line.
    pub refused: u64,
}

/// Lines made ready together.
const ROUND: usize = 400;
/// A longer line is no ticket.
const LONGEST: usize = 16 << 20;

/// Imports the file at `path`; rejects go to `FILE.rejects.ndjson` beside it, an older such file keeps its
/// content under another name.
///
/// # Errors
/// `import.unreadable`, or what the database says; what was kept by then stays, and a second run
/// goes on from there.
pub fn import_file(hotline: &Arc<Hotline>, path: &Path, run: Run) -> Result<Summary> {
    let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    let mut input = BufReader::with_capacity(1 << 18, file);
    let beside = beside(path, run.word(), "ndjson")?;
    if run == Run::Real {
        make_room(&beside)?;
    }
    let mut out = BufWriter::new(private_file(&beside)?);
    let source = Source { path: Some(path), form: "ndjson", refused: 0 };
    let mut sink = RejectedLines(&mut out);
    let mut summary = bring_in(hotline, &mut input, &mut sink, run, source)?;
    out.flush().map_err(cannot_write)?;
    if summary.rejected == 0 {
        std::fs::remove_file(&beside).map_err(cannot_write)?;
    } else {
        summary.rejects = Some(beside);
    }
    Ok(summary)
}

/// Imports the lines of `input`, writing what is not taken to `rejects`.
///
/// # Errors
/// As [`import_file`].
pub fn import<R: BufRead + Seek>(
    hotline: &Arc<Hotline>,
    input: &mut R,
    rejects: &mut dyn Write,
    run: Run,
) -> Result<Summary> {
    let source = Source { path: None, form: "ndjson", refused: 0 };
    bring_in(hotline, input, &mut RejectedLines(rejects), run, source)
}

/// Brings in the lines of `input`; what is not taken goes to `rejects`. The run is named before its first
/// ticket is kept, so that one that is cut short can be taken back.
pub(super) fn bring_in<R: BufRead + Seek>(
    hotline: &Arc<Hotline>,
    input: &mut R,
    rejects: &mut dyn Sink,
    run: Run,
    source: Source<'_>,
) -> Result<Summary> {
    let mut batch = hotline.db.ids(1)?.first().copied().unwrap_or_default();
    if run == Run::Real {
        let name = source.path.and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        let (file, form) = (mask_text(&name, &[]), source.form);
        let hash = source.path.map(hash_of).transpose()?.unwrap_or_default();
        batch = hotline
            .db
            .write(move |tx| store::begin(tx, batch, &file, store::Bytes { form, hash: &hash }))?;
    }
    let maker = Arc::new(Maker::new(hotline.clone(), batch)?);
    let mut desk = Desk {
        maker,
        run,
        rejects,
        summary: Summary { batch, ..Summary::default() },
        later: BTreeMap::new(),
        seen: HashMap::new(),
        seen_upstream: HashMap::new(),
    };
    let held = desk.first_pass(input)?;
    desk.merged(input, &held)?;
    let mut done = desk.summary;
    if run == Run::Real {
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let refused = source.refused;
        let (lines, rejected) = (done.lines + refused, done.rejected + refused);
        let counts = (count(lines), count(done.skipped), count(rejected));
        hotline.db.write(move |tx| store::end(tx, batch, counts))?;
    }
    if done.imported == 0 || run == Run::Dry {
        done.batch = 0;
    }
    Ok(done)
}

/// By which the same file is known again.
fn hash_of(path: &Path) -> Result<Vec<u8>> {
    let mut hash = Sha256::new();
    let mut file = BufReader::with_capacity(1 << 18, File::open(path).map_err(Error::internal)?);
    loop {
        let some = file.fill_buf().map_err(Error::internal)?;
        if some.is_empty() {
            return Ok(hash.finalize().to_vec());
        }
        hash.update(some);
        let read = some.len();
        file.consume(read);
    }
}

/// A merged ticket's line, to be read again when every other one is there.
struct Held {
    line: u64,
    offset: u64,
    length: usize,
}

struct Desk<'a> {
    maker: Arc<Maker>,
    run: Run,
    rejects: &'a mut dyn Sink,
    summary: Summary,
    /// Merged tickets of the file: number → what it was merged into.
    later: BTreeMap<String, String>,
    /// In a dry run: number → hash of what would be there.
    seen: HashMap<String, [u8; 32]>,
    /// In a dry run: the city's number → ours.
    seen_upstream: HashMap<String, String>,
}

impl Desk<'_> {
    /// Every line but the merged ones; the next round is made ready while one is being kept.
    fn first_pass<R: BufRead + Seek>(&mut self, input: &mut R) -> Result<Vec<Held>> {
        let mut lines = Lines::new(input);
        let mut held = Vec::new();
        let mut ready: Vec<Made> = Vec::new();
        loop {
            let round = lines.round()?;
            if round.is_empty() && ready.is_empty() {
                return Ok(held);
            }
            self.summary.lines += round.len() as u64;
            let places: HashMap<u64, (u64, usize)> =
                round.iter().map(|line| (line.number, (line.offset, line.raw.len()))).collect();
            let keeping = std::mem::take(&mut ready);
            let (kept, made) = self.side_by_side(keeping, round)?;
            self.count(kept)?;
            for made in made {
                if let Outcome::Merged { no, into } = &made.outcome {
                    self.later.insert(no.clone(), into.clone());
                    if let Some((offset, length)) = places.get(&made.line).copied() {
                        held.push(Held { line: made.line, offset, length });
                    }
                } else {
                    ready.push(made);
                }
            }
        }
    }

    /// Keeps one round and makes the next one ready, the latter on two threads.
    fn side_by_side(
        &mut self,
        keeping: Vec<Made>,
        round: Vec<Line>,
    ) -> Result<(Vec<Made>, Vec<Made>)> {
        let maker = &self.maker;
        let run = self.run;
        let mut first = round;
        let second = first.split_off(first.len() / 2);
        let (kept, one, two) = std::thread::scope(|scope| {
            let keep = scope.spawn(move || match run {
                Run::Real => maker.keep(keeping),
                Run::Dry => Ok(keeping),
            });
            let two = scope.spawn(move || maker.make(second));
            let one = maker.make(first);
            (keep.join(), one, two.join())
        });
        let broke = |_| Error::internal("a thread of the import broke");
        let mut made = one?;
        made.extend(two.map_err(broke)??);
        Ok((kept.map_err(broke)??, made))
    }

    fn count(&mut self, kept: Vec<Made>) -> Result<()> {
        for made in kept {
            let outcome = match (self.run, made.outcome) {
                (Run::Dry, Outcome::Ready(ready)) => {
                    self.would_be(&ready.no, ready.hash, ready.upstream.as_deref())
                }
                (_, outcome) => outcome,
            };
            match outcome {
                Outcome::Kept => self.summary.imported += 1,
                Outcome::Identical => self.summary.skipped += 1,
                Outcome::Wrong(error) => self.reject(made.line, &made.raw, error)?,
                Outcome::Ready(_) | Outcome::Merged { .. } => {}
            }
        }
        Ok(())
    }

    /// What keeping it would come to, after the lines before it.
    fn would_be(&mut self, no: &str, hash: [u8; 32], upstream: Option<&str>) -> Outcome {
        let other = upstream.and_then(|upstream| self.seen_upstream.get(upstream));
        if other.is_some_and(|other| other != no) {
            return Outcome::Wrong(Error::field("/upstream/no", "import.upstream_known"));
        }
        if let Some(upstream) = upstream {
            self.seen_upstream.insert(upstream.to_owned(), no.to_owned());
        }
        match self.seen.insert(no.to_owned(), hash) {
            None => Outcome::Kept,
            Some(before) if before == hash => Outcome::Identical,
            Some(before) => {
                self.seen.insert(no.to_owned(), before);
                Outcome::Wrong(Error::field("/no", "import.other_content"))
            }
        }
    }

    fn reject(&mut self, line: u64, raw: &[u8], error: Error) -> Result<()> {
        self.rejects.put(line, raw, error)?;
        self.summary.rejected += 1;
        Ok(())
    }

    /// The merged tickets: each goes to the one at the end of its chain.
    fn merged<R: BufRead + Seek>(&mut self, input: &mut R, held: &[Held]) -> Result<()> {
        for some in held.chunks(ROUND / 4) {
            let mut lines = Vec::with_capacity(some.len());
            for one in some {
                input.seek(SeekFrom::Start(one.offset)).map_err(Error::internal)?;
                let mut raw = vec![0; one.length];
                input.read_exact(&mut raw).map_err(Error::internal)?;
                lines.push(Line { number: one.line, offset: one.offset, raw });
            }
            let here: HashSet<String> = self.seen.keys().cloned().collect();
            let made = self.maker.make_merged(lines, |into| self.root(into), &here)?;
            let kept = match self.run {
                Run::Real => self.maker.keep(made)?,
                Run::Dry => made,
            };
            self.count(kept)?;
        }
        Ok(())
    }

    /// Where the chain of merges that begins with `into` ends; an error where it never does.
    fn root(&self, into: &str) -> Result<String> {
        let mut at = into;
        for _ in 0..=self.later.len() {
            match self.later.get(at) {
                Some(next) => at = next,
                None => return Ok(at.to_owned()),
            }
        }
        Err(Error::invalid(vec![FieldError::new("/merged_into", "import.merge_circle")]))
    }
}

/// The lines of a file with their places, blank ones left out.
struct Lines<'a, R> {
    input: &'a mut R,
    number: u64,
    offset: u64,
}

impl<'a, R: BufRead> Lines<'a, R> {
    fn new(input: &'a mut R) -> Self {
        Self { input, number: 0, offset: 0 }
    }

    fn round(&mut self) -> Result<Vec<Line>> {
        let mut round = Vec::with_capacity(ROUND);
        let mut bytes = 0;
        while round.len() < ROUND && bytes < LONGEST {
            let mut raw = Vec::new();
            let mut some = self.input.by_ref().take(LONGEST as u64 + 1);
            let read = some.read_until(b'\n', &mut raw).map_err(Error::internal)?;
            if read == 0 {
                break;
            }
            self.number += 1;
            if read > LONGEST {
                let line = self.number.to_string();
                return Err(Error::with(Kind::Invalid, "import.line_long", &[("line", &line)]));
            }
            let start = self.offset;
            self.offset += read as u64;
            let bom: &[u8] = if start == 0 { b"\xef\xbb\xbf" } else { b"" };
            let head = if raw.starts_with(bom) { bom.len() } else { 0 };
            let rest = raw.get(head..).unwrap_or_default();
            let blank = rest.len() - rest.trim_ascii_start().len();
            let text = rest.trim_ascii().to_vec();
            if !text.is_empty() {
                bytes += text.len();
                let offset = start + (head + blank) as u64;
                round.push(Line { number: self.number, offset, raw: text });
            }
        }
        Ok(round)
    }
}

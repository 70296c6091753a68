//! Moving in: from lines to tickets ready to be kept, and keeping them. Its rule: the costly part
//! (reading, replaying, sealing) needs no write; the write only looks whether the number is free.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::history::{self, History};
use super::replay::{importer, replay};
use super::store::{Came, Known, look_up, note, note_one_more};
use super::whole;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::handling;
use crate::intake::duplicate;
use crate::intake::incident::linked;
use crate::lifecycle::{Hotline, Rules};
use crate::ticket::command::Target;
use crate::ticket::event::{Event, patch};
use crate::ticket::store::{self, Prepared};
use crate::ticket::{Mode, State, Ticket, Upstream};

/// A line of the file.
pub(super) struct Line {
    pub number: u64,
    /// Where it begins, in bytes.
    pub offset: u64,
    pub raw: Vec<u8>,
}

/// A line and what has become of it so far.
pub(super) struct Made {
    pub line: u64,
    pub raw: Vec<u8>,
    pub outcome: Outcome,
}

pub(super) enum Outcome {
    /// To be kept.
    Ready(Arc<Ready>),
    Kept,
    /// There already.
    Identical,
    /// A merged ticket: it waits for the end of the file.
    Merged {
        no: String,
        into: String,
    },
    Wrong(Error),
}

/// A ticket that only waits for its number to be free.
pub(super) struct Ready {
    pub no: String,
    pub hash: [u8; 32],
    /// The city's number.
    pub upstream: Option<String>,
    prepared: Prepared,
    /// The ticket it was merged into, which takes it in as it is kept.
    parent: Option<String>,
}

/// How many tickets are kept in one transaction. SQLite notes every page that a write touches, so
/// that the write alone can be undone, and goes through all its notes at the end of each statement:
/// 400 together took four times as long a ticket as few do; fewer cost a flush more often.
const TOGETHER: usize = 32;

/// Makes and keeps tickets of one run.
pub(super) struct Maker {
    hotline: Arc<Hotline>,
    rules: Arc<Rules>,
    batch: i64,
}

impl Maker {
    pub fn new(hotline: Arc<Hotline>, batch: i64) -> Result<Self> {
        let now = hotline.db.now();
        let rules = hotline.db.read(|conn| hotline.rules.current(conn, now))?;
        Ok(Self { hotline, rules, batch })
    }

    /// Reads the lines and makes their tickets ready.
    pub fn make(&self, lines: Vec<Line>) -> Result<Vec<Made>> {
        self.each(lines, |this, history, hash| match &history.merged_into {
            Some(into) if history.whole_events().is_none() => {
                Ok(Outcome::Merged { no: history.no.clone(), into: into.clone() })
            }
            _ => this.ticket(history, hash, None),
        })
    }

    /// The same for merged tickets: `root` says where each belongs, `here` what a dry run has seen.
    pub fn make_merged(
        &self,
        lines: Vec<Line>,
        root: impl Fn(&str) -> Result<String>,
        here: &HashSet<String>,
    ) -> Result<Vec<Made>> {
        self.each(lines, |this, history, hash| {
            let Some(into) = &history.merged_into else { return Ok(Outcome::Identical) };
            let parent = this.parent(&root(into)?, here)?;
            this.ticket(history, hash, Some(parent))
        })
    }

    fn each(
        &self,
        lines: Vec<Line>,
        make: impl Fn(&Self, &History, [u8; 32]) -> Result<Outcome>,
    ) -> Result<Vec<Made>> {
        let read: Vec<_> =
            lines.into_iter().map(|line| (history::parse(&line.raw), line)).collect();
        let numbers: Vec<&str> =
            read.iter().filter_map(|(read, _)| Some(read.as_ref().ok()?.no.as_str())).collect();
        let known = self.hotline.db.read(|conn| look_up(conn, &numbers))?;
        let upstream: Vec<&str> = read.iter().filter_map(|(read, _)| city_no(read)).collect();
        let upstream = self.hotline.db.read(|conn| store::known_upstream(conn, &upstream))?;
        let upstream: HashMap<String, String> = upstream.into_iter().collect();
        let mut all = Vec::with_capacity(read.len());
        for (read, line) in read {
            let outcome = match read {
                Err(error) => Outcome::Wrong(error),
                Ok(history) => {
                    let hash = self.hash(&history)?;
                    let city = history.upstream.as_ref().and_then(|it| upstream.get(&*it.no));
                    match (known.get(&history.no), city) {
                        (Some(there), _) => self.again(&history, there, hash)?,
                        (None, Some(no)) => self.under_another_number(&history, no)?,
                        (None, None) => make(self, &history, hash).unwrap_or_else(Outcome::Wrong),
                    }
                }
            };
            all.push(Made { line: line.number, raw: line.raw, outcome });
        }
        Ok(all)
    }

    /// The line's content, however it was spaced.
    fn hash(&self, history: &History) -> Result<[u8; 32]> {
        let canonical = serde_json::to_vec(history).map_err(Error::internal)?;
        Ok(self.hotline.keys.content_hash(&canonical))
    }

    /// The number is there: from the same line, or as the same ticket, it is passed over.
    fn again(&self, history: &History, there: &Known, hash: [u8; 32]) -> Result<Outcome> {
        if *there == Known::Imported(hash.to_vec()) {
            return Ok(Outcome::Identical);
        }
        if let Some(events) = history.whole_events() {
            let vault = self.rules.vault(&self.hotline.keys);
            let stored = self.hotline.db.read(|conn| store::load(conn, vault, &history.no))?;
            let folded = crate::ticket::event::replay(&events).ok();
            if stored.is_some_and(|stored| Some(stored.ticket) == folded) {
                return Ok(Outcome::Identical);
            }
        }
        Ok(Outcome::Wrong(Error::field("/no", "import.other_content")))
    }

    /// The city's number is that of the ticket `no`: passed over where it is the same but for our number,
    /// or the city's own feed brought it with the same words.
    fn under_another_number(&self, history: &History, no: &str) -> Result<Outcome> {
        let same = History { no: no.to_owned(), ..history.clone() };
        let hash = self.hash(&same)?;
        let known = self.hotline.db.read(|conn| look_up(conn, &[no]))?;
        let is_same = match known.get(no) {
            Some(Known::Imported(there)) => *there == hash,
            _ => {
                let vault = self.rules.vault(&self.hotline.keys);
                let stored = self.hotline.db.read(|conn| store::load(conn, vault, no))?;
                stored.is_some_and(|stored| {
                    let there = stored.ticket;
                    let received = |it: &Upstream| it.received_at;
                    there.content == history.content.as_str()
                        && there.upstream.as_ref().map(received)
                            == history.upstream.as_ref().map(received)
                })
            }
        };
        let wrong = || Outcome::Wrong(Error::field("/upstream/no", "import.upstream_known"));
        Ok(if is_same { Outcome::Identical } else { wrong() })
    }

    /// The ticket at the end of a chain of merges, on disk or in what a dry run has seen.
    fn parent(&self, no: &str, here: &HashSet<String>) -> Result<Parent> {
        let mut no = no.to_owned();
        let vault = self.rules.vault(&self.hotline.keys);
        loop {
            if here.contains(&no) {
                return Ok(Parent { no, passed: None });
            }
            let Some(stored) = self.hotline.db.read(|conn| store::load(conn, vault, &no))? else {
                return Err(Error::field("/merged_into", "import.parent_unknown"));
            };
            let ticket = stored.ticket;
            if let State::Merged { into } = &ticket.state {
                no = into.clone();
                continue;
            }
            let passed = ticket.first_passed_at.or(ticket.direct.map(|direct| direct.at));
            return Ok(Parent { no, passed });
        }
    }

    fn ticket(&self, history: &History, hash: [u8; 32], parent: Option<Parent>) -> Result<Outcome> {
        let now = self.hotline.db.now();
        let (ticket, mut events) = match history.whole_events() {
            Some(events) => (whole::fold(history, &events, &self.rules, now)?, events),
            None => (replay(history, &self.rules, now)?, Vec::new()),
        };
        let mut after = ticket.clone();
        if let Some(parent) = &parent {
            self.under(&mut after, parent);
        }
        after.hush(now);
        after.leave_files_behind();
        let actor = importer();
        if events.is_empty() {
            let body = to_value(history)?;
            events.push(Event::by(&actor, now, "import", body, to_value(&after)?));
        } else if after != ticket {
            let change = patch(&to_value(&ticket)?, &to_value(&after)?);
            events.push(Event::by(&actor, now, "import", json!({}), change));
        }
        let id = self.hotline.db.ids(1)?.first().copied().unwrap_or_default();
        let vault = self.rules.vault(&self.hotline.keys);
        let prepared = store::prepare(id, vault, after, &events)?;
        let (no, parent) = (history.no.clone(), parent.map(|parent| parent.no));
        let upstream = history.upstream.as_ref().map(|upstream| upstream.no.to_string());
        Ok(Outcome::Ready(Arc::new(Ready { no, hash, upstream, prepared, parent })))
    }

    /// The child belongs to the end of its chain, and its citizen is answered with the parent's.
    fn under(&self, child: &mut Ticket, parent: &Parent) {
        child.state = State::Merged { into: parent.no.clone() };
        if let Some(passed) = parent.passed {
            let at = child.endings.last().map_or(passed, |ending| passed.max(ending.at));
            let actor = importer();
            duplicate::answered_with_parent(child, &self.rules.scene(&actor, at, Mode::History));
        }
    }

    /// Keeps what is ready, some at a time in one transaction.
    pub fn keep(&self, mut made: Vec<Made>) -> Result<Vec<Made>> {
        let ready: Vec<Arc<Ready>> = made
            .iter()
            .filter_map(|made| match &made.outcome {
                Outcome::Ready(ready) => Some(ready.clone()),
                _ => None,
            })
            .collect();
        let mut fates = Vec::with_capacity(ready.len());
        for some in ready.chunks(TOGETHER) {
            let some = some.to_vec();
            let (hotline, rules, batch) = (self.hotline.clone(), self.rules.clone(), self.batch);
            let kept = move |tx: &mut Tx<'_>| keep_all(tx, &hotline, &rules, batch, &some);
            fates.extend(self.hotline.db.write(kept)?);
        }
        let mut fates = fates.into_iter();
        for one in &mut made {
            if let Outcome::Ready(_) = one.outcome {
                one.outcome = match fates.next() {
                    Some(Fate::Kept) => Outcome::Kept,
                    Some(Fate::Identical) => Outcome::Identical,
                    Some(Fate::Upstream) => {
                        Outcome::Wrong(Error::field("/upstream/no", "import.upstream_known"))
                    }
                    Some(Fate::Other) | None => {
                        Outcome::Wrong(Error::field("/no", "import.other_content"))
                    }
                };
            }
        }
        Ok(made)
    }
}

/// The ticket that takes a merged one in.
struct Parent {
    no: String,
    /// When its citizen was answered.
    passed: Option<crate::time::Stamp>,
}

enum Fate {
    Kept,
    Identical,
    /// The number is another ticket's.
    Other,
    /// The city's number is another ticket's.
    Upstream,
}

fn city_no(read: &Result<History>) -> Option<&str> {
    Some(&*read.as_ref().ok()?.upstream.as_ref()?.no)
}

fn keep_all(
    tx: &mut Tx<'_>,
    hotline: &Hotline,
    rules: &Rules,
    batch: i64,
    ready: &[Arc<Ready>],
) -> Result<Vec<Fate>> {
    let numbers: Vec<&str> = ready.iter().map(|one| one.no.as_str()).collect();
    let mut known: HashMap<String, Known> = look_up(tx.conn, &numbers)?;
    let upstream: Vec<&str> = ready.iter().filter_map(|one| one.upstream.as_deref()).collect();
    let upstream = store::known_upstream(tx.conn, &upstream)?;
    let mut upstream: HashSet<String> = upstream.into_iter().map(|(city, _)| city).collect();
    let mut fates = Vec::with_capacity(ready.len());
    for one in ready {
        let hash = Known::Imported(one.hash.to_vec());
        match known.get(&one.no) {
            Some(there) => {
                fates.push(if *there == hash { Fate::Identical } else { Fate::Other });
                continue;
            }
            None if one.upstream.as_ref().is_some_and(|no| upstream.contains(no)) => {
                fates.push(Fate::Upstream);
                continue;
            }
            None => known.insert(one.no.clone(), hash),
        };
        upstream.extend(one.upstream.clone());
        store::insert_prepared(tx, &one.prepared)?;
        // What its unit still owes an answer to; nobody is told.
        handling::store::follow(tx, one.prepared.id, None, &one.prepared.ticket)?;
        // Whom the next caller is told of.
        linked::follow(tx, one.prepared.id, None, &one.prepared.ticket)?;
        let (ticket_id, events) = (one.prepared.id, one.prepared.version());
        note(tx, batch, &Came { no: &one.no, ticket_id, hash: &one.hash, events })?;
        if let Some(parent) = &one.parent
            && take_in(tx, hotline, rules, parent, &one.no)?
        {
            note_one_more(tx, batch, parent)?;
        }
        fates.push(Fate::Kept);
    }
    skip_numbers(tx, ready)?;
    Ok(fates)
}

/// The parent's own record says whom it took in; answers whether it did not say so already.
fn take_in(
    tx: &mut Tx<'_>,
    hotline: &Hotline,
    rules: &Rules,
    parent: &str,
    child: &str,
) -> Result<bool> {
    let vault = rules.vault(&hotline.keys);
    let Some(stored) = store::load(tx.conn, vault, parent)? else { return Ok(false) };
    let mut after = stored.ticket.clone();
    if after.children.iter().any(|there| there == child) {
        return Ok(false);
    }
    after.children.push(child.to_owned());
    let (actor, none) = (importer(), Target::default());
    let kept = hotline.record(tx, rules, &actor, &stored, after, "merge/child", json!({}), none)?;
    linked::follow(tx, kept.id, Some(&stored.ticket), &kept.ticket)?;
    Ok(true)
}

/// Numbers such as `2026-000123` that came in are never given to a new ticket.
fn skip_numbers(tx: &mut Tx<'_>, ready: &[Arc<Ready>]) -> Result<()> {
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    for one in ready {
        let Some((year, number)) = one.no.split_once('-') else { continue };
        let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
        if let (true, Ok(number)) = (is_year && number.len() <= 12, number.parse::<i64>()) {
            let highest = last.entry(year).or_default();
            *highest = number.max(*highest);
        }
    }
    for (year, upto) in last {
        tx.skip_numbers(year, upto)?;
    }
    Ok(())
}

fn to_value<T: serde::Serialize>(what: &T) -> Result<Value> {
    serde_json::to_value(what).map_err(Error::internal)
}

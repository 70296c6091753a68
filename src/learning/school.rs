//! Learning: from the site's own tickets, and who asks what was learnt. Its rule: a model is measured on
//! tickets held out, against whatever is in service, on the same ones; a worse one is kept as a figure only.

use std::sync::Arc;

use super::coldstart::{ColdStart, Entry};
use super::features::Text;
use super::measure::{Figures, Verdict, better, measure};
use super::model::Model;
use super::store::{self, Lesson};
use super::train::{Recipe, train};
use super::{Example, Suggestion, night, split};
use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::db::{Conn, Db};
use crate::directory::{Cached, Directory};
use crate::error::{Error, Result};
use crate::held::{Held, Same};
use crate::sealing::MasterKey;
use crate::ticket::store::Vault;

/// Of the groups of tickets, one in this many is held out; coprime to the parts of the calibration.
const HELD_OUT: u64 = 10;
/// Tickets of one read.
const PAGE: usize = 500;
/// Suggestions that are measured.
const MEASURED: usize = 3;

/// Who suggests on this node: the model in service, or the words of the taxonomy until there is one.
pub struct School {
    db: Db,
    keys: Arc<MasterKey>,
    directory: Cached,
    model: Held<i64, Model>,
    start: Held<Same<Directory>, ColdStart>,
}

/// Who knows categories, and how sure that must be for anything to be done by it.
#[derive(Clone)]
pub struct Adviser {
    pub school: Arc<School>,
    /// 0 to 1; a score must be above it. From 1 on nothing is sure.
    pub above: f64,
}

/// Who suggested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The model with this number.
    Model(i64),
    /// The names of categories.
    Names,
}

impl School {
    pub fn new(db: &Db, keys: &Arc<MasterKey>, directory: &Cached) -> Self {
        let (db, keys, directory) = (db.clone(), keys.clone(), directory.clone());
        Self { db, keys, directory, model: Held::default(), start: Held::default() }
    }

    /// The categories that a text may belong to, the likeliest first, at most `most`; only such as the
    /// directory still has `today`.
    ///
    /// # Errors
    /// The database's own.
    pub fn suggest(
        &self,
        conn: &mut Conn,
        (title, content): (&str, &str),
        today: NaiveDate,
        most: usize,
    ) -> Result<(Vec<Suggestion>, Source)> {
        let directory = self.directory.current(conn)?;
        let known = |one: &Suggestion| {
            let category = directory.category(&one.label.as_str().into());
            category.is_some_and(|category| !category.span.has_ended(today))
        };
        if let Some((id, model)) = self.serving(conn)? {
            let mut all = model.suggest(title, content, most + 5);
            all.retain(known);
            all.truncate(most);
            if !all.is_empty() {
                return Ok((all, Source::Model(id)));
            }
        }
        let mut all = self.start(&directory)?.suggest(title, content, most + 5);
        all.retain(known);
        all.truncate(most);
        Ok((all, Source::Names))
    }

    /// The model in service, read again where there is a newer one. One that is damaged serves nobody.
    fn serving(&self, conn: &mut Conn) -> Result<Option<(i64, Arc<Model>)>> {
        let Some(id) = store::serving(conn)? else { return Ok(None) };
        let model = self.model.get(id, || {
            let bytes = store::bytes(conn, id)?.unwrap_or_default();
            Ok(Model::from_bytes(&bytes).unwrap_or_else(|refusal| {
                tracing::error!(target: "jiesu::learning", id, code = refusal.code(), "no model");
                Model::empty()
            }))
        })?;
        Ok(Some((id, model)))
    }

    fn start(&self, directory: &Arc<Directory>) -> Result<Arc<ColdStart>> {
        self.start.get(Same(directory.clone()), || Ok(ColdStart::new(&entries(directory))))
    }

    /// Learns where it is time to, by the clocks of `zone` (see [`night`]).
    ///
    /// # Errors
    /// The database's own.
    pub fn learn_when_due(&self, recipe: &Recipe, zone: Tz) -> Result<Option<Lesson>> {
        let now = self.db.now();
        let (serving, last) = self.db.read(|conn| Ok((self.serving(conn)?, store::last(conn)?)))?;
        let last = last.map(|(_, made_at)| made_at);
        let is_due = match serving.filter(|(_, model)| was_read(model)) {
            Some(_) => night::is_due(last, now, zone),
            None => night::is_first_due(last, now),
        };
        if is_due { self.learn(recipe) } else { Ok(None) }
    }

    /// Learns from the site's tickets, the newest that the recipe takes; nothing where there are none, or none is
    /// newer than the last time and what serves is whole. Takes a while, outside any transaction.
    ///
    /// # Errors
    /// The database's own.
    pub fn learn(&self, recipe: &Recipe) -> Result<Option<Lesson>> {
        let (serving, last, newest, day) = self.db.read(|conn| {
            let (last, newest) = (store::last(conn)?, store::newest_taught(conn)?);
            Ok((self.serving(conn)?, last, newest, self.directory.current(conn)?))
        })?;
        let is_whole = serving.as_ref().is_none_or(|(_, model)| was_read(model));
        let learnt_to = last.filter(|_| is_whole).map(|(to, _)| to);
        // Asked before any text is opened. Nothing there at all is not newer than nothing learnt.
        if newest <= learnt_to {
            return Ok(None);
        }
        let (rows, newest) = self.examples(recipe.rows_at_most)?;
        let serving = serving.filter(|_| is_whole);
        let texts: Vec<Text<'_>> =
            rows.iter().map(|(_, row)| Text::new(&row.title, &row.detail)).collect();
        let groups = split::groups(&texts);
        let (taught, mut held) = split::held_out(&groups, HELD_OUT);
        if let Some((id, model)) = &serving {
            let made_to = self.db.read(|conn| store::learnt_to(conn, *id))?;
            // One that does not say what it was made from may have seen whatever was there.
            let is_seen =
                |row: usize| model.has_seen(rows[row].0).unwrap_or(rows[row].0 <= made_to);
            held = split::unseen(&held, &groups, is_seen);
        }
        let examples: Vec<Example> = taught.iter().map(|row| rows[*row].1.clone()).collect();
        let held: Vec<&Example> = held.iter().map(|row| &rows[*row].1).collect();
        let model = train(&examples, recipe).made_of(taught.iter().map(|row| rows[*row].0));
        let candidate = of_model(&model, &held);
        let before = match &serving {
            Some((_, serving)) => of_model(serving, &held),
            None => {
                let start = self.start(&day)?;
                let suggest = |title: &str, detail: &str| start.suggest(title, detail, MEASURED);
                measure(held.iter().copied(), suggest)
            }
        };
        let verdict = better(&candidate, Some(&before));
        let bytes = (verdict == Verdict::Serve).then(|| model.to_bytes());
        let (examples, labels) = (examples.len(), model.labels().len());
        let compared_with = serving.map(|(id, _)| id);
        self.db.write(move |tx| {
            // Another node may have put another one in service meanwhile: this one was not compared with it.
            let is_fair = !is_whole || store::serving(tx.conn)? == compared_with;
            let verdict = if is_fair { verdict } else { Verdict::OtherRows };
            let (figures, before) = (candidate.clone(), Some(before.clone()));
            let (id, made_at) = (tx.id(), tx.now);
            let lesson = Lesson { id, made_at, examples, labels, figures, before, verdict };
            store::keep(tx, &lesson, newest, bytes.as_deref().filter(|_| is_fair))?;
            Ok(Some(lesson))
        })
    }

    /// The newest tickets that teach, the oldest first, masked; and the newest one's id.
    fn examples(&self, most: usize) -> Result<(Vec<Row>, i64)> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut taught = self.db.read(|conn| store::taught(conn, most))?;
        taught.reverse();
        let newest = taught.last().map_or(i64::MIN, |(id, _)| *id);
        let vault = Vault { keys: &self.keys };
        let mut rows = Vec::with_capacity(taught.len());
        for page in taught.chunks(PAGE) {
            let ids: Vec<i64> = page.iter().map(|(id, _)| *id).collect();
            let whole = self.db.read(|conn| store::whole(conn, vault, &ids))?;
            for (id, ticket) in whole {
                let label = page.iter().find(|(of, _)| *of == id).map(|(_, label)| label.clone());
                let words = ticket.words();
                let (title, detail) = (words.title, words.content);
                rows.extend(label.map(|label| (id, Example { label, title, detail })));
            }
        }
        Ok((rows, newest))
    }
}

/// A ticket's id, and what is learnt from it.
type Row = (i64, Example);

/// Whether it is one that was read in full: what stands for a refused one knows no label.
fn was_read(model: &Model) -> bool {
    !model.labels().is_empty()
}

/// A model of the rows of a file that are not held out, and those that are.
pub fn taught_and_held<'e>(rows: &'e [Example], recipe: &Recipe) -> (Model, Vec<&'e Example>) {
    let texts: Vec<Text<'_>> = rows.iter().map(|row| Text::new(&row.title, &row.detail)).collect();
    let (taught, held) = split::held_out(&split::groups(&texts), HELD_OUT);
    let taught: Vec<Example> = taught.into_iter().map(|row| rows[row].clone()).collect();
    let held = held.into_iter().map(|row| &rows[row]).collect();
    (train(&taught, recipe), held)
}

/// The figures of a model on `rows`.
pub fn of_model(model: &Model, rows: &[&Example]) -> Figures {
    measure(rows.iter().copied(), |title, detail| model.suggest(title, detail, MEASURED))
}

/// The leaves of the taxonomy with the names above them.
fn entries(directory: &Directory) -> Vec<Entry> {
    let leaves = directory.categories().filter(|one| directory.is_leaf(&one.code));
    let entry = |leaf: &crate::directory::Category| {
        let above = directory.category_ancestors(&leaf.code);
        let names = above.iter().filter_map(|code| directory.category(code));
        Entry {
            code: leaf.code.to_string(),
            names: names.chain([leaf]).map(|one| one.name.clone()).collect(),
            words: leaf.keywords.clone(),
        }
    };
    leaves.map(entry).collect()
}

/// Rows of a file with the columns label, title and detail, whatever others it has.
///
/// # Errors
/// `learn.file` where it cannot be read or a column is missing.
pub fn read_rows(file: impl std::io::Read, name: &str) -> Result<Vec<Example>> {
    let refuse = |reason: String| {
        let values = [("file", name), ("reason", reason.as_str())];
        Error::with(crate::error::Kind::Invalid, "learn.file", &values)
    };
    let mut reader = csv::Reader::from_reader(file);
    let headers = reader.headers().map_err(|error| refuse(error.to_string()))?.clone();
    let column = |wanted: &str| {
        let is_it = |head: &str| head.trim_start_matches('\u{feff}').trim() == wanted;
        headers.iter().position(is_it).ok_or_else(|| refuse(format!("no column {wanted}")))
    };
    let columns = [column("label")?, column("title")?, column("detail")?];
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| refuse(error.to_string()))?;
        let [label, title, detail] =
            columns.map(|at| record.get(at).unwrap_or_default().to_owned());
        rows.push(Example { label, title, detail });
    }
    Ok(rows)
}

//! Learning: from the site's own tickets, and who asks what was learnt. Its rule: a model is measured on
//! tickets held out, against whatever is in service, on the same ones; a worse one is kept as a figure only.

use std::sync::{Arc, PoisonError, RwLock};

use super::coldstart::{ColdStart, Entry};
use super::features::Text;
use super::measure::{Figures, Verdict, better, measure};
use super::model::Model;
use super::split;
use super::store::{self, Lesson};
use super::train::{Recipe, train};
use super::{Example, Suggestion};
use crate::db::{Conn, Db};
use crate::directory::{Cached, Directory};
use crate::error::{Error, Result};
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
    model: RwLock<Option<(i64, Arc<Model>)>>,
    start: RwLock<Option<(Arc<Directory>, Arc<ColdStart>)>>,
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
        Self { db, keys, directory, model: RwLock::default(), start: RwLock::default() }
    }

    /// The categories that a text may belong to, the likeliest first, at most `most`; only such as the
    /// directory still has.
    ///
    /// # Errors
    /// The database's own.
    pub fn suggest(
        &self,
        conn: &mut Conn,
        (title, content): (&str, &str),
        most: usize,
    ) -> Result<(Vec<Suggestion>, Source)> {
        let directory = self.directory.current(conn)?;
        let known = |one: &Suggestion| directory.category(&one.label.as_str().into()).is_some();
        if let Some((id, model)) = self.serving(conn)? {
            let mut all = model.suggest(title, content, most + 5);
            all.retain(known);
            all.truncate(most);
            if !all.is_empty() {
                return Ok((all, Source::Model(id)));
            }
        }
        Ok((self.start(&directory).suggest(title, content, most), Source::Names))
    }

    /// The model in service, read again where there is a newer one. One that is damaged serves nobody.
    fn serving(&self, conn: &mut Conn) -> Result<Option<(i64, Arc<Model>)>> {
        let Some(id) = store::serving(conn)? else { return Ok(None) };
        if let Some((held, model)) = &*self.model.read().unwrap_or_else(PoisonError::into_inner)
            && *held == id
        {
            return Ok(Some((id, model.clone())));
        }
        let bytes = store::bytes(conn, id)?.unwrap_or_default();
        let model = match Model::from_bytes(&bytes) {
            Ok(model) => Arc::new(model),
            Err(refusal) => {
                tracing::error!(target: "jiesu::learning", id, code = refusal.code(), "no model");
                Arc::new(Model::empty())
            }
        };
        let mut place = self.model.write().unwrap_or_else(PoisonError::into_inner);
        *place = Some((id, model.clone()));
        Ok(Some((id, model)))
    }

    fn start(&self, directory: &Arc<Directory>) -> Arc<ColdStart> {
        if let Some((of, start)) = &*self.start.read().unwrap_or_else(PoisonError::into_inner)
            && Arc::ptr_eq(of, directory)
        {
            return start.clone();
        }
        let made = Arc::new(ColdStart::new(&entries(directory)));
        let mut place = self.start.write().unwrap_or_else(PoisonError::into_inner);
        *place = Some((directory.clone(), made.clone()));
        made
    }

    /// Learns from the site's tickets, the newest that the recipe takes; nothing where none is newer than
    /// the last time. Takes a while, outside any transaction.
    ///
    /// # Errors
    /// The database's own.
    pub fn learn(&self, recipe: &Recipe) -> Result<Option<Lesson>> {
        let (rows, newest) = self.examples(recipe.rows_at_most)?;
        if self.db.read(store::newest)?.is_some_and(|before| before >= newest) {
            return Ok(None);
        }
        let (model, held) = taught_and_held(&rows, recipe);
        let candidate = of_model(&model, &held);
        let before = self.db.read(|conn| {
            let directory = self.directory.current(conn)?;
            Ok(match self.serving(conn)? {
                Some((_, serving)) => of_model(&serving, &held),
                None => {
                    let start = self.start(&directory);
                    measure(held.iter().copied(), |title, detail| {
                        start.suggest(title, detail, MEASURED)
                    })
                }
            })
        })?;
        let verdict = better(&candidate, Some(&before));
        let bytes = (verdict == Verdict::Serve).then(|| model.to_bytes());
        let (examples, labels) = (rows.len() - held.len(), model.labels().len());
        self.db.write(move |tx| {
            let (figures, before) = (candidate.clone(), Some(before.clone()));
            let (id, made_at) = (tx.id(), tx.now);
            let lesson = Lesson { id, made_at, examples, labels, figures, before, verdict };
            store::keep(tx, &lesson, newest, bytes.as_deref())?;
            Ok(Some(lesson))
        })
    }

    /// The newest tickets with a category, the oldest first, masked; and the newest one's id.
    fn examples(&self, most: usize) -> Result<(Vec<Example>, i64)> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut taught = self.db.read(|conn| store::taught(conn, i64::MIN, most))?;
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
                rows.extend(label.map(|label| Example {
                    label,
                    title: words.title,
                    detail: words.content,
                }));
            }
        }
        Ok((rows, newest))
    }
}

/// A model of those not held out, and those that are.
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
            words: Vec::new(),
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

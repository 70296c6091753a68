//! Reports: those that are made by themselves, and their letters. Its rule: a report and the letters about it are one
//! write, so that no second node makes or sends it again; what a letter encloses is made when it leaves, from what is
//! kept, for the eyes of whoever gets it, and is the edition that stands.

use std::sync::Arc;

use super::desk::Desk;
use super::document::{Block, Document, Format, SIGN_OFF};
use super::kinds::TaskState;
use super::making::{Attempt, Ready};
use super::print::{self, Printed, values};
use super::said::cases;
use super::said::person::shown;
use super::said::task;
use super::schedule::Schedule;
use super::sight::Reads;
use super::site::Site;
use super::state::{State, Step};
use super::store::{self, ReportRow};
use crate::db::{Conn, Tx};
use crate::error::{Error, Kind, Result, sentence};
use crate::identity::{self, Actor, Role};
use crate::lifecycle::Hotline;
use crate::limits::Window;
use crate::notify::Post;
use crate::notify::enclosed::{Enclosed, File, Instructed, Reports, Told};
use crate::notify::when::Quiet;
use crate::time::Stamp;

/// Everything that making and writing needs.
pub struct Mailing {
    pub hotline: Arc<Hotline>,
    pub site: Site,
    /// How links begin.
    pub url: String,
    pub schedule: Schedule,
    /// When nobody is written to.
    pub quiet: Option<Quiet>,
}

/// The media types of a letter's files.
pub const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// In the place of the assessor, who looks at the draft next.
fn program() -> Actor {
    Actor { roles: [Role::System, Role::Assessor].into(), ..Actor::system() }
}

impl Mailing {
    fn desk<'a>(&'a self, actor: &'a Actor) -> Desk<'a> {
        Desk { hotline: &self.hotline, actor, site: &self.site }
    }

    /// Makes the reports whose day and hour have come, and writes to whoever gets them; does nothing where that was
    /// done before, by whichever node.
    ///
    /// # Errors
    /// As the database says; 503 where something has changed meanwhile: the next round tries again.
    pub fn tick(&self) -> Result<()> {
        let now = self.hotline.db.now();
        let due = self.hotline.db.read(|conn| {
            let rules = self.hotline.rules.current(conn, now)?;
            let due = self.schedule.due(rules.profile.window, rules.profile.zone, now).into_iter();
            // A month that another profile cut is made as that one cut it.
            let as_cut = |(edition, window): (_, Window)| {
                let own = if window.is_named() { rules.window(&window.label())? } else { None };
                Ok((edition, own.unwrap_or(window)))
            };
            due.map(as_cut).collect::<Result<Vec<_>>>()
        })?;
        for (edition, window) in due {
            // One that cannot be made does not keep the others from it.
            if let Err(error) = self.make(&window, now) {
                tracing::warn!(target: "jiesu::reports", %edition, code = error.code(), "not made");
            }
        }
        Ok(())
    }

    fn make(&self, window: &Window, now: Stamp) -> Result<()> {
        let program = program();
        let at = self.leaves_at(now, window.zone());
        let (there, (readers, since)) = self.hotline.db.read(|conn| {
            let there = standing(conn, (window.start, window.end))?;
            let readers = self.readers(conn, there.as_ref(), now)?;
            Ok((there, readers))
        })?;
        if let Some(row) = there {
            // Somebody made it before its hour: whoever gets it is written to all the same, once.
            if readers.is_empty() {
                return Ok(());
            }
            let id = row.id;
            return self.hotline.db.write(move |tx| tell(tx, id, (&readers, (since, at))));
        }
        let ready: Ready = self
            .hotline
            .db
            .read(|conn| self.desk(&program).ready_window(conn, now, (*window, None), None))?;
        let (hotline, site) = (self.hotline.clone(), self.site.clone());
        let kept = self.hotline.db.write(move |tx| {
            let desk = Desk { hotline: &hotline, actor: &program, site: &site };
            let row = desk.keep(tx, &ready, Attempt::Last)?;
            tell(tx, row.id, (&readers, (since, at)))
        });
        match kept {
            // Another node was faster.
            Err(error) if error.code() == "report.exists" => Ok(()),
            kept => kept,
        }
    }

    /// Puts the letters about a report that is published in this write: to everyone who gets reports, whoever had the
    /// draft too, with the files as they are published. One about a part of the city is nobody's monthly mail.
    ///
    /// # Errors
    /// As the database says.
    pub fn published(&self, tx: &mut Tx<'_>, row: &ReportRow) -> Result<()> {
        if row.state != State::Published || row.scope_by.is_some() {
            return Ok(());
        }
        let zone = self.hotline.rules.current(tx.conn, tx.now)?.profile.zone;
        let (readers, since) = self.readers(tx.conn, Some(row), tx.now)?;
        let at = self.leaves_at(tx.now, zone);
        tell(tx, row.id, (&readers, (since, at)))
    }

    /// When a letter leaves that is put at `now`: not in the quiet hours.
    fn leaves_at(&self, now: Stamp, zone: chrono_tz::Tz) -> Stamp {
        self.quiet.map_or(now, |quiet| quiet.after(now, zone))
    }

    /// Whoever gets reports and was not written to about this one as it stands, and since when that counts; a name that
    /// no user has is told of in the log.
    fn readers(
        &self,
        conn: &mut Conn,
        row: Option<&ReportRow>,
        now: Stamp,
    ) -> Result<(Vec<i64>, Stamp)> {
        let mut readers = Vec::new();
        let state = row.map_or(State::Draft, |row| row.state);
        let (told_by, since) = match row {
            None => (Vec::new(), Stamp::MIN),
            // Whoever had the draft is told that it was published.
            Some(row) if row.state == State::Published => {
                let steps = store::steps(conn, row.id)?;
                let step = steps.iter().rfind(|step| step.step == Step::Publish);
                (vec![row.id], step.map_or(Stamp::MIN, |step| step.at))
            }
            // Before one is published the house is written to once, however often it restates.
            Some(row) => (store::editions(conn, row.root)?, Stamp::MIN),
        };
        for name in &self.schedule.subscribers {
            let Some(account) = identity::store::account_named(conn, name)? else {
                tracing::debug!(target: "jiesu::reports", name, "no such user gets no report");
                continue;
            };
            let is_told = crate::notify::store::is_told_of(conn, &told_by, (account.id, since))?;
            // Whoever may not read it yet (a unit, before it is published) is written to when they may.
            let reader = self.reader(conn, account.id, now)?;
            let may = reader.is_some_and(|reader| Reads::of(&reader).knows_of(state));
            if may && !is_told {
                readers.push(account.id);
            }
        }
        Ok((readers, since))
    }

    /// Who this account's holder is now; nobody where it is closed.
    fn reader(&self, conn: &mut Conn, account: i64, now: Stamp) -> Result<Option<Actor>> {
        let rules = self.hotline.rules.current(conn, now)?;
        let directory = &rules.directory;
        identity::gate::holder(conn, account, &|_, unit| {
            let (subtree, company) = (directory.subtree(unit), directory.is_company(unit));
            Ok(identity::gate::Post { subtree, company })
        })
    }
}

/// A report that is ready to be printed.
pub struct Paper {
    pub document: Document,
    pub printed: Printed,
    /// How its files are called, without their ending.
    pub name: String,
}

impl Mailing {
    /// A copy for the command line of the report about the window of this name: the latest edition that is kept, or the
    /// figures as they are now.
    ///
    /// # Errors
    /// 422 at `/window`; as the database says.
    pub fn paper(&self, window: &str) -> Result<Paper> {
        let (now, program) = (self.hotline.db.now(), program());
        self.hotline.db.read(|conn| {
            let rules = self.hotline.rules.current(conn, now)?;
            let zone = rules.profile.zone;
            let window = rules.window(window)?;
            let window = window.ok_or_else(|| Error::field("/window", "field.format"))?;
            if let Some(row) = store::latest_of(conn, (window.start, window.end), None)? {
                let mut document = super::frozen::document(conn, &row)?;
                document.lists.clear();
                let mut texts = super::said::texts::latest(conn, &self.hotline.keys, row.id)?;
                cases::settle(&mut document, &mut texts);
                let tasks = self.desk(&program).instructions(conn, &row, now)?;
                let printed = Printed {
                    watermark: Some(print::words::watermark(print::words::SHELL, now, zone)),
                    instructions: task::told(&tasks, zone, &rules.directory),
                    ..printed(conn, &row, texts, (now, zone))?
                };
                return Ok(Paper { name: form_name(&document, &row), document, printed });
            }
            let ready = self.desk(&program).ready_window(conn, now, (window, None), None)?;
            let mut document = ready.document()?;
            document.lists.clear();
            cases::settle(&mut document, &mut std::collections::BTreeMap::new());
            let printed = Printed {
                state: print::words::TRIAL.to_owned(),
                edition: 1,
                texts: std::collections::BTreeMap::new(),
                instructions: Vec::new(),
                signer: None,
                dated: Some(now.day(zone)),
                watermark: Some(print::words::watermark(print::words::SHELL, now, zone)),
                base: None,
                at: now,
                zone,
            };
            let name = format!("{}{}", document.title, window.label());
            Ok(Paper { document, printed, name })
        })
    }
}

/// The edition of the report about `[start, end)` that letters enclose: the one that is published, whatever was taken
/// since; before any is, the latest.
fn standing(conn: &mut Conn, window: (Stamp, Stamp)) -> Result<Option<ReportRow>> {
    let Some(latest) = store::latest_of(conn, window, None)? else { return Ok(None) };
    Ok(store::published(conn, latest.root)?.pop().or(Some(latest)))
}

fn tell(tx: &mut Tx<'_>, report: i64, (readers, when): (&[i64], (Stamp, Stamp))) -> Result<()> {
    readers.iter().try_for_each(|account| Post::send_report(tx, report, *account, when))
}

impl Reports for Mailing {
    fn enclosed(&self, id: i64, reader: i64) -> Result<Option<Enclosed>> {
        let now = self.hotline.db.now();
        let read = self.hotline.db.read(|conn| {
            let Some(actor) = self.reader(conn, reader, now)? else { return Ok(None) };
            let (row, document, texts) = match self.desk(&actor).read(conn, id) {
                Err(error) if error.kind() == Kind::NotFound => return Ok(None),
                read => read?,
            };
            // What another edition took the place of while the letter waited is written about anew.
            if standing(conn, (row.start_at, row.end_at))?.is_some_and(|it| it.id != row.id) {
                return Ok(None);
            }
            let rules = self.hotline.rules.current(conn, now)?;
            let zone = rules.profile.zone;
            let tasks = self.desk(&actor).instructions(conn, &row, now)?;
            let printed = Printed {
                watermark: Some(print::words::watermark(&actor.name, now, zone)),
                instructions: task::told(&tasks, zone, &rules.directory),
                ..printed(conn, &row, texts, (now, zone))?
            };
            Ok(Some((row, document, printed)))
        })?;
        let Some((row, document, printed)) = read else { return Ok(None) };
        let name = form_name(&document, &row);
        let file = |ending: &str, media_type, bytes| File {
            name: format!("{name}.{ending}"),
            media_type,
            bytes,
        };
        let files = vec![
            file("docx", DOCX, print::docx(&document, &printed)?),
            file("xlsx", XLSX, print::xlsx(&document, &printed)?),
        ];
        let link = format!("{}/api/v1/reports/{id}.html", self.url);
        Ok(Some(Enclosed { told: told(&document, &printed, link), files }))
    }

    fn instructed(&self, (id, due_at): (i64, Stamp), reader: i64) -> Result<Option<Instructed>> {
        let now = self.hotline.db.now();
        self.hotline.db.read(|conn| {
            let Some(actor) = self.reader(conn, reader, now)? else { return Ok(None) };
            let task = match self.desk(&actor).task(conn, id, now) {
                Err(error) if error.kind() == Kind::NotFound => return Ok(None),
                task => task?,
            };
            if task.row.state != TaskState::Open || task.row.due_at != due_at {
                return Ok(None);
            }
            let rules = self.hotline.rules.current(conn, now)?;
            let unit = rules.directory.unit(&task.row.unit).map(|unit| unit.name.clone());
            Ok(Some(Instructed {
                period: task.period,
                unit: unit.unwrap_or_else(|| task.row.unit.to_string()),
                due_at: task.row.due_at,
                overdue: task.overdue,
            }))
        })
    }

    fn checked(&self, (id, until): (i64, Stamp)) -> Result<Option<String>> {
        let now = self.hotline.db.now();
        let row = self.hotline.db.read(|conn| store::find(conn, id))?;
        Ok(row.filter(|row| row.is_checked(until, now)).map(|row| row.period))
    }
}

/// How the files of a report are called, without their ending.
pub fn form_name(document: &Document, row: &ReportRow) -> String {
    let period = row.period.replace(['/', ':'], "-");
    print::words::one_line(&format!("{}{period}", document.title)).replace(['/', '\\'], "-")
}

/// What is printed with a report besides what it says; `texts` are those that whoever reads it may read.
///
/// # Errors
/// `internal` where its edition is no number.
pub fn printed(
    conn: &mut Conn,
    row: &ReportRow,
    mut texts: std::collections::BTreeMap<String, String>,
    (at, zone): (Stamp, chrono_tz::Tz),
) -> Result<Printed> {
    let steps = store::steps(conn, row.id)?;
    let mut who = Vec::new();
    for step in [Step::Freeze, Step::Sign, Step::Publish] {
        if let Some(done) = steps.iter().rfind(|one| one.step == step) {
            who.push((done, shown(conn, (done.by_id, &done.by_name))?));
        }
    }
    let signed = who.iter().find(|(done, _)| done.step == Step::Sign);
    // Where nobody wrote who signed, the steps know.
    if signed.is_some() && !texts.contains_key(SIGN_OFF) {
        let line = |(done, name): &(&store::StepRow, String)| {
            let day = print::words::day(done.at.day(zone));
            let values = [("step", done.step.zh()), ("name", name), ("day", &day)];
            sentence("report.signed_off", &values)
        };
        texts.insert(SIGN_OFF.to_owned(), who.iter().map(line).collect::<Vec<_>>().join("\n"));
    }
    Ok(Printed {
        state: print::words::state(row.state.zh(), row.edition),
        edition: u32::try_from(row.edition).map_err(Error::internal)?,
        texts,
        instructions: Vec::new(),
        signer: signed.map(|(_, name)| name.clone()),
        dated: Some(signed.map_or(row.taken_at, |(done, _)| done.at).day(zone)),
        watermark: None,
        base: None,
        at,
        zone,
    })
}

/// The first section's sentences and the figures of the first table, as they are printed.
fn told(document: &Document, printed: &Printed, link: String) -> Told {
    let first = document.sections.first();
    let blocks = first.map(|section| section.blocks.as_slice()).unwrap_or_default();
    let sentences = blocks.iter().filter_map(|block| match block {
        Block::Paragraph { text } => Some(text.clone()),
        _ => None,
    });
    Told {
        title: document.title.clone(),
        issue: document.issue.clone(),
        period: document.period.clone(),
        state: printed.state.clone(),
        figures: figures(document, printed),
        sentences: sentences.collect(),
        link,
    }
}

/// The lines of the table `overview` that are figures of the window itself.
fn figures(document: &Document, printed: &Printed) -> Vec<(String, String)> {
    let Some(table) = document.tables().find(|table| table.id == "overview_rates") else {
        return Vec::new();
    };
    let is_figure = |format: Format| !matches!(format, Format::Text);
    let place = table.columns.iter().position(|column| is_figure(column.format));
    let Some(place) = place else { return Vec::new() };
    let line = |row: &super::document::Row| {
        let (name, cell) = (row.cells.first()?, row.cells.get(place)?);
        let format = table.columns[place].format;
        Some((
            values::written(&name.value, Format::Text, printed.zone),
            values::written(&cell.value, format, printed.zone),
        ))
    };
    table.rows.iter().filter_map(line).collect()
}

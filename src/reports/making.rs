//! Reports: the steps for which a report is taken: creating, previewing, freezing, restating. Its rule: it is taken in
//! a read, since that takes a while, and kept in a write that finds nothing changed since; so that it is of one instant,
//! and the last event it knows of is the last there was.

use std::sync::Arc;

use serde::Deserialize;
use utoipa::ToSchema;

use super::creating::Creating;
use super::cutoff::Late;
use super::desk::{self, Aim, Desk, check};
use super::document::Document;
use super::kinds::ReportKind;
use super::packed::{Packed, pack_document, unpack_document};
use super::said::confirmation;
use super::said::objection;
use super::said::texts;
use super::state::{Standing, State, Step};
use super::store::{self, ReportRow};
use super::take::{Asked, Scope, take};
use crate::assessment::listed::dims;
use crate::assessment::store::{Mark, mark};
use crate::assessment::{Categories, Depth, GroupBy};
use crate::db::{Conn, Tx};
use crate::error::{Error, Kind, Result};
use crate::lifecycle::{Hotline, Rules};
use crate::limits::Window;
use crate::ticket::store::Vault;
use crate::time::Stamp;

/// Until when units may object.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Previewing {
    #[schema(value_type = String, format = DateTime)]
    pub until: Stamp,
}

/// Whether it is tried again where something has changed meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    Again,
    Last,
}

/// The code of what is to be taken again.
pub const MOVED: &str = "report.moved";

/// What was taken for a step, and what it rests on.
#[derive(Debug, Clone)]
pub struct Ready {
    step: Step,
    /// The report that the step is done to, and its version; none for a new one.
    on: Option<(i64, i32)>,
    asked: Asked,
    /// The name of the window.
    period: String,
    until: Option<Stamp>,
    made: Arc<Made>,
}

impl Ready {
    /// What was taken, to be read without being kept.
    ///
    /// # Errors
    /// `internal` where it cannot be read back.
    pub fn document(&self) -> Result<Document> {
        unpack_document(&self.made.document.bytes, &self.made.document.hash)
    }
}

/// A report as bytes.
#[derive(Debug)]
struct Made {
    document: Packed,
    facts: Packed,
    profile: String,
    scoring: String,
    at: Stamp,
    mark: Mark,
}

impl Made {
    /// The report that `asked` is, as `conn` sees it at `now`.
    fn of(
        conn: &mut Conn,
        hotline: &Hotline,
        rules: &Rules,
        asked: &Asked,
        now: Stamp,
    ) -> Result<Self> {
        let mark = mark(conn)?;
        let taken = take(conn, (&hotline.db, Vault { keys: &hotline.keys }), rules, asked, now)?;
        let scoring = &taken.frame.scoring;
        Ok(Self {
            document: pack_document(&taken.document)?,
            profile: scoring.profile.clone(),
            scoring: serde_json::to_string(scoring).map_err(Error::internal)?,
            facts: taken.facts,
            at: now,
            mark,
        })
    }

    fn body(&self) -> (&[u8], &[u8]) {
        (&self.document.bytes, &self.facts.bytes)
    }

    /// What the row says of it.
    fn describe(&self, row: &mut ReportRow) {
        row.profile.clone_from(&self.profile);
        row.scoring.clone_from(&self.scoring);
        row.taken_at = self.at;
        self.mark.as_str().clone_into(&mut row.mark);
        row.document_hash.clone_from(&self.document.hash);
        row.facts_hash.clone_from(&self.facts.hash);
    }
}

impl Desk<'_> {
    /// A new report, taken; `read` reads what is asked for once who asks may ask.
    ///
    /// # Errors
    /// 403; 422 at `/window`, `/scope/by` and `/scope/key`; 409 `report.exists`.
    pub fn ready_new(
        &self,
        conn: &mut Conn,
        now: Stamp,
        read: impl FnOnce() -> Result<Creating>,
    ) -> Result<Ready> {
        self.actor.require(Step::Create.roles())?;
        let rules = self.hotline.rules.current(conn, now)?;
        let asked = read()?;
        let window = asked.window(&rules)?;
        self.ready_window(conn, now, (window, asked.scope), asked.categories)
    }

    /// The same about a window that is known already.
    ///
    /// # Errors
    /// 403; 422 at `/scope/by` and `/scope/key`; 409 `report.exists`.
    pub fn ready_window(
        &self,
        conn: &mut Conn,
        now: Stamp,
        (window, scope): (Window, Option<Scope>),
        categories: Option<Categories>,
    ) -> Result<Ready> {
        self.actor.require(Step::Create.roles())?;
        let rules = self.hotline.rules.current(conn, now)?;
        if let Some(scope) = &scope {
            check_scope(scope, &rules)?;
        }
        let period = window.label();
        let issuer = self.site.issuer.clone();
        let categories = categories.unwrap_or(Categories::Recorded);
        let (upheld, sentences) = ([].into(), self.site.sentences.clone());
        let (listing, checked, late) = (self.site.listing, None, Late::LeftOut);
        let asked =
            Asked { window, scope, categories, issuer, upheld, late, checked, sentences, listing };
        refuse_second(conn, &asked)?;
        let made = Arc::new(Made::of(conn, self.hotline, &rules, &asked, now)?);
        Ok(Ready { step: Step::Create, on: None, asked, period, until: None, made })
    }

    /// Opens the check period of a report, or opens it anew, with new figures; it ends no earlier than it was to end.
    ///
    /// # Errors
    /// 404, 403, 412; 422 at `/until`, also `report.check_shortened`, `report.check_too_long`; 409.
    pub fn ready_preview(
        &self,
        conn: &mut Conn,
        now: Stamp,
        aim: Aim<'_>,
        read: impl FnOnce() -> Result<Previewing>,
    ) -> Result<Ready> {
        let until = || {
            let until = read()?.until;
            if until <= now {
                Err(Error::field("/until", "field.in_past"))
            } else {
                Ok(Some(until))
            }
        };
        self.ready_on(conn, now, (Step::Preview, aim), until)
    }

    /// Freezes a report.
    ///
    /// # Errors
    /// 404, 403, 412; 409 also `report.objections_open`, `report.window_open`, `report.surveys_open`.
    pub fn ready_freeze(
        &self,
        conn: &mut Conn,
        now: Stamp,
        aim: Aim<'_>,
        read: impl FnOnce() -> Result<()>,
    ) -> Result<Ready> {
        self.ready_on(conn, now, (Step::Freeze, aim), || read().map(|()| None))
    }

    /// Takes a report that was frozen once more, as another edition.
    ///
    /// # Errors
    /// 404, 403, 412; 409 also `report.restated`.
    pub fn ready_restatement(
        &self,
        conn: &mut Conn,
        now: Stamp,
        aim: Aim<'_>,
        read: impl FnOnce() -> Result<()>,
    ) -> Result<Ready> {
        self.ready_on(conn, now, (Step::Restate, aim), || read().map(|()| None))
    }

    fn ready_on(
        &self,
        conn: &mut Conn,
        now: Stamp,
        (step, aim): (Step, Aim<'_>),
        read: impl FnOnce() -> Result<Option<Stamp>>,
    ) -> Result<Ready> {
        let (row, standing) = self.take(conn, aim, step)?;
        let until = read()?;
        until.map_or(Ok(()), |until| check_period(&standing, until, now))?;
        check(step, &standing, self.actor, now)?;
        let rules = self.hotline.rules.current(conn, now)?;
        let upheld = objection::upheld(&store::objections(conn, row.root)?);
        let on = row.clone();
        let scope = row.scope_by.zip(row.scope_key).map(|(by, key)| Scope { by, key });
        let window = window_of((row.start_at, row.end_at), &row.period, &rules)?;
        let issuer = self.site.issuer.clone();
        let categories = row.categories;
        let checked = confirmation::told(conn, &on, (step, &rules.directory))?;
        let sentences = self.site.sentences.clone();
        let (listing, late) = (self.site.listing, Late::at(step));
        let asked =
            Asked { window, scope, categories, issuer, upheld, late, checked, sentences, listing };
        let made = Arc::new(Made::of(conn, self.hotline, &rules, &asked, now)?);
        Ok(Ready { step, on: Some((row.id, row.version)), asked, period: row.period, until, made })
    }

    /// Keeps what was made ready, if nothing has changed since; answers the report: of a restatement the new edition.
    ///
    /// Where something changes all the time (PostgreSQL says so of anything at all), the last attempt is taken in the
    /// write itself. On SQLite nobody else writes meanwhile: a second or two, once a month.
    ///
    /// # Errors
    /// 503 [`MOVED`] where something has; else as it was made ready.
    pub fn keep(&self, tx: &mut Tx<'_>, ready: &Ready, attempt: Attempt) -> Result<ReportRow> {
        let mut made = ready.made.clone();
        // Of a draft it stands in it when its figures were taken; what is frozen is of one instant.
        let is_for_good = matches!(ready.step, Step::Freeze | Step::Restate);
        if is_for_good && mark(tx.conn)? != made.mark {
            if attempt == Attempt::Again {
                return Err(moved());
            }
            let rules = self.hotline.rules.current(tx.conn, tx.now)?;
            made = Arc::new(Made::of(tx.conn, self.hotline, &rules, &ready.asked, tx.now)?);
        }
        let Some((id, version)) = ready.on else { return self.keep_new(tx, ready, &made) };
        let aim = Aim { id, expected: &|_| Ok(()) };
        let (mut row, standing) = self.take(tx.conn, aim, ready.step)?;
        let to = check(ready.step, &standing, self.actor, tx.now)?;
        if row.version != version {
            return Err(moved());
        }
        if ready.step == Step::Restate {
            return self.keep_edition(tx, &row, &made);
        }
        made.describe(&mut row);
        row.state = to;
        row.version += 1;
        row.objections_until = ready.until.or(row.objections_until);
        if to == State::Frozen {
            row.frozen_by = Some(self.actor.user);
        }
        store::save(tx, &row)?;
        store::replace_body(tx, row.id, made.body())?;
        self.note(tx, &row, ready.step)?;
        if ready.step == Step::Preview {
            self.tell_units(tx, &row, &ready.document()?)?;
        }
        Ok(row)
    }

    fn keep_new(&self, tx: &mut Tx<'_>, ready: &Ready, made: &Made) -> Result<ReportRow> {
        self.actor.require(Step::Create.roles())?;
        refuse_second(tx.conn, &ready.asked)?;
        let id = tx.id();
        let (window, scope) = (&ready.asked.window, ready.asked.scope.as_ref());
        let mut row = ReportRow {
            id,
            root: id,
            kind: ReportKind::Property,
            period: ready.period.clone(),
            start_at: window.start,
            end_at: window.end,
            scope_by: scope.map(|scope| scope.by),
            scope_key: scope.map(|scope| scope.key.clone()),
            edition: 1,
            restates: None,
            state: State::Draft,
            version: 1,
            profile: String::new(),
            scoring: String::new(),
            taken_at: made.at,
            mark: String::new(),
            document_hash: Vec::new(),
            facts_hash: Vec::new(),
            objections_until: None,
            frozen_by: None,
            categories: ready.asked.categories,
        };
        made.describe(&mut row);
        store::insert(tx, &row, made.body())?;
        self.note(tx, &row, Step::Create)?;
        Ok(row)
    }

    /// Another edition of `old`, frozen from its first day, with the words that were written for `old`.
    fn keep_edition(&self, tx: &mut Tx<'_>, old: &ReportRow, made: &Made) -> Result<ReportRow> {
        let id = tx.id();
        let mut row = ReportRow {
            id,
            edition: old.edition + 1,
            restates: Some(old.id),
            state: State::Frozen,
            version: 1,
            frozen_by: Some(self.actor.user),
            ..old.clone()
        };
        made.describe(&mut row);
        store::insert(tx, &row, made.body())?;
        texts::carry_over(tx, &self.hotline.keys, old.id, id)?;
        self.note(tx, &row, Step::Restate)?;
        Ok(row)
    }
}

/// The longest check period, in milliseconds from when it is opened, so that a year typed wrongly holds up no freeze: 31
/// days.
const LONGEST: i64 = 31 * 86_400_000;

/// Units have until then to object, and rely on it: what was said to them is prolonged and never cut short.
fn check_period(standing: &Standing, until: Stamp, now: Stamp) -> Result<()> {
    let promised = standing.objections_until.filter(|_| standing.state == State::Preliminary);
    if promised.is_some_and(|promised| until < promised) {
        return Err(Error::field("/until", "report.check_shortened"));
    }
    if until > now.plus_millis(LONGEST) && promised != Some(until) {
        return Err(Error::field("/until", "report.check_too_long"));
    }
    Ok(())
}

fn moved() -> Error {
    Error::new(Kind::Unavailable, MOVED).retry_after(5)
}

/// The window that a report was made of, by its name where it still has one.
fn window_of((start, end): (Stamp, Stamp), period: &str, rules: &Rules) -> Result<Window> {
    let (rule, zone) = (rules.profile.window, rules.profile.zone);
    let named = rules.window(period)?.filter(|it| (it.start, it.end) == (start, end));
    let plain = || rule.from_to(&start.rfc3339(zone), &end.rfc3339(zone), zone);
    named.or_else(plain).ok_or_else(|| Error::internal("the window of a report is empty"))
}

/// Whose report there may be, and whether there is anybody of that name.
fn check_scope(scope: &Scope, rules: &Rules) -> Result<()> {
    if matches!(scope.by, GroupBy::Category | GroupBy::Channel) {
        return Err(Error::field("/scope/by", "field.unknown_code"));
    }
    let there = dims(scope.by, Depth::Own, &rules.directory);
    if there.iter().any(|dim| dim.key == scope.key) {
        return Ok(());
    }
    Err(Error::field("/scope/key", "field.unknown_code"))
}

/// One report a window and scope: what was frozen is restated, not made a second time.
fn refuse_second(conn: &mut Conn, asked: &Asked) -> Result<()> {
    let scope = asked.scope.as_ref().map(|scope| (scope.by, scope.key.as_str()));
    let window = (asked.window.start, asked.window.end);
    match store::latest_of(conn, window, scope)? {
        Some(there) => Err(desk::exists(there.state)),
        None => Ok(()),
    }
}

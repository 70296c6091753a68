//! Lifecycle: the rules in force: directory, calendar, profile and who listens, as one snapshot. Its rule: read
//! again when the directory's version moves or the day does, never in between; a decision sees one
//! snapshot.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;

use crate::db::{Conn, Tx};
use crate::directory::{Cached, Directory};
use crate::error::Result;
use crate::knowledge;
use crate::learning::school::Adviser;
use crate::limits::{Calendar, InForce, Profile, Rulebook, Window};
use crate::notify::webhook::Hooks;
use crate::time::Stamp;

/// Directory, calendar and profile, as of one moment.
pub struct Rules {
    pub directory: Arc<Directory>,
    pub calendar: Calendar,
    pub profile: Profile,
    /// Who is told of changes.
    pub hooks: Arc<Hooks>,
    in_force: Arc<InForce>,
    fallback: String,
    day: NaiveDate,
}

impl Rules {
    /// Profile and calendar in force on `day`, which may be past or to come.
    ///
    /// # Errors
    /// `limits.no_profile` where the profile named for it cannot be read.
    pub fn on(&self, day: NaiveDate) -> Result<Arc<Rulebook>> {
        self.in_force.on(&self.directory, &self.fallback, day)
    }

    /// The window of this name, such as `2026-10`; nothing where it is no month (decision 0032).
    ///
    /// # Errors
    /// As [`Rules::on`].
    pub fn window(&self, name: &str) -> Result<Option<Window>> {
        self.in_force.window(&self.directory, &self.fallback, name)
    }

    /// The window that holds `at`, cut by the profile of that day.
    ///
    /// # Errors
    /// As [`Rules::on`].
    pub fn window_of(&self, at: Stamp) -> Result<Window> {
        let profile = &self.on(at.day(self.profile.zone))?.profile;
        Ok(profile.window.containing(at, profile.zone))
    }

    /// The window before the one that holds `at`, as the window of its name is cut.
    ///
    /// # Errors
    /// As [`Rules::on`].
    pub fn window_before(&self, at: Stamp) -> Result<Window> {
        let before = self.window_of(at)?.previous();
        Ok(self.window(&before.label())?.unwrap_or(before))
    }

    /// The rulebook under which the figures of `window` are made: the one in force on the day on
    /// which it begins (decision 0032).
    ///
    /// # Errors
    /// As [`Rules::on`].
    pub fn of_window(&self, window: &Window) -> Result<Arc<Rulebook>> {
        self.in_force.of_window(&self.directory, &self.fallback, window)
    }

    /// The profile on record that `id` names, such as `default@1`, in force or not.
    pub fn by_id(&self, id: &str) -> Option<&Arc<Rulebook>> {
        self.in_force.by_id(id)
    }

    /// The calendar by which limits of the profile `id` (`name@version`) are counted.
    pub fn calendar_of(&self, id: &str) -> &Calendar {
        self.in_force.by_id(id).map_or(&self.calendar, |book| &book.calendar)
    }

    /// What of the directory could not be read, in English, for `doctor`.
    pub fn faults(&self) -> &[String] {
        self.in_force.faults()
    }
}

/// Keeps the newest rules of this node.
pub struct RuleBook {
    cached: Cached,
    /// The profile of the configuration, where the directory names none.
    fallback: String,
    newest: Mutex<Option<Arc<Rules>>>,
    /// The articles that answers may rest on; asked only where one is named.
    pub library: knowledge::Cached,
    /// Who knows the category of a ticket that comes without one; nobody at a site that has none.
    pub adviser: Option<Adviser>,
    /// The transaction in which the newest were last found to be those of the database.
    confirmed: AtomicU64,
}

impl RuleBook {
    /// A book that falls back to the built-in profile named `fallback`.
    pub fn new(cached: Cached, fallback: impl Into<String>) -> Self {
        Self {
            cached,
            fallback: fallback.into(),
            newest: Mutex::new(None),
            library: knowledge::Cached::default(),
            adviser: None,
            confirmed: AtomicU64::new(0),
        }
    }

    /// The same, advised.
    #[must_use]
    pub fn advised_by(self, adviser: Adviser) -> Self {
        Self { adviser: Some(adviser), ..self }
    }

    /// The rules that this node used last, if they are of the day of `now`: to make something ready
    /// by, which [`RuleBook::current`] must confirm within the write.
    pub fn newest(&self, now: Stamp) -> Option<Arc<Rules>> {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.as_ref().filter(|rules| rules.day == now.day(rules.profile.zone)).cloned()
    }

    /// Whether `rules` are those of the write `tx` at `now`: asked once in a transaction. Writes of
    /// one group are of one transaction; a change of the rules among them counts as made after them.
    pub fn are_current(&self, tx: &mut Tx<'_>, rules: &Arc<Rules>, now: Stamp) -> Result<bool> {
        let is = |newest: &Arc<Rules>| Arc::ptr_eq(newest, rules);
        if self.confirmed.load(Ordering::Relaxed) == tx.transaction() {
            return Ok(self.newest(now).as_ref().is_some_and(is));
        }
        let current = self.current(tx.conn, now)?;
        self.confirmed.store(tx.transaction(), Ordering::Relaxed);
        Ok(is(&current))
    }

    /// The rules at `now`: one small query, and the rest only when something changed.
    pub fn current(&self, conn: &mut Conn, now: Stamp) -> Result<Arc<Rules>> {
        let directory = self.cached.current(conn)?;
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let known = newest.as_ref().filter(|rules| Arc::ptr_eq(&rules.directory, &directory));
        if let Some(rules) = known
            && rules.day == now.day(rules.profile.zone)
        {
            return Ok(rules.clone());
        }
        let (in_force, hooks) = match known {
            Some(rules) => (rules.in_force.clone(), rules.hooks.clone()),
            None => (Arc::new(InForce::of(&directory)), Arc::new(Hooks::load(conn, &directory)?)),
        };
        let rules = Arc::new(self.build(directory, in_force, hooks, now)?);
        *newest = Some(rules.clone());
        Ok(rules)
    }

    fn build(
        &self,
        directory: Arc<Directory>,
        in_force: Arc<InForce>,
        hooks: Arc<Hooks>,
        now: Stamp,
    ) -> Result<Rules> {
        // Which day it is depends on the profile's zone, and which profile it is on the day.
        let book = |day| in_force.on(&directory, &self.fallback, day);
        let zone = book(now.utc().date_naive())?.profile.zone;
        let book = book(now.day(zone))?;
        let Rulebook { profile, calendar } = (*book).clone();
        let day = now.day(profile.zone);
        let fallback = self.fallback.clone();
        Ok(Rules { directory, calendar, profile, hooks, in_force, fallback, day })
    }
}

//! Notices: a letter leaves. Its rule: what it tells and to whom is looked up now; that it left is
//! marked in the next write, and what cannot leave stays to be seen.

use chrono::TimeDelta;

use super::compose::{Person, instant};
use super::enclosed::File;
use super::letter::{Counting, Facts};
use super::mailer::Envelope;
use super::outbox::{case_of, read_task_limit};
use super::plan::{self, Addressee, Occasion, Owed};
use super::post::Post;
use super::sms::Message;
use super::store::{self, CITIZEN, Letter, LetterState, Medium};
use crate::directory::Urgency;
use crate::error::{Error, Result};
use crate::identity::reach::{self, Reach};
use crate::jobs::{Fail, Job, TRIES};
use crate::ticket::link::{self, Purpose};
use crate::ticket::{Ticket, store as tickets};
use crate::time::Stamp;

impl Post {
    /// Sends one letter, if what it tells still holds.
    ///
    /// # Errors
    /// Again or later as the mail server or the gateway says; what is final stands in the letter.
    pub fn send(&self, job: &Job) -> Result<(), Fail> {
        let id: i64 = job.body()?;
        let Some(letter) = self.db.read(|conn| store::find(conn, id))? else { return Ok(()) };
        if letter.state != LetterState::Waiting {
            return Ok(());
        }
        if let Some(after) = self.quiet_for(&letter)? {
            return Err(Fail::Later { after, why: "notice.quiet".to_owned() });
        }
        let went = self.deliver(&letter);
        let too_old = self.db.now().plus(-self.settings.give_up_after) > letter.created_at;
        let (state, why) = match &went {
            Ok(true) => (LetterState::Sent, None),
            Ok(false) => (LetterState::Dropped, None),
            Err(Fail::Never { why }) => (LetterState::Dead, Some(why.clone())),
            Err(Fail::Later { why, .. } | Fail::Again { why, .. })
                if too_old || job.tries >= TRIES =>
            {
                (LetterState::Dead, Some(why.clone()))
            }
            Err(Fail::Later { why, .. } | Fail::Again { why, .. }) => {
                (LetterState::Waiting, Some(why.clone()))
            }
        };
        let tries = job.tries;
        let known = state == LetterState::Waiting && letter.why == why;
        if !known {
            let occasion = letter.occasion;
            self.db.write(move |tx| {
                store::set_state(tx, id, state, why.as_deref(), tries)?;
                let has_ended = occasion == Occasion::Digest && state != LetterState::Waiting;
                if has_ended { store::end_digest(tx, id, state) } else { Ok(()) }
            })?;
        }
        match went {
            Err(failed) if state == LetterState::Waiting => Err(failed),
            _ => Ok(()),
        }
    }

    /// How long it still has to wait so that nobody is woken: tries go on through the night, and what
    /// failed in the evening would otherwise ring at three.
    fn quiet_for(&self, letter: &Letter) -> Result<Option<TimeDelta>> {
        let now = self.db.now();
        let Some(quiet) = self.settings.quiet else { return Ok(None) };
        let until = quiet.after(now, self.settings.zone);
        if until == now {
            return Ok(None);
        }
        let emergency = self.db.read(|conn| {
            let loaded = letter.ticket_id.map(|id| self.load(conn, id)).transpose()?.flatten();
            Ok(loaded.is_some_and(|it| it.stored.ticket.urgency == Urgency::Emergency))
        })?;
        let wakes = emergency && letter.may_wake();
        Ok((!wakes).then(|| TimeDelta::milliseconds(until.millis_since(now))))
    }

    /// Whether it left; not, where what it tells holds no more.
    fn deliver(&self, letter: &Letter) -> Result<bool, Fail> {
        let reach = self.reach(letter)?;
        let Some((facts, name)) = self.facts(letter)? else { return Ok(false) };
        let (facts, files) = match letter.report_id {
            Some(report) => match self.enclosed(letter, report, facts)? {
                Some(both) => both,
                None => return Ok(false),
            },
            None => (facts, Vec::new()),
        };
        let Some((reach, stem)) = reach.zip(self.stem(letter)?) else { return Ok(false) };
        match letter.medium {
            Medium::Mail => {
                let address = reach.email.ok_or_else(|| Fail::never("mail.address"))?;
                let words = self.worded(|letters| letters.mail(letter.occasion, &facts))?;
                let (id, at) = (letter.id, letter.created_at);
                let envelope = Envelope { id, stem: &stem, name: &name, address: &address, at };
                self.mailer.send(self.db.now(), &envelope, &words, &files)?;
            }
            Medium::Sms => {
                let phone = reach.mobile.ok_or_else(|| Fail::never("sms.number"))?;
                let text = self.worded(|letters| letters.sms(letter.occasion, &facts))?;
                let message =
                    Message { id: letter.id, ticket_no: &stem, phone: &phone, text: &text };
                self.sms.send(self.db.now(), &message)?;
            }
        }
        Ok(true)
    }

    /// What is made of the templates as they count today: asked of the database each time, so that each node follows at
    /// once.
    fn worded<T>(&self, make: impl FnOnce(&Counting<'_>) -> Result<T>) -> Result<T> {
        let directory = self.db.read(|conn| self.directory.current(conn))?;
        make(&self.letters.on(&directory, self.db.now().day(self.settings.zone)))
    }

    /// How whoever gets it is reached now; nothing where the account is no longer in use.
    fn reach(&self, letter: &Letter) -> Result<Option<Reach>> {
        let (account, ticket) = (letter.account_id, letter.ticket_id);
        self.db.read(|conn| {
            if account != CITIZEN {
                let there = crate::identity::store::account_of(conn, account)?;
                return match there.filter(|it| it.disabled_at.is_none()) {
                    Some(_) => reach::addresses(conn, &self.keys, account).map(Some),
                    None => Ok(None),
                };
            }
            let Some(loaded) = ticket.map(|id| self.load(conn, id)).transpose()?.flatten() else {
                return Ok(None);
            };
            let ticket = &loaded.stored.ticket;
            let email = ticket.caller.email.as_ref().map(|it| it.as_str().to_owned());
            Ok(Some(Reach { email, mobile: plan::mobile(ticket) }))
        })
    }

    /// What the letter says and to whom by name; nothing where it holds no more.
    fn facts(&self, letter: &Letter) -> Result<Option<(Facts, String)>> {
        if letter.occasion == Occasion::Digest {
            return self.digest(letter);
        }
        let person = self.person(letter)?;
        if letter.report_id.is_some() {
            let (site, name) = (self.settings.site.clone(), person.name.clone());
            return Ok(Some((Facts { site, name: name.clone(), ..Facts::default() }, name)));
        }
        if letter.occasion == Occasion::Instructed {
            let facts = self.instructed(letter, &person)?;
            return Ok(facts.map(|facts| (facts, person.name)));
        }
        if letter.occasion == Occasion::Checking {
            let facts = self.checked(letter, &person)?;
            return Ok(facts.map(|facts| (facts, person.name)));
        }
        if let Some(case) = case_of(letter.occasion, letter.limit_name.as_deref()) {
            let facts = self.accused(letter, case, &person)?;
            return Ok(facts.map(|facts| (facts, person.name)));
        }
        if letter.occasion == Occasion::Charged {
            let facts = self.charged(letter, &person)?;
            return Ok(facts.map(|facts| (facts, person.name)));
        }
        let Some(ticket_id) = letter.ticket_id else { return Ok(None) };
        let Some(loaded) = self.db.read(|conn| self.load(conn, ticket_id))? else {
            return Ok(None);
        };
        let ticket = &loaded.stored.ticket;
        if !plan::still_holds(ticket, loaded.parent(), &owed_by(letter)) {
            return Ok(None);
        }
        let case = self.case(&loaded);
        if letter.account_id != CITIZEN {
            let facts = case.to_staff(letter, &person);
            return Ok(Some((facts, person.name)));
        }
        let link =
            (letter.occasion == Occasion::Survey).then(|| self.survey_link(ticket_id, ticket));
        let facts = case.to_citizen(letter.occasion, link);
        let name = facts.name.clone();
        Ok(Some((facts, name)))
    }

    fn digest(&self, letter: &Letter) -> Result<Option<(Facts, String)>> {
        let person = self.person(letter)?;
        let parts = self.db.read(|conn| store::in_digest(conn, letter.id))?;
        let mut entries = Vec::new();
        for part in &parts {
            entries.extend(self.facts(part)?.map(|(facts, _)| facts));
        }
        if entries.is_empty() {
            return Ok(None);
        }
        let settings = &self.settings;
        let facts = Facts {
            site: settings.site.clone(),
            name: person.name.clone(),
            link: settings.url.clone(),
            entries,
            ..Facts::default()
        };
        Ok(Some((facts, person.name)))
    }

    /// The same with what its report says and the report's files.
    fn enclosed(
        &self,
        letter: &Letter,
        report: i64,
        facts: Facts,
    ) -> Result<Option<(Facts, Vec<File>)>> {
        let Some(reports) = self.reports.get() else { return Ok(None) };
        let enclosed = reports.enclosed(report, letter.account_id)?;
        Ok(enclosed.map(|it| (Facts { report: it.told, ..facts }, it.files)))
    }

    /// What a letter about a task says; a deputy reads what the principal would.
    fn instructed(&self, letter: &Letter, person: &Person) -> Result<Option<Facts>> {
        let task = letter.limit_name.as_deref().and_then(read_task_limit);
        let Some((task, reports)) = task.zip(self.reports.get()) else { return Ok(None) };
        let reader = letter.principal.unwrap_or(letter.account_id);
        let Some(told) = reports.instructed(task, reader)? else { return Ok(None) };
        Ok(Some(Facts {
            limit: Some(told.period),
            unit: Some(told.unit),
            due: Some(instant(told.due_at, &self.settings)),
            serious: told.overdue,
            link: format!("{}/reports/tasks", self.settings.url),
            ..self.apart(letter, person)
        }))
    }

    /// What a letter about the check period of a report says: no figure, which is read behind the login.
    fn checked(&self, letter: &Letter, person: &Person) -> Result<Option<Facts>> {
        let report = letter.limit_name.as_deref().and_then(read_task_limit);
        let Some((report, reports)) = report.zip(self.reports.get()) else { return Ok(None) };
        let Some(unit) = letter.unit.as_ref() else { return Ok(None) };
        let Some(period) = reports.checked(report)? else { return Ok(None) };
        let (id, until) = report;
        let name = self.db.read(|conn| {
            let directory = self.directory.current(conn)?;
            Ok(directory.unit(unit).map(|unit| unit.name.clone()))
        })?;
        Ok(Some(Facts {
            limit: Some(period),
            unit: Some(name.unwrap_or_else(|| unit.to_string())),
            due: Some(instant(until, &self.settings)),
            link: format!("{}/monthly/{id}", self.settings.url),
            ..self.apart(letter, person)
        }))
    }

    /// What a letter about a case of the bottom line says.
    fn accused(&self, letter: &Letter, case: i64, person: &Person) -> Result<Option<Facts>> {
        let Some(unit) = letter.unit.as_ref() else { return Ok(None) };
        let (told, name) = self.db.read(|conn| {
            let told = (self.cases)(conn, case)?;
            let directory = self.directory.current(conn)?;
            let name = directory.unit(unit).map(|unit| unit.name.clone());
            Ok((told, name.unwrap_or_else(|| unit.to_string())))
        })?;
        Ok(told.map(|told| Facts {
            limit: Some(told.flag.to_owned()),
            unit: Some(name),
            due: Some(instant(told.due_at, &self.settings)),
            link: format!("{}/bottom-line", self.settings.url),
            ..self.apart(letter, person)
        }))
    }

    /// What a letter about the charge on an article says.
    fn charged(&self, letter: &Letter, person: &Person) -> Result<Option<Facts>> {
        let named = letter.limit_name.as_deref().zip(letter.unit.as_ref());
        let Some((code, unit)) = named else { return Ok(None) };
        let (told, name) = self.db.read(|conn| {
            let told = (self.articles)(conn, code)?;
            let directory = self.directory.current(conn)?;
            let name = directory.unit(unit).map(|unit| unit.name.clone());
            Ok((told, name.unwrap_or_else(|| unit.to_string())))
        })?;
        let due = |day| instant(Stamp::end_of(day, self.settings.zone), &self.settings);
        Ok(told.map(|told| Facts {
            limit: Some(told.title),
            unit: Some(name),
            due: told.due_on.map(due),
            link: format!("{}/articles/{code}", self.settings.url),
            ..self.apart(letter, person)
        }))
    }

    /// What every letter says that is about no ticket.
    fn apart(&self, letter: &Letter, person: &Person) -> Facts {
        Facts {
            site: self.settings.site.clone(),
            name: person.name.clone(),
            principal: person.principal.clone(),
            occasion: letter.occasion.zh().to_owned(),
            ..Facts::default()
        }
    }

    fn person(&self, letter: &Letter) -> Result<Person> {
        let (account, principal) = (letter.account_id, letter.principal);
        self.db.read(|conn| {
            let name = |conn: &mut _, id: i64| {
                let account = crate::identity::store::account_of(conn, id)?;
                Ok::<_, Error>(account.map(|it| it.display_name))
            };
            let shown = name(conn, account)?.unwrap_or_default();
            let principal = principal.map(|id| name(conn, id)).transpose()?.flatten();
            Ok(Person { name: shown, principal })
        })
    }

    /// How the file's name begins, where letters go into files.
    fn stem(&self, letter: &Letter) -> Result<Option<String>> {
        let Some(id) = letter.ticket_id else {
            return Ok(Some(letter.occasion.as_str().to_owned()));
        };
        let row = self.db.read(|conn| tickets::row_of(conn, id))?;
        Ok(row.map(|row| row.no))
    }

    fn survey_link(&self, ticket_id: i64, ticket: &Ticket) -> String {
        let token = link::make(&self.keys, Purpose::Survey, ticket_id, ticket.round());
        format!("{}/c/survey/{token}", self.settings.url)
    }
}

/// What the letter was made for.
fn owed_by(letter: &Letter) -> Owed {
    let addressee = match &letter.unit {
        Some(unit) => Addressee::Unit(unit.clone()),
        None => Addressee::Citizen,
    };
    Owed {
        occasion: letter.occasion,
        addressee,
        assignment: letter.assignment.and_then(|k| u32::try_from(k).ok()),
        limit: letter.limit_name.clone(),
    }
}

//! Notices: a notice becomes letters. Its rule: whatever was decided when the notice was put is
//! decided again from the ticket as it is now, and made once however often it is tried.

use std::sync::{Arc, OnceLock};

use chrono::TimeDelta;

use super::compose::Case;
use super::enclosed::{Articles, Cases, Reports};
use super::letter::Letters;
use super::mailer::Mailer;
use super::outbox::{LETTER, Notice, case_of};
use super::people::{Recipient, on_duty, recipients};
use super::plan::{self, Addressee, Occasion, Owed};
use super::settings::Settings;
use super::sms::Sms;
use super::store::{self, CITIZEN, Letter, LetterState, Medium, NOBODY};
use super::when::next_slot;
use crate::db::{Db, Tx};
use crate::directory::{Cached, Directory, Urgency};
use crate::error::{Kind, Result};
use crate::jobs::{self, Fail, Job};
use crate::sealing::MasterKey;
use crate::ticket::store::{self as tickets, Stored, Vault};
use crate::ticket::{State, Ticket};
use crate::time::Stamp;

/// Everything a node needs to tell people things.
pub struct Post {
    pub db: Db,
    pub keys: Arc<MasterKey>,
    pub directory: Cached,
    pub settings: Settings,
    pub letters: Letters,
    pub mailer: Mailer,
    pub sms: Sms,
    /// Who knows the cases of the bottom line.
    pub cases: Cases,
    /// Who knows the charges on articles.
    pub articles: Articles,
    /// Who knows the reports that letters carry; nobody until the house is put together.
    pub reports: OnceLock<Arc<dyn Reports>>,
}

/// A ticket with what else a letter about it needs.
pub(super) struct Loaded {
    pub(super) stored: Stored,
    parent: Option<Stored>,
    directory: Arc<Directory>,
}

impl Loaded {
    /// The ticket it was merged into.
    pub(super) fn parent(&self) -> Option<&Ticket> {
        self.parent.as_ref().map(|parent| &parent.ticket)
    }
}

impl Post {
    /// Makes letters of a notice, if it still holds.
    ///
    /// # Errors
    /// As the database says.
    pub fn expand(&self, job: &Job) -> Result<(), Fail> {
        let Notice { ticket_id, owed } = job.body()?;
        if owed.occasion.has_no_ticket() {
            return self.expand_apart(job, &owed);
        }
        let (found, people) = self.db.read(|conn| {
            let now = self.db.now();
            let loaded = self.load(conn, ticket_id)?;
            if store::is_made(conn, job.id)? {
                return Ok((None, Vec::new()));
            }
            let whom = (owed.occasion, &owed.addressee);
            let day = now.day(self.settings.zone);
            let Some(loaded) = loaded else { return Ok((None, Vec::new())) };
            let mut people = recipients(conn, &self.keys, &loaded.directory, whom, day)?;
            let wakes = loaded.stored.ticket.urgency == Urgency::Emergency
                && owed.occasion.calls_for_action();
            if let (true, Addressee::Unit(unit)) = (wakes, &owed.addressee) {
                let (of, at) = ((&*loaded.directory, unit), (now, self.settings.zone));
                people.extend(on_duty(conn, &self.keys, of, at, &people)?);
            }
            Ok((Some(loaded), people))
        })?;
        let Some(loaded) = found else { return Ok(()) };
        let ticket = &loaded.stored.ticket;
        if !plan::still_holds(ticket, loaded.parent(), &owed) {
            return Ok(());
        }
        let people = if owed.addressee == Addressee::Citizen {
            self.citizen(ticket, &owed).into_iter().collect()
        } else {
            people
        };
        let about = (Some(ticket_id), ticket.urgency);
        let letters = self.letters_of(job, &owed, about, &people)?;
        Ok(self.put(letters)?)
    }

    /// Makes letters of a notice that is about no ticket; whether it still holds is asked when they leave, and of a case
    /// of the bottom line now as well: most are answered before anybody is reminded.
    fn expand_apart(&self, job: &Job, owed: &Owed) -> Result<(), Fail> {
        let people = self.db.read(|conn| {
            let case = case_of(owed.occasion, owed.limit.as_deref());
            let is_over = match case {
                Some(case) => (self.cases)(conn, case)?.is_none(),
                None => false,
            };
            if is_over || store::is_made(conn, job.id)? {
                return Ok(None);
            }
            let directory = self.directory.current(conn)?;
            let (whom, day) =
                ((owed.occasion, &owed.addressee), self.db.now().day(self.settings.zone));
            recipients(conn, &self.keys, &directory, whom, day).map(Some)
        })?;
        let Some(people) = people else { return Ok(()) };
        let letters = self.letters_of(job, owed, (None, Urgency::General), &people)?;
        Ok(self.put(letters)?)
    }

    fn put(&self, letters: Vec<Letter>) -> Result<()> {
        self.db.write(move |tx| {
            for letter in &letters {
                let mut letter = letter.clone();
                letter.id = tx.id();
                store::insert(tx, &letter)?;
                if letter.state == LetterState::Waiting {
                    jobs::put_at(tx, LETTER, &letter.id, letter.due_at)?;
                }
            }
            Ok(())
        })
    }

    /// The way to whoever asked, where the site writes to citizens about it.
    fn citizen(&self, ticket: &Ticket, owed: &Owed) -> Option<Recipient> {
        let medium = match (&ticket.caller.email, plan::mobile(ticket)) {
            (Some(_), _) => Medium::Mail,
            (None, Some(_)) => Medium::Sms,
            (None, None) => return None,
        };
        let wanted = self.settings.citizens.contains(&owed.occasion);
        wanted.then(|| Recipient { account: CITIZEN, principal: None, media: vec![medium] })
    }

    /// One letter a person: by mail, in an emergency by message too; by message where there is no
    /// mail. Nobody to tell is a letter that somebody has to see.
    fn letters_of(
        &self,
        job: &Job,
        owed: &Owed,
        (ticket_id, urgency): (Option<i64>, Urgency),
        people: &[Recipient],
    ) -> Result<Vec<Letter>> {
        let now = self.db.now();
        let emergency = urgency == Urgency::Emergency;
        let blank = Letter {
            notice_id: job.id,
            ticket_id,
            unit: match &owed.addressee {
                Addressee::Unit(unit) => Some(unit.clone()),
                Addressee::Role(_) | Addressee::Citizen => None,
            },
            assignment: owed.assignment.and_then(|k| i32::try_from(k).ok()),
            limit_name: owed.limit.clone(),
            ..Letter::new(0, owed.occasion, Medium::Mail, (NOBODY, now))
        };
        let mut letters = Vec::new();
        for person in people {
            let all = if emergency { person.media.len() } else { 1 };
            for medium in person.media.iter().take(all) {
                let mut letter = blank.clone();
                letter.medium = *medium;
                letter.account_id = person.account;
                letter.principal = person.principal;
                self.set_time(&mut letter, urgency)?;
                letters.push(letter);
            }
        }
        if letters.is_empty() && owed.addressee != Addressee::Citizen {
            let why = Some("notice.nobody".to_owned());
            letters.push(Letter { state: LetterState::Dead, why, done_at: Some(now), ..blank });
        }
        Ok(letters)
    }

    /// When it leaves: nobody is told in quiet hours, but who has to act in an emergency; what is only
    /// a reminder, or too much for an hour, comes in the next digest.
    fn set_time(&self, letter: &mut Letter, urgency: Urgency) -> Result<()> {
        let (settings, emergency) = (&self.settings, urgency == Urgency::Emergency);
        if emergency && letter.may_wake() {
            return Ok(());
        }
        if letter.occasion == Occasion::Survey {
            letter.due_at = letter.due_at.plus(settings.survey_after);
        }
        if let Some(quiet) = settings.quiet {
            letter.due_at = quiet.after(letter.due_at, settings.zone);
        }
        if emergency || letter.account_id == CITIZEN {
            return Ok(());
        }
        let (id, due) = (letter.account_id, letter.due_at);
        let hour_before = due.plus(TimeDelta::hours(-1));
        let over = self.db.read(|conn| store::count_between(conn, id, hour_before, due))?
            >= settings.cap_per_hour;
        if (over || settings.gathered.contains(&letter.occasion)) && !settings.digest_at.is_empty()
        {
            letter.state = LetterState::Gathered;
            letter.due_at = next_slot(due, &settings.digest_at, settings.zone);
        }
        Ok(())
    }

    /// Makes the digests that are due.
    ///
    /// # Errors
    /// As the database says.
    pub fn gather(&self) -> Result<()> {
        let now = self.db.now();
        for (account_id, medium) in self.db.read(|conn| store::due_digests(conn, now, 500))? {
            self.db.write(move |tx| {
                let id = tx.id();
                if store::gather(tx, account_id, medium, id)? == 0 {
                    return Ok(());
                }
                let digest = Letter::new(id, Occasion::Digest, medium, (account_id, tx.now));
                store::insert(tx, &digest)?;
                jobs::put(tx, LETTER, &id).map(drop)
            })?;
        }
        Ok(())
    }

    /// A letter to `account_id` about the report `report_id` that leaves at `due_at`, once: whoever was written to about
    /// it from `since` on is not again.
    ///
    /// # Errors
    /// As the database says.
    pub fn send_report(
        tx: &mut Tx<'_>,
        report_id: i64,
        account_id: i64,
        (since, due_at): (Stamp, Stamp),
    ) -> Result<()> {
        if store::is_told_of(tx.conn, &[report_id], (account_id, since))? {
            return Ok(());
        }
        let id = tx.id();
        let new = Letter::new(id, Occasion::Report, Medium::Mail, (account_id, tx.now));
        let letter = Letter { report_id: Some(report_id), due_at, ..new };
        store::insert(tx, &letter)?;
        jobs::put_at(tx, LETTER, &id, due_at).map(drop)
    }

    pub(super) fn case<'a>(&'a self, loaded: &'a Loaded) -> Case<'a> {
        Case {
            ticket: &loaded.stored.ticket,
            parent: loaded.parent(),
            directory: &loaded.directory,
            settings: &self.settings,
        }
    }

    /// The ticket, where it is there and was not erased.
    pub(super) fn load(&self, conn: &mut crate::db::Conn, id: i64) -> Result<Option<Loaded>> {
        let vault = Vault { keys: &self.keys };
        let stored = match tickets::load_by_id(conn, vault, id) {
            Ok(Some(stored)) => stored,
            Ok(None) => return Ok(None),
            Err(error) if error.kind() == Kind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let parent = match &stored.ticket.state {
            State::Merged { into } => tickets::load(conn, vault, into)?,
            _ => None,
        };
        let directory = self.directory.current(conn)?;
        Ok(Some(Loaded { stored, parent, directory }))
    }

    /// Drops letters that ended long ago.
    ///
    /// # Errors
    /// As the database says.
    pub fn forget(&self) -> Result<()> {
        let until = self.db.now().plus(-self.settings.keep_for);
        while self.db.write(move |tx| store::drop_ended(tx, until, 500))? > 0 {}
        Ok(())
    }
}

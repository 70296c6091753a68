//! The house put together once: configuration, clock, database. Its rule: whoever needs one of
//! them gets it from here; nothing is opened before the configuration has been checked.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::assessment::Shelf;
use crate::assessment::signals::store as signals;
use crate::attachment::Files;
use crate::bottomline;
use crate::citizen::gatekeeper::Gatekeeper;
use crate::config::Config;
use crate::db::{Db, Settings};
use crate::directory::Cached;
use crate::error::{Error, Kind, Result};
use crate::held::{Held, Recent};
use crate::identity::{AddressLimiter, Gate, LoginLimiter, Role};
use crate::learning::school::{Adviser, School};
use crate::lifecycle::{Hotline, RuleBook, charges};
use crate::live::hub::Hub;
use crate::moving::assessed::list::Mapping;
use crate::notify::letter::Letters;
use crate::notify::{Mailer, Post, Settings as Notices, Sms};
use crate::outward::Outward;
use crate::papers::Papers;
use crate::places;
use crate::proactive::{self, Watchman};
use crate::reports::print::Press;
use crate::reports::{Drawer, Mailing, Schedule, Site};
use crate::sealing::MasterKey;
use crate::search::Search;
use crate::time::{Clock, Stamp, SystemClock};
use crate::upstream::Carrier;

/// Whether the demo city's users may log in (only on loopback, contract.md "Program").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Demo {
    On,
    #[default]
    Off,
}

/// Everything that lives as long as the program.
pub struct App {
    pub config: Config,
    pub clock: Arc<dyn Clock>,
    pub db: Db,
    /// The site's keys, from the folder `keys` of the data directory.
    pub keys: Arc<MasterKey>,
    /// Who may come in: the site's choices and the keys of the tokens.
    pub gate: Gate,
    /// How often one may try to.
    pub limiter: LoginLimiter,
    /// Calls over HTTP to others.
    pub outward: Outward,
    /// How often an Open311 client may ask.
    pub open311: AddressLimiter,
    /// How often a citizen may knock.
    pub gatekeeper: Gatekeeper,
    /// Units, places, categories, calendars, profiles.
    pub directory: Cached,
    /// The files of tickets.
    pub files: Arc<Files>,
    /// Every command on a ticket.
    pub hotline: Arc<Hotline>,
    /// Every text of every ticket.
    pub search: Arc<Search>,
    /// What the words of an address mean.
    pub places: places::Cached,
    /// Who suggests categories.
    pub school: Arc<School>,
    /// Who carries answers to the city's platform.
    pub carrier: Carrier,
    /// The facts of figures that were asked for before.
    pub shelf: Shelf,
    /// How the month stands for whoever sees every ticket, by the minute.
    pub glance: Held<i64, minijinja::Value>,
    /// What the signals saw of a window, for the pages.
    pub signals: Recent<signals::Asked, signals::Counted>,
    /// The reports that were looked into before.
    pub drawer: Drawer,
    /// The pages of reports that were read before.
    pub press: Press,
    /// Who tells people things.
    pub post: Arc<Post>,
    /// Who makes and sends the reports that are made by themselves.
    pub mailing: Arc<Mailing>,
    /// Who warns before the complaint.
    pub watchman: Arc<Watchman>,
    /// The exports that are going on in this process.
    pub exports: Arc<Turns>,
    /// What is printed: numbers, templates.
    pub papers: Papers,
    /// The requests with an Idempotency-Key that are going on in this process.
    pub running: Arc<RunningKeys>,
    /// Who follows what changes for all who look on this node.
    pub live: Arc<Hub>,
    pub demo: Demo,
}

impl App {
    /// The program on this machine: configuration from the environment, the machine's clock.
    ///
    /// # Errors
    /// `config.*` before anything was opened; `unavailable` where the database is away.
    pub fn open(demo: Demo) -> Result<Self> {
        Self::with(Config::load()?, Arc::new(SystemClock), demo)
    }

    /// The same from parts: tests give their own directory and move the clock by hand.
    pub fn with(config: Config, clock: Arc<dyn Clock>, demo: Demo) -> Result<Self> {
        check(&config)?;
        let site = Site::of(&config)?;
        let outward = Outward::of(&config.outward)?;
        std::fs::create_dir_all(&config.data_dir).map_err(|error| {
            let (place, reason) = (config.data_dir.display().to_string(), error.to_string());
            let values = [("file", place.as_str()), ("reason", reason.as_str())];
            Error::with(Kind::Invalid, "config.data_dir", &values)
        })?;
        let gate = Gate::open_or_create(&config.data_dir, (&config.auth).into())?;
        let keys = Arc::new(gate.master.clone());
        let tries = NonZeroU32::new(config.auth.tries_per_minute).unwrap_or(NonZeroU32::MIN);
        let limiter = LoginLimiter::new(clock.clone(), tries);
        let asked = NonZeroU32::new(config.open311.per_minute).unwrap_or(NonZeroU32::MIN);
        let open311 = AddressLimiter::new(clock.clone(), asked);
        let gatekeeper = Gatekeeper::new(clock.clone(), &config.public);
        let db = Db::open_with(&settings(&config), clock.clone())?;
        let files = Arc::new(Files::open(&config)?);
        let exports = Arc::new(Turns::of(config.exports.at_once, clock.clone()));
        let (directory, running, shelf) = (Cached::default(), Arc::default(), Shelf::default());
        let house = (db.clone(), keys.clone(), directory.clone());
        let carrier = Carrier::of(&config.upstream, outward.clone(), house, config.site.zone)?;
        let post = Arc::new(post(&config, &db, &keys, &directory, &outward)?);
        let watched = proactive::Settings::of(&config)?;
        let watchman = Watchman::new(db.clone(), keys.clone(), directory.clone(), watched);
        let search = Search::of(&db, &keys, &directory, config.site.zone, &config.data_dir);
        let school = Arc::new(School::new(&db, &keys, &directory));
        let adviser = Adviser { school: school.clone(), above: config.learning.dispatch_above };
        let rules = RuleBook::new(directory.clone(), config.site.profile.clone());
        let rules = rules.advised_by(adviser);
        let hotline = Arc::new(Hotline { db: db.clone(), keys: keys.clone(), rules });
        let mailing = mailing(&config, site, &hotline, &post)?;
        let papers = Papers::of(&config);
        Ok(Self {
            config,
            clock,
            db,
            keys,
            gate,
            limiter,
            outward,
            open311,
            gatekeeper,
            directory,
            files,
            hotline,
            search: Arc::new(search),
            places: places::Cached::default(),
            school,
            carrier,
            shelf,
            glance: Held::default(),
            signals: Recent::default(),
            drawer: Drawer::default(),
            press: Press::default(),
            post,
            mailing,
            watchman: Arc::new(watchman),
            exports,
            papers,
            running,
            live: Arc::default(),
            demo,
        })
    }
}

/// The way to the database.
fn settings(config: &Config) -> Settings {
    Settings {
        connections: config.database.pool,
        queue: config.database.queue,
        ca_file: config.database_ca_file().map(Path::to_path_buf),
        ..Settings::new(config.database_url())
    }
}

/// The way letters go.
fn post(
    config: &Config,
    db: &Db,
    keys: &Arc<MasterKey>,
    directory: &Cached,
    outward: &Outward,
) -> Result<Post> {
    let settings = Notices::of(config)?;
    let letters = Letters { folder: settings.templates.clone() };
    let mailer = Mailer::of(&config.mail, &config.site.name, &config.data_dir)?;
    let sms = Sms::of(config, outward)?;
    let (db, keys, directory) = (db.clone(), keys.clone(), directory.clone());
    let reports = std::sync::OnceLock::new();
    let cases = bottomline::case::accused;
    let articles = charges::charged;
    Ok(Post { db, keys, directory, settings, letters, mailer, sms, cases, articles, reports })
}

/// The reports that are made by themselves; letters learn from it what they enclose.
fn mailing(
    config: &Config,
    site: Site,
    hotline: &Arc<Hotline>,
    post: &Post,
) -> Result<Arc<Mailing>> {
    let mailing = Arc::new(Mailing {
        hotline: hotline.clone(),
        site,
        url: config.public_url(),
        schedule: Schedule::of(&config.reports)?,
        quiet: post.settings.quiet,
    });
    // The first is the only one: the house is put together once.
    drop(post.reports.set(mailing.clone()));
    Ok(mailing)
}

/// What the configuration itself does not know: roles, and the columns of the city's list of assessed tickets.
fn check(config: &Config) -> Result<()> {
    Mapping::of(config.assessed_mapping())?;
    for role in &config.auth.totp_roles {
        if role.parse::<Role>().is_err() {
            let roles = Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" | ");
            let values =
                [("file", "configuration"), ("key", "auth.totp_roles"), ("expected", &roles)];
            return Err(Error::with(Kind::Invalid, "config.value", &values));
        }
    }
    Ok(())
}

/// Who has an export made at this moment: so many people at once, and each of them one.
#[derive(Debug)]
pub struct Turns {
    at_once: usize,
    clock: Arc<dyn Clock>,
    /// By account: when its reader last took something.
    going: Mutex<HashMap<i64, (u64, Stamp)>>,
    begun: AtomicU64,
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub struct ExportTurn {
    turns: Arc<Turns>,
    account: i64,
    no: u64,
}

impl Turns {
    /// Whoever takes nothing for so long has lost the turn.
    const IDLE_MS: i64 = 5 * 60_000;
    /// Seconds after which it is worth asking again.
    const AGAIN_S: u32 = 30;

    /// Turns for `at_once` people.
    pub fn of(at_once: usize, clock: Arc<dyn Clock>) -> Self {
        Self { at_once, clock, going: Mutex::default(), begun: AtomicU64::new(0) }
    }

    /// A turn for `account`.
    ///
    /// # Errors
    /// `export.too_many` (429) while as many go on as may, or one of its own.
    pub fn enter(self: &Arc<Self>, account: i64) -> Result<ExportTurn> {
        let now = self.clock.now();
        let mut going = self.going.lock().unwrap_or_else(PoisonError::into_inner);
        going.retain(|_, (_, at)| now.millis_since(*at) < Self::IDLE_MS);
        if going.len() >= self.at_once || going.contains_key(&account) {
            return Err(Error::new(Kind::TooMany, "export.too_many").retry_after(Self::AGAIN_S));
        }
        let no = self.begun.fetch_add(1, Ordering::Relaxed);
        going.insert(account, (no, now));
        Ok(ExportTurn { turns: self.clone(), account, no })
    }
}

impl ExportTurn {
    /// Says that the reader has taken something.
    ///
    /// # Errors
    /// `export.too_many` where the turn was lost meanwhile: whoever stood still begins anew.
    pub fn go_on(&self) -> Result<()> {
        let now = self.turns.clock.now();
        let mut going = self.turns.going.lock().unwrap_or_else(PoisonError::into_inner);
        match going.get_mut(&self.account).filter(|(no, _)| *no == self.no) {
            Some((_, at)) => {
                *at = now;
                Ok(())
            }
            None => Err(Error::new(Kind::TooMany, "export.too_many")),
        }
    }
}

impl Drop for ExportTurn {
    fn drop(&mut self) {
        let mut going = self.turns.going.lock().unwrap_or_else(PoisonError::into_inner);
        if going.get(&self.account).is_some_and(|(no, _)| *no == self.no) {
            going.remove(&self.account);
        }
    }
}

/// Keys whose work is going on in this process.
#[derive(Debug, Default)]
pub struct RunningKeys(Mutex<HashSet<String>>);

/// Keeps a key taken until it is dropped.
#[derive(Debug)]
pub struct RunningKey {
    keys: Arc<RunningKeys>,
    key: String,
}

impl RunningKeys {
    /// Takes `key`.
    ///
    /// # Errors
    /// `idempotency.running` (409) while somebody else has it.
    pub fn enter(self: &Arc<Self>, key: &str) -> Result<RunningKey> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.insert(key.to_owned()) {
            Ok(RunningKey { keys: self.clone(), key: key.to_owned() })
        } else {
            Err(Error::refused("idempotency.running").retry_after(1))
        }
    }
}

impl Drop for RunningKey {
    fn drop(&mut self) {
        let mut keys = self.keys.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::time::HandClock;

    #[test]
    fn so_many_export_at_once_and_each_of_them_one() {
        let clock = Arc::new(HandClock::at(Stamp::from_millis(0)));
        let turns = Arc::new(Turns::of(2, clock.clone()));
        let code = |account| turns.enter(account).map(drop).map_err(|error| error.code());
        let first = turns.enter(1).unwrap();
        assert_eq!(code(1), Err("export.too_many"));
        let second = turns.enter(2).unwrap();
        assert_eq!(code(3), Err("export.too_many"));
        drop(second);
        assert_eq!(code(3), Ok(()));
        // Who takes nothing loses the turn, and does not end another's by going away.
        clock.forward(TimeDelta::minutes(5));
        let again = turns.enter(1).unwrap();
        assert!(first.go_on().is_err());
        drop(first);
        assert!(again.go_on().is_ok() && code(1).is_err());
    }
}

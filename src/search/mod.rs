//! Search 检索: every text of every ticket, at once, for whoever may read it. Its rule: the index is a copy
//! that may be lost at any moment; what is shown comes from the database, and so does the whole answer
//! where there is no index.

pub mod alike;
pub mod ask;
pub mod asked;
mod beginning;
pub mod collect;
mod columns;
pub mod dictionary;
mod document;
mod doors;
mod fallback;
pub mod fields;
pub mod fold;
mod follower;
mod generation;
mod grams;
pub mod kept;
mod listing;
pub mod matching;
mod plan;
pub mod query;
pub mod question;
pub mod resolve;
mod root;
pub mod sounds;
mod store;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use chrono_tz::Tz;

pub use asked::{Asked, Slice};
pub use collect::{Order, Rank};
pub use fields::Facet;
pub use follower::Progress;
pub use matching::Snippet;
pub use resolve::Names;

use crate::db::{Conn, Db};
use crate::directory::{Cached, Directory};
use crate::error::{Error, Kind, Result};
use crate::held::{Held, Same};
use crate::sealing::MasterKey;
use crate::ticket::store::Vault;
use crate::ticket::store::rows::TicketRow;
use columns::Codes;
use dictionary::Dictionary;
use follower::{Follower, Trouble};
use generation::{Generation, Standing, View};
use root::Root;

/// What searching is put together from.
pub struct House {
    pub db: Db,
    pub keys: Arc<MasterKey>,
    pub directory: Cached,
    /// Where indexes lie.
    pub root: Root,
    codes: Arc<Codes>,
    /// Made again where estates have other names: it takes a while, and memory.
    dictionary: Held<Vec<String>, Dictionary>,
}

/// The search of this node.
pub struct Search {
    house: House,
    view: RwLock<Option<Arc<View>>>,
    names: Held<Same<Directory>, Names>,
    follower: Mutex<Option<Follower>>,
    progress: Progress,
    /// A search fell over the index: it is proven before it is asked again.
    doubted: AtomicBool,
    /// How often following broke off since it last went well.
    failures: AtomicU32,
    /// The trouble that was told last: the same is not told again each round.
    told: Mutex<String>,
}

/// One ticket that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub row: TicketRow,
    pub score: f32,
    pub snippet: Snippet,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Answer {
    pub total: usize,
    pub hits: Vec<Hit>,
    /// Codes with how many tickets each has, most first.
    pub facets: BTreeMap<Facet, Vec<(String, usize)>>,
    /// Green, yellow, red.
    pub lights: [usize; 3],
    /// The key of the next page.
    pub next: Option<String>,
    /// The database was asked, since there is no index.
    pub degraded: bool,
    /// Not everything was looked at: the database would have taken too long.
    pub partial: bool,
    /// Words that stand in no ticket, and the places that they were taken for.
    pub read_as: Vec<(String, Facet, Vec<String>)>,
}

impl House {
    fn vault(&self) -> Vault<'_> {
        Vault { keys: &self.keys }
    }

    const fn zone(&self) -> Tz {
        self.root.zone
    }

    /// A dictionary with the names that the site's estates have and had.
    fn dictionary(&self) -> Result<Dictionary> {
        let directory = self.db.read(|conn| self.directory.current(conn))?;
        let names: Vec<String> = directory
            .estate_names()
            .map(|(name, _)| name.chars().map(fold::fold).collect())
            .collect();
        let made = self.dictionary.get(names.clone(), || Ok(Dictionary::with(names)))?;
        Ok((*made).clone())
    }
}

impl Search {
    /// The search of a house whose indexes lie in the folder `search` of `data_dir`. Nothing is opened
    /// yet: until [`Self::follow`] has, the database is asked.
    pub fn of(
        db: &Db,
        keys: &Arc<MasterKey>,
        directory: &Cached,
        zone: Tz,
        data_dir: &Path,
    ) -> Self {
        let (db, keys, directory) = (db.clone(), keys.clone(), directory.clone());
        let root = Root { folder: data_dir.join("search"), zone };
        let (codes, dictionary) = (Arc::default(), Held::default());
        let house = House { db, keys, directory, root, codes, dictionary };
        Self {
            house,
            view: RwLock::default(),
            names: Held::default(),
            follower: Mutex::default(),
            progress: Progress::default(),
            doubted: AtomicBool::default(),
            failures: AtomicU32::default(),
            told: Mutex::default(),
        }
    }

    /// Brings the index up to the database: opens it, builds it where there is none or it is damaged,
    /// takes in what has changed. Answers how many tickets that were. What is wrong with an index is
    /// told in the log, and mended the next time.
    ///
    /// # Errors
    /// The database's own.
    pub fn follow(&self, stop: &(dyn Fn() -> bool + Sync)) -> Result<usize> {
        let mut slot = locked(&self.follower);
        if self.doubted.swap(false, Ordering::AcqRel) {
            *slot = None;
        }
        let went = catch_unwind(AssertUnwindSafe(|| self.go_on(&mut slot, stop)));
        let trouble = match went.unwrap_or(Err(Trouble::Fell)) {
            Ok(count) => {
                self.failures.store(0, Ordering::Relaxed);
                return Ok(count);
            }
            Err(trouble) => trouble,
        };
        self.failures.fetch_add(1, Ordering::Relaxed);
        let forgets = |follower: &mut Follower| follower.forget_round().is_ok();
        let goes_on = matches!(trouble, Trouble::Database(_)) && slot.as_mut().is_some_and(forgets);
        let name = slot.as_ref().map(|follower| follower.generation.name.clone());
        if !goes_on {
            *slot = None;
        }
        self.lose(&trouble, name.as_deref());
        match trouble {
            Trouble::Database(error) => Err(error),
            _ => Ok(0),
        }
    }

    /// How long to wait before the next look, where `usual` is the wait when all goes well: longer after each
    /// failure, up to a minute.
    pub fn pause(&self, usual: Duration) -> Duration {
        let failures = self.failures.load(Ordering::Relaxed).min(10);
        usual.saturating_mul(1 << failures).min(Duration::from_mins(1)).max(usual)
    }

    fn go_on(
        &self,
        slot: &mut Option<Follower>,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> std::result::Result<usize, Trouble> {
        // Somebody else may have put another one in its place: `jiesu reindex` does.
        let serves = self.house.root.current();
        if slot.as_ref().is_some_and(|it| serves.as_ref() != Some(&it.generation.name)) {
            *slot = None;
        }
        let fresh = slot.is_none();
        if fresh {
            *slot = Some(self.begin(serves, stop)?);
        }
        let Some(follower) = slot else { return Ok(0) };
        let has_moved = match follower.generation.standing()? {
            Standing::Touched => return Err(Trouble::Touched),
            standing => standing == Standing::MovedOn,
        };
        let count = follower.round(&self.house)?;
        if fresh || has_moved || count > 0 {
            let view = follower.generation.view(&self.house.codes)?;
            *self.view.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(view));
        }
        Ok(count)
    }

    /// Goes on with the index that `serves`, or builds one where there is none or it is not what it says.
    fn begin(
        &self,
        serves: Option<String>,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> std::result::Result<Follower, Trouble> {
        if let Some(name) = serves {
            let resume = || {
                let dictionary = self.house.dictionary()?;
                let generation = Generation::open(&self.house.root, &name, &dictionary)?;
                Follower::resume(&self.house, generation)
            };
            // A damaged file may be whole by its form, and still not be what it says.
            match catch_unwind(AssertUnwindSafe(resume)).unwrap_or(Err(Trouble::Fell)) {
                Err(trouble) if trouble.is_of_index() => self.lose(&trouble, Some(&name)),
                resumed => return resumed,
            }
        }
        Follower::build(&self.house, &self.progress, stop)
    }

    /// Tells of `trouble`; the index `name` serves nobody any more where the trouble is its own.
    fn lose(&self, trouble: &Trouble, name: Option<&str>) {
        if trouble.is_of_index() {
            *self.view.write().unwrap_or_else(PoisonError::into_inner) = None;
            let retired = name.map(|name| self.house.root.retire(name));
            if let Some(Err(error)) = retired {
                tracing::error!(target: "jiesu::search", %error, "the index cannot be retired");
            }
        }
        let text = trouble.to_string();
        let mut told = locked(&self.told);
        if *told != text && !matches!(trouble, Trouble::Stopped) {
            tracing::error!(target: "jiesu::search", trouble = text, "the index is not followed");
        }
        *told = text;
    }

    /// Builds an index anew, beside the one in service, and puts it in its place.
    ///
    /// # Errors
    /// `unavailable` where it cannot be written or was stopped; the database's own.
    pub fn reindex(&self, stop: &(dyn Fn() -> bool + Sync)) -> Result<()> {
        match Follower::build(&self.house, &self.progress, stop) {
            Ok(_) => Ok(()),
            Err(Trouble::Database(error)) => Err(error),
            Err(trouble) => Err(Error::new(Kind::Unavailable, "search.not_built").because(trouble)),
        }
    }

    /// How many tickets a building has taken in, and how many there are.
    pub fn built(&self) -> (u64, u64) {
        let Progress { done, all } = &self.progress;
        (done.load(Ordering::Relaxed), all.load(Ordering::Relaxed))
    }

    /// How many tickets can be found; nothing where the database is asked instead.
    pub fn count(&self) -> Option<u64> {
        self.viewed().map(|view| view.searcher.num_docs())
    }

    fn viewed(&self) -> Option<Arc<View>> {
        self.view.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The zone of months and days that are asked for.
    pub const fn zone(&self) -> Tz {
        self.house.zone()
    }

    /// Names as the directory has them now.
    ///
    /// # Errors
    /// The database's own.
    pub fn names(&self, conn: &mut Conn) -> Result<Arc<Names>> {
        let directory = self.house.directory.current(conn)?;
        self.names.get(Same(directory.clone()), || Ok(Names::of(directory)))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Search: keeping the index as the database is. Its rule: what was read before the mark was taken is in the
//! index before the mark is kept with it; so a crash anywhere means that some is done again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::ErrorKind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use tantivy::indexer::NoMergePolicy;
use tantivy::{IndexWriter, TantivyError, Term};

use super::document::document;
use super::generation::{BUILDING, FOLLOWING, Generation, View, merge_policy};
use super::store::{self, Mark, Source};
use super::{House, locked};
use crate::error::{Error, Kind};

/// Tickets of one read, and events of one round.
const PAGE: i64 = 500;
const ROUND: i64 = 5_000;

/// Why following broke off.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("the database: {0:?}")]
    Database(Error),
    #[error("the index: {0}")]
    Index(#[from] TantivyError),
    #[error("the index's folder: {0}")]
    Disk(#[from] std::io::Error),
    #[error("a file of the index was touched")]
    Touched,
    #[error("another history than the database's")]
    Foreign,
    #[error("a panic over the index")]
    Fell,
    #[error("somebody else builds an index")]
    Busy,
    #[error("stopped")]
    Stopped,
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl Trouble {
    /// Whether the index must be built anew. A disk that is full or an index that somebody else writes
    /// says nothing against what is there; a file that cannot be made sense of does, though tantivy tells of it
    /// as of the disk.
    pub fn is_of_index(&self) -> bool {
        match self {
            Self::Touched | Self::Foreign | Self::Fell => true,
            Self::Index(TantivyError::IoError(error)) => {
                matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof)
            }
            Self::Index(error) => {
                !matches!(error, TantivyError::LockFailure(..) | TantivyError::OpenWriteError(_))
            }
            _ => false,
        }
    }
}

/// How far a building has come.
#[derive(Debug, Default)]
pub struct Progress {
    pub done: AtomicU64,
    pub all: AtomicU64,
}

/// Who follows.
pub struct Follower {
    pub generation: Generation,
    writer: IndexWriter,
    mark: Mark,
    /// Events that wait for a seal and were indexed: by ticket, how new.
    done: HashMap<i64, u64>,
    /// Where to go on among those that wait, where there are more than a round takes.
    after: (i64, i32),
}

impl Follower {
    /// Goes on with the index in service, mended where it differs from the database.
    ///
    /// # Errors
    /// It is damaged or of another history; the database's own.
    pub fn resume(house: &House, generation: Generation) -> Result<Self, Trouble> {
        let mark = generation.mark()?;
        if !house.db.read(|conn| store::knows(conn, &mark))? {
            return Err(Trouble::Foreign);
        }
        let writer = generation.writer(FOLLOWING)?;
        let mut follower = Self::with(generation, writer, mark);
        follower.reconcile(house)?;
        Ok(follower)
    }

    fn with(generation: Generation, writer: IndexWriter, mark: Mark) -> Self {
        let (done, after) = (HashMap::new(), (i64::MIN, 0));
        Self { generation, writer, mark, done, after }
    }

    /// What the index has, by ticket.
    fn has(&mut self, house: &House) -> Result<HashMap<i64, u64>, Trouble> {
        let View { searcher, columns, .. } = self.generation.view(&house.codes)?;
        let mut has = HashMap::new();
        for (segment, columns) in searcher.segment_readers().iter().zip(&*columns) {
            let stamps = segment.fast_fields().u64(super::fields::STAMP)?;
            for doc in segment.doc_ids_alive() {
                if let (Some(id), Some(stamp)) = (columns.id.first(doc), stamps.first(doc))
                    && has.insert(i64::try_from(id).unwrap_or_default(), stamp).is_some()
                {
                    // The description forgot that one of the two had been taken out.
                    return Err(Trouble::Touched);
                }
            }
        }
        Ok(has)
    }

    /// Compares every ticket with the index, and indexes those that differ.
    ///
    /// # Errors
    /// The index's and the database's own.
    pub fn reconcile(&mut self, house: &House) -> Result<usize, Trouble> {
        let mut has = self.has(house)?;
        let (mut after, mut differ) = (i64::MIN, BTreeSet::new());
        loop {
            let page = house.db.read(|conn| store::every(conn, after, 10 * PAGE))?;
            let Some((last, _)) = page.last() else { break };
            after = *last;
            for (id, stamp) in page {
                if has.remove(&id) != Some(stamp) {
                    differ.insert(id);
                }
            }
        }
        differ.extend(has.into_keys());
        self.mark.purge |= self.index(house, &differ)?;
        if !differ.is_empty() || self.mark.purge {
            self.commit(self.mark.clone())?;
        }
        Ok(differ.len())
    }

    /// Takes in what has changed since the last round; answers how many tickets that were.
    ///
    /// # Errors
    /// The index's and the database's own.
    pub fn round(&mut self, house: &House) -> Result<usize, Trouble> {
        // What waits is read before what is sealed: an event is seen in one place or in both.
        let waiting = house.db.read(|conn| store::waiting(conn, self.after, ROUND))?;
        let is_part = i64::try_from(waiting.len()).is_ok_and(|count| count >= ROUND);
        let after = match waiting.last() {
            Some((id, seq, _)) if is_part => (*id, *seq),
            _ => (i64::MIN, 0),
        };
        let (sealed, mut to) =
            house.db.read(|conn| store::sealed_after(conn, &self.mark, ROUND))?;
        let (removed, removal) =
            house.db.read(|conn| store::removed_after(conn, &self.mark, PAGE))?;
        (to.removal, to.purge) = (removal, self.mark.purge);
        let mut newest: BTreeMap<i64, u64> = BTreeMap::new();
        let all = waiting.iter().map(|(id, _, stamp)| (*id, *stamp)).chain(sealed.iter().copied());
        for (id, stamp) in all {
            let newest = newest.entry(id).or_default();
            *newest = stamp.max(*newest);
        }
        self.leave_out_what_is_there(&mut newest)?;
        let changed: BTreeSet<i64> = newest.into_keys().chain(removed).collect();
        to.purge |= self.index(house, &changed)?;
        for (id, stamp) in sealed {
            if self.done.get(&id).is_some_and(|done| *done <= stamp) {
                self.done.remove(&id);
            }
        }
        let is_far = to.removal != self.mark.removal || to.seal - self.mark.seal > 50;
        if !changed.is_empty() || is_far || to.purge {
            self.commit(to)?;
        } else {
            self.mark = to;
        }
        self.after = after;
        Ok(changed.len())
    }

    /// After a start, or an import, many wait for a seal that are in the index already.
    fn leave_out_what_is_there(&mut self, newest: &mut BTreeMap<i64, u64>) -> Result<(), Trouble> {
        newest.retain(|id, stamp| self.done.get(id).is_none_or(|done| *done < *stamp));
        let searcher = self.generation.searcher();
        for (id, stamp) in &*newest {
            if let Some(has) = self.generation.stamp(&searcher, *id)?.filter(|has| has >= stamp) {
                self.done.insert(*id, has);
            }
        }
        newest.retain(|id, stamp| self.done.get(id).is_none_or(|done| *done < *stamp));
        Ok(())
    }

    /// Forgets a round that the database broke off.
    ///
    /// # Errors
    /// The index's own.
    pub fn forget_round(&mut self) -> Result<(), Trouble> {
        self.done.clear();
        self.writer.rollback()?;
        // What goes on is a new writer, which knows nothing of this.
        self.writer.set_merge_policy(merge_policy());
        Ok(())
    }

    /// Puts these tickets in anew, or takes them out where they are gone; answers whether bytes of one that
    /// is no more must go.
    fn index(&mut self, house: &House, ids: &BTreeSet<i64>) -> Result<bool, Trouble> {
        let ids: Vec<i64> = ids.iter().copied().collect();
        let mut purge = false;
        for some in ids.chunks(usize::try_from(PAGE).unwrap_or(1)) {
            let sources = house.db.read(|conn| store::sources(conn, house.vault(), some))?;
            purge |= sources.len() < some.len() || sources.iter().any(Source::is_erased);
            for id in some {
                let id = u64::try_from(*id).unwrap_or_default();
                self.writer.delete_term(Term::from_field_u64(self.generation.fields.id, id));
            }
            for source in &sources {
                self.done.insert(source.row.id, source.stamp);
                self.writer.add_document(document(
                    &self.generation.fields,
                    source,
                    house.zone(),
                ))?;
            }
        }
        Ok(purge)
    }

    /// Keeps what was put in, with how far that leads; and where something must go for good, sees to it.
    fn commit(&mut self, to: Mark) -> Result<(), Trouble> {
        if to.purge {
            // No merge may begin over what is about to be merged.
            self.writer.set_merge_policy(Box::new(NoMergePolicy));
        }
        commit(&mut self.writer, &to)?;
        self.mark = to;
        if self.mark.purge && self.purge()? {
            self.mark.purge = false;
            self.writer.set_merge_policy(merge_policy());
            commit(&mut self.writer, &self.mark)?;
        }
        Ok(())
    }

    /// Writes every segment anew that still has bytes of a document that is no more; false where a merge
    /// that had begun before is in the way: then it is tried again in the next round.
    fn purge(&mut self) -> Result<bool, Trouble> {
        let metas = self.writer.index().searchable_segment_metas()?;
        let stale: Vec<_> =
            metas.iter().filter(|meta| meta.num_deleted_docs() > 0).map(|meta| meta.id()).collect();
        if !stale.is_empty() {
            match self.writer.merge(&stale).wait() {
                Ok(_) => {}
                Err(TantivyError::InvalidArgument(_)) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        self.writer.garbage_collect_files().wait()?;
        Ok(true)
    }

    /// An index of everything, built beside the one in service and put in its place.
    ///
    /// # Errors
    /// The disk's and the database's own; `Stopped` where `stop` says so.
    pub fn build(
        house: &House,
        progress: &Progress,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Self, Trouble> {
        let Some(_place) = house.root.to_build()? else { return Err(Trouble::Busy) };
        let generation = Generation::create(&house.root, &house.dictionary()?)?;
        let mark = house.db.read(store::newest)?;
        let all = house.db.read(store::count)?;
        progress.all.store(u64::try_from(all).unwrap_or_default(), Ordering::Relaxed);
        progress.done.store(0, Ordering::Relaxed);
        let mut writer = generation.writer(BUILDING)?;
        fill(house, &generation, &writer, progress, stop)?;
        commit(&mut writer, &mark)?;
        writer.wait_merging_threads()?;
        house.root.serve(&generation.name)?;
        let writer = generation.writer(FOLLOWING)?;
        Ok(Self::with(generation, writer, mark))
    }
}

fn commit(writer: &mut IndexWriter, mark: &Mark) -> Result<(), Trouble> {
    let payload = serde_json::to_string(mark).map_err(Error::internal)?;
    let mut ready = writer.prepare_commit()?;
    ready.set_payload(&payload);
    ready.commit()?;
    Ok(())
}

/// Adds every ticket, with as many threads as there are to spare.
fn fill(
    house: &House,
    generation: &Generation,
    writer: &IndexWriter,
    progress: &Progress,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<(), Trouble> {
    let after = Mutex::new(Some(i64::MIN));
    let next_page = || -> Result<Vec<i64>, Trouble> {
        let mut place = locked(&after);
        let Some(from) = *place else { return Ok(Vec::new()) };
        let page = house.db.read(|conn| store::every(conn, from, PAGE))?;
        *place = page.last().map(|(last, _)| *last);
        Ok(page.into_iter().map(|(id, _)| id).collect())
    };
    let work = || -> Result<(), Trouble> {
        loop {
            let ids = next_page()?;
            if ids.is_empty() {
                return Ok(());
            }
            if stop() {
                return Err(Trouble::Stopped);
            }
            let sources: Vec<Source> =
                house.db.read(|conn| store::sources(conn, house.vault(), &ids))?;
            for source in &sources {
                writer.add_document(document(&generation.fields, source, house.zone()))?;
            }
            progress.done.fetch_add(sources.len() as u64, Ordering::Relaxed);
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..BUILDING.0).map(|_| scope.spawn(work)).collect();
        let ends = workers.into_iter().map(|worker| match worker.join() {
            Ok(end) => end,
            Err(_) => Err(Trouble::Database(Error::new(Kind::Internal, "internal"))),
        });
        ends.collect::<Result<Vec<()>, Trouble>>().map(drop)
    })
}

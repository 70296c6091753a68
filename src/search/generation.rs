//! Search: one index on disk. Its rule: an index is built beside the one in service and put in its place by
//! one rename; its files are proven by their checksums before it is asked, and watched while it is.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use tantivy::directory::MmapDirectory;
use tantivy::directory::error::OpenReadError;
use tantivy::index::SegmentId;
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy, MergePolicy};
use tantivy::schema::IndexRecordOption;
use tantivy::{
    DocSet, Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TERMINATED, TantivyError, Term,
};

use super::columns::{Codes, Columns};
use super::dictionary::Dictionary;
use super::fields::{self, Fields};
use super::root::Root;
use super::store::Mark;

/// Memory of each thread that adds documents, in bytes: while following, and while building.
pub const FOLLOWING: (usize, usize) = (1, 20_000_000);
pub const BUILDING: (usize, usize) = (2, 120_000_000);

/// Threads that share a search, segment by segment.
const SEARCHING: usize = 2;

/// What a search is asked of: a moment of an index.
pub struct View {
    pub searcher: Searcher,
    pub columns: Arc<Vec<Arc<Columns>>>,
    pub fields: Fields,
    pub dictionary: Dictionary,
}

/// An index.
pub struct Generation {
    pub name: String,
    folder: PathBuf,
    index: Index,
    pub fields: Fields,
    dictionary: Dictionary,
    reader: IndexReader,
    columns: HashMap<SegmentId, Arc<Columns>>,
    files: BTreeMap<PathBuf, (u64, Option<SystemTime>)>,
}

/// How the files of an index stand to what was seen of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    AsSeen,
    /// Segments were merged: there is another view.
    MovedOn,
    /// Somebody else has written to a file: they never change once written.
    Touched,
}

impl Generation {
    /// A new one under `root`, in nobody's service yet.
    ///
    /// # Errors
    /// The disk's own.
    pub fn create(root: &Root, dictionary: &Dictionary) -> tantivy::Result<Self> {
        let name = root.next_name()?;
        let folder = root.folder.join(&name);
        fs::create_dir(&folder)?;
        let (schema, fields) = fields::make();
        let index = Index::create_in_dir(&folder, schema)?;
        Self::of(folder, index, fields, name, dictionary)
    }

    /// The one called `name`, proven whole.
    ///
    /// # Errors
    /// It is damaged, or of another form.
    pub fn open(root: &Root, name: &str, dictionary: &Dictionary) -> tantivy::Result<Self> {
        let folder = root.folder.join(name);
        let index = Index::open(MmapDirectory::open(&folder)?)?;
        let (schema, fields) = fields::make();
        if index.schema() != schema {
            return Err(TantivyError::SchemaError("another schema".to_owned()));
        }
        // Before anything reads them: what a reader says of a damaged file may look like the disk's own trouble.
        prove(&index, &folder, &index.searchable_segment_ids()?)?;
        Self::of(folder, index, fields, name.to_owned(), dictionary)
    }

    fn of(
        folder: PathBuf,
        mut index: Index,
        fields: Fields,
        name: String,
        dictionary: &Dictionary,
    ) -> tantivy::Result<Self> {
        fields::teach(&index, dictionary);
        index.set_multithread_executor(SEARCHING)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let dictionary = dictionary.clone();
        let (columns, files) = (HashMap::new(), BTreeMap::new());
        Ok(Self { name, folder, index, fields, dictionary, reader, columns, files })
    }

    /// Whoever writes; there is one at a time.
    ///
    /// # Errors
    /// Somebody else writes.
    pub fn writer(&self, (threads, memory): (usize, usize)) -> tantivy::Result<IndexWriter> {
        let options = IndexWriterOptions::builder()
            .num_worker_threads(threads)
            .memory_budget_per_thread(memory)
            .num_merge_threads(1)
            .build();
        let writer = self.index.writer_with_options(options)?;
        writer.set_merge_policy(merge_policy());
        Ok(writer)
    }

    /// How far it had followed when it was written last.
    ///
    /// # Errors
    /// Its description is damaged.
    pub fn mark(&self) -> tantivy::Result<Mark> {
        let payload = self.index.load_metas()?.payload.unwrap_or_default();
        serde_json::from_str(&payload)
            .map_err(|error| TantivyError::InternalError(error.to_string()))
    }

    /// How it stands now.
    ///
    /// # Errors
    /// It is damaged.
    pub fn view(&mut self, codes: &Codes) -> tantivy::Result<View> {
        self.reader.reload()?;
        let searcher = self.reader.searcher();
        // What came since the last view, by a commit or by a merge behind our back, is as new as at a start.
        let ids = searcher.segment_readers().iter().map(|it| it.segment_id());
        let new: Vec<SegmentId> = ids.filter(|id| !self.columns.contains_key(id)).collect();
        prove(&self.index, &self.folder, &new)?;
        let mut kept = HashMap::new();
        let mut all = Vec::new();
        for segment in searcher.segment_readers() {
            let id = segment.segment_id();
            let columns = match self.columns.remove(&id) {
                Some(columns) => columns,
                None => Arc::new(Columns::read(segment, codes)?),
            };
            kept.insert(id, columns.clone());
            all.push(columns);
        }
        self.columns = kept;
        self.files = self.seen(&searcher);
        let (fields, dictionary) = (self.fields.clone(), self.dictionary.clone());
        Ok(View { searcher, columns: Arc::new(all), fields, dictionary })
    }

    /// How it stood when it was looked at last.
    pub fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// How new the ticket `id` is in it.
    ///
    /// # Errors
    /// It is damaged.
    pub fn stamp(&self, searcher: &Searcher, id: i64) -> tantivy::Result<Option<u64>> {
        let term = Term::from_field_u64(self.fields.id, u64::try_from(id).unwrap_or_default());
        for segment in searcher.segment_readers() {
            let index = segment.inverted_index(self.fields.id)?;
            let Some(mut docs) = index.read_postings(&term, IndexRecordOption::Basic)? else {
                continue;
            };
            let mut doc = docs.doc();
            while doc != TERMINATED {
                if segment.alive_bitset().is_none_or(|alive| alive.is_alive(doc)) {
                    return Ok(segment.fast_fields().u64(fields::STAMP)?.first(doc));
                }
                doc = docs.advance();
            }
        }
        Ok(None)
    }

    /// How its files stand to what was seen of them by the last view.
    ///
    /// # Errors
    /// Its description is damaged or gone.
    pub fn standing(&self) -> tantivy::Result<Standing> {
        let now: BTreeSet<SegmentId> = self.index.searchable_segment_ids()?.into_iter().collect();
        let then: BTreeSet<SegmentId> = self.columns.keys().copied().collect();
        let mut standing = if now == then { Standing::AsSeen } else { Standing::MovedOn };
        for (path, then) in &self.files {
            match look(path) {
                // What a merge has taken in goes; a file that is missed is missed by the next view.
                None => standing = Standing::MovedOn,
                Some(now) if now != *then => return Ok(Standing::Touched),
                Some(_) => {}
            }
        }
        Ok(standing)
    }

    fn seen(&self, searcher: &Searcher) -> BTreeMap<PathBuf, (u64, Option<SystemTime>)> {
        let ids: Vec<SegmentId> =
            searcher.segment_readers().iter().map(|it| it.segment_id()).collect();
        let files = files_of(&self.folder, &ids).into_iter();
        files.filter_map(|path| look(&path).map(|seen| (path, seen))).collect()
    }
}

/// Proves the files of these segments by their checksums: all that lie there. tantivy's own look leaves out what
/// its list of files (`.managed.json`, which has no checksum) does not name.
fn prove(index: &Index, folder: &Path, segments: &[SegmentId]) -> tantivy::Result<()> {
    for path in files_of(folder, segments) {
        let name = Path::new(path.file_name().unwrap_or_default());
        match index.directory().validate_checksum(name) {
            Ok(true) => {}
            Ok(false) => {
                let what = format!("damaged: {}", name.display());
                return Err(TantivyError::InternalError(what));
            }
            // A merge has taken it in; whoever needs it misses it by itself.
            Err(OpenReadError::FileDoesNotExist(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The files of these segments that lie in the folder.
fn files_of(folder: &Path, segments: &[SegmentId]) -> Vec<PathBuf> {
    let ids: Vec<String> = segments.iter().map(SegmentId::uuid_string).collect();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let of_segment = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        name.is_some_and(|name| ids.iter().any(|id| name.starts_with(id.as_str())))
    };
    entries.map(|entry| entry.path()).filter(of_segment).collect()
}

/// Which segments become one while nobody waits for it.
pub fn merge_policy() -> Box<dyn MergePolicy> {
    let mut policy = LogMergePolicy::default();
    policy.set_del_docs_ratio_before_merge(0.3);
    Box::new(policy)
}

fn look(path: &Path) -> Option<(u64, Option<SystemTime>)> {
    let about = fs::metadata(path).ok()?;
    Some((about.len(), about.modified().ok()))
}

//! Search: one index on disk. Its rule: an index is built beside the one in service and put in its place by
//! one rename; its files are proven by their checksums before it is asked, and watched while it is.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use tantivy::directory::MmapDirectory;
use tantivy::index::SegmentId;
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use tantivy::schema::IndexRecordOption;
use tantivy::{
    DocSet, Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TERMINATED, TantivyError, Term,
};

use super::columns::{Codes, Columns};
use super::dictionary::Dictionary;
use super::fields::{self, FORMAT, Fields};
use super::store::Mark;

/// Names the index in service.
const CURRENT: &str = "current";
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

/// The name of the index in service under `root`, where there is one of this program's form.
pub fn current(root: &Path) -> Option<String> {
    let text = fs::read_to_string(root.join(CURRENT)).ok()?;
    let (format, name) = text.trim().split_once(' ')?;
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (format == FORMAT.to_string() && is_name).then(|| name.to_owned())
}

/// Takes the index `name` out of service, where it is in it.
///
/// # Errors
/// The disk's own.
pub fn retire(root: &Path, name: &str) -> std::io::Result<()> {
    if current(root).as_deref() == Some(name) {
        fs::remove_file(root.join(CURRENT))?;
    }
    Ok(())
}

impl Generation {
    /// A new one under `root`, in nobody's service yet.
    ///
    /// # Errors
    /// The disk's own.
    pub fn create(root: &Path, dictionary: &Dictionary) -> tantivy::Result<Self> {
        fs::create_dir_all(root)?;
        let taken = folders(root)?.into_iter().filter_map(|name| name.parse::<u64>().ok()).max();
        let name = format!("{:06}", taken.unwrap_or_default() + 1);
        let folder = root.join(&name);
        fs::create_dir(&folder)?;
        let (schema, _) = fields::make();
        Index::create_in_dir(&folder, schema)?;
        Self::of(&folder, name, dictionary)
    }

    /// The one in service under `root`, proven whole; none where there is none.
    ///
    /// # Errors
    /// It is damaged, or of another form.
    pub fn open(root: &Path, dictionary: &Dictionary) -> tantivy::Result<Option<Self>> {
        let Some(name) = current(root) else { return Ok(None) };
        let made = Self::of(&root.join(&name), name, dictionary)?;
        let damaged = made.index.validate_checksum()?;
        match damaged.iter().next() {
            None => Ok(Some(made)),
            Some(file) => Err(TantivyError::InternalError(format!("damaged: {}", file.display()))),
        }
    }

    fn of(folder: &Path, name: String, dictionary: &Dictionary) -> tantivy::Result<Self> {
        let mut index = Index::open(MmapDirectory::open(folder)?)?;
        let (schema, fields) = fields::make();
        if index.schema() != schema {
            return Err(TantivyError::SchemaError("another schema".to_owned()));
        }
        fields::teach(&index, dictionary);
        index.set_multithread_executor(SEARCHING)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let (folder, dictionary) = (folder.to_path_buf(), dictionary.clone());
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
        let mut policy = LogMergePolicy::default();
        policy.set_del_docs_ratio_before_merge(0.3);
        writer.set_merge_policy(Box::new(policy));
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

    /// Whether somebody else has touched a file that it stands on: they never change once written.
    pub fn is_touched(&self) -> bool {
        self.files.iter().any(|(path, then)| look(path).as_ref() != Some(then))
    }

    fn seen(&self, searcher: &Searcher) -> BTreeMap<PathBuf, (u64, Option<SystemTime>)> {
        let segments: Vec<String> =
            searcher.segment_readers().iter().map(|it| it.segment_id().uuid_string()).collect();
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let of_segment = |path: &PathBuf| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            name.is_some_and(|name| segments.iter().any(|id| name.starts_with(id.as_str())))
        };
        let paths = entries.map(|entry| entry.path()).filter(of_segment);
        paths.filter_map(|path| look(&path).map(|seen| (path, seen))).collect()
    }

    /// Puts it in service in place of whichever was, and takes the others away.
    ///
    /// # Errors
    /// The disk's own.
    pub fn serve(&self, root: &Path) -> std::io::Result<()> {
        let draft = root.join("current.new");
        let mut file = File::create(&draft)?;
        writeln!(file, "{FORMAT} {}", self.name)?;
        file.sync_all()?;
        fs::rename(&draft, root.join(CURRENT))?;
        File::open(root)?.sync_all()?;
        for name in folders(root)?.into_iter().filter(|name| *name != self.name) {
            match fs::remove_dir_all(root.join(&name)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

fn look(path: &Path) -> Option<(u64, Option<SystemTime>)> {
    let about = fs::metadata(path).ok()?;
    Some((about.len(), about.modified().ok()))
}

fn folders(root: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(names)
}

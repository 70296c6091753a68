//! A disk whose power fails after so many steps. Its rule: what was written and not synced may be gone
//! afterwards: the end of a file, the entry of a file or folder, a rename.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiesu::attachment::disk::{Disk, RealDisk};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

#[derive(Default)]
struct State {
    /// Steps until the power fails.
    left: usize,
    dark: bool,
    /// Whether syncs are believed.
    forgetful: bool,
    /// Bytes of each file that are synced.
    synced: BTreeMap<PathBuf, u64>,
    /// Entries that are not synced yet, oldest first.
    entries: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    path: PathBuf,
    /// Where it was before, for a rename.
    from: Option<PathBuf>,
}

pub struct PowerCut {
    state: Mutex<State>,
    /// Chance decides what of the unsynced is lost; without, all of it is.
    chance: Mutex<Option<StdRng>>,
}

fn dark() -> Error {
    Error::other("the power is out")
}

impl PowerCut {
    /// It fails after `steps`.
    pub fn after(steps: usize, seed: Option<u64>) -> Arc<Self> {
        let state = Mutex::new(State { left: steps, ..State::default() });
        Arc::new(Self { state, chance: Mutex::new(seed.map(StdRng::seed_from_u64)) })
    }

    pub fn forget_syncs(&self) {
        self.state.lock().unwrap().forgetful = true;
    }

    pub fn is_dark(&self) -> bool {
        self.state.lock().unwrap().dark
    }

    /// A point that is no step on the disk.
    pub fn point(&self) -> jiesu::error::Result<()> {
        self.step(|_| Ok(())).map_err(jiesu::error::Error::internal)
    }

    fn step<T>(&self, act: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        let mut state = self.state.lock().unwrap();
        if state.dark || state.left == 0 {
            state.dark = true;
            return Err(dark());
        }
        state.left -= 1;
        act(&mut state)
    }

    fn is_lost(&self) -> bool {
        self.chance.lock().unwrap().as_mut().is_none_or(|rng| rng.random_bool(0.5))
    }

    /// What is on the disk once the power is back; answers how much was lost.
    pub fn lose_what_is_not_synced(&self) -> usize {
        let state = std::mem::take(&mut *self.state.lock().unwrap());
        let mut lost = 0;
        for (path, synced) in &state.synced {
            let Ok(about) = std::fs::metadata(path) else { continue };
            if about.len() > *synced && self.is_lost() {
                let file = File::options().write(true).open(path).unwrap();
                file.set_len(*synced).unwrap();
                lost += 1;
            }
        }
        for Entry { path, from } in state.entries.iter().rev() {
            if !path.exists() || !self.is_lost() {
                continue;
            }
            lost += 1;
            match from {
                Some(from) if from.parent().is_some_and(Path::exists) => {
                    std::fs::rename(path, from).unwrap();
                }
                _ if path.is_dir() => std::fs::remove_dir_all(path).unwrap(),
                _ => std::fs::remove_file(path).unwrap(),
            }
        }
        lost
    }
}

impl Disk for PowerCut {
    fn make_folder(&self, path: &Path) -> Result<()> {
        self.step(|state| {
            if !path.exists() {
                state.entries.push(Entry { path: path.to_path_buf(), from: None });
            }
            RealDisk.make_folder(path)
        })
    }

    fn create(&self, path: &Path) -> Result<File> {
        self.step(|state| {
            let file = RealDisk.create(path)?;
            state.synced.insert(path.to_path_buf(), 0);
            state.entries.push(Entry { path: path.to_path_buf(), from: None });
            Ok(file)
        })
    }

    fn append(&self, path: &Path, file: &mut File, bytes: &[u8]) -> Result<()> {
        let done = self.step(|_| RealDisk.append(path, file, bytes));
        if done.is_err() {
            // The power fails in the middle of it.
            drop(RealDisk.append(path, file, &bytes[..bytes.len() / 2]));
        }
        done
    }

    fn sync(&self, path: &Path, file: &File) -> Result<()> {
        self.step(|state| {
            if !state.forgetful {
                state.synced.insert(path.to_path_buf(), file.metadata()?.len());
            }
            Ok(())
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.step(|state| {
            RealDisk.rename(from, to)?;
            if let Some(synced) = state.synced.remove(from) {
                state.synced.insert(to.to_path_buf(), synced);
            }
            state.entries.retain(|entry| entry.path != from);
            state.entries.push(Entry { path: to.to_path_buf(), from: Some(from.to_path_buf()) });
            Ok(())
        })
    }

    fn sync_folder(&self, path: &Path) -> Result<()> {
        self.step(|state| {
            if !state.forgetful {
                state.entries.retain(|entry| entry.path.parent() != Some(path));
            }
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> Result<()> {
        self.step(|_| RealDisk.remove(path))
    }
}

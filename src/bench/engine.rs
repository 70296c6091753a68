//! Bench: the engine alone: tickets taken in through the one way there is, without HTTP. Its rule:
//! what is counted was answered, and what was answered is on disk.

use std::sync::Mutex;
use std::time::Instant;

use super::site::Site;
use crate::error::{Error, Result};
use crate::intake::Draft;

/// How many write at once, here and over HTTP.
pub const WRITERS: usize = 64;

/// How fast it went.
#[derive(Debug, Clone, Copy)]
pub struct Speed {
    pub tickets: usize,
    pub seconds: f64,
    /// Tickets to a commit, on average.
    pub group: usize,
}

impl Speed {
    pub fn per_second(&self) -> f64 {
        self.tickets as f64 / self.seconds
    }
}

/// Takes `drafts` in by [`WRITERS`] threads.
///
/// # Errors
/// The first refusal.
pub fn take_in(site: &Site, drafts: Vec<Draft>) -> Result<Speed> {
    let count = drafts.len();
    let waiting = Mutex::new(drafts.into_iter());
    let failed: Mutex<Option<Error>> = Mutex::new(None);
    let before = site.app.db.commits();
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                if let Err(error) = work(site, &waiting)
                    && let Ok(mut failed) = failed.lock()
                {
                    failed.get_or_insert(error);
                }
            });
        }
    });
    let seconds = began.elapsed().as_secs_f64();
    if let Some(error) = failed.into_inner().map_err(|_| Error::internal("a writer panicked"))? {
        return Err(error);
    }
    let commits = usize::try_from(site.app.db.commits() - before).unwrap_or(usize::MAX);
    Ok(Speed { tickets: count, seconds, group: count.div_ceil(commits.max(1)) })
}

fn work(site: &Site, waiting: &Mutex<std::vec::IntoIter<Draft>>) -> Result<()> {
    let next = || waiting.lock().ok().and_then(|mut drafts| drafts.next());
    while let Some(draft) = next() {
        site.app.hotline.take_in(&site.agent, draft)?;
    }
    Ok(())
}

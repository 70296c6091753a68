//! The background work: every job and every schedule in one list. Its rule: it may be held back,
//! stopped and started at any moment, on any number of nodes; nothing is lost and nothing is done
//! that a row does not ask for.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::TimeDelta;

use crate::app::App;
use crate::error::{Error, Result};
use crate::jobs::{Bell, Crew};
use crate::lifecycle::recompute::Recompute;
use crate::lifecycle::sealer::seal_file;
use crate::notify::webhook::{self, Deliverer};
use crate::{audit, citizen, identity};

/// Rows of old sessions and old audit entries that one write drops.
const DROPPED_AT_ONCE: u32 = 500;

/// Who does what later. Rounds end early once `bell` stops.
pub fn crew(app: &Arc<App>, bell: &Bell) -> Crew {
    let every = |seconds: u32| TimeDelta::seconds(i64::from(seconds.max(1)));
    let config = &app.config.worker;
    let (sweep, watch, anew) = (app.hotline.clone(), app.hotline.clone(), app.hotline.clone());
    let (sealer, until) = (app.hotline.clone(), bell.clone());
    let file = seal_file(&app.config.data_dir);
    let (sessions, audited, stop) = (app.clone(), app.clone(), bell.clone());
    let told = app.clone();
    let deliverer = Deliverer::new(app.db.clone(), app.keys.clone(), app.outward.clone());
    let doors = app.clone();
    Crew::new(app.db.clone())
        // 时限: soon, overdue, a promise missed.
        .every("limits.sweep", every(config.sweep_seconds), move || sweep.sweep(&stop).map(drop))
        .every("limits.calendar", every(config.calendar_seconds), move || {
            watch.watch_calendar().map(drop)
        })
        // 封存: a seal over what has happened since the last one.
        .every("seal", every(config.seal_seconds), move || sealer.seal(&file, &until).map(drop))
        .does(Recompute::JOB, move |job| Ok(anew.recompute(job.body()?)?))
        .does(webhook::JOB, move |job| deliverer.work(job.body()?))
        .every("webhooks.drop", TimeDelta::hours(6), move || {
            drop_all(|| told.db.write(|tx| webhook::drop_old(tx, DROPPED_AT_ONCE.into())))
        })
        .every("sessions.drop", TimeDelta::hours(1), move || {
            drop_all(|| sessions.db.write(|tx| identity::drop_old_sessions(tx, DROPPED_AT_ONCE)))
        })
        .every("citizen.drop", TimeDelta::hours(6), move || {
            doors
                .db
                .write(citizen::forget_unknown)
                .and_then(|_| doors.db.write(citizen::forget_settled))
                .map(drop)
        })
        .every("audit.drop", TimeDelta::hours(6), move || {
            let days = audited.config.audit.keep_days;
            drop_all(|| {
                audited.db.write(move |tx| audit::drop_older_than(tx, days, DROPPED_AT_ONCE))
            })
        })
}

fn drop_all(drop_some: impl Fn() -> Result<usize>) -> Result<()> {
    while drop_some()? > 0 {}
    Ok(())
}

/// The threads that work.
#[derive(Debug)]
pub struct Worker {
    bell: Bell,
    threads: Vec<JoinHandle<()>>,
}

impl Worker {
    /// Starts as many threads as configured; none where the work is held back
    /// (`worker.enabled = false`).
    ///
    /// # Errors
    /// `internal` where the system gives no thread.
    pub fn start(app: &Arc<App>, more: impl FnOnce(Crew) -> Crew) -> Result<Self> {
        let bell = Bell::default();
        let config = &app.config.worker;
        let crew = Arc::new(more(crew(app, &bell)));
        let pause = Duration::from_millis(config.pause_ms.max(50));
        let mut threads = Vec::new();
        for number in 0..if config.enabled { config.threads.max(1) } else { 0 } {
            let (crew, bell) = (crew.clone(), bell.clone());
            let thread = std::thread::Builder::new()
                .name(format!("worker-{number}"))
                .spawn(move || crew.run(&bell, pause))
                .map_err(Error::internal)?;
            threads.push(thread);
        }
        tracing::info!(threads = threads.len(), "background work");
        Ok(Self { bell, threads })
    }

    /// Begins nothing new and waits for what is being done.
    pub fn stop(self) {
        self.bell.stop();
        for thread in self.threads {
            // A panic inside was caught and told by the crew.
            drop(thread.join());
        }
    }
}

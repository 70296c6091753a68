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
use crate::learning::train::Recipe;
use crate::lifecycle::recompute::Recompute;
use crate::lifecycle::sealer::seal_file;
use crate::lifecycle::trails::Trails;
use crate::notify::outbox;
use crate::notify::webhook::{self, Deliverer};
use crate::privacy::{self, Clean};
use crate::proactive::Earlier;
use crate::upstream;
use crate::{audit, calls, citizen, feed, identity, knowledge};

/// Rows of old sessions and old audit entries that one write drops.
const DROPPED_AT_ONCE: u32 = 500;

/// Who does what later. Rounds end early once `bell` stops.
pub fn crew(app: &Arc<App>, bell: &Bell) -> Crew {
    let every = |seconds: u32| TimeDelta::seconds(i64::from(seconds.max(1)));
    let config = &app.config.worker;
    let (sweep, watch, anew) = (app.hotline.clone(), app.hotline.clone(), app.hotline.clone());
    let (sealer, until) = (app.hotline.clone(), bell.clone());
    let file = seal_file(&app.config.data_dir);
    let (expand, send, gather, forget) =
        (app.post.clone(), app.post.clone(), app.post.clone(), app.post.clone());
    let (filed, tidy) = (app.clone(), bell.clone());
    let (sessions, audited, stop) = (app.clone(), app.clone(), bell.clone());
    let (told, taught, zone) = (app.clone(), app.clone(), app.config.site.zone);
    let deliverer = Deliverer::new(app.db.clone(), app.keys.clone(), app.outward.clone());
    let (cleaned, kept, enough) = (app.clone(), app.clone(), bell.clone());
    let doors = app.clone();
    let crew = Crew::new(app.db.clone())
        // 时限: soon, overdue, a promise missed.
        .every("limits.sweep", every(config.sweep_seconds), move || sweep.sweep(&stop).map(drop))
        .every("limits.calendar", every(config.calendar_seconds), move || {
            watch.watch_calendar().map(drop)
        })
        // 封存: a seal over what has happened since the last one.
        .every("seal", every(config.seal_seconds), move || sealer.seal(&file, &until).map(drop))
        // 通知: a notice becomes letters, a letter leaves, reminders are gathered.
        .does(outbox::NOTICE, move |job| expand.expand(job))
        .does(outbox::LETTER, move |job| send.send(job))
        .every("notices.gather", TimeDelta::seconds(30), move || gather.gather())
        .every("notices.forget", TimeDelta::hours(6), move || forget.forget())
        .does(Recompute::JOB, move |job| Ok(anew.recompute(job.body()?)?))
        // 附件: files that a crash left without a row, or erasure without a ticket.
        .every("attachments.sweep", TimeDelta::hours(1), move || {
            let now = filed.db.now();
            filed.files.sweep(&filed.db, now, &|| tidy.stopped()).map(drop)
        })
        .does(webhook::JOB, move |job| deliverer.work(job.body()?))
        .every("webhooks.drop", TimeDelta::hours(6), move || {
            drop_all(|| told.db.write(|tx| webhook::drop_old(tx, DROPPED_AT_ONCE.into())))
        })
        // 个人信息: what was erased leaves nothing behind; what was kept long enough is erased.
        .does(Clean::JOB, move |job| {
            Ok(privacy::clean(&cleaned.hotline, &cleaned.config.data_dir, &job.body()?)?)
        })
        // 学习: which category a text belongs to, once a night; it is looked whether it is time.
        .every("learning", TimeDelta::minutes(30), move || {
            taught.school.learn_when_due(&Recipe::default(), zone).map(drop)
        })
        .every("privacy.retention", TimeDelta::hours(6), move || {
            let (dir, years) = (&kept.config.data_dir, kept.config.retention.years);
            privacy::round(&kept.hotline, dir, years, &enough).map(drop)
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
        });
    with_months(with_doors(crew, app), app, bell)
}

/// 上级平台: answers are carried, messages that waited long enough are taken, both sides are compared.
/// 话务: numbers are forgotten.
fn with_doors(crew: Crew, app: &Arc<App>) -> Crew {
    let config = &app.config.upstream;
    let patience = feed::Patience(TimeDelta::hours(i64::from(config.gap_hours)));
    let (carrier, waker, judge) = (app.carrier.clone(), app.carrier.clone(), app.carrier.clone());
    let (hotline, days) = (app.hotline.clone(), config.compare_days);
    let kept = TimeDelta::days(i64::from(app.config.calls.keep_numbers_days));
    let counted = TimeDelta::days(i64::from(app.config.knowledge.gap_days));
    let (numbers, asked) = (app.clone(), app.clone());
    let trails = app.hotline.clone();
    crew.does(upstream::JOB, move |job| Ok(carrier.carry(job.body()?)?))
        // 数据体检: tickets of before there were signals.
        .does(Trails::JOB, move |job| Ok(trails.write_trails(job.body()?)?))
        .every("calls.forget", TimeDelta::hours(6), move || {
            drop_all(|| {
                numbers.db.write(move |tx| {
                    let before = tx.now.plus(-kept);
                    calls::store::forget_numbers(tx, before, i64::from(DROPPED_AT_ONCE))
                })
            })
        })
        // 知识库: what was asked long ago is no longer counted.
        .every("knowledge.forget", TimeDelta::hours(6), move || {
            drop_all(|| {
                asked.db.write(move |tx| {
                    let before = tx.now.plus(-counted);
                    knowledge::listing::forget_gaps(tx, before, i64::from(DROPPED_AT_ONCE))
                })
            })
        })
        .every("upstream.feed", TimeDelta::minutes(1), move || feed::sweep(&hotline, patience))
        .every("upstream.wake", TimeDelta::minutes(10), move || waker.wake())
        .every("upstream.compare", TimeDelta::hours(i64::from(config.compare_hours)), move || {
            judge.compare_days(days)
        })
}

/// 未诉先办: what has changed since the last look is judged. 专报: those whose day and hour have come are made, and
/// leave by mail.
fn with_months(crew: Crew, app: &Arc<App>, bell: &Bell) -> Crew {
    let (watchman, off) = (app.watchman.clone(), bell.clone());
    let past = app.watchman.clone();
    let reports = app.mailing.clone();
    let look = TimeDelta::seconds(i64::from(app.config.proactive.look_seconds.max(1)));
    // Answers of before there were warnings.
    let crew = crew.does(Earlier::JOB, move |job| Ok(past.look_back(job.body()?)?));
    crew.every("proactive.look", look, move || watchman.look(&off).map(drop)).every(
        "reports.make",
        TimeDelta::minutes(1),
        move || reports.tick(),
    )
}

fn drop_all(drop_some: impl Fn() -> Result<usize>) -> Result<()> {
    while drop_some()? > 0 {}
    Ok(())
}

/// The thread that keeps this node's index, and its words, as the database is.
fn follow(app: &Arc<App>, bell: &Bell) -> Result<JoinHandle<()>> {
    let pause = Duration::from_millis(app.config.search.pause_ms.max(20));
    let (search, bell, house) = (app.search.clone(), bell.clone(), app.clone());
    let work = move || {
        while !bell.stopped() {
            // Strangers and letters are spoken to in the site's words too, where nobody asks who is known.
            let (now, zone) = (house.clock.now(), house.config.site.zone);
            if let Err(error) = house.db.read(|conn| house.directory.keep_speaking(conn, now, zone))
            {
                tracing::warn!(target: "jiesu::words", code = error.code(), "not followed");
            }
            if let Err(error) = search.follow(&|| bell.stopped()) {
                tracing::warn!(target: "jiesu::search", code = error.code(), "not followed");
            }
            bell.wait(search.pause(pause));
        }
    };
    let thread = std::thread::Builder::new().name("search".to_owned());
    thread.spawn(work).map_err(Error::internal)
}

/// The threads that work.
#[derive(Debug)]
pub struct Worker {
    bell: Bell,
    /// The index follows on each node, whoever does the other work.
    following: Bell,
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
        let following = Bell::default();
        if app.config.search.follow {
            threads.push(follow(app, &following)?);
        }
        Ok(Self { bell, following, threads })
    }

    /// Begins nothing new and waits for what is being done.
    pub fn stop(self) {
        self.bell.stop();
        self.following.stop();
        for thread in self.threads {
            // A panic inside was caught and told by the crew.
            drop(thread.join());
        }
    }
}

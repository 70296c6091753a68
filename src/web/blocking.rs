//! Web: the bridge from the threads that answer to the work that blocks. Its rule: whatever asks
//! the database or hashes a password goes over it, and nobody waits longer than [`PATIENCE`] for a
//! database that does not answer.

use std::time::Duration;

use actix_web::rt::time::timeout;
use futures_util::TryFutureExt;
use tokio::sync::oneshot;

use crate::db::{Db, Patience, Watch};
use crate::error::{Error, Kind, Result};

/// How long the database may owe an answer; with [`LOOK`] below the two seconds of the house.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// How often it is looked whether it does.
const LOOK: Duration = Duration::from_millis(100);

/// Runs blocking work off the threads that answer.
pub async fn run<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    run_with(Patience::Ordinary, work).await
}

/// The same for figures over many tickets: one statement of theirs may take its time.
pub async fn run_long<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    run_with(Patience::Long, work).await
}

/// The same on the threads that make writes ready, where the database wants that; what comes of the
/// work is `told` by it, or by what it sets going. The thread that answers is woken once for both.
pub async fn run_ready<T: Send + 'static>(
    db: &Db,
    work: impl FnOnce() + Send + 'static,
    told: oneshot::Receiver<Result<T>>,
) -> Result<T> {
    let watch = Watch::new(Patience::Ordinary);
    let worker = watch.clone();
    let work = move || {
        worker.over(work);
    };
    match db.hands() {
        Some(hands) => hands.take(work)?,
        None => drop(actix_web::web::block(work)),
    }
    wait(&watch, told.map_ok(Some)).await
}

async fn run_with<T: Send + 'static>(
    patience: Patience,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let watch = Watch::new(patience);
    let worker = watch.clone();
    wait(&watch, Box::pin(actix_web::web::block(move || worker.over(work)))).await
}

/// Waits for what is done for `watch`, as long as its database answers.
async fn wait<T, E>(
    watch: &Watch,
    mut done: impl Future<Output = std::result::Result<Option<Result<T>>, E>> + Unpin,
) -> Result<T> {
    loop {
        match timeout(LOOK, &mut done).await {
            Ok(Ok(Some(answer))) => return answer,
            Ok(Ok(None) | Err(_)) => return Err(gone()),
            Err(_) if watch.is_stuck(PATIENCE) => {
                watch.leave();
                return Err(gone());
            }
            Err(_) => {}
        }
    }
}

/// The database does not answer.
pub(super) fn gone() -> Error {
    Error::new(Kind::Unavailable, "unavailable").retry_after(2)
}

//! Web: the bridge from the threads that answer to the work that blocks. Its rule: whatever asks
//! the database or hashes a password goes over it, and nobody waits longer than [`PATIENCE`] for a
//! database that does not answer.

use std::time::Duration;

use actix_web::rt::time::timeout;

use crate::db::{Patience, Watch};
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

async fn run_with<T: Send + 'static>(
    patience: Patience,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let watch = Watch::new(patience);
    let worker = watch.clone();
    let mut done = Box::pin(actix_web::web::block(move || worker.over(work)));
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

fn gone() -> Error {
    Error::new(Kind::Unavailable, "unavailable").retry_after(2)
}

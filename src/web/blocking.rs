//! Web: the bridge from the threads that answer to the work that blocks. Its rule: whatever asks
//! the database or hashes a password goes over it.

use crate::error::{Error, Kind, Result};

/// Runs blocking work off the threads that answer.
pub async fn run<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    actix_web::web::block(work).await.map_err(|_| Error::new(Kind::Unavailable, "unavailable"))?
}

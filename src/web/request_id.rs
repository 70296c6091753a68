//! Web: the id of the request that is being answered. Its rule: it is our own, stands in the answer
//! and in the log, and says nothing about who asked for what.

tokio::task_local! {
    static REQUEST_ID: String;
}

/// The id, where a request is being answered.
pub fn current() -> Option<String> {
    REQUEST_ID.try_with(Clone::clone).ok()
}

/// Answers a request under `id`.
pub async fn within<T>(id: String, answering: impl Future<Output = T>) -> T {
    REQUEST_ID.scope(id, answering).await
}

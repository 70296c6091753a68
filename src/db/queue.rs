//! Ground: the queue before SQLite's one writer. Its rule: whoever writes is told how it went, or hears
//! that the writer is gone.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, ThreadId};

use super::failure::{away, crowded};
use super::file::{Place, Seat, lock};
use super::group::Clerk;
use super::member::{Entry, Member, Waiting, answer};
use super::{Desk, Tx};
use crate::error::{Error, Result};

/// The thread that writes, and the queue before it.
pub(super) struct Writer {
    queue: Mutex<Option<SyncSender<Box<dyn Member>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    id: ThreadId,
    commits: Arc<AtomicU64>,
}

impl Writer {
    pub(super) fn start(seat: Seat, place: Place, queue: usize, desk: Arc<Desk>) -> Result<Self> {
        let (sender, receiver) = sync_channel(queue.max(1));
        let commits = Arc::new(AtomicU64::new(0));
        let clerk = Clerk::new(seat, place, desk, Arc::clone(&commits));
        let (told, groups) = channel::<Vec<Entry>>();
        // Nobody waits for its end: what it tells last may be what ends the writer.
        std::thread::Builder::new()
            .name("sqlite-answers".to_owned())
            .spawn(move || groups.into_iter().for_each(answer))
            .map_err(Error::internal)?;
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || clerk.work(&receiver, &told))
            .map_err(Error::internal)?;
        let id = thread.thread().id();
        Ok(Self { queue: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)), id, commits })
    }

    pub(super) fn write<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let (caller, answer) = sync_channel(1);
        // A caller that has gone away needs no answer.
        self.write_then(change, move |fate| drop(caller.send(fate)));
        answer.recv().map_err(|_| away("the writer has ended"))?
    }

    /// The same without waiting: how it went is told to `tell`, on a thread that others wait for too;
    /// unless the writer ends.
    pub(super) fn write_then<T, F, D>(&self, change: F, tell: D)
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
        D: FnOnce(Result<T>) + Send + 'static,
    {
        let queue = self
            .refuse_itself()
            .and_then(|()| lock(&self.queue).clone().ok_or_else(|| away("the database is closed")));
        let queue = match queue {
            Ok(queue) => queue,
            Err(error) => return tell(Err(error)),
        };
        match queue.try_send(Box::new(Waiting { change, made: None, tell })) {
            Ok(()) => {}
            Err(TrySendError::Full(member)) => {
                member.answer(Err(crowded("too many writes are waiting")));
            }
            Err(TrySendError::Disconnected(member)) => {
                member.answer(Err(away("the writer has ended")));
            }
        }
    }

    /// How many groups have been committed.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// A write that waits for another write, or for a read, would wait for itself.
    pub(super) fn refuse_itself(&self) -> Result<()> {
        if std::thread::current().id() == self.id {
            return Err(Error::internal("a write may only use its own transaction"));
        }
        Ok(())
    }
}

impl Drop for Writer {
    // Lets the waiting writes finish, then closes the file.
    fn drop(&mut self) {
        lock(&self.queue).take();
        if let Some(thread) = lock(&self.thread).take()
            && self.id != std::thread::current().id()
        {
            drop(thread.join());
        }
    }
}

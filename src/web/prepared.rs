//! Web: a write that is made ready before it is begun. Its rule: whatever needs no transaction is done
//! before it, the sealed answer too, so that the one writer only writes; whoever asks is answered
//! once, when it is on disk.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use tokio::sync::oneshot;

use super::asker::Caller;
use super::blocking::{run, run_ready};
use super::body::RawBody;
use super::idempotency::{Answer, Idem, IdempotencyKey, again, kept_in, seal};
use super::store;
use crate::app::{App, RunningKey};
use crate::db::{Tx, is_duplicate};
use crate::error::{Error, Kind, Result};
use crate::identity::Actor;

/// As [`super::write_once`], with all that needs no transaction made ready before it by `ready`, the answer too, so
/// that the one writer only writes; and with who asks looked up on the same thread, so that the
/// threads that answer are left once. `change` answers nothing where what was made ready stands.
///
/// # Errors
/// As [`super::write_once`], and what `ready` says: unless the key is known, whose answer comes first.
pub async fn write_prepared<P, R, F>(
    app: &web::Data<App>,
    caller: Caller,
    (key, raw): (IdempotencyKey, RawBody),
    ready: R,
    change: F,
) -> Result<HttpResponse>
where
    P: Send + Sync + 'static,
    R: FnOnce(&Actor, &RawBody) -> Result<(P, Answer)> + Send + 'static,
    F: Fn(&mut Tx<'_>, &Actor, &P) -> Result<Option<Answer>> + Send + Sync + 'static,
{
    let (tell, told) = oneshot::channel();
    let mine = app.clone();
    let work = move || begin(&mine, &caller, (key, raw), (ready, change), tell);
    match run_ready(&app.db, work, told).await? {
        Fate::Before(answer) => Ok(again(answer)),
        Fate::Now(answer) => Ok(answer.respond()),
        // The request was sent before, or somebody was quicker with it, perhaps on another node: then its
        // answer is there, whatever refused this one (the key, or an upstream's number that both bring).
        Fate::Refused(error, idem) => {
            let app = app.clone();
            let kept = run(move || app.db.read(|conn| kept_in(conn, &app, &idem))).await?;
            kept.map(again).ok_or(error)
        }
    }
}

/// What became of a prepared write.
enum Fate {
    /// The key is known: its answer.
    Before(Answer),
    /// It is written.
    Now(Answer),
    /// Something is there already that it would have brought.
    Refused(Error, Idem),
}

/// Who is told what became of it.
type Tell = oneshot::Sender<Result<Fate>>;

/// Makes the write ready and sets it going; what there is to answer before that is told at once.
fn begin<P, R, F>(
    app: &web::Data<App>,
    caller: &Caller,
    request: (IdempotencyKey, RawBody),
    (ready, change): (R, F),
    tell: Tell,
) where
    P: Send + Sync + 'static,
    R: FnOnce(&Actor, &RawBody) -> Result<(P, Answer)>,
    F: Fn(&mut Tx<'_>, &Actor, &P) -> Result<Option<Answer>> + Send + Sync + 'static,
{
    let Prepared { actor, idem, guard, made, answer, sealed } =
        *match prepare(app, caller, request, ready) {
            Ok(Begun::Ready(prepared)) => prepared,
            // Whoever asked may have gone away.
            Ok(Begun::Known(kept)) => return drop(tell.send(Ok(Fate::Before(kept)))),
            Err(error) => return drop(tell.send(Err(error))),
        };
    let (keys, idem) = (app.keys.clone(), Arc::new(idem));
    let of_write = idem.clone();
    let write = move |tx: &mut Tx<'_>| {
        // The key first: where it is known already, nothing was changed yet.
        if let (Some(key), Some(sealed)) = (&of_write.key, &sealed) {
            store::keep_answer(tx, key, &of_write.body, sealed).map_err(known)?;
        }
        let other = change(tx, &actor, &made)?;
        if let (Some(key), Some(other)) = (&of_write.key, &other) {
            store::correct_answer(tx, key, &seal(&keys, &of_write, key, other)?)?;
        }
        Ok(other)
    };
    app.db.write_then(write, move |fate| {
        // Taken as long as the write lasts, even when the client has gone away.
        drop(guard);
        drop(tell.send(match fate {
            Ok(other) => Ok(Fate::Now(other.unwrap_or(answer))),
            Err(error) if error.kind() == Kind::Refused => {
                Ok(Fate::Refused(error, Arc::unwrap_or_clone(idem)))
            }
            Err(error) => Err(error),
        }));
    });
}

/// A key that is there already is no conflict to be tried again: its answer is looked up. Should it
/// have been forgotten meanwhile, the client asks once more.
fn known(error: Error) -> Error {
    if is_duplicate(&error) { Error::refused("idempotency.running").retry_after(1) } else { error }
}

/// How far a write has come before it is begun.
enum Begun<P> {
    /// The key is known: its answer.
    Known(Answer),
    Ready(Box<Prepared<P>>),
}

/// A write with all that needs no transaction.
struct Prepared<P> {
    actor: Actor,
    idem: Idem,
    guard: Option<RunningKey>,
    made: P,
    answer: Answer,
    /// The answer as it is kept under the key, where there is one.
    sealed: Option<Vec<u8>>,
}

fn prepare<P>(
    app: &web::Data<App>,
    caller: &Caller,
    (key, raw): (IdempotencyKey, RawBody),
    ready: impl FnOnce(&Actor, &RawBody) -> Result<(P, Answer)>,
) -> Result<Begun<P>> {
    let _turn = app.db.turn();
    let actor = app.db.read(|conn| caller.actor(conn, app))?;
    let idem = key.bind(&actor.name, raw.bytes());
    let guard = idem.enter(app)?;
    // Hardly any key is known already: its write finds out. Only what would be refused asks here.
    let (made, answer) = match ready(&actor, &raw) {
        Ok(ready) => ready,
        Err(error) => {
            let kept = app.db.read(|conn| kept_in(conn, app, &idem))?;
            return kept.map(Begun::Known).ok_or(error);
        }
    };
    let sealed = idem.key.as_ref().map(|key| seal(&app.keys, &idem, key, &answer)).transpose()?;
    Ok(Begun::Ready(Box::new(Prepared { actor, idem, guard, made, answer, sealed })))
}

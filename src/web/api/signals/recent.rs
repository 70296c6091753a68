//! Web, `/signals`: what was counted a moment ago. Its rule: the interface counts anew; a page shows what it says was
//! counted, within the hour, while it is counted again behind: reading a month takes longer than a page may.

use std::sync::Arc;

use actix_web::web;
use tracing::warn;

use crate::app::App;
use crate::assessment::signals::store::{self, Asked, Counted};
use crate::db::Conn;
use crate::error::Result;
use crate::held::{Age, Found};
use crate::time::Stamp;

/// A minute, and an hour.
const AGE: Age = Age { fresh: 60_000, old: 3_600_000 };

/// How new what is shown has to be.
#[derive(Clone, Copy)]
pub enum Seeing<'a> {
    /// As the database has it.
    Now,
    /// As it was within the hour.
    Lately(&'a web::Data<App>),
}

/// What there is for `asked`, as `conn` sees it or as it was kept.
pub(super) fn counted(
    conn: &mut Conn,
    asked: Asked,
    now: Stamp,
    seeing: Seeing<'_>,
) -> Result<Arc<Counted>> {
    let Seeing::Lately(app) = seeing else {
        return store::load(conn, asked, now).map(Arc::new);
    };
    match app.signals.find(&asked, now.millis(), AGE) {
        Found::Fresh(counted) => Ok(counted),
        Found::Old(counted) => {
            renew(app.clone(), asked);
            Ok(counted)
        }
        Found::None => {
            let counted = Arc::new(store::load(conn, asked, now)?);
            app.signals.put(asked, now.millis(), Arc::clone(&counted));
            Ok(counted)
        }
    }
}

/// Counts anew for the next one who asks; nobody waits for it.
fn renew(app: web::Data<App>, asked: Asked) {
    drop(web::block(move || {
        let now = app.hotline.db.now();
        match app.hotline.db.read(|conn| store::load(conn, asked, now)) {
            Ok(counted) => app.signals.put(asked, now.millis(), Arc::new(counted)),
            Err(error) => {
                warn!(code = error.code(), "signals could not be counted anew");
                app.signals.leave(&asked);
            }
        }
    }));
}

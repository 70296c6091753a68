//! Ticket: which tickets the rows beside `ticket` tell of. Its rule: a row without its ticket is found by
//! the proof, since on PostgreSQL no foreign key refuses it (decision 0011).

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{
    assignment, attachment, contact, event, ledger, ticket_body, trail, unsealed, whistle,
};
use crate::error::Result;

/// The tickets after `after`, up to `last`, that any row tells of; those of callers are counted.
pub(super) fn traces(conn: &mut Conn, after: i64, last: i64) -> Result<Vec<i64>> {
    let mut ids: Vec<i64> = Vec::new();
    macro_rules! told_by {
        ($($table:ident)+) => {$(
            let within = $table::ticket_id.gt(after).and($table::ticket_id.le(last));
            let told = $table::table.filter(within).select($table::ticket_id).distinct();
            ids.extend(told.load::<i64>(conn)?);
        )+};
    }
    told_by!(ticket_body event unsealed assignment contact whistle ledger trail attachment);
    Ok(ids)
}

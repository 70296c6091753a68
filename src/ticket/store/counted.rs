//! Ticket: by which calendar open limits were last counted. Its rule: one row; whoever changes it
//! puts the job that counts them anew in the same write.

use diesel::prelude::*;

use crate::db::schema::counted_by as counted;
use crate::db::{Conn, Tx};
use crate::error::Result;

/// The version of the calendar; empty before the first count.
pub fn counted_by(conn: &mut Conn) -> Result<String> {
    Ok(counted::table.find(1).select(counted::calendar).first(conn)?)
}

/// Remembers another version; answers whether it was another.
pub fn count_by(tx: &mut Tx<'_>, calendar: &str) -> Result<bool> {
    let other = counted::table.find(1).filter(counted::calendar.ne(calendar.to_owned()));
    let values = (counted::calendar.eq(calendar.to_owned()), counted::at.eq(tx.now));
    Ok(diesel::update(other).set(values).execute(tx.conn)? == 1)
}

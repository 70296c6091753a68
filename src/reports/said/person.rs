//! Reports: what a person is called on paper. Its rule: the shown name, since who signs and who instructs is a person and
//! no login; the login only where no account is left.

use crate::db::Conn;
use crate::error::Result;
use crate::identity;

/// The name of whoever has the user id `id` and the name `login`.
pub(in crate::reports) fn shown(conn: &mut Conn, (id, login): (i64, &str)) -> Result<String> {
    let account = identity::store::account_of(conn, id)?;
    Ok(account.map_or_else(|| login.to_owned(), |it| it.display_name))
}

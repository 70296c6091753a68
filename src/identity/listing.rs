//! Identity: lists of accounts and keys. Its rule: in the order of names, in pages.

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl, TextExpressionMethods};

use super::account::Account;
use super::actor::Role;
use super::store::{AccountRow, ApiKey};
use crate::db::Conn;
use crate::db::schema::{account, api_key};
use crate::error::Result;

/// At most `limit` accounts after the name `after`.
pub fn accounts(conn: &mut Conn, after: Option<&str>, limit: i64) -> Result<Vec<Account>> {
    let rows: Vec<AccountRow> = account::table
        .filter(account::name.gt(after.unwrap_or_default()))
        .order(account::name)
        .limit(limit)
        .load(conn)?;
    rows.into_iter().map(AccountRow::into_account).collect()
}

/// How many accounts that are not disabled hold `role`, apart from `except`.
pub fn holders(conn: &mut Conn, role: Role, except: i64) -> Result<i64> {
    Ok(account::table
        .filter(account::disabled_at.is_null())
        .filter(account::id.ne(except))
        .filter(account::roles.like(format!("%\"{role}\"%")))
        .count()
        .get_result(conn)?)
}

/// Every key of `account_id`, ended ones too, newest first.
pub fn api_keys(conn: &mut Conn, account_id: i64) -> Result<Vec<ApiKey>> {
    Ok(api_key::table
        .filter(api_key::account_id.eq(account_id))
        .order(api_key::id.desc())
        .load(conn)?)
}

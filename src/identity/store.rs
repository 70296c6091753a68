//! Identity: rows of accounts, sessions, tokens and keys. Its rule: no decision here.

use std::collections::{BTreeMap, BTreeSet};

use diesel::backend::Backend;
use diesel::dsl::SqlTypeOf;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType};
use diesel::{
    AsChangeset, ExpressionMethods, Identifiable, Insertable, OptionalExtension, QueryDsl,
    QueryResult, Queryable, RunQueryDsl, Table,
};

use super::account::{Account, AccountKind};
use super::actor::Role;
use crate::db::schema::{account, api_key, login_session, refresh_token};
use crate::db::{Conn, Tx, each};
use crate::directory::UnitCode;
use crate::error::{Error, Result};
use crate::time::Stamp;

#[derive(Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = account, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct AccountRow {
    id: i64,
    name: String,
    display_name: String,
    kind: AccountKind,
    roles: String,
    unit: Option<UnitCode>,
    created_at: Stamp,
    disabled_at: Option<Stamp>,
    password: String,
    password_at: Stamp,
    one_time: bool,
    history: String,
    failures: i32,
    locked_until: Option<Stamp>,
    totp: Option<Vec<u8>>,
    totp_pending: Option<Vec<u8>>,
    totp_step: i64,
    epoch: i64,
    last_login_at: Option<Stamp>,
}

impl AccountRow {
    fn of(of: &Account) -> Result<Self> {
        Ok(Self {
            id: of.id,
            name: of.name.clone(),
            display_name: of.display_name.clone(),
            kind: of.kind,
            roles: serde_json::to_string(&of.roles).map_err(Error::internal)?,
            unit: of.unit.clone(),
            created_at: of.created_at,
            disabled_at: of.disabled_at,
            password: of.password.clone(),
            password_at: of.password_at,
            one_time: of.one_time,
            history: serde_json::to_string(&of.history).map_err(Error::internal)?,
            failures: of.failures,
            locked_until: of.locked_until,
            totp: of.totp.clone(),
            totp_pending: of.totp_pending.clone(),
            totp_step: of.totp_step,
            epoch: of.epoch,
            last_login_at: of.last_login_at,
        })
    }

    pub(super) fn into_account(self) -> Result<Account> {
        let roles: BTreeSet<Role> = serde_json::from_str(&self.roles).map_err(Error::internal)?;
        Ok(Account {
            id: self.id,
            name: self.name,
            display_name: self.display_name,
            kind: self.kind,
            roles,
            unit: self.unit,
            created_at: self.created_at,
            disabled_at: self.disabled_at,
            password: self.password,
            password_at: self.password_at,
            one_time: self.one_time,
            history: serde_json::from_str(&self.history).map_err(Error::internal)?,
            failures: self.failures,
            locked_until: self.locked_until,
            totp: self.totp,
            totp_pending: self.totp_pending,
            totp_step: self.totp_step,
            epoch: self.epoch,
            last_login_at: self.last_login_at,
        })
    }
}

/// The account called `name` (folded).
pub fn account_named(conn: &mut Conn, name: &str) -> Result<Option<Account>> {
    // No account is called so, and PostgreSQL takes no text with a zero character.
    if name.contains('\0') {
        return Ok(None);
    }
    let row = account::table.filter(account::name.eq(name)).first::<AccountRow>(conn).optional()?;
    row.map(AccountRow::into_account).transpose()
}

/// What the accounts `names` (folded) are called by people.
pub fn called(conn: &mut Conn, names: Vec<String>) -> Result<BTreeMap<String, String>> {
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = account::table
        .filter(account::name.eq_any(names))
        .select((account::name, account::display_name))
        .load::<(String, String)>(conn)?;
    Ok(rows.into_iter().collect())
}

pub fn account_of(conn: &mut Conn, id: i64) -> Result<Option<Account>> {
    let row = account::table.find(id).first::<AccountRow>(conn).optional()?;
    row.map(AccountRow::into_account).transpose()
}

pub fn insert_account(tx: &mut Tx<'_>, new: &Account) -> Result<()> {
    let row = AccountRow::of(new)?;
    each!(tx.conn, c => diesel::insert_into(account::table).values(&row).execute(c))?;
    Ok(())
}

pub fn save_account(tx: &mut Tx<'_>, changed: &Account) -> Result<()> {
    let row = AccountRow::of(changed)?;
    each!(tx.conn, c => diesel::update(account::table.find(row.id)).set(&row).execute(c))?;
    Ok(())
}

/// A login that may have ended.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = login_session, treat_none_as_default_value = false)]
pub struct Session {
    pub id: i64,
    pub account_id: i64,
    pub epoch: i64,
    pub started_at: Stamp,
    pub expires_at: Stamp,
    pub ended_at: Option<Stamp>,
    pub ended_by: Option<String>,
}

/// The session with its account: one read by two primary keys, done for every request.
pub fn session_of(conn: &mut Conn, id: i64) -> Result<Option<(Session, Account)>> {
    type Found = (Session, AccountRow);
    let found = each!(conn, c => OfSession(id).get_result::<Found>(c).optional())?;
    found.map(|(session, row)| Ok((session, row.into_account()?))).transpose()
}

/// That question as a fixed text: diesel goes over the names of all columns each time it is asked.
struct OfSession(i64);

impl QueryId for OfSession {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for OfSession {
    type SqlType = (
        SqlTypeOf<<login_session::table as Table>::AllColumns>,
        SqlTypeOf<<account::table as Table>::AllColumns>,
    );
}

impl<C> RunQueryDsl<C> for OfSession {}

impl<B> QueryFragment<B> for OfSession
where
    B: Backend + HasSqlType<BigInt>,
    i64: ToSql<BigInt, B>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, B>) -> QueryResult<()> {
        out.push_sql(
            "SELECT s.id, s.account_id, s.epoch, s.started_at, s.expires_at, s.ended_at, s.ended_by, \
             a.id, a.name, a.display_name, a.kind, a.roles, a.unit, a.created_at, a.disabled_at, \
             a.password, a.password_at, a.one_time, a.history, a.failures, a.locked_until, a.totp, \
             a.totp_pending, a.totp_step, a.epoch, a.last_login_at \
             FROM login_session s JOIN account a ON a.id = s.account_id WHERE s.id = ",
        );
        out.push_bind_param::<BigInt, _>(&self.0)
    }
}

pub fn insert_session(tx: &mut Tx<'_>, new: &Session) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(login_session::table).values(new).execute(c))?;
    Ok(())
}

/// Ends the session, whatever `why`; the first end stands.
pub fn end_session(tx: &mut Tx<'_>, id: i64, why: &str) -> Result<usize> {
    let now = tx.now;
    let open = login_session::table.find(id).filter(login_session::ended_at.is_null());
    let ended = (login_session::ended_at.eq(now), login_session::ended_by.eq(why));
    Ok(diesel::update(open).set(ended).execute(tx.conn)?)
}

/// A refresh token as it is stored.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = refresh_token, treat_none_as_default_value = false)]
pub struct Refresh {
    pub hash: String,
    pub session_id: i64,
    pub issued_at: Stamp,
    pub used_at: Option<Stamp>,
}

pub fn refresh_of(conn: &mut Conn, hash: &str) -> Result<Option<Refresh>> {
    Ok(refresh_token::table.find(hash).first(conn).optional()?)
}

pub fn insert_refresh(tx: &mut Tx<'_>, new: &Refresh) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(refresh_token::table).values(new).execute(c))?;
    Ok(())
}

pub fn use_refresh(tx: &mut Tx<'_>, hash: &str) -> Result<()> {
    let row = refresh_token::table.find(hash.to_owned());
    diesel::update(row).set(refresh_token::used_at.eq(tx.now)).execute(tx.conn)?;
    Ok(())
}

/// Removes up to `most` sessions that were over before `before`, with their tokens.
pub fn drop_sessions(tx: &mut Tx<'_>, before: Stamp, most: i64) -> Result<usize> {
    let over: Vec<i64> = login_session::table
        .filter(login_session::expires_at.lt(before))
        .order(login_session::id)
        .limit(most)
        .select(login_session::id)
        .load(tx.conn)?;
    let tokens = refresh_token::table.filter(refresh_token::session_id.eq_any(&over));
    diesel::delete(tokens).execute(tx.conn)?;
    let sessions = login_session::table.filter(login_session::id.eq_any(&over));
    Ok(diesel::delete(sessions).execute(tx.conn)?)
}

/// An API key as it is stored.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = api_key, treat_none_as_default_value = false)]
pub struct ApiKey {
    pub id: i64,
    pub account_id: i64,
    pub label: String,
    pub hash: String,
    pub scopes: String,
    pub created_at: Stamp,
    pub expires_at: Option<Stamp>,
    pub ended_at: Option<Stamp>,
}

/// The key with its account: one read by two primary keys.
pub fn api_key_of(conn: &mut Conn, id: i64) -> Result<Option<(ApiKey, Account)>> {
    let found: Option<(ApiKey, AccountRow)> = api_key::table
        .inner_join(account::table)
        .filter(api_key::id.eq(id))
        .first(conn)
        .optional()?;
    found.map(|(key, row)| Ok((key, row.into_account()?))).transpose()
}

pub fn insert_api_key(tx: &mut Tx<'_>, new: &ApiKey) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(api_key::table).values(new).execute(c))?;
    Ok(())
}

/// Ends the key; answers how many there were to end.
pub fn end_api_key(tx: &mut Tx<'_>, id: i64) -> Result<usize> {
    let open = api_key::table.find(id).filter(api_key::ended_at.is_null());
    Ok(diesel::update(open).set(api_key::ended_at.eq(tx.now)).execute(tx.conn)?)
}

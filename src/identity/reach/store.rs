//! Identity: rows of addresses and deputies. Its rule: no decision here.

use chrono::NaiveDate;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, TextExpressionMethods};

use super::{Deputy, Reach};
use crate::db::schema::{account, deputy, reach};
use crate::db::{Conn, Tx, each};
use crate::directory::UnitCode;
use crate::error::{Error, Result};
use crate::identity::account::Account;
use crate::identity::actor::Role;
use crate::identity::store::AccountRow;
use crate::sealing::{MasterKey, place};
use crate::time::Stamp;

pub(super) fn set(tx: &mut Tx<'_>, keys: &MasterKey, id: i64, to: &Reach) -> Result<()> {
    diesel::delete(reach::table.find(id)).execute(tx.conn)?;
    if *to == Reach::default() {
        return Ok(());
    }
    let plain = serde_json::to_vec(to).map_err(Error::internal)?;
    let sealed = keys.seal(&plain, &place("reach", "sealed", id))?;
    let values = (reach::account_id.eq(id), reach::sealed.eq(sealed));
    each!(tx.conn, c => diesel::insert_into(reach::table).values(values).execute(c)?);
    Ok(())
}

pub(super) fn of(conn: &mut Conn, keys: &MasterKey, id: i64) -> Result<Reach> {
    let sealed: Option<Vec<u8>> =
        reach::table.find(id).select(reach::sealed).first(conn).optional()?;
    let Some(sealed) = sealed else { return Ok(Reach::default()) };
    let plain = keys.open(&sealed, &place("reach", "sealed", id))?;
    serde_json::from_slice(&plain).map_err(Error::internal)
}

pub(super) fn add_deputy(tx: &mut Tx<'_>, row: &Deputy) -> Result<()> {
    let values = (
        deputy::id.eq(row.id),
        deputy::principal.eq(row.principal),
        deputy::stands_in.eq(row.deputy),
        deputy::from_on.eq(row.from_on.to_string()),
        deputy::to_on.eq(row.to_on.to_string()),
        deputy::set_by.eq(&row.set_by),
        deputy::set_at.eq(row.set_at),
    );
    each!(tx.conn, c => diesel::insert_into(deputy::table).values(values).execute(c)?);
    Ok(())
}

pub(super) fn end_deputy(tx: &mut Tx<'_>, principal: i64, id: i64) -> Result<usize> {
    let target = deputy::table.find(id).filter(deputy::principal.eq(principal));
    Ok(diesel::delete(target).execute(tx.conn)?)
}

pub(super) fn deputies_of(conn: &mut Conn, principal: i64) -> Result<Vec<Deputy>> {
    type Row = (i64, i64, i64, String, String, String, Stamp);
    let rows: Vec<Row> = deputy::table
        .filter(deputy::principal.eq(principal))
        .order((deputy::from_on, deputy::id))
        .load(conn)?;
    let day = |text: &str| text.parse::<NaiveDate>().map_err(Error::internal);
    rows.into_iter()
        .map(|(id, principal, deputy, from_on, to_on, set_by, set_at)| {
            let (from_on, to_on) = (day(&from_on)?, day(&to_on)?);
            Ok(Deputy { id, principal, deputy, from_on, to_on, set_by, set_at })
        })
        .collect()
}

pub(super) fn of_unit(conn: &mut Conn, unit: &UnitCode) -> Result<Vec<Account>> {
    let rows: Vec<AccountRow> = account::table
        .filter(account::unit.eq(unit.as_str()))
        .filter(account::disabled_at.is_null())
        .order(account::name)
        .load(conn)?;
    rows.into_iter().map(AccountRow::into_account).collect()
}

pub(super) fn with_role(conn: &mut Conn, role: Role) -> Result<Vec<Account>> {
    let rows: Vec<AccountRow> = account::table
        .filter(account::disabled_at.is_null())
        .filter(account::roles.like(format!("%\"{role}\"%")))
        .order(account::name)
        .load(conn)?;
    rows.into_iter().map(AccountRow::into_account).collect()
}

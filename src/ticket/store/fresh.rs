//! Ticket: the statement that inserts the widest row. Its rule: a fixed text with a value for each
//! column. Diesel's own insert goes over the names and values of all columns several times for each
//! row, which took half as long as SQLite needs to keep it.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
use diesel::sqlite::Sqlite;

use super::rows::TicketRow;

/// A row of `ticket` that is not kept yet.
pub(super) struct Fresh<'a>(pub &'a TicketRow);

impl QueryId for Fresh<'_> {
    type QueryId = Fresh<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<C> RunQueryDsl<C> for Fresh<'_> {}

/// `INSERT INTO ticket` over these columns, for each database.
macro_rules! inserts {
    ($first:ident $first_type:ty, $($column:ident $type:ty,)+) => {
        inserts!(@ Pg $first $first_type, $($column $type,)+);
        inserts!(@ Sqlite $first $first_type, $($column $type,)+);
    };
    (@ $database:ident $first:ident $first_type:ty, $($column:ident $type:ty,)+) => {
        impl QueryFragment<$database> for Fresh<'_> {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, $database>) -> QueryResult<()> {
                out.push_sql(concat!(
                    "INSERT INTO ticket (", stringify!($first),
                    $(", ", stringify!($column),)+ ") VALUES ("
                ));
                out.push_bind_param::<$first_type, _>(&self.0.$first)?;
                $(
                    out.push_sql(", ");
                    out.push_bind_param::<$type, _>(&self.0.$column)?;
                )+
                out.push_sql(")");
                Ok(())
            }
        }
    };
}

inserts!(
    id BigInt,
    no Text,
    version Integer,
    state Text,
    kind Text,
    channel Text,
    urgency Text,
    title Text,
    category Nullable<Text>,
    region Nullable<Text>,
    estate Nullable<Text>,
    company Nullable<Text>,
    lead_unit Nullable<Text>,
    lead_head Nullable<Text>,
    received_at BigInt,
    ended_at Nullable<BigInt>,
    gaps Text,
    assessment_class Text,
    excluded Nullable<Text>,
    direct Bool,
    first_solved Nullable<Text>,
    survey Nullable<Text>,
    handled_ms Nullable<BigInt>,
    flagged Bool,
    sealed Bool,
    phone_hash Nullable<Text>,
    upstream_no Nullable<Text>,
    yellow_at Nullable<BigInt>,
    red_at Nullable<BigInt>,
    next_at Nullable<BigInt>,
    accused Nullable<Text>,
    advice Nullable<Text>,
);

//! Web: a list that is none of tickets on its way out as a sheet. Its rule: the rows are made of what the list itself
//! shows, so that nothing is in the one that is not in the other; a page at a time, by the list's own key.

use std::sync::Arc;

use super::column::{Column, cells, headings};
use super::{Filters, Leaving};
use crate::app::{App, ExportTurn};
use crate::error::{Result, sentence};
use crate::identity::Actor;
use crate::lifecycle::Rules;
use crate::sheet::{Cell, Form};
use crate::time::Stamp;
use crate::web::leaving::{Rows, Sheet};

/// Rows of a list that are held in memory at once.
pub(in crate::web::api) const PAGE: i64 = 200;

/// A list about to leave, each row as the list shows it.
pub(in crate::web::api) struct Listed<T: 'static> {
    pub(in crate::web::api) actor: Actor,
    pub(in crate::web::api) rules: Arc<Rules>,
    pub(in crate::web::api) now: Stamp,
    pub(in crate::web::api) filters: Filters,
    pub(in crate::web::api) form: Form,
    /// `warnings`
    pub(in crate::web::api) what: &'static str,
    /// The worksheet's name, and what the list is of.
    pub(in crate::web::api) title: &'static str,
    pub(in crate::web::api) columns: &'static [Column<T>],
    pub(in crate::web::api) count: i64,
    /// Whose it is, where not everybody's.
    pub(in crate::web::api) only: Option<String>,
}

impl<T: 'static> Listed<T> {
    /// Takes a turn and notes it in the audit trail; the rows are read by `page`.
    ///
    /// # Errors
    /// `export.too_many`; what the database says.
    pub(in crate::web::api) fn begin<K, F>(
        self,
        app: &App,
        page: F,
    ) -> Result<(ExportTurn, Sheet, Onwards<T, K, F>)>
    where
        K: Send + 'static,
        F: FnMut(Option<K>) -> Result<Paged<T, K>> + Send + 'static,
    {
        let turn = app.exports.enter(self.actor.user)?;
        let scope = match &self.only {
            Some(unit) => sentence("export.list_of_units", &[("unit", unit), ("list", self.title)]),
            None => sentence("export.list_whole", &[("list", self.title)]),
        };
        let leaving = Leaving {
            actor: &self.actor,
            rules: &self.rules,
            now: self.now,
            filters: self.filters,
            form: self.form,
            what: self.what,
            title: self.title,
            columns: headings(self.columns),
        };
        let sheet = leaving.begin_of(app, self.count, &scope)?;
        Ok((turn, sheet, Onwards { columns: self.columns, after: None, is_over: false, page }))
    }
}

/// The name of the unit of whoever sees only that unit's.
pub(in crate::web::api) fn unit_of(actor: &Actor, rules: &Rules) -> String {
    let unit = actor.unit.as_ref().and_then(|code| rules.directory.unit(code));
    unit.map_or_else(String::new, |unit| unit.name.clone())
}

/// A page of rows, and the key to go on behind, where there is more.
pub(in crate::web::api) type Paged<T, K> = (Vec<T>, Option<K>);

/// A list that is read on by its key.
pub(in crate::web::api) struct Onwards<T: 'static, K, F> {
    columns: &'static [Column<T>],
    after: Option<K>,
    is_over: bool,
    page: F,
}

impl<T, K, F> Rows for Onwards<T, K, F>
where
    T: 'static,
    K: Send + 'static,
    F: FnMut(Option<K>) -> Result<Paged<T, K>> + Send + 'static,
{
    fn next_page(&mut self) -> Result<Option<Vec<Vec<Cell>>>> {
        if self.is_over {
            return Ok(None);
        }
        let (rows, next) = (self.page)(self.after.take())?;
        self.is_over = next.is_none();
        self.after = next;
        Ok(Some(rows.iter().map(|row| cells(self.columns, row)).collect()))
    }
}

/// The key behind a full page of `keys`; none behind the last.
pub(in crate::web::api) fn behind<K>(read: usize, last: Option<K>) -> Option<K> {
    last.filter(|_| i64::try_from(read).is_ok_and(|read| read >= PAGE))
}

/// Makes the two routes of a list: `form` is given to `$of` with who asks and by which filters.
macro_rules! list_sheets {
    ($query:ident, $of:ident; $($(#[$doc:meta])* $handler:ident $path:literal $form:ident $media:literal;)+) => {
        $($(#[$doc])*
        #[utoipa::path(tag = "exports", params($query), responses(
            (status = 200, description = "the sheet; its last row says who had it, when, of what, and how many", content_type = $media, body = Vec<u8>),
            (status = 403, body = Problem, content_type = "application/problem+json"),
            (status = 422, description = "export.whole: limit and after are not taken", body = Problem, content_type = "application/problem+json"),
            (status = 429, description = "export.too_many", body = Problem, content_type = "application/problem+json"),
        ))]
        #[get($path)]
        pub async fn $handler(
            app: web::Data<App>,
            Asker(actor): Asker,
            Query(query): Query<$query>,
        ) -> Result<HttpResponse> {
            $of(app, actor, query, Form::$form).await
        })+
    };
}
pub(in crate::web::api) use list_sheets;

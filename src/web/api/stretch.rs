//! Web: a page of a list. Its rule: of one that is made whole for each of its pages, such as the tickets behind a
//! figure, `after` says how many were shown; of one that is read by id, which was shown last.

use std::str::FromStr;

use crate::db::page::{cut, one_more};
use crate::error::{Error, Result};
use crate::web::Page;

/// A page's `after` as a key.
///
/// # Errors
/// 422 at `/after`.
pub fn after_key<K: FromStr>(after: Option<&str>) -> Result<Option<K>> {
    let key = after.map(str::parse).transpose();
    key.map_err(|_| Error::field("/after", "field.format"))
}

/// Which rows of a list that is read by id are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Onward {
    limit: usize,
    /// The row that was shown last; none, at the beginning of the list.
    pub after: Option<i64>,
}

impl Onward {
    /// At most `limit` (50 where nothing is said) behind the row `after`.
    ///
    /// # Errors
    /// 422 at `/limit` and `/after`.
    pub fn asked(limit: Option<u32>, after: Option<&str>) -> Result<Self> {
        let limit = Page { limit, after: None }.limit()?;
        Ok(Self { limit, after: after_key(after)? })
    }

    /// How many rows to read: one more than are shown.
    pub fn most(self) -> i64 {
        one_more(self.limit)
    }

    /// Those of `rows` that are shown, and the `after` of the next page, where there is one.
    pub fn of<T>(self, rows: Vec<T>, id: impl FnOnce(&T) -> i64) -> (Vec<T>, Option<String>) {
        cut(rows, self.limit, |row| id(row).to_string())
    }
}

/// Which of a list that is made whole are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    skip: usize,
    limit: usize,
}

impl Stretch {
    /// At most `limit` (50 where nothing is said) after the first `after`.
    ///
    /// # Errors
    /// 422 at `/limit` and `/after`.
    pub fn asked(limit: Option<u32>, after: Option<&str>) -> Result<Self> {
        let limit = Page { limit, after: None }.limit()?;
        Ok(Self { skip: after_key(after)?.unwrap_or(0), limit })
    }

    /// Its part of `all`, and the `after` of the next page, where there is one.
    pub fn of<T>(self, all: &[T]) -> (&[T], Option<String>) {
        let end = self.skip.saturating_add(self.limit).min(all.len());
        let some = all.get(self.skip..end).unwrap_or_default();
        (some, (end < all.len()).then(|| end.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_to_the_end_and_none_is_beyond_it() {
        let all = [1, 2, 3, 4, 5];
        let page = |after| Stretch::asked(Some(2), after).unwrap().of(&all);
        assert_eq!(page(None), (&[1, 2][..], Some("2".to_owned())));
        assert_eq!(page(Some("2")), (&[3, 4][..], Some("4".to_owned())));
        assert_eq!(page(Some("4")), (&[5][..], None));
        assert_eq!(page(Some("3")), (&[4, 5][..], None));
        for beyond in ["5", "6", "18446744073709551615"] {
            assert_eq!(page(Some(beyond)), (&[][..], None), "{beyond}");
        }
        let wrong = Stretch::asked(None, Some("-1")).unwrap_err();
        assert_eq!(wrong.fields()[0].pointer, "/after");
    }

    #[test]
    fn a_page_by_id_names_the_last_one_shown_only_where_more_follow() {
        let page = Onward::asked(Some(2), Some("7")).unwrap();
        assert_eq!((page.after, page.most()), (Some(7), 3));
        assert_eq!(page.of(vec![6, 4, 3], |id| *id), (vec![6, 4], Some("4".to_owned())));
        assert_eq!(page.of(vec![6, 4], |id| *id), (vec![6, 4], None));
        assert_eq!(Onward::asked(None, None).unwrap().after, None);
        let wrong = Onward::asked(None, Some("x")).unwrap_err();
        assert_eq!(wrong.fields()[0].pointer, "/after");
    }
}

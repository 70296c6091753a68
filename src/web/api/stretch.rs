//! Web: a page of a list that is made whole for each of its pages, such as the tickets behind a figure. Its rule:
//! `after` says how many were shown.

use crate::error::{Error, Result};
use crate::web::Page;

/// Which of them are asked for.
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
        let skip = after.map_or(Ok(0), str::parse::<usize>);
        let skip = skip.map_err(|_| Error::field("/after", "field.format"))?;
        Ok(Self { skip, limit })
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
}

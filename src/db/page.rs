//! Ground: a page of rows that are read in the order of a key. Its rule: one row more is read than is shown; where
//! it is there, the list goes on behind the last one shown.

use crate::error::{Error, Result};
use crate::time::Stamp;

/// How many rows to read for a page of `limit`.
pub fn one_more(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1)
}

/// The first `limit` of the rows that were read, and the key of the last of them where more follow.
pub fn cut<T, K>(mut rows: Vec<T>, limit: usize, key: impl FnOnce(&T) -> K) -> (Vec<T>, Option<K>) {
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(key);
    (rows, next)
}

/// The key of a row in a list that is ordered by an instant and, of the same instant, by id.
pub fn key_at((at, id): (Stamp, i64)) -> String {
    format!("{}.{id}", at.millis())
}

/// What `key_at` wrote.
///
/// # Errors
/// 422 at `/after`: no such list gave this key.
pub fn read_key_at(text: &str) -> Result<(Stamp, i64)> {
    text.split_once('.')
        .and_then(|(at, id)| Some((Stamp::from_millis(at.parse().ok()?), id.parse().ok()?)))
        .ok_or_else(|| Error::field("/after", "field.format"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_goes_on_behind_the_last_one_shown_where_one_more_was_read() {
        let read = |rows: &[i64]| cut(rows.to_vec(), 2, |row| *row);
        assert_eq!(one_more(2), 3);
        assert_eq!(read(&[7, 5, 4]), (vec![7, 5], Some(5)));
        assert_eq!(read(&[7, 5]), (vec![7, 5], None));
        assert_eq!(read(&[]), (vec![], None));
    }

    #[test]
    fn a_key_is_read_as_it_was_written_and_no_other_word_is_one() {
        for at in [Stamp::from_millis(0), Stamp::from_millis(-5), Stamp::MAX] {
            for id in [0, -1, i64::MAX] {
                assert_eq!(read_key_at(&key_at((at, id))).unwrap(), (at, id));
            }
        }
        for word in ["", ".", "5", "5.", ".5", "5-5", "5.5.5", "a.5", "5.a"] {
            assert!(read_key_at(word).is_err(), "{word}");
        }
    }
}

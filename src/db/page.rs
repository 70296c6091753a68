//! Ground: a page of rows that are read in the order of a key. Its rule: one row more is read than is shown; where
//! it is there, the list goes on behind the last one shown.

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
}

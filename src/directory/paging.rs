//! Directory: a list cut into pages, as contract.md has it (`{items, next}`). Its rule: the list keeps
//! its own order; `next` is the code of the last item shown, where more follow.

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// At most `limit` items behind the one whose key is `after` (from the start without it). An `after`
/// that is not in the list shows nothing.
pub fn page<T>(
    all: impl Iterator<Item = T>,
    key: impl Fn(&T) -> String,
    after: Option<&str>,
    limit: usize,
) -> Page<T> {
    let mut rest = all.peekable();
    if let Some(after) = after {
        rest.by_ref().find(|item| key(item) == after);
    }
    let items: Vec<T> = rest.by_ref().take(limit).collect();
    let next = if rest.peek().is_some() { items.last().map(key) } else { None };
    Page { items, next }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(after: Option<&str>, limit: usize) -> Page<u32> {
        page([1, 2, 10].into_iter(), ToString::to_string, after, limit)
    }

    #[test]
    fn pages_laid_end_to_end_are_the_list() {
        let first = cut(None, 2);
        assert_eq!((first.items, first.next.as_deref()), (vec![1, 2], Some("2")));
        assert_eq!(cut(Some("2"), 2), Page { items: vec![10], next: None });
        assert_eq!(cut(None, 3).next, None);
    }

    #[test]
    fn behind_a_key_that_is_not_there_comes_nothing() {
        assert_eq!(cut(Some("99"), 2), Page { items: vec![], next: None });
    }
}

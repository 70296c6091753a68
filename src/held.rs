//! Ground: what is made from something else and kept until that is another. Its rule: whoever asks gets what
//! was made from their own key, never from an older one; what may be old says when it was made.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::error::Result;

/// The newest thing made, with what it was made from; clones share it.
#[derive(Debug)]
pub struct Held<K, V>(Arc<Place<K, V>>);

type Place<K, V> = RwLock<Option<(K, Arc<V>)>>;

impl<K, V> Clone for Held<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V> Default for Held<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: PartialEq, V> Held<K, V> {
    /// What is made from `key`: what is held where it was made from the same, else what `make` gives. Two
    /// who ask at once may both make it; nobody waits for the other.
    ///
    /// # Errors
    /// What `make` says; what is held stays.
    pub fn get(&self, key: K, make: impl FnOnce() -> Result<V>) -> Result<Arc<V>> {
        if let Some((held, made)) = &*self.0.read().unwrap_or_else(PoisonError::into_inner)
            && *held == key
        {
            return Ok(Arc::clone(made));
        }
        let made = Arc::new(make()?);
        let mut place = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *place = Some((key, Arc::clone(&made)));
        Ok(made)
    }
}

/// A shared thing as a key: the same only as itself, whatever is in it.
#[derive(Debug)]
pub struct Same<T>(pub Arc<T>);

impl<T> PartialEq for Same<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// What takes long to make and may be a little old: the newest of so many keys, each with its instant in milliseconds.
#[derive(Debug)]
pub struct Recent<K, V>(Mutex<Vec<Made<K, V>>>);

#[derive(Debug)]
struct Made<K, V> {
    key: K,
    at: i64,
    value: Arc<V>,
    /// Somebody makes it anew.
    is_going: bool,
}

/// How old what is kept may be, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Age {
    /// So long it is as good as new.
    pub fresh: i64,
    /// So long it is given out while somebody makes it anew.
    pub old: i64,
}

/// What is kept, as one who asks finds it.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<V> {
    /// New enough, or made anew by somebody else.
    Fresh(Arc<V>),
    /// To be used, and to be made anew by this one: [`Recent::put`], or [`Recent::leave`].
    Old(Arc<V>),
    None,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: PartialEq, V> Recent<K, V> {
    /// So many keys are kept.
    const MOST: usize = 2;

    /// What is kept for `key` and not too old at `now`.
    pub fn find(&self, key: &K, now: i64, age: Age) -> Found<V> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(made) = kept.iter_mut().find(|made| made.key == *key) else {
            return Found::None;
        };
        let (past, value) = (now - made.at, Arc::clone(&made.value));
        if past > age.old || past < 0 {
            return Found::None;
        }
        if past <= age.fresh || std::mem::replace(&mut made.is_going, true) {
            return Found::Fresh(value);
        }
        Found::Old(value)
    }

    /// Keeps what was made at `at`.
    pub fn put(&self, key: K, at: i64, value: Arc<V>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|made| made.key != key);
        kept.insert(0, Made { key, at, value, is_going: false });
        kept.truncate(Self::MOST);
    }

    /// It could not be made anew: the next one tries.
    pub fn leave(&self, key: &K) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for made in kept.iter_mut().filter(|made| made.key == *key) {
            made.is_going = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn it_is_made_once_for_a_key_and_anew_for_another() {
        let held = Held::default();
        let make = |value: i32| move || Ok(value);
        assert_eq!(*held.get(1, make(10)).unwrap(), 10);
        assert_eq!(*held.clone().get(1, make(11)).unwrap(), 10);
        assert!(held.get(2, || Err(Error::not_found())).is_err());
        assert_eq!(*held.get(1, make(12)).unwrap(), 10);
        assert_eq!(*held.get(2, make(20)).unwrap(), 20);
        assert_eq!(*held.get(1, make(13)).unwrap(), 13);
    }

    #[test]
    fn what_is_a_little_old_is_given_out_and_made_anew_by_one_alone() {
        let age = Age { fresh: 10, old: 100 };
        let recent = Recent::default();
        let find = |key: &str, ms| recent.find(&key.to_owned(), ms, age);
        assert_eq!(find("a", 0), Found::None);
        recent.put("a".to_owned(), 0, Arc::new(1));
        assert_eq!(find("a", 10), Found::Fresh(Arc::new(1)));
        // The first who comes later makes it anew, the others do not wait.
        assert_eq!(find("a", 11), Found::Old(Arc::new(1)));
        assert_eq!(find("a", 12), Found::Fresh(Arc::new(1)));
        recent.leave(&"a".to_owned());
        assert_eq!(find("a", 13), Found::Old(Arc::new(1)));
        recent.put("a".to_owned(), 13, Arc::new(2));
        assert_eq!(find("a", 14), Found::Fresh(Arc::new(2)));
        // Too old, or of a clock that was ahead.
        assert_eq!((find("a", 114), find("a", 12)), (Found::None, Found::None));
        assert_eq!(find("b", 14), Found::None);
        for (key, value) in [("b", 3), ("c", 4)] {
            recent.put(key.to_owned(), 14, Arc::new(value));
        }
        assert_eq!(find("a", 14), Found::None);
        assert_eq!(find("b", 14), Found::Fresh(Arc::new(3)));
    }

    #[test]
    fn what_is_shared_is_the_same_as_itself_only() {
        let one = Arc::new(1);
        assert!(Same(one.clone()) == Same(one.clone()) && Same(one) != Same(Arc::new(1)));
    }
}

//! Ground: what is made from something else and kept until that is another. Its rule: whoever asks gets what
//! was made from their own key, never from an older one.

use std::sync::{Arc, PoisonError, RwLock};

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
    fn what_is_shared_is_the_same_as_itself_only() {
        let one = Arc::new(1);
        assert!(Same(one.clone()) == Same(one.clone()) && Same(one) != Same(Arc::new(1)));
    }
}

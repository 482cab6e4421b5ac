//! What made an operation fail, where it is kept outside of the engine.

use std::fmt;
use std::sync::Arc;

/// Something that was thrown by code outside of the engine, by the number that it is kept under there.
///
/// All clones stand for the same thing; when the last one is gone, its keeper is told.
#[derive(Clone)]
pub struct Cause(Arc<Kept>);

struct Kept {
    number: u64,
    forget: Box<dyn Fn(u64) + Send + Sync>,
}

impl Cause {
    /// `forget` is called with the number when no error holds the cause any more.
    pub fn new(number: u64, forget: impl Fn(u64) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Kept {
            number,
            forget: Box::new(forget),
        }))
    }

    /// The number that it is kept under.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.0.number
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        (self.forget)(self.number);
    }
}

impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        self.number() == other.number()
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cause").field(&self.number()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::error::{Code, Error};

    #[test]
    fn is_forgotten_once_with_the_last_error_that_holds_it() {
        let forgotten = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&forgotten);
        let cause = Cause::new(7, move |number| told.lock().unwrap().push(number));
        let first = Error::not_sent(Code::Auth, "no token").caused_by(Some(cause));
        let second = first.clone();
        drop(first);
        assert!(forgotten.lock().unwrap().is_empty());
        drop(second);
        assert_eq!(*forgotten.lock().unwrap(), [7]);
    }
}

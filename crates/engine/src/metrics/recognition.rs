//! What the far end recognised. No API tells a sender, so the program may report it.

use std::collections::{HashMap, VecDeque};

use uuid::Uuid;

use crate::error::Error;

/// How many accepted injections wait for a report. Older ones cannot be reported any more.
const MAX_WAITING: usize = 10_000;

/// Accepted injections that may be reported.
#[derive(Debug, Default)]
pub(super) struct Recognition {
    digits: HashMap<Uuid, u32>,
    oldest_first: VecDeque<Uuid>,
}

impl Recognition {
    /// Adds an accepted injection.
    pub(super) fn accepted(&mut self, injection: Uuid, digits: u32) {
        if self.oldest_first.len() >= MAX_WAITING
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.digits.remove(&oldest);
        }
        self.oldest_first.push_back(injection);
        self.digits.insert(injection, digits);
    }

    /// Takes a report, once per injection, and says how many digits that had.
    pub(super) fn report(&mut self, injection: Uuid, recognised: u32) -> Result<u32, Error> {
        let sent = self.digits.get(&injection).copied().ok_or_else(|| {
            Error::invalid(format!(
                "injectionId must be that of one of the last {MAX_WAITING} accepted injections of this injector, and is reported once"
            ))
        })?;
        if recognised > sent {
            return Err(Error::invalid(
                "digitsRecognised must not be more than the digits that were sent",
            ));
        }
        self.digits.remove(&injection);
        Ok(sent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_injection_is_reported_once_and_with_no_more_digits_than_it_had() {
        let mut recognition = Recognition::default();
        let id = Uuid::from_u128(1);
        recognition.accepted(id, 4);
        assert!(recognition.report(id, 5).is_err());
        assert_eq!(recognition.report(id, 3).unwrap(), 4);
        assert!(recognition.report(id, 3).is_err());
        assert!(recognition.report(Uuid::from_u128(2), 0).is_err());
    }

    #[test]
    fn only_the_latest_can_be_reported() {
        let mut recognition = Recognition::default();
        let ids = (0..=MAX_WAITING as u128).map(Uuid::from_u128);
        for id in ids {
            recognition.accepted(id, 1);
        }
        assert!(recognition.report(Uuid::from_u128(0), 1).is_err());
        assert!(recognition.report(Uuid::from_u128(1), 1).is_ok());
        assert!(recognition.digits.len() <= MAX_WAITING);
    }
}

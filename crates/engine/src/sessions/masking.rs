//! Whether the mask that was asked for is there: an accepted request is not yet one that was carried out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::event::ContactState;

/// How long the answer to a request that takes a mask away is waited for. A guess: nothing is published.
const CLEARING: Duration = Duration::from_secs(10);

/// What is known of the mask of one contact's recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mask {
    /// How often an event said that it is there.
    confirmed: u64,
    /// It was asked for, and no event has said so since then that cannot be of another.
    awaited: bool,
    /// It was taken away before an event had told it, or had told that the one before was gone: events do not tell any more
    /// which of them they are of, and only time does.
    in_doubt: bool,
    /// It was asked to be taken away, and no event has said that it is: until then, or until this moment, what is told may be
    /// the mask of before.
    clearing: Option<Instant>,
}

/// How many contacts of a session are kept.
const KEPT: usize = 1_000;

/// What is known of the masks of a session's contacts.
#[derive(Debug, Default)]
pub(super) struct Masks(BTreeMap<Arc<str>, Mask>);

impl Masks {
    /// That of one contact.
    pub(super) fn of(&mut self, contact: &str) -> &mut Mask {
        if self.0.len() >= KEPT && !self.0.contains_key(contact) {
            self.0.pop_first();
        }
        self.0.entry(contact.into()).or_default()
    }
}

/// A mask that was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct MaskAsked {
    /// What was confirmed before. `None` where what is there counts.
    before: Option<u64>,
}

impl Mask {
    /// An event says in which state the contact is.
    pub(super) const fn told(&mut self, state: ContactState) {
        match state {
            ContactState::Masked => {
                self.confirmed += 1;
                self.awaited &= self.clearing.is_some();
            }
            ContactState::Active if !self.in_doubt => self.clearing = None,
            // On hold or in a conference it may be masked as well.
            _ => {}
        }
    }

    /// A mask is about to be asked for, of a contact that is `masked` as far as was told.
    pub(super) fn ask(&mut self, masked: bool, now: Instant) -> MaskAsked {
        self.clearing = self.clearing_until(now);
        self.awaited = !masked || self.clearing.is_some();
        MaskAsked {
            before: self.clearing.map(|_| self.confirmed),
        }
    }

    /// The mask is about to be taken away: what was confirmed counts no more.
    pub(super) fn clear(&mut self, now: Instant) {
        self.in_doubt = self.awaited || self.is_clearing(now);
        self.awaited = false;
        self.clearing = Some(now + CLEARING);
    }

    /// Until when none is to be asked for: nobody could tell when it is there.
    pub(super) fn in_doubt_until(&self, now: Instant) -> Option<Instant> {
        self.clearing_until(now).filter(|_| self.in_doubt)
    }

    /// Whether the mask that was asked for is there, of a contact that is `masked` as far as was told.
    pub(super) fn is_confirmed(&self, asked: MaskAsked, masked: bool, now: Instant) -> bool {
        // An event that answers the request to take the last one away has to come first.
        let is_new = (asked.before).is_none_or(|before| self.confirmed > before);
        masked && is_new && !self.is_clearing(now)
    }

    fn is_clearing(&self, now: Instant) -> bool {
        self.clearing_until(now).is_some()
    }

    /// Until when what is told may be the mask of before, unless an event says before that it is gone.
    pub(super) fn clearing_until(&self, now: Instant) -> Option<Instant> {
        self.clearing.filter(|until| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use ContactState::{Active, Held, Masked};

    #[test]
    fn a_mask_counts_when_an_event_has_told_it() {
        let now = Instant::now();
        let mut mask = Mask::default();
        let asked = mask.ask(false, now);
        assert!(!mask.is_confirmed(asked, false, now));
        mask.told(Masked);
        assert!(mask.is_confirmed(asked, true, now));
        // One that somebody else has set counts too.
        let asked = mask.ask(true, now);
        assert!(mask.is_confirmed(asked, true, now));
    }

    #[test]
    fn the_mask_of_an_earlier_injection_does_not_count_while_it_is_taken_away() {
        let now = Instant::now();
        let mut mask = Mask::default();
        mask.told(Masked);
        mask.clear(now);
        let asked = mask.ask(true, now);
        assert!(!mask.is_confirmed(asked, true, now));
        // The late answer to an earlier request.
        mask.told(Masked);
        assert!(!mask.is_confirmed(asked, true, now));
        mask.told(Active);
        assert!(!mask.is_confirmed(asked, false, now));
        mask.told(Masked);
        assert!(mask.is_confirmed(asked, true, now));
    }

    #[test]
    fn only_a_recording_that_runs_says_that_the_mask_is_gone() {
        let now = Instant::now();
        let mut mask = Mask::default();
        mask.told(Masked);
        mask.clear(now);
        // Put on hold and brought back, it is still the mask of before.
        mask.told(Held);
        mask.told(Masked);
        let asked = mask.ask(true, now);
        assert!(!mask.is_confirmed(asked, true, now));
        mask.told(Active);
        mask.told(Masked);
        assert!(mask.is_confirmed(asked, true, now));
    }

    #[test]
    fn when_one_was_late_only_time_tells_whose_the_events_are() {
        let now = Instant::now();
        let mut mask = Mask::default();
        let _ = mask.ask(false, now);
        assert_eq!(mask.in_doubt_until(now), None);
        // It was not told in time.
        mask.clear(now);
        let settled = now + CLEARING;
        assert_eq!(mask.in_doubt_until(now), Some(settled));
        for state in [Active, Masked, Active, Masked] {
            let asked = mask.ask(false, now);
            mask.told(state);
            assert!(!mask.is_confirmed(asked, true, now));
        }
        assert_eq!(mask.in_doubt_until(settled), None);
        let asked = mask.ask(false, settled);
        mask.told(Masked);
        assert!(mask.is_confirmed(asked, true, settled));
        // In order again.
        mask.clear(settled);
        assert_eq!(mask.in_doubt_until(settled), None);
    }

    #[test]
    fn two_that_are_taken_away_before_an_event_leave_the_same_doubt() {
        let now = Instant::now();
        let mut mask = Mask::default();
        mask.told(Masked);
        mask.clear(now);
        let _ = mask.ask(true, now);
        // That of the first.
        mask.told(Masked);
        mask.clear(now);
        mask.told(Active);
        assert!(mask.in_doubt_until(now).is_some());
    }

    #[test]
    fn an_answer_that_never_comes_is_not_waited_for_for_ever() {
        let now = Instant::now();
        let mut mask = Mask::default();
        mask.clear(now);
        let asked = mask.ask(true, now);
        mask.told(Masked);
        assert!(!mask.is_confirmed(asked, true, now));
        assert!(mask.is_confirmed(asked, true, now + CLEARING));
    }
}

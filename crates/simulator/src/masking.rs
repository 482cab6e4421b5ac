//! Masks that were asked for and have not taken effect: a 202 only says that they will.

use std::time::Instant;

/// A change of a mask that is still to come.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) contact: String,
    pub(super) masked: bool,
    /// `None` where the test says when.
    pub(super) due: Option<Instant>,
    pub(super) request_seq: u64,
}

/// The changes that are still to come. Those of one contact take effect in the order in which they were asked for.
#[derive(Default)]
pub(super) struct PendingMasks(Vec<Pending>);

impl PendingMasks {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, pending: Pending) {
        self.0.push(pending);
    }

    /// The first change of a contact that waits for the test takes effect now. Tells whether there was one.
    pub(super) fn confirm(&mut self, contact: &str, now: Instant) -> bool {
        let mut of_contact = self.0.iter_mut().filter(|change| change.contact == contact);
        match of_contact.find(|change| change.due.is_none()) {
            Some(change) => {
                change.due = Some(now);
                true
            }
            None => false,
        }
    }

    /// When the next change takes effect by itself.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.heads().filter_map(|change| change.due).min()
    }

    /// Takes out a change that is due. One that had to wait for another is due with it.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<(Pending, Instant)> {
        let head = self
            .heads()
            .filter(|change| change.due.is_some_and(|due| due <= now));
        let (contact, due) = head
            .filter_map(|change| Some((change.contact.clone(), change.due?)))
            .min_by_key(|(_, due)| *due)?;
        let index = self.0.iter().position(|change| change.contact == contact)?;
        let change = self.0.remove(index);
        let behind = self.0.iter_mut().find(|next| next.contact == contact);
        if let Some(next) = behind
            && let Some(its) = &mut next.due
        {
            *its = (*its).max(due);
        }
        Some((change, due))
    }

    /// The first change of each contact.
    fn heads(&self) -> impl Iterator<Item = &Pending> {
        (self.0.iter().enumerate())
            .filter(|(index, change)| {
                let before = self.0.iter().take(*index);
                before
                    .into_iter()
                    .all(|other| other.contact != change.contact)
            })
            .map(|(_, change)| change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn changes_of_a_contact_keep_their_order() {
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        let mut pending = PendingMasks::default();
        let mut add = |contact: &str, masked, due| {
            pending.add(Pending {
                contact: contact.to_owned(),
                masked,
                due,
                request_seq: 1,
            });
        };
        add("a", true, Some(later));
        add("a", false, Some(now));
        add("b", true, None);
        add("c", true, Some(now));
        let mut taken = |at| {
            let (change, due) = pending.take_due(at)?;
            Some((change.contact, change.masked, due))
        };
        assert_eq!(taken(now), Some(("c".to_owned(), true, now)));
        assert_eq!(
            taken(now),
            None,
            "the mask of a comes first, and that of b waits for the test"
        );
        assert_eq!(taken(later), Some(("a".to_owned(), true, later)));
        assert_eq!(taken(later), Some(("a".to_owned(), false, later)));
        assert_eq!(pending.next_due(), None);
        assert!(pending.confirm("b", later) && !pending.confirm("b", later));
        assert_eq!(pending.next_due(), Some(later));
    }
}

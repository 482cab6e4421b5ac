//! A bounded table whose entries end.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::time::Instant;

use super::recipient::Recipient;

/// How many entries a table has at most. A new one then takes the place of that which would end first.
pub(super) const CAPACITY: usize = 10_000;

/// Entries of calls, each until its time. Pure: the time is a parameter.
pub(super) struct Table<T> {
    calls: HashMap<Call, Vec<Entry<T>>>,
    /// In the order in which they end.
    ends: BTreeMap<End, Call>,
    added: u64,
}

/// Scope and id.
type Call = (Arc<str>, Arc<str>);

/// The time, and a number, since several may end at the same time.
type End = (Instant, u64);

/// One entry.
pub(super) struct Entry<T> {
    pub(super) recipient: Recipient,
    pub(super) value: T,
    end: End,
}

impl<T> Entry<T> {
    pub(super) const fn until(&self) -> Instant {
        self.end.0
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            calls: HashMap::new(),
            ends: BTreeMap::new(),
            added: 0,
        }
    }
}

fn call_of(recipient: &Recipient) -> Call {
    (Arc::clone(&recipient.scope), Arc::clone(&recipient.call))
}

impl<T> Table<T> {
    pub(super) fn add(&mut self, recipient: Recipient, value: T, until: Instant) {
        if self.len() >= CAPACITY {
            self.remove_first();
        }
        let end = (until, self.added);
        self.added += 1;
        let call = call_of(&recipient);
        self.ends.insert(end, call.clone());
        let of_call = self.calls.entry(call).or_default();
        of_call.push(Entry {
            recipient,
            value,
            end,
        });
    }

    /// Removes what has ended by now.
    pub(super) fn expire(&mut self, now: Instant) {
        while self.first_end().is_some_and(|end| end <= now) {
            self.remove_first();
        }
    }

    /// When the next entry ends.
    pub(super) fn first_end(&self) -> Option<Instant> {
        self.ends.first_key_value().map(|((until, _), _)| *until)
    }

    /// The entries whose digits may be heard by whom these are meant for, in the order in which they were added.
    pub(super) fn of<'a>(
        &'a self,
        recipient: &'a Recipient,
    ) -> impl Iterator<Item = &'a Entry<T>> + 'a {
        let of_call = self.calls.get(&call_of(recipient));
        let of_call = of_call.into_iter().flatten();
        of_call.filter(|entry| entry.recipient.may_be(recipient))
    }

    /// Removes entries of one call, and tells whether there were some.
    pub(super) fn remove_of(
        &mut self,
        recipient: &Recipient,
        mut goes: impl FnMut(&Entry<T>) -> bool,
    ) -> bool {
        let call = call_of(recipient);
        let Some(of_call) = self.calls.get_mut(&call) else {
            return false;
        };
        let before = of_call.len();
        of_call.retain(|entry| {
            let goes = goes(entry);
            if goes {
                self.ends.remove(&entry.end);
            }
            !goes
        });
        let removed = of_call.len() < before;
        if of_call.is_empty() {
            self.calls.remove(&call);
        }
        removed
    }

    /// Removes entries of any call, and tells whether there were some.
    pub(super) fn remove(&mut self, mut goes: impl FnMut(&Entry<T>) -> bool) -> bool {
        let recipients = self.iter().filter(|entry| goes(entry));
        let recipients: Vec<_> = recipients.map(|entry| entry.recipient.clone()).collect();
        for recipient in &recipients {
            self.remove_of(recipient, &mut goes);
        }
        !recipients.is_empty()
    }

    /// All entries, in the order in which they end.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry<T>> {
        self.ends.iter().filter_map(|(end, call)| {
            let of_call = self.calls.get(call)?;
            of_call.iter().find(|entry| entry.end == *end)
        })
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    fn remove_first(&mut self) {
        let Some((end, call)) = self.ends.pop_first() else {
            return;
        };
        if let Some(of_call) = self.calls.get_mut(&call) {
            of_call.retain(|entry| entry.end != end);
            if of_call.is_empty() {
                self.calls.remove(&call);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn recipient(call: usize) -> Recipient {
        Recipient {
            scope: "platform".into(),
            call: call.to_string().into(),
            contact: None,
        }
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Add(usize, u64),
        Expire(u64),
        RemoveOf(usize),
        Remove(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0_usize..4, 0_u64..20).prop_map(|(call, end)| Step::Add(call, end)),
            1 => (0_u64..20).prop_map(Step::Expire),
            1 => (0_usize..4).prop_map(Step::RemoveOf),
            1 => (0_u64..20).prop_map(Step::Remove),
        ]
    }

    proptest! {
        /// The table behaves like a plain list.
        #[test]
        fn behaves_like_a_list(steps in prop::collection::vec(step(), 0..100)) {
            let began = Instant::now();
            let at = |second| began + Duration::from_secs(second);
            let mut table = Table::default();
            let mut model: Vec<(usize, u64)> = Vec::new();
            for step in steps {
                match step {
                    Step::Add(call, end) => {
                        table.add(recipient(call), end, at(end));
                        model.push((call, end));
                    }
                    Step::Expire(now) => {
                        table.expire(at(now));
                        model.retain(|(_, end)| *end > now);
                    }
                    Step::RemoveOf(call) => {
                        let some = model.iter().any(|(of, _)| *of == call);
                        prop_assert_eq!(table.remove_of(&recipient(call), |_| true), some);
                        model.retain(|(of, _)| *of != call);
                    }
                    Step::Remove(value) => {
                        let some = model.iter().any(|(_, end)| *end == value);
                        prop_assert_eq!(table.remove(|entry| entry.value == value), some);
                        model.retain(|(_, end)| *end != value);
                    }
                }
                prop_assert_eq!(table.len(), model.len());
                for call in 0..4 {
                    let of_call: Vec<_> = table.of(&recipient(call)).map(|entry| entry.value).collect();
                    let expected: Vec<_> = model.iter().filter(|(of, _)| *of == call).map(|(_, end)| *end).collect();
                    prop_assert_eq!(of_call, expected);
                }
                let ends: Vec<_> = table.iter().map(|entry| entry.value).collect();
                prop_assert!(ends.is_sorted());
                prop_assert_eq!(table.calls.is_empty(), model.is_empty());
            }
        }
    }

    #[test]
    fn when_it_is_full_the_one_that_ends_first_leaves() {
        let began = Instant::now();
        let mut table = Table::default();
        for number in 0..=CAPACITY {
            let back = (CAPACITY - number) as u64;
            table.add(recipient(number), number, began + Duration::from_secs(back));
        }
        assert_eq!(table.len(), CAPACITY);
        let is_there = |number| table.of(&recipient(number)).next().is_some();
        assert!(is_there(0) && is_there(CAPACITY) && !is_there(CAPACITY - 1));
    }
}

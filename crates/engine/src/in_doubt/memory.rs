//! What the process remembers of unknown outcomes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use uuid::Uuid;

use super::fingerprint::{Fingerprint, Fingerprints};
use super::recipient::Recipient;
use super::table::Table;
use crate::payload::Sequence;

#[cfg(test)]
mod tests;

/// An injection whose outcome is unknown.
#[derive(Clone, Debug)]
pub struct Unknown {
    /// Its name.
    pub injection: Uuid,
    /// Whom its digits were for.
    pub recipient: Recipient,
    /// How long the same digits are not sent again; zero keeps nothing of them.
    pub guard: Duration,
    /// How long nothing is sent to the recipient, where that was asked for.
    pub block: Option<Duration>,
    /// When it was told, by the wall clock.
    pub since: SystemTime,
}

/// Why digits are not to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// They may have been pressed already, by this injection.
    Repeat(Uuid),
    /// The outcome of this injection is to be resolved first.
    Blocked(Uuid),
}

/// A recipient that takes nothing more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The injection whose outcome is unknown.
    pub injection: Uuid,
    /// Who takes nothing more.
    pub recipient: Recipient,
    /// Since when, by the wall clock.
    pub since: SystemTime,
    /// How long in all.
    pub lasts: Duration,
}

/// What the process remembers of unknown outcomes. Pure but for its key: the time is a parameter.
#[derive(Default)]
pub struct InDoubt {
    tables: Mutex<Tables>,
    /// How many entries there are. Mostly none, and then no injection has to wait for the mutex.
    entries: AtomicUsize,
    fingerprints: Fingerprints,
    /// A task wipes digits in time.
    pub(super) wiping: AtomicBool,
}

#[derive(Default)]
struct Tables {
    digits: Table<(Uuid, Fingerprint)>,
    blocks: Table<Block>,
}

impl Tables {
    fn expire(&mut self, now: Instant) {
        self.digits.expire(now);
        self.blocks.expire(now);
    }
}

impl InDoubt {
    /// Remembers an unknown outcome. Of digits that are remembered already the first injection is, for the longer time.
    pub fn add(&self, unknown: Unknown, digits: &Sequence, now: Instant) {
        let fingerprint = self.fingerprints.of(&unknown.recipient, digits);
        let Unknown {
            injection,
            recipient,
            guard,
            block,
            since,
        } = unknown;
        self.change(now, |tables| {
            if let Some(lasts) = block {
                let value = Block {
                    injection,
                    recipient: recipient.clone(),
                    since,
                    lasts,
                };
                tables.blocks.add(recipient.clone(), value, now + lasts);
            }
            if guard.is_zero() {
                return;
            }
            let mut until = now + guard;
            let mut first = injection;
            let known = &mut tables.digits;
            known.remove_of(&recipient, |entry| {
                let same = entry.recipient == recipient && entry.value.1 == fingerprint;
                if same {
                    first = entry.value.0;
                    until = until.max(entry.until());
                }
                same
            });
            known.add(recipient, (first, fingerprint), until);
        });
    }

    /// Why these digits are not to be sent, if there is a reason. That they were pressed perhaps says more than that
    /// nothing may be.
    #[must_use]
    pub fn doubt(
        &self,
        recipient: &Recipient,
        digits: &Sequence,
        guards: bool,
        now: Instant,
    ) -> Option<Doubt> {
        if self.is_empty() {
            return None;
        }
        self.change(now, |tables| {
            let mut of_call = tables.digits.of(recipient).filter(|_| guards).peekable();
            if of_call.peek().is_some() {
                let fingerprint = self.fingerprints.of(recipient, digits);
                let same = of_call.find(|entry| entry.value.1 == fingerprint);
                if let Some(same) = same {
                    return Some(Doubt::Repeat(same.value.0));
                }
            }
            let blocked = tables.blocks.of(recipient).next();
            blocked.map(|entry| Doubt::Blocked(entry.value.injection))
        })
    }

    /// Digits were accepted: whoever sends the earlier ones now repeats nothing blindly.
    pub fn accepted(&self, recipient: &Recipient, digits: &Sequence, now: Instant) {
        if self.is_empty() {
            return;
        }
        self.change(now, |tables| {
            if tables.digits.of(recipient).next().is_none() {
                return;
            }
            let fingerprint = self.fingerprints.of(recipient, digits);
            (tables.digits).remove_of(recipient, |entry| {
                entry.recipient.may_be(recipient) && entry.value.1 != fingerprint
            });
        });
    }

    /// Blocks a recipient because of an injection of which the memory knows nothing, once.
    pub fn block(&self, block: Block, now: Instant) {
        self.change(now, |tables| {
            let recipient = block.recipient.clone();
            let mut of_call = tables.blocks.of(&recipient);
            if of_call.all(|entry| entry.value.injection != block.injection) {
                let until = now + block.lasts;
                drop(of_call);
                tables.blocks.add(recipient, block, until);
            }
        });
    }

    /// The injections because of which the call, session or contact with this id is in doubt, with their calls. An
    /// injection goes by its own id too.
    #[must_use]
    pub fn of(&self, scope: &str, id: &str, now: Instant) -> BTreeMap<Uuid, Arc<str>> {
        self.change(now, |tables| {
            let digits = tables.digits.iter();
            let digits = digits.map(|entry| (&entry.recipient, entry.value.0));
            let blocks = tables.blocks.iter();
            let blocks = blocks.map(|entry| (&entry.recipient, entry.value.injection));
            let named = digits
                .chain(blocks)
                .filter(|(of, injection)| of.is_named(scope, id, *injection));
            named
                .map(|(of, injection)| (injection, Arc::clone(&of.call)))
                .collect()
        })
    }

    /// It was found out what became of the call, session, contact or injection with this id. Tells whether that was in doubt.
    pub fn resolve(&self, scope: &str, id: &str, now: Instant) -> bool {
        self.change(now, |tables| {
            let named = |of: &Recipient, injection| of.is_named(scope, id, injection);
            let digits = (tables.digits).remove(|entry| named(&entry.recipient, entry.value.0));
            let blocks =
                (tables.blocks).remove(|entry| named(&entry.recipient, entry.value.injection));
            digits || blocks
        })
    }

    /// A call or session has ended: there is nobody to press anything for.
    pub fn ended(&self, call: &Recipient, now: Instant) {
        if self.is_empty() {
            return;
        }
        self.change(now, |tables| {
            tables.digits.remove_of(call, |_| true);
            tables.blocks.remove_of(call, |_| true);
        });
    }

    /// What takes nothing more, in the order in which that ends: so many at most, and how many there are.
    #[must_use]
    pub fn blocks(&self, scope: &str, most: usize, now: Instant) -> (Vec<Block>, usize) {
        self.change(now, |tables| {
            let of_scope = || {
                let all = tables.blocks.iter().map(|entry| &entry.value);
                all.filter(|block| *block.recipient.scope == *scope)
            };
            (of_scope().take(most).cloned().collect(), of_scope().count())
        })
    }

    /// Wipes the digits whose time has run out, and tells when the next ones follow.
    pub fn expire(&self, now: Instant) -> Option<Instant> {
        self.change(now, |tables| tables.digits.first_end())
    }

    /// Whether nothing is in doubt.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.load(Ordering::Acquire) == 0
    }

    fn change<T>(&self, now: Instant, change: impl FnOnce(&mut Tables) -> T) -> T {
        let mut tables = self.tables();
        tables.expire(now);
        let changed = change(&mut tables);
        let entries = tables.digits.len() + tables.blocks.len();
        self.entries.store(entries, Ordering::Release);
        changed
    }

    /// How many sequences are kept.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.tables().digits.len()
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! The laws, over the history of a world. Pure: it knows neither the engine's state nor the plan.
//!
//! [`ledger`] sorts the history by injection, lock and token source; [`digits`] are the laws of what was pressed
//! and reported, [`order`] those of one call, [`doubts`] those of what is unknown, [`time`] those of waiting, [`ends`]
//! those of ending, [`heard`] that of the far side, [`sessions`] those of tones, recordings and sessions that end, [`contacts`] those of whom digits reach,
//! [`slots`] that of the rate limit.

use std::fmt;
use std::time::Duration;

use crate::simulation::history::{Ask, Injection, Step, What};

mod contacts;
mod digits;
mod doubts;
mod ends;
mod heard;
mod ledger;
mod order;
mod sessions;
mod slots;
#[cfg(test)]
mod tests;
mod time;

use ledger::Ledger;

/// What the engine adds to the time that tones play.
pub const GUARD: Duration = Duration::from_millis(250);

/// What must hold in every world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// Digits are pressed at most once.
    Once,
    /// The reported delivery is exactly what the attempts allow to know, and what was pressed fits it.
    Delivery,
    /// `attempts` counts the requests that were handed over, and they are not more than allowed.
    Attempts,
    /// At most one request of a call is under way.
    OneAtATime,
    /// A call's requests go out in the order in which they were asked for.
    Order,
    /// Nothing is handed over after the deadline, and nothing ends after it.
    Deadline,
    /// Nothing is sent again, and no token asked for, before the wait that was asked for has passed.
    RetryAfter,
    /// A refused token is not used again by the injection that it was refused to.
    FreshToken,
    /// A token source has one request under way.
    SingleFlight,
    /// Each injection ends in one event, which comes before its caller hears, and last.
    OneEnd,
    /// What was queued behind an unknown outcome is not sent.
    AfterUnknown,
    /// Digits of an unknown outcome are not sent to the same call again within the guard, and a refused repeat is one.
    Repeat,
    /// Nothing is sent to a call that is blocked by an unknown outcome.
    Blocked,
    /// Nothing is sent after an abort, a drop or a close.
    Ended,
    /// Nobody's wait for a call runs out while nobody holds it.
    NoTurnLost,
    /// After the end nothing is left.
    NothingLeft,
    /// A sequence that failed midway is unknown, tells how many digits were accepted, and nothing of it is sent again.
    Parts,
    /// What the far side hears of a call is whole beginnings of sequences, one behind the other.
    Heard,
    /// Tones in one session do not overlap.
    Tones,
    /// What is to be masked is pressed and played while the recording is masked.
    Masked,
    /// Each recording that was masked is unmasked once, or somebody is told that it could not be.
    Unmasked,
    /// Nothing is sent that waited for a session when its end was heard.
    CallEnded,
    /// Digits for a contact of a followed session go while it is told that this one hears them, and not once anything told
    /// since then speaks against it.
    Contact,
    /// What waits for a contact that is told to be gone ends at once, and says so.
    ContactGone,
    /// A session is asked for by the newest id that is known.
    NewestId,
    /// Under a rate limit the one submitted first of those whose call is free gets the next slot.
    Slots,
}

/// A broken law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub law: Law,
    /// The injection that it happened to, and its call.
    pub about: Option<(Injection, usize)>,
    pub why: String,
}

impl Violation {
    fn of(law: Law, injection: Injection, ask: &Ask, why: impl Into<String>) -> Self {
        Self {
            law,
            about: Some((injection, ask.call)),
            why: why.into(),
        }
    }

    fn general(law: Law, why: impl Into<String>) -> Self {
        Self {
            law,
            about: None,
            why: why.into(),
        }
    }

    /// The part of a history that tells how it came to this: what happened on the call in its time.
    pub fn concerned<'a>(&self, steps: &'a [Step]) -> Vec<&'a Step> {
        let Some((injection, call)) = self.about else {
            return steps.iter().collect();
        };
        let on_call: Vec<_> = steps
            .iter()
            .filter_map(|step| match &step.what {
                What::Asked(injection, ask) if ask.call == call => Some(*injection),
                _ => None,
            })
            .collect();
        let its_own = |step: &&Step| ledger::injection_of(&step.what) == Some(injection);
        let from = steps.iter().find(its_own).map(|step| step.at);
        let to = steps.iter().rev().find(its_own).map(|step| step.at);
        let concerns = |what: &What| match what {
            What::LockAsked { call: of, .. }
            | What::Recording { call: of, .. }
            | What::Gone { call: of, .. }
            | What::Followed { call: of, .. }
            | What::Unfollowed { call: of, .. }
            | What::Told { call: of, .. }
            | What::Deaf { call: of, .. }
            | What::Addressed { call: of, .. } => *of == call,
            What::TokenAsked(_) | What::TokenEnded { .. } => false,
            _ => ledger::injection_of(what).is_none_or(|of| on_call.contains(&of)),
        };
        steps
            .iter()
            .filter(|step| Some(step.at) >= from && Some(step.at) <= to && concerns(&step.what))
            .collect()
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: ", self.law)?;
        if let Some((injection, call)) = self.about {
            write!(f, "injection {injection} on call {call}: ")?;
        }
        f.write_str(&self.why)
    }
}

/// A step's place in the history, and its time.
type Moment = (usize, Duration);

/// All broken laws. `atomic` is the world's promise that nothing is pressed when it answers 500 or 503;
/// what the platform presses in spite of it is left out of account, and of nothing else.
pub fn check(steps: &[Step], atomic: bool) -> Vec<Violation> {
    let ledger = Ledger::read(steps);
    let mut broken = Vec::new();
    digits::check(&ledger, atomic, &mut broken);
    order::check(&ledger, &mut broken);
    doubts::check(&ledger, &mut broken);
    time::check(&ledger, atomic, &mut broken);
    ends::check(&ledger, &mut broken);
    sessions::check(&ledger, atomic, &mut broken);
    heard::check(&ledger, &mut broken);
    contacts::check(steps, &mut broken);
    slots::check(&ledger, &mut broken);
    broken
}

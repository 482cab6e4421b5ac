//! What happens to the contacts of a session, whoever presses digits meanwhile.

use std::time::Duration;

use fastrand::Rng;

use super::faults::{ms, pick};
use super::plan::{Action, Plan, instant};

/// What happens to a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// Somebody hangs up.
    HangUp,
    /// The one spoken to goes on under another id.
    Transfer,
    /// The one spoken to is put on hold.
    Hold,
    /// It is put on hold and brought back at once.
    HoldBriefly,
    /// One that is on hold, or rings, is spoken to.
    BringBack,
    /// Somebody else is spoken to.
    Replace,
    /// Somebody else rings.
    Ring,
}

impl Move {
    /// Each as often as it is likely. Nobody is on hold for ever.
    const ALL: [Self; 11] = [
        Self::HangUp,
        Self::Transfer,
        Self::Hold,
        Self::Hold,
        Self::HoldBriefly,
        Self::HoldBriefly,
        Self::BringBack,
        Self::BringBack,
        Self::BringBack,
        Self::Replace,
        Self::Ring,
    ];
}

/// For whom the program presses digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// Whoever hears them.
    Anybody,
    /// The one who is spoken to when they are asked for.
    SpokenTo,
    /// One of those who are or were there.
    Somebody,
}

impl Aim {
    pub fn draw(rng: &mut Rng) -> Self {
        match rng.u8(0..10) {
            0..=1 => Self::Anybody,
            2..=7 => Self::SpokenTo,
            _ => Self::Somebody,
        }
    }
}

impl Plan {
    /// Contacts come and go, and sessions are followed for a while.
    pub fn move_contacts(&mut self, rng: &mut Rng) {
        for call in 0..self.calls {
            let mut at = Duration::ZERO;
            for _ in 0..rng.usize(0..50) {
                at += *pick(rng, &[ms(5), ms(100), ms(500), ms(1_000), ms(5_000)]);
                let (change, dice) = (*pick(rng, &Move::ALL), rng.u64(..));
                // Round, and somewhere within the world.
                let action = Action::Move(call, change, dice);
                self.timeline.push((at, action));
            }
            let lone = rng.usize(0..self.injectors.len());
            if rng.bool() {
                self.crowded.insert(call);
            }
            for _ in 0..rng.usize(1..=3) {
                let follower = if self.crowded.contains(&call) {
                    rng.usize(0..self.injectors.len())
                } else {
                    lone
                };
                let at = instant(rng);
                let from = *pick(rng, &[ms(0), at / 8, at / 2]);
                let follow = Action::Follow(follower, call, rng.u64(..));
                self.timeline.push((from, follow));
                if rng.u8(0..3) == 0 {
                    let until = from + instant(rng) / 2;
                    self.timeline
                        .push((until, Action::Unfollow(follower, call)));
                }
            }
            if rng.u8(0..3) == 0 {
                self.timeline.push((instant(rng), Action::EndSession(call)));
            }
        }
    }
}

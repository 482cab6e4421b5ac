//! A world drawn from its seed: who presses what into which call when, and what the weather is.

use std::collections::BTreeSet;
use std::time::Duration;

use cxone_dtmf_engine::config::Config;
use fastrand::Rng;

use super::faults::{ms, pick};
use super::history::{Injection, LockNumber};
use super::moves::{Aim, Move};
use super::weather::Weather;

/// How long the weather stays.
pub const SPELL: Duration = Duration::from_secs(4);

/// How many injections a world has, about.
const INJECTIONS: u64 = 40;

/// The wire format of a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    TelephonyV2,
    /// With tones that take time, pauses, masked recordings and sessions that end.
    AgentSession,
}

/// One world.
pub struct Plan {
    pub api: Api,
    /// A 500 and a bare 503 count as refused, although some of them are not.
    pub atomic: bool,
    /// Contacts come and go, in sessions whose ids are renewed and whose masks are late.
    pub lively: bool,
    /// The calls that several injectors may follow at once. What one is told late may be older than what another was told.
    pub crowded: BTreeSet<usize>,
    pub calls: usize,
    pub sources: usize,
    pub injectors: Vec<InjectorPlan>,
    pub weather: Vec<Weather>,
    pub timeline: Vec<(Duration, Action)>,
    pub injections: u64,
}

pub struct InjectorPlan {
    pub config: Config,
    /// Which token source it uses.
    pub source: usize,
    /// Whether it keeps a record.
    pub audited: bool,
}

/// Something that the program or its surroundings do.
pub enum Action {
    /// Asks for these, in this order.
    Inject(Vec<Wish>),
    /// Presses some under a manual lock.
    Scope(Scope),
    /// Closes an injector.
    Close(usize, Option<Duration>),
    /// Nobody is left to hear of an injector.
    Abandon(usize),
    /// The wall clock is set, by so many seconds.
    Jump(i64),
    /// The platform refuses all tokens granted so far.
    Revoke,
    /// An injector follows the session of a call, by one of its ids.
    Follow(usize, usize, u64),
    /// It does not any more.
    Unfollow(usize, usize),
    /// Something happens to a contact of a call.
    Move(usize, Move, u64),
    /// The session of a call ends.
    EndSession(usize),
    /// By this injector, the program says that it found out where a call stands.
    Resolve(usize, usize),
}

/// One injection as the program wants it.
#[derive(Clone)]
pub struct Wish {
    pub injection: Injection,
    /// Whose digits it presses once more, in a call where they may have been pressed.
    pub repeats: Option<Injection>,
    pub injector: usize,
    pub call: usize,
    pub deadline: Option<Duration>,
    pub lock_timeout: Option<Duration>,
    pub max_attempts: Option<u32>,
    pub fate: Fate,
    /// In how many bursts the digits go out, where the API knows pauses or the sequence is split.
    pub segments: u32,
    /// Whether the bursts are the pieces of one long sequence, without pauses.
    pub split: bool,
    /// Whether the recording is masked, where there is one.
    pub masked: bool,
    /// For which contact, where the world has them.
    pub aim: Aim,
    /// Whether that is to be brought into focus first.
    pub focus: bool,
    /// Which of those that it may be, and which id of the session.
    pub dice: u64,
    /// What the program asks for at once when this one has failed.
    pub otherwise: Vec<Wish>,
}

/// What the program does with an injection under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Awaited,
    AbortedAfter(Duration),
    DroppedAfter(Duration),
}

/// A manual lock, what is pressed under it and how it ends.
#[derive(Clone)]
pub struct Scope {
    pub lock: LockNumber,
    pub injector: usize,
    pub call: usize,
    pub wait: Option<Duration>,
    /// By which id of the call.
    pub dice: u64,
    /// Each with the pause before it.
    pub wishes: Vec<(Duration, Wish)>,
    pub release: Release,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// After all under it have ended.
    AtTheEnd,
    /// So long after the last was asked for.
    After(Duration),
    /// Its time runs out, or its injector is closed.
    Never,
    /// The program gives up waiting for the lock.
    GivenUpAfter(Duration),
}

impl Plan {
    pub fn draw(seed: u64) -> Self {
        let rng = &mut Rng::with_seed(seed);
        // Either promise is simulated in half of the worlds.
        let atomic = seed.is_multiple_of(2);
        let (api, lively) = match seed / 2 % 3 {
            0 => (Api::TelephonyV2, false),
            1 => (Api::AgentSession, false),
            _ => (Api::AgentSession, true),
        };
        let injectors: Vec<_> = (0..rng.usize(1..=3))
            .map(|_| InjectorPlan::draw(rng, atomic))
            .collect();
        let mut plan = Self {
            api,
            atomic,
            lively,
            crowded: BTreeSet::new(),
            calls: rng.usize(1..=4),
            sources: 2,
            injectors,
            weather: (0..16).map(|_| *pick(rng, &Weather::ALL)).collect(),
            timeline: Vec::new(),
            injections: 0,
        };
        let mut locks = 0;
        while plan.injections < INJECTIONS {
            let action = plan.action(rng, &mut locks);
            plan.timeline.push((instant(rng), action));
        }
        match (api, lively) {
            (Api::TelephonyV2, _) => {}
            (Api::AgentSession, false) => plan.end_sessions(rng),
            (Api::AgentSession, true) => plan.move_contacts(rng),
        }
        // One injector at most goes early: what it is asked afterwards proves little.
        let injector = rng.usize(0..plan.injectors.len());
        let ending = match rng.u8(0..6) {
            0 => Some(Action::Close(
                injector,
                maybe(rng, &[ms(0), ms(5), ms(1_000)]),
            )),
            1 => Some(Action::Abandon(injector)),
            _ => None,
        };
        plan.timeline
            .extend(ending.map(|action| (instant(rng), action)));
        // Stable, so that actions of one instant keep the order in which they were drawn.
        plan.timeline.sort_by_key(|(at, _)| *at);
        plan
    }

    /// Some sessions end, and some of these are followed.
    fn end_sessions(&mut self, rng: &mut Rng) {
        for call in 0..self.calls {
            if rng.u8(0..4) > 0 {
                let follower = rng.usize(0..self.injectors.len());
                let follow = Action::Follow(follower, call, 0);
                self.timeline.push((instant(rng) / 4, follow));
            }
            if rng.bool() {
                self.timeline.push((instant(rng), Action::EndSession(call)));
            }
        }
    }

    fn action(&mut self, rng: &mut Rng, locks: &mut LockNumber) -> Action {
        let injector = rng.usize(0..self.injectors.len());
        match rng.u8(0..100) {
            0..=64 => {
                let many = *pick(rng, &[1, 1, 1, 2, 3, 6]);
                // A burst mostly goes to one call: that is where order matters.
                let call = rng.usize(0..self.calls);
                Action::Inject((0..many).map(|_| self.choice(rng, None, call)).collect())
            }
            65..=86 => {
                *locks += 1;
                let call = rng.usize(0..self.calls);
                Action::Scope(Scope {
                    lock: *locks,
                    injector,
                    call,
                    wait: maybe(rng, &[ms(0), ms(100), ms(1_000), ms(30_000)]),
                    dice: rng.u64(..),
                    wishes: (0..rng.usize(0..=4))
                        .map(|_| {
                            let pause = *pick(rng, &[ms(0), ms(0), ms(5), ms(100), ms(1_000)]);
                            (pause, self.choice(rng, Some(injector), call))
                        })
                        .collect(),
                    release: match rng.u8(0..10) {
                        0..=4 => Release::AtTheEnd,
                        5..=7 => Release::After(*pick(rng, &[ms(0), ms(5), ms(100), ms(1_000)])),
                        8 => Release::Never,
                        _ => Release::GivenUpAfter(*pick(rng, &[ms(0), ms(5), ms(1_000)])),
                    },
                })
            }
            87..=90 => Action::Resolve(injector, rng.usize(0..self.calls)),
            91..=94 => Action::Jump(rng.i64(-3_600..=3_600)),
            _ => Action::Revoke,
        }
    }

    /// A wish that may have others to fall back on.
    fn choice(&mut self, rng: &mut Rng, injector: Option<usize>, call: usize) -> Wish {
        let others = *pick(rng, &[0, 0, 0, 0, 0, 0, 1, 3]);
        let mut wish = self.wish(rng, injector, call);
        wish.otherwise = (0..others)
            .map(|_| self.wish(rng, injector, call))
            .collect();
        // A loop that repeats whatever failed, at once or by another injector.
        if rng.u8(0..4) == 0 {
            let again = Wish {
                repeats: Some(wish.injection),
                call: wish.call,
                segments: wish.segments,
                ..self.wish(rng, injector, wish.call)
            };
            wish.otherwise.insert(0, again);
        }
        wish
    }

    fn wish(&mut self, rng: &mut Rng, injector: Option<usize>, call: usize) -> Wish {
        self.injections += 1;
        let soon = [ms(0), ms(0), ms(5), ms(25), ms(100), ms(500), ms(2_000)];
        Wish {
            injection: self.injections,
            repeats: None,
            // One in twenty presses under a lock of another injector, or of another call.
            injector: injector
                .filter(|_| rng.u8(0..20) > 0)
                .unwrap_or_else(|| rng.usize(0..self.injectors.len())),
            call: if rng.u8(0..20) == 0 {
                rng.usize(0..self.calls)
            } else {
                call
            },
            deadline: maybe(
                rng,
                &[ms(5), ms(2_000), ms(10_000), ms(20_000), ms(120_000)],
            ),
            lock_timeout: maybe(rng, &[ms(0), ms(500), ms(5_000), ms(20_000), ms(20_000)]),
            max_attempts: maybe(rng, &[1, 2, 3, 5, 10]),
            fate: match rng.u8(0..20) {
                0..=1 => Fate::AbortedAfter(*pick(rng, &soon)),
                2..=3 => Fate::DroppedAfter(*pick(rng, &soon)),
                _ => Fate::Awaited,
            },
            segments: *pick(rng, &[1, 1, 1, 2, 3]),
            split: rng.u8(0..3) == 0,
            masked: rng.u8(0..3) == 0,
            aim: Aim::draw(rng),
            focus: rng.u8(0..5) == 0,
            dice: rng.u64(..),
            otherwise: Vec::new(),
        }
    }
}

/// Round, so that much happens at the same instant.
pub fn instant(rng: &mut Rng) -> Duration {
    5 * ms(rng.u64(0..12_000))
}

fn maybe<T: Copy>(rng: &mut Rng, of: &[T]) -> Option<T> {
    rng.bool().then(|| *pick(rng, of))
}

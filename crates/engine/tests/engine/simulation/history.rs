//! What happened in one world, in order. It holds numbers only: no digit, no token.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::http::FaultKind;
use cxone_dtmf_engine::sessions::ContactState;
use tokio::time::Instant;

/// Names one injection in its world; its digits say the same.
pub type Injection = u64;
/// Names one manual lock that was asked for.
pub type LockNumber = u64;

/// What a program asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and none follows from others"
)]
pub struct Ask {
    /// The call, by number.
    pub call: usize,
    /// The injector, by number.
    pub injector: usize,
    /// The manual lock it is pressed under.
    pub under: Option<LockNumber>,
    /// When it must have ended, from the beginning of the world.
    pub deadline: Duration,
    /// How many attempts count at most.
    pub max_attempts: u32,
    /// Its digits, by the injection that has them first.
    pub digits_of: Injection,
    /// How long they are not sent again when its outcome is unknown.
    pub guard: Duration,
    /// How long nothing is sent to the call then.
    pub block: Option<Duration>,
    /// Whether those behind it are sent away when its outcome is unknown.
    pub rejects_queued: bool,
    /// In how many bursts the digits go out.
    pub segments: u32,
    /// How many digits a burst has.
    pub digits: u32,
    /// The silence that is kept between two bursts.
    pub silence: Duration,
    /// How long the tones of a burst play. Zero where the API does not say.
    pub playing: Duration,
    /// Whether the call is kept while they do.
    pub holds: bool,
    /// Whether the recording is masked meanwhile.
    pub masked: bool,
    /// The contact of the call that they are for, by number.
    pub contact: Option<u32>,
    /// Somebody follows the session when they are asked for.
    pub followed: bool,
    /// Its injector keeps to a rate limit, and to no other that it could wait for.
    pub limited: bool,
    /// The mask is there when it is answered, or an event tells it that cannot be older than another.
    pub mask_is_sure: bool,
}

/// One event of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// What follows is all that is there.
    Started,
    /// A contact is in a state, and was another before.
    Contact {
        contact: u32,
        earlier: Option<u32>,
        state: ContactState,
    },
    /// The session has ended.
    Ended,
}

/// How a request ended, as the engine learned it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// An answer, with the wait that it asked for.
    Answered {
        status: u16,
        retry_after: Option<Duration>,
    },
    /// No answer.
    Failed(FaultKind),
    /// The engine did not wait for it.
    GivenUp,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// `inject` is called.
    Asked(Injection, Ask),
    /// The engine hands a request to its transport.
    Sent {
        injection: Injection,
        request: u64,
        token: u64,
        /// Which burst, from 0.
        part: u32,
    },
    /// The platform's connection takes the body.
    HandedOver { injection: Injection, request: u64 },
    /// The platform presses the digits. `promised_not` when it will answer what means "nothing was pressed".
    Executed {
        injection: Injection,
        request: u64,
        promised_not: bool,
    },
    /// The engine learns the end of a request, or gives it up.
    Ended {
        injection: Injection,
        request: u64,
        how: Ending,
    },
    /// The event before a resend.
    Retrying(Injection),
    /// The event at the end.
    Finished {
        injection: Injection,
        delivery: Delivery,
        code: Option<Code>,
        attempts: u32,
        queued: Duration,
        digits_accepted: Option<u32>,
        unmasking: bool,
    },
    /// The caller gets the outcome.
    Resolved {
        injection: Injection,
        delivery: Delivery,
        code: Option<Code>,
    },
    /// The caller aborts.
    Aborted(Injection),
    /// The task that ran the injection is dropped.
    Dropped(Injection),
    /// `acquire_lock` is called.
    LockAsked { lock: LockNumber, call: usize },
    /// The lock is held, and the engine's name for it.
    LockHeld { lock: LockNumber, id: u64 },
    /// Nobody waits for the lock any more.
    LockFailed(LockNumber),
    /// The lock is released, as far as its program can tell.
    LockGone(LockNumber),
    /// The event of a lock, by the engine's name, whose time ran out.
    LockExpired(u64),
    /// The platform masks the recording of a call, or unmasks it.
    Recording {
        call: usize,
        contact: u32,
        masked: bool,
    },
    /// A contact has left, and its recording ends.
    Gone { call: usize, contact: u32 },
    /// An injector begins to follow the session of a call.
    Followed { injector: usize, call: usize },
    /// It does not any more.
    Unfollowed { injector: usize, call: usize },
    /// Its poll is answered with these events, and the id of the next.
    Told {
        injector: usize,
        call: usize,
        events: Vec<Told>,
        renewed: Option<u32>,
    },
    /// Its poll has failed.
    Deaf { injector: usize, call: usize },
    /// Something is asked for of a session by this id.
    Addressed { call: usize, id: u32 },
    /// The event after an unmasking.
    Unmasked { injection: Injection, failed: bool },
    /// The event of an injector that heard the end of a session.
    SessionEnded { injector: usize, call: usize },
    /// The program says that it found out where a call stands.
    FoundOut { call: usize },
    /// The injector takes nothing new and sends those away who wait.
    Closed(usize),
    /// A token source asks its endpoint.
    TokenAsked(usize),
    /// The endpoint answered; a failure may name a wait.
    TokenEnded {
        source: usize,
        failed: bool,
        retry_after: Option<Duration>,
    },
    /// After everything was closed, something was still there.
    LeftBehind(String),
}

/// One line of the history. Its place in the history is its place in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// From the beginning of the world.
    pub at: Duration,
    pub what: What,
}

/// Takes down what happens.
#[derive(Clone, Debug)]
pub struct History {
    began: Instant,
    steps: Arc<Mutex<Vec<Step>>>,
}

impl History {
    pub fn begin() -> Self {
        Self {
            began: Instant::now(),
            steps: Arc::default(),
        }
    }

    pub fn note(&self, what: What) {
        let at = self.now();
        self.with(|steps| steps.push(Step { at, what }));
    }

    /// The time since the beginning of the world.
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }

    pub fn take(&self) -> Vec<Step> {
        self.with(std::mem::take)
    }

    fn with<T>(&self, use_them: impl FnOnce(&mut Vec<Step>) -> T) -> T {
        use_them(&mut self.steps.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

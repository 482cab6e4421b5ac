//! Bugs that the laws must catch. They are planted around the engine, in what it is given and in how it is
//! used, so that the engine itself has no switch for being wrong.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cxone_dtmf_engine::api::agent_session::{AgentSession, Settings};
use cxone_dtmf_engine::api::telephony_v2::TelephonyV2;
use cxone_dtmf_engine::api::{
    AttemptResult, Classification, ClientHeaders, DeliveryPolicy, Params, Playing, Prepared,
    RequestTemplate, SessionAnswer, WireProfile,
};
use cxone_dtmf_engine::auth::Token;
use cxone_dtmf_engine::config::{AfterUnknown, Config, InjectionOptions, PlayoutMode};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::{Code, Error};
use cxone_dtmf_engine::http::{Answer, FaultKind};
use cxone_dtmf_engine::injector::Injector;
use cxone_dtmf_engine::lock::{LockKey, Registry};
use cxone_dtmf_engine::retry::{DEFAULT_MAX_ATTEMPTS, Failure, Resend};
use cxone_dtmf_engine::sessions::{ContactState, SessionFact};
use http::HeaderMap;
use tokio::time::sleep;

use super::faults::ms;
use super::history::History;
use super::names::call_id;
use super::plan::{Api, Wish};
use super::program::{OTHERS, Work, params};
use super::world::finished;

/// The address of the platform; nothing connects to it.
pub const API: &str = "https://api.example.com";

/// A planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// The engine as it is.
    None,
    /// A lost connection is taken for a refusal, also after the body had left.
    ResendOnReset,
    /// The same for a time-out.
    ResendOnTimeout,
    /// What the platform asks callers to wait is not heard.
    RetryAfterIgnored,
    /// Each attempt takes the lock anew, as a loop around an injection without retries does.
    LockReleasedDuringBackOff,
    /// Somebody who gives up in the moment of their turn does not pass it on.
    LostTurn,
    /// A session is passed on at once, while its tones play.
    HoldReleasedAtOnce,
    /// The recording is unmasked at once, while its tones play: they are thought to take no time.
    UnmaskedWithinTones,
    /// After an abort the recording is not unmasked.
    UnmaskForgotten,
    /// What failed in doubt is sent again, midway too.
    BurstResent,
    /// The pieces of a sequence go out in another order.
    PiecesSwapped,
    /// Nothing of an unknown outcome is remembered.
    RepeatNotSeen,
    /// What is to be blocked is not.
    NotBlocked,
    /// Who hears digits is looked at once: what is told of a contact later is not heard.
    FocusReadOnce,
    /// A request that may be leaving is not taken back.
    NotTakenBack,
    /// What is told is known somewhat later.
    EventsAppliedLate,
    /// Each id of a session has a queue of its own.
    QueuePerId,
    /// A mask is taken for there when it is answered.
    MaskNotWaitedFor,
}

/// The profile of the platform, or one that judges wrongly.
pub fn profile(api: Api, bug: Bug) -> Arc<dyn WireProfile> {
    let settings = Settings {
        pauses: true,
        ..Settings::default()
    };
    let right: Box<dyn WireProfile> = match api {
        Api::TelephonyV2 => Box::new(TelephonyV2::default()),
        Api::AgentSession => Box::new(AgentSession::new(settings, ClientHeaders::default())),
    };
    Arc::new(Misjudging { right, bug })
}

/// The configuration as planned, or one that was forgotten.
pub fn config(planned: &Config, bug: Bug) -> Config {
    let mut config = planned.clone();
    if bug == Bug::HoldReleasedAtOnce {
        config.playout = PlayoutMode::None;
    }
    if bug == Bug::RepeatNotSeen {
        config.repeat_guard = Duration::ZERO;
    }
    if bug == Bug::NotBlocked && config.after_unknown == AfterUnknown::Block {
        config.after_unknown = AfterUnknown::RejectQueued;
    }
    config
}

struct Misjudging {
    right: Box<dyn WireProfile>,
    bug: Bug,
}

impl WireProfile for Misjudging {
    fn params(&self) -> &'static [&'static str] {
        self.right.params()
    }

    fn prepare(&self, call: Arc<str>, params: &Params, split: bool) -> Result<Prepared, Error> {
        let mut prepared = self.right.prepare(call, params, split)?;
        if self.bug == Bug::UnmaskedWithinTones {
            for segment in &mut prepared.segments {
                segment.playing = Playing::Known(Duration::ZERO);
            }
        }
        if self.bug == Bug::PiecesSwapped {
            prepared.segments.reverse();
        }
        Ok(prepared)
    }

    fn next_event(&self, session: &str, wait: Duration) -> Result<RequestTemplate, Error> {
        self.right.next_event(session, wait)
    }

    fn session_answer(&self, answer: &Answer) -> SessionAnswer {
        let mut right = self.right.session_answer(answer);
        if self.bug == Bug::QueuePerId {
            right.renewed = None;
        }
        for event in &mut right.events {
            if let SessionFact::Contact { state, .. } = &mut event.fact {
                match (self.bug, &*state) {
                    (Bug::FocusReadOnce, ContactState::Held | ContactState::Ended) => {
                        event.fact = SessionFact::Other;
                    }
                    (Bug::MaskNotWaitedFor, ContactState::Active) => *state = ContactState::Masked,
                    _ => {}
                }
            }
        }
        right
    }

    fn headers(&self, token: &Token, body: &Bytes) -> Result<HeaderMap, Error> {
        self.right.headers(token, body)
    }

    fn atomic_server_errors(&self) -> bool {
        self.right.atomic_server_errors()
    }

    fn classify(&self, facts: &AttemptResult, policy: &DeliveryPolicy) -> Classification {
        let Classification::Failed(right) = self.right.classify(facts, policy) else {
            return Classification::Accepted;
        };
        let mistaken = Failure {
            delivery: Delivery::Refused,
            code: Code::Connect,
            resend: Resend::Transient,
            retry_after: None,
        };
        let fault = match *facts {
            AttemptResult::Failed { fault, .. } => Some(fault),
            AttemptResult::Answered { .. } => None,
        };
        Classification::Failed(match (self.bug, fault) {
            (Bug::ResendOnReset, Some(FaultKind::ConnectionLost))
            | (Bug::ResendOnTimeout, Some(FaultKind::TimedOut)) => mistaken,
            (Bug::BurstResent, _) if right.delivery == Delivery::Unknown => Failure {
                // Resends of what never left do not count as attempts.
                resend: Resend::Unsent,
                ..mistaken
            },
            (Bug::RetryAfterIgnored, _) => Failure {
                retry_after: None,
                ..right
            },
            _ => right,
        })
    }
}

/// What a program writes that does its own retries: between two attempts it stands in no line.
pub fn with_a_lock_per_attempt(
    injector: Injector,
    (api, wish, contact): (Api, &Wish, Option<u32>),
    options: InjectionOptions,
    history: History,
) -> Work {
    let attempts = options.max_attempts;
    let injection = wish.injection;
    let wish = wish.clone();
    let id = OTHERS * 2 + injection;
    let once = InjectionOptions {
        max_attempts: DEFAULT_MAX_ATTEMPTS,
        ..options
    };
    let digits = move || params(api, &wish, (&call_id(wish.call), contact));
    let first = injector.inject(id, digits(), &once);
    Box::pin(async move {
        let mut outcome = first.run().await;
        for _ in 1..attempts {
            let again = outcome.result.as_ref().is_err_and(|error| error.retryable);
            if !again {
                break;
            }
            sleep(ms(200)).await;
            outcome = injector.inject(id, digits(), &once).run().await;
        }
        history.note(finished(injection, &outcome));
        outcome
    })
}

/// Waits in the line of a call. When the patience and the wait end at the same moment, the turn is lost.
pub async fn wait_and_lose_the_turn(
    registry: Arc<Registry>,
    call: String,
    patience: Option<Duration>,
) {
    let channel = LockKey::Call {
        scope: API.into(),
        call: call.into(),
    };
    let Ok(mut place) = registry.enqueue(channel, usize::MAX) else {
        return;
    };
    let gave_up = tokio::select! {
        biased;
        () = sleep(patience.unwrap_or(ms(500))) => true,
        _ = place.turn() => false,
    };
    if gave_up {
        // The turn is here, and nobody looks at it any more.
        let came = tokio::select! {
            biased;
            turn = place.turn() => turn.is_ok(),
            () = std::future::ready(()) => false,
        };
        if came {
            std::mem::forget(place);
        }
    }
}

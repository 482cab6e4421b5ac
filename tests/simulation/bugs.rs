//! Bugs that the laws must catch. They are planted around the engine, in what it is given and in how it is
//! used, so that the engine itself has no switch for being wrong.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cxone_dtmf::api::telephony_v2::TelephonyV2;
use cxone_dtmf::api::{Facts, Params, Prepared, Terms, WireProfile};
use cxone_dtmf::auth::Token;
use cxone_dtmf::channel::{Channel, Registry};
use cxone_dtmf::config::InjectionOptions;
use cxone_dtmf::delivery::Delivery;
use cxone_dtmf::error::{Code, Error};
use cxone_dtmf::injector::Injector;
use cxone_dtmf::retry::{Resend, Verdict};
use cxone_dtmf::transport::FaultKind;
use http::HeaderMap;
use tokio::time::sleep;

use crate::faults::ms;
use crate::history::History;
use crate::plan::Wish;
use crate::program::{OTHERS, Work, params};
use crate::world::finished;

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
}

/// The profile of the platform, or one that judges wrongly.
pub fn profile(bug: Bug) -> Arc<dyn WireProfile> {
    let right = TelephonyV2::default();
    Arc::new(Misjudging { right, bug })
}

struct Misjudging {
    right: TelephonyV2,
    bug: Bug,
}

impl WireProfile for Misjudging {
    fn prepare(&self, params: Params) -> Result<Prepared, Error> {
        self.right.prepare(params)
    }

    fn headers(&self, token: &Token, body: &Bytes) -> Result<HeaderMap, Error> {
        self.right.headers(token, body)
    }

    fn judge(&self, facts: &Facts, terms: &Terms) -> Verdict {
        let right = self.right.judge(facts, terms);
        let mistaken = Verdict {
            delivery: Delivery::Refused,
            code: Code::Connect,
            resend: Resend::Transient,
            retry_after: None,
        };
        match (self.bug, facts.result) {
            (Bug::ResendOnReset, Err(FaultKind::ConnectionLost))
            | (Bug::ResendOnTimeout, Err(FaultKind::TimedOut)) => mistaken,
            (Bug::RetryAfterIgnored, _) => Verdict {
                retry_after: None,
                ..right
            },
            _ => right,
        }
    }
}

/// What a program writes that does its own retries: between two attempts it stands in no line.
pub fn with_a_lock_per_attempt(
    injector: Injector,
    wish: &Wish,
    options: InjectionOptions,
    history: History,
) -> Work {
    let attempts = options.max_attempts.unwrap_or(1);
    let (injection, call) = (wish.injection, wish.call);
    let id = OTHERS * 2 + injection;
    let once = InjectionOptions {
        max_attempts: None,
        ..options
    };
    let digits = move || params(injection, call);
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
    let channel = Channel::Call {
        platform: API.into(),
        call: call.into(),
    };
    let Ok(mut place) = registry.join(channel, usize::MAX) else {
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

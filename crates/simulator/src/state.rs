//! What the platform knows, and what it decides. No I/O and no clock: time comes in.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, StatusCode};
use tokio::sync::Notify;

use super::answer::Answer;
use super::answers::{accepted, too_large, too_many};
use super::calls::Calls;
use super::decision::{Decision, Ending, Now, Payload};
use super::dtmf::Sequence;
use super::grants::RefreshTokens;
use super::journal::Journal;
use super::masking::PendingMasks;
use super::options::SimulatorOptions;
use super::queue::Scripts;
use super::rate::{Limiter, RetryAfterForm};
use super::record::{Signal, Statistics};
use super::recordings::Recordings;
use super::route::Target;
use super::script::{Cut, Step};
use super::sessions::Sessions;
use super::token::{TokenState, Tokens};

/// The state, shared by the connections and the owner.
pub(super) struct Shared {
    state: Mutex<State>,
    /// Something happened that listeners may wait for.
    pub(super) news: Notify,
}

impl Shared {
    pub(super) fn new(options: SimulatorOptions) -> Self {
        Self {
            state: Mutex::new(State::new(options)),
            news: Notify::new(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.pending_masks.is_empty() {
            state.settle(Now::read());
        }
        state
    }
}

pub(super) struct State {
    pub(super) options: SimulatorOptions,
    /// The base URL, once it is known.
    pub(super) url: String,
    started: Instant,
    random: fastrand::Rng,
    limiter: Option<Limiter>,
    pub(super) statistics: Statistics,
    pub(super) calls: Calls,
    pub(super) sessions: Sessions,
    pub(super) recordings: Recordings,
    pub(super) pending_masks: PendingMasks,
    pub(super) signals: VecDeque<Signal>,
    pub(super) refresh_tokens: RefreshTokens,
    pub(super) tokens: Tokens,
    pub(super) scripts: Scripts,
    pub(super) journal: Journal,
}

impl State {
    fn new(options: SimulatorOptions) -> Self {
        Self {
            started: Instant::now(),
            random: fastrand::Rng::with_seed(options.seed),
            limiter: options.rate_limit.map(Limiter::new),
            statistics: Statistics::default(),
            url: String::new(),
            calls: Calls::new(options.auto_calls),
            sessions: Sessions::new(&options),
            recordings: Recordings::new(options.journal_limit),
            pending_masks: PendingMasks::default(),
            signals: VecDeque::new(),
            refresh_tokens: RefreshTokens::default(),
            tokens: Tokens::default(),
            scripts: Scripts::default(),
            journal: Journal::new(options.journal_limit),
            options,
        }
    }

    pub(super) fn listens_at(&mut self, url: &str) {
        url.clone_into(&mut self.url);
    }

    pub(super) fn usual_delay(&mut self) -> Duration {
        self.options.latency.sample(&mut self.random)
    }

    pub(super) fn limiter(&mut self) -> Option<(&mut Limiter, RetryAfterForm)> {
        let limiter = self.limiter.as_mut()?;
        let form = limiter.form();
        Some((limiter, form))
    }

    pub(super) const fn time_scale(&self) -> f64 {
        self.options.time_scale
    }

    /// Milliseconds since the start, to the microsecond.
    pub(super) fn since_start(&self, now: Instant) -> f64 {
        let micros = now.saturating_duration_since(self.started).as_micros();
        micros as f64 / 1_000.0
    }

    /// The address of the API that discovery tells.
    pub(super) fn api_endpoint(&self) -> &str {
        self.options.api_endpoint.as_deref().unwrap_or(&self.url)
    }

    /// A request is over; `call_id` is that of a DTMF request.
    pub(super) fn leave(
        &mut self,
        seq: u64,
        call_id: Option<&str>,
        outcome: (Option<u16>, Option<Cut>),
        now: Instant,
    ) {
        self.journal.outcome(seq, outcome.0, outcome.1);
        if let Some(call_id) = call_id {
            self.statistics.in_flight = self.statistics.in_flight.saturating_sub(1);
            self.calls.leave(call_id, now);
        }
    }

    /// Checks a DTMF request, carries it out where that is the outcome, and says how it ends.
    pub(super) fn dtmf(
        &mut self,
        seq: u64,
        target: &Target,
        step: Option<&Step>,
        (authorization, payload): (Option<&str>, &Payload),
        now: Now,
    ) -> Decision {
        let usual_delay = self.usual_delay();
        let Some(step) = step else {
            return match self.check_call(target, authorization, payload, now) {
                Ok(sequence) => {
                    let answer = accepted(StatusCode::ACCEPTED, target, sequence.digits.len());
                    Decision {
                        wait: self.press(seq, target, sequence, usual_delay, now.instant),
                        ending: Ending::Answer(answer),
                    }
                }
                Err(answer) => Decision {
                    wait: usual_delay,
                    ending: Ending::Answer(answer),
                },
            };
        };
        let mut wait = step.delay.unwrap_or(usual_delay);
        let sequence = Sequence::read_anything(payload.bytes());
        let digits = sequence
            .as_ref()
            .map_or(0, |sequence| sequence.digits.len());
        if let Some(sequence) = sequence.filter(|_| step.executes()) {
            wait = self.press(seq, target, sequence, wait, now.instant);
        }
        let status = step.status_or(StatusCode::ACCEPTED);
        let answer = step.answer(status, || accepted(status, target, digits));
        Decision {
            wait,
            ending: Ending::of(step.cut, answer),
        }
    }

    /// The rules of the platform, in their order.
    fn check_call(
        &mut self,
        target: &Target,
        authorization: Option<&str>,
        payload: &Payload,
        now: Now,
    ) -> Result<Sequence, Answer> {
        match self.tokens.state_of(authorization, now.instant) {
            TokenState::Good => {}
            TokenState::Invalid => {
                return Err(Answer::refusal(
                    StatusCode::UNAUTHORIZED,
                    "invalid_token",
                    "The token is missing, unknown, expired or revoked",
                )
                .with(
                    WWW_AUTHENTICATE,
                    HeaderValue::from_static("Bearer error=\"invalid_token\""),
                ));
            }
            TokenState::LacksScope => {
                return Err(Answer::refusal(
                    StatusCode::FORBIDDEN,
                    "insufficient_scope",
                    "The token lacks telephony:call:control",
                ));
            }
        }
        if let Some(limiter) = &mut self.limiter
            && let Err(wait) = limiter.admit(now.instant, &target.call)
        {
            return Err(too_many(wait, limiter.form(), now.wall));
        }
        let body = match payload {
            Payload::Whole(body) => body,
            Payload::TooLarge => return Err(too_large()),
        };
        let sequence = Sequence::read(body)
            .map_err(|rule| Answer::refusal(StatusCode::BAD_REQUEST, "invalid_payload", rule))?;
        let Target {
            provider,
            line,
            call,
        } = target;
        if !self.calls.is_live(call, provider, line) {
            return Err(Answer::refusal(
                StatusCode::NOT_FOUND,
                "call_not_found",
                "No such call on this provider and line, or it has ended",
            ));
        }
        if self.calls.is_busy(call, now.instant) {
            return Err(Answer::refusal(
                StatusCode::CONFLICT,
                "call_busy",
                "Another sequence is being pressed into this call",
            ));
        }
        Ok(sequence)
    }

    /// Presses the sequence and returns how long the request takes, `delay` included.
    fn press(
        &mut self,
        seq: u64,
        target: &Target,
        sequence: Sequence,
        delay: Duration,
        now: Instant,
    ) -> Duration {
        let playing = sequence.playing_time(self.options.time_scale);
        let started = self.since_start(now);
        let ended = self.since_start(now + playing);
        let wait = playing + delay;
        // The platform goes on when the client leaves, so the end is a time and not the end of the request.
        if !wait.is_zero() {
            self.calls.occupy(&target.call, now + wait);
        }
        self.journal
            .execution(seq, &target.call, sequence, (started, ended));
        wait
    }

    pub(super) fn statistics(&self) -> Statistics {
        let mut statistics = self.statistics;
        self.journal.count(&mut statistics);
        statistics
    }
}

//! What the platform knows, and what it decides. No I/O and no clock: time comes in.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{ALLOW, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Map, Value};

use super::answer::Answer;
use super::answers::{accepted, no_store, too_large, too_many};
use super::calls::Calls;
use super::decision::{Decision, Ending, Now, Payload, Task};
use super::dtmf::Sequence;
use super::journal::{Head, Journal};
use super::options::SimulatorOptions;
use super::queue::Scripts;
use super::rate::Limiter;
use super::record::{RequestKind, Statistics};
use super::route::{Route, Target, route};
use super::script::{Cut, Step};
use super::token::{Standing, Tokens, grant};
use super::token_step::{Claim, TokenStep};

/// The state, shared by the connections and the owner.
pub(super) struct Shared(Mutex<State>);

impl Shared {
    pub(super) fn new(options: SimulatorOptions) -> Self {
        Self(Mutex::new(State::new(options)))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct State {
    options: SimulatorOptions,
    started: Instant,
    random: fastrand::Rng,
    limiter: Option<Limiter>,
    statistics: Statistics,
    pub(super) calls: Calls,
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
            calls: Calls::new(options.auto_calls),
            tokens: Tokens::default(),
            scripts: Scripts::default(),
            journal: Journal::new(options.journal_limit),
            options,
        }
    }

    /// Milliseconds since the start, to the microsecond.
    fn since_start(&self, now: Instant) -> f64 {
        let micros = now.saturating_duration_since(self.started).as_micros();
        micros as f64 / 1_000.0
    }

    /// The head of a request was read. Returns its number and what it needs next.
    pub(super) fn arrive(&mut self, head: &http::request::Parts, now: Instant) -> (u64, Task) {
        let path = head.uri.path();
        let is_post = head.method == Method::POST;
        let mut overlapped = false;
        let (kind, task) = match route(path) {
            Route::Dtmf(target) if is_post => {
                let (overlaps, together) = self.calls.arrive(&target.call, now);
                overlapped = overlaps;
                let statistics = &mut self.statistics;
                statistics.overlaps += u64::from(overlaps);
                statistics.in_flight += 1;
                statistics.max_in_flight = statistics.max_in_flight.max(statistics.in_flight);
                statistics.max_in_flight_per_call = statistics.max_in_flight_per_call.max(together);
                let step = self.scripts.next(&target.call);
                (RequestKind::Dtmf, Task::Dtmf(target, step))
            }
            Route::Token if is_post => {
                self.statistics.token_requests += 1;
                (RequestKind::Token, Task::Token(self.scripts.next_token()))
            }
            Route::Unknown => {
                let answer =
                    Answer::refusal(StatusCode::NOT_FOUND, "not_found", "No such resource");
                (RequestKind::Other, Task::Refuse(answer))
            }
            _ => {
                let answer = Answer::refusal(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "method_not_allowed",
                    "Only POST is allowed here",
                )
                .with(ALLOW, HeaderValue::from_static("POST"));
                (RequestKind::Other, Task::Refuse(answer))
            }
        };
        let call_id = match &task {
            Task::Dtmf(target, _) => Some(target.call.as_str()),
            _ => None,
        };
        let seq = self.journal.request(&Head {
            at_ms: self.since_start(now),
            method: &head.method,
            path,
            headers: &head.headers,
            kind,
            call_id,
            overlapped,
        });
        (seq, task)
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

    /// Judges a DTMF request, carries it out where that is the outcome, and says how it ends.
    pub(super) fn dtmf(
        &mut self,
        seq: u64,
        target: &Target,
        step: Option<&Step>,
        (authorization, payload): (Option<&str>, &Payload),
        now: Now,
    ) -> Decision {
        let usual_delay = self.options.latency.sample(&mut self.random);
        let Some(step) = step else {
            return match self.judge(target, authorization, payload, now) {
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
    fn judge(
        &mut self,
        target: &Target,
        authorization: Option<&str>,
        payload: &Payload,
        now: Now,
    ) -> Result<Sequence, Answer> {
        match self.tokens.standing(authorization, now.instant) {
            Standing::Good => {}
            Standing::Invalid => {
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
            Standing::LacksScope => {
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

    /// Judges a token request and says how it ends.
    pub(super) fn token(
        &mut self,
        step: Option<&TokenStep>,
        payload: &Payload,
        now: Now,
    ) -> Decision {
        let Some(step) = step else {
            let answer = match payload {
                Payload::TooLarge => too_large(),
                Payload::Whole(form) => match grant(form, &self.options) {
                    Ok(scope) => {
                        let claims = TokenStep::default();
                        self.issue(&scope, &claims, now.instant)
                    }
                    Err(refusal) => refusal,
                },
            };
            return Decision {
                wait: Duration::ZERO,
                ending: Ending::Answer(no_store(answer)),
            };
        };
        let scope = self.options.scopes.join(" ");
        let status = step.step.status_or(StatusCode::OK);
        let mut answer = step
            .step
            .answer(status, || self.issue(&scope, step, now.instant));
        if step.malformed {
            answer.body = Bytes::from_static(b"{\"access_token\":");
        }
        Decision {
            wait: step.step.delay.unwrap_or_default(),
            ending: Ending::of(step.step.cut, no_store(answer)),
        }
    }

    /// Issues a token and makes the answer that carries it.
    fn issue(&mut self, scope: &str, step: &TokenStep, now: Instant) -> Answer {
        let lifetime = self.options.token_lifetime;
        let expires = now + lifetime;
        let scope = match &step.scope {
            Claim::Literal(Value::String(literal)) => literal,
            _ => scope,
        };
        let token = match &step.access_token {
            Claim::Literal(Value::String(literal)) => {
                self.tokens.accept(literal, scope, now, expires);
                literal.clone()
            }
            _ => self.tokens.issue(scope, now, expires),
        };
        let mut body = Map::new();
        let mut say = |name: &str, claim: &Claim, usual: Value| match claim {
            Claim::Usual => drop(body.insert(name.to_owned(), usual)),
            Claim::Omitted => {}
            Claim::Literal(value) => drop(body.insert(name.to_owned(), value.clone())),
        };
        say("access_token", &step.access_token, token.into());
        say("token_type", &Claim::Usual, "Bearer".into());
        say("expires_in", &step.expires_in, lifetime.as_secs().into());
        say("scope", &step.scope, scope.into());
        Answer::json(StatusCode::OK, &body)
    }

    pub(super) fn statistics(&self) -> Statistics {
        let mut statistics = self.statistics;
        self.journal.count(&mut statistics);
        statistics
    }
}

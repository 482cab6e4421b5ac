//! What the platform decides of the API that NICE publishes.

use std::time::{Duration, Instant};

use http::header::{HeaderName, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::answer::Answer;
use super::answers::{refusal, too_large, too_many};
use super::decision::{Asking, Decision, Ending, Now, Payload};
use super::options::Unknown;
use super::record::Execution;
use super::script::Step;
use super::session::Session;
use super::session_dtmf::Asked;
use super::sessions::{Addressed, Poll, Told};
use super::state::State;
use super::token::TokenState;

const TRACE: HeaderName = HeaderName::from_static("x-trace-id");

impl State {
    /// Checks `send-dtmf`. An accepted sequence is answered at once and plays on.
    pub(super) fn session_dtmf(
        &mut self,
        seq: u64,
        session: &Addressed,
        step: Option<&Step>,
        asking: &Asking<'_>,
        now: Now,
    ) -> Decision {
        let usual_delay = self.usual_delay();
        let (wait, ending) = match step {
            None => match self.check_session(session, asking, now) {
                Ok(asked) => {
                    self.play(seq, &session.session, asked, now.instant);
                    (usual_delay, Ending::Answer(taken(StatusCode::ACCEPTED)))
                }
                Err(refusal) => (usual_delay, Ending::Answer(refusal)),
            },
            Some(step) => {
                let asked = Asked::read_anything(asking.query, asking.payload.bytes());
                if let Some(asked) = asked.ok().filter(|_| step.executes()) {
                    self.play(seq, &session.session, asked, now.instant);
                }
                let status = step.status_or(StatusCode::ACCEPTED);
                let answer = step.answer(status, || taken(status));
                (
                    step.delay.unwrap_or(usual_delay),
                    Ending::of(step.cut, answer),
                )
            }
        };
        traced(seq, wait, ending)
    }

    fn check_session(
        &mut self,
        session: &Addressed,
        asking: &Asking<'_>,
        now: Now,
    ) -> Result<Asked, Answer> {
        self.check_token(asking, now.instant)?;
        if let Some((limiter, form)) = self.limiter()
            && let Err(wait) = limiter.admit(now.instant, &session.session)
        {
            return Err(too_many(wait, form, now.wall));
        }
        let body = match asking.payload {
            Payload::Whole(body) => body,
            Payload::TooLarge => return Err(too_large()),
        };
        let asked = Asked::read(asking.query, body)
            .map_err(|rule| refusal(StatusCode::BAD_REQUEST, "invalid_request", rule))?;
        self.check_live(session)?;
        let is_heard = || self.sessions.get(&session.session)?.in_focus();
        if self.options.digits_to_nobody == Unknown::Refused && is_heard().is_none() {
            return Err(no_contact());
        }
        Ok(asked)
    }

    /// The session is there, and this id of it is still good.
    pub(super) fn check_live(&self, session: &Addressed) -> Result<(), Answer> {
        let is_old = session.is_renewed && self.options.old_session_ids == Unknown::Refused;
        if self.sessions.is_live(&session.session) && !is_old {
            Ok(())
        } else {
            Err(no_session())
        }
    }

    /// The tones begin now and play on, whatever becomes of the request.
    fn play(&mut self, seq: u64, session: &str, asked: Asked, now: Instant) {
        let playing = asked.playing_time(self.time_scale());
        let (started_at_ms, ended_at_ms) = (self.since_start(now), self.since_start(now + playing));
        if !playing.is_zero() {
            self.calls.occupy(session, now + playing);
        }
        let tone = asked.tone;
        let heard = self.sessions.get(session).and_then(Session::in_focus);
        let contact_id = heard.map(|contact| contact.id.clone());
        let times = (started_at_ms, ended_at_ms);
        self.journal.session_execution(
            seq,
            session,
            asked.into_sequence(),
            (tone, contact_id),
            times,
        );
    }

    /// What a listener to a session is answered, or `None` when there is nothing to tell yet.
    pub(super) fn next_event(
        &mut self,
        seq: u64,
        poll: &Poll,
        asking: &Asking<'_>,
        now: Instant,
    ) -> Option<Decision> {
        let answer = match self.check_token(asking, now) {
            Err(refusal) => refusal,
            Ok(()) => match self.sessions.tell(poll) {
                Told::Nothing => return None,
                Told::Events(next, events) => Answer::json(
                    StatusCode::OK,
                    &json!({ "sessionId": next, "events": events }),
                ),
                Told::Ended => refusal(
                    StatusCode::CONFLICT,
                    "session_ended",
                    "The session has ended",
                ),
                Told::Unknown => no_session(),
            },
        };
        Some(traced(seq, Duration::ZERO, Ending::Answer(answer)))
    }

    /// The answer to a listener that has waited long enough.
    pub(super) fn nothing_happened(seq: u64) -> Decision {
        traced(
            seq,
            Duration::ZERO,
            Ending::Answer(taken(StatusCode::NOT_MODIFIED)),
        )
    }

    /// What a listener meets by a script.
    pub(super) fn scripted_event(seq: u64, step: &Step) -> Decision {
        let status = step.status_or(StatusCode::OK);
        let answer = step.answer(status, || Answer::json(status, &json!({ "events": [] })));
        traced(
            seq,
            step.delay.unwrap_or_default(),
            Ending::of(step.cut, answer),
        )
    }

    /// Every sequence, with what is known by now of the masks.
    pub(super) fn executions(&self) -> Vec<Execution> {
        let mut executions = self.journal.executions();
        for execution in &mut executions {
            let covered = |contact: &String| {
                let (from, to) = (execution.started_at_ms, execution.ended_at_ms);
                self.recordings.covered(contact, from, to)
            };
            execution.masked = execution.contact_id.as_ref().map(covered);
        }
        executions
    }

    /// Any valid token will do: scopes are not of this API.
    pub(super) fn check_token(&self, asking: &Asking<'_>, now: Instant) -> Result<(), Answer> {
        match self.tokens.state_of(asking.authorization, now) {
            TokenState::Good | TokenState::LacksScope => Ok(()),
            TokenState::Invalid => Err(refusal(
                StatusCode::UNAUTHORIZED,
                "invalid_token",
                "The token is missing, unknown, expired or revoked",
            )
            .with(
                WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer error=\"invalid_token\""),
            )),
        }
    }
}

/// Nothing but the status: the platform's answers to what it takes have no body.
pub(super) fn taken(status: StatusCode) -> Answer {
    Answer {
        status,
        headers: Vec::new(),
        body: bytes::Bytes::new(),
    }
}

pub(super) fn no_session() -> Answer {
    refusal(
        StatusCode::NOT_FOUND,
        "not_found",
        "No such session, or it has ended",
    )
}

pub(super) fn no_contact() -> Answer {
    refusal(
        StatusCode::NOT_FOUND,
        "not_found",
        "No such contact, or it has gone",
    )
}

/// Every answer can be found again.
pub(super) fn traced(seq: u64, wait: Duration, ending: Ending) -> Decision {
    let with_trace = |answer: Answer| match HeaderValue::try_from(format!("trace-{seq}")) {
        Ok(id) if answer.headers.iter().all(|(name, _)| *name != TRACE) => answer.with(TRACE, id),
        _ => answer,
    };
    let ending = match ending {
        Ending::Answer(answer) => Ending::Answer(with_trace(answer)),
        Ending::Truncated(answer) => Ending::Truncated(with_trace(answer)),
        Ending::Cut(cut) => Ending::Cut(cut),
    };
    Decision { wait, ending }
}

//! The sentences of errors. Each says what happened and, where there is something to do, what.

use std::borrow::Cow;

use uuid::Uuid;

use crate::api::AttemptResult;
use crate::cancel::call_ended;
use crate::delivery::Delivery;
use crate::error::{Code, Error, Response};
use crate::http::{FaultKind, Peer, sentence};
use crate::lock::Rejection;
use crate::rate_limit::WaitTooLong;

pub(super) const OUTCOME_UNKNOWN: &str = "the outcome is unknown: the digits were handed over and may or may not have been pressed; do not send them again before you know";

/// Why an attempt failed.
pub(super) fn attempt(result: &AttemptResult, code: Code) -> Cow<'static, str> {
    if code == Code::OutcomeUnknown {
        return match *result {
            AttemptResult::Answered { status, .. } => {
                format!("{OUTCOME_UNKNOWN} (the platform answered {status})").into()
            }
            AttemptResult::Failed {
                fault: FaultKind::TimedOut,
                ..
            } => format!("{OUTCOME_UNKNOWN} (no answer in time)").into(),
            AttemptResult::Failed { .. } => {
                format!("{OUTCOME_UNKNOWN} (the connection was lost)").into()
            }
        };
    }
    match *result {
        AttemptResult::Answered { status, .. } => answered(status, code).into(),
        AttemptResult::Failed { fault, .. } => sentence(fault, Peer::Platform),
    }
}

fn answered(status: u16, code: Code) -> String {
    match code {
        Code::Auth => format!("the platform refused the token twice ({status}): check client id, secret and scopes"),
        Code::Forbidden => "the platform forbids this call or line to this client (403): check the permissions of the client".into(),
        Code::RateLimited => "the platform's rate limit is reached (429): send less, or later".into(),
        Code::Server => format!("the platform failed and pressed nothing ({status})"),
        _ if status == 404 => "the platform does not know this call, line or provider (404): it may have ended".into(),
        _ => format!("the platform refused the request ({status}) and pressed nothing"),
    }
}

/// The platform declined for the sake of something else on the call. It says why, or it does not.
pub(super) fn conflict(beginning: &str, response: &Response) -> String {
    let status = response.status;
    match &response.details.reason {
        Some(reason) => format!("{beginning} (the platform answered {status}: {reason})"),
        None => format!("{beginning} (the platform answered {status})"),
    }
}

/// A sequence in several requests failed after a part of it was accepted.
pub(super) fn midway(accepted: u32, of: u32, why: &str) -> String {
    format!(
        "{accepted} of {of} digits were accepted, then it failed, and nothing was sent again: find out where the call stands ({why})"
    )
}

/// The time for the whole injection ran out.
pub(super) fn deadline() -> Error {
    Error::not_sent(
        Code::Deadline,
        "the deadline of the injection passed (deadlineMs)",
    )
    .retryable(None)
}

/// The rate limit of the injector lets the request leave only after the deadline.
pub(super) fn rate_limited(WaitTooLong(wait): WaitTooLong) -> Error {
    Error::not_sent(
        Code::RateLimited,
        "the injector's own rate limit (rateLimit) has no slot before the deadline",
    )
    .retryable(Some(wait))
}

/// There is a fleet, and this process never asked it for the call.
pub(super) fn no_fleet_lock() -> Error {
    Error::not_sent(
        Code::LockLost,
        "nothing was sent, since this process had not asked for the call",
    )
}

/// The wait for the lock of a call ran out; `why` says what was waited for. The tutorial's words are left to what the
/// platform answers: programs that match on them mean a conflict there.
pub(super) fn lock_timeout(call: &str, why: &str) -> Error {
    let message = format!("the wait for the lock of call {call} ran out: {why}");
    Error::not_sent(Code::LockTimeout, message).retryable(None)
}

/// Rejected while queued.
pub(super) fn rejected(why: Rejection) -> Error {
    match why {
        Rejection::AfterUnknown => Error::not_sent(
            Code::AfterUnknown,
            "an injection ahead on this call has an unknown outcome: nothing behind it was sent",
        ),
        Rejection::CallEnded => call_ended(),
        Rejection::LockExpired => Error::not_sent(
            Code::Lock,
            "the lock was held longer than lockHoldMs and has been released: acquire a new one",
        ),
    }
}

/// The same digits may have been pressed already.
pub(super) fn repeat(first: Uuid) -> Error {
    let message = format!(
        "injection {first} handed the same digits to this call before and its outcome is unknown, so they were not sent again (repeatGuardMs): find out whether they were pressed, then call resolve"
    );
    Error {
        delivery: Delivery::Unknown,
        repeat_of: Some(first),
        ..Error::not_sent(Code::OutcomeUnknown, message)
    }
}

/// Nothing is sent until an earlier outcome is known.
pub(super) fn blocked(first: Uuid) -> Error {
    Error::not_sent(
        Code::AfterUnknown,
        format!(
            "the outcome of injection {first} is unknown, and nothing more is sent there (afterUnknown: 'block'): find out where the call stands, then call resolve"
        ),
    )
}

/// The contact that digits were for is not there any more.
pub(super) fn contact_ended() -> Error {
    Error::not_sent(
        Code::CallEnded,
        "the contact has left the session, or the session has ended: nothing was sent",
    )
}

/// The contact that digits were for does not hear them.
pub(super) fn not_in_focus(why: &str) -> Error {
    Error::not_sent(Code::NotInFocus, format!("nothing was sent: {why}"))
}

/// The contact could not be brought into focus.
pub(super) fn not_activated(failed: Error) -> Error {
    Error {
        code: Code::NotInFocus,
        message: format!(
            "the contact could not be brought into focus, so nothing was sent: {}",
            failed.message
        )
        .into(),
        ..failed
    }
}

/// A command that may have been carried out.
pub(super) fn command_in_doubt(error: &Error) -> String {
    format!(
        "{}; it may have been carried out all the same, so it was not sent again",
        error.message
    )
}

/// What a failed command is told as. It has no digits, so nothing about them is unknown.
pub(super) const fn command_code(code: Code) -> Code {
    match code {
        Code::OutcomeUnknown => Code::Server,
        other => other,
    }
}

/// A session was opened, and cannot be used.
pub(super) fn no_session_id() -> Error {
    Error::not_sent(
        Code::Rejected,
        "the platform accepted the session and named no sessionId: ask it which one it is",
    )
}

/// The configuration wants a contact in a followed session.
pub(super) fn contact_required(is_given: bool) -> Error {
    Error::invalid(if is_given {
        "the session is not followed, and requireContact is set: call followSession first"
    } else {
        "contactId is missing, and requireContact is set: name the contact that the digits are for"
    })
}

/// Nobody would hear whether the mask is there.
pub(super) fn unguarded_mask() -> Error {
    Error::invalid(
        "maskRecording needs a session that is followed: call followSession first, or pass unguarded: true to trust the platform's answer",
    )
}

/// The session says that its recordings cannot be masked.
pub(super) fn cannot_mask() -> Error {
    Error::not_sent(
        Code::Mask,
        "recordings cannot be masked in this session (CanMask), so nothing was sent",
    )
}

/// An event has said that the recording is not masked any more.
pub(super) fn mask_gone() -> Error {
    Error::not_sent(
        Code::Mask,
        "something else has taken the mask of the recording away: nothing more was sent",
    )
}

/// No event has said that the recording is masked.
pub(super) fn mask_not_confirmed() -> Error {
    Error::not_sent(
        Code::Mask,
        "no event has confirmed in time that the recording is masked (maskTimeoutMs), so nothing was sent",
    )
}

/// Too many wait for this call.
pub(super) fn queue_full(call: &str, max: usize) -> Error {
    full(format!(
        "{max} are waiting for call {call} already (maxWaitingPerCall)"
    ))
}

/// Too many wait in this injector.
pub(super) fn injector_full(max: usize) -> Error {
    full(format!(
        "{max} are waiting in this injector already (maxWaiting)"
    ))
}

fn full(message: String) -> Error {
    Error::not_sent(Code::QueueFull, message).retryable(None)
}

/// The work was dropped before it could end, as when its thread dies or a part of the engine fails.
pub(crate) fn dropped() -> Error {
    Error::not_sent(
        Code::Closed,
        "the injector went away before the digits were handed over",
    )
}

/// The lock on the call was lost, and with it the right to unmask its recording.
pub(super) fn mask_left() -> Error {
    Error::not_sent(
        Code::Mask,
        "the recording was not unmasked: the lease on the call was lost and could not be had again, and another process may press digits under this mask",
    )
}

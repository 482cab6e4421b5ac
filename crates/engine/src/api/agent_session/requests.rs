//! The requests of the API: all below `InContactAPI/services/{version}/`, in the letters of NICE's agent SDK.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use zeroize::Zeroizing;

use super::rules::Valid;
use super::settings::{Encoding, Settings};
use super::version::Version;
use crate::api::prepared::{Playing, Recording, Segment};
use crate::api::template::{RequestTemplate, Target};
use crate::api::wiped::Wiped;
use crate::payload::DigitGroup;

/// Below the sessions of the API.
pub(super) fn sessions<'a>(
    version: &'a Version,
    below: impl IntoIterator<Item = &'a str>,
) -> Target {
    services(version, ["agent-sessions"].into_iter().chain(below))
}

fn services<'a>(version: &'a Version, below: impl IntoIterator<Item = &'a str>) -> Target {
    let services = ["InContactAPI", "services", version.as_str()];
    Target::path(services.into_iter().chain(below))
}

/// `GET …/business-unit`, which the agent SDK of NICE asks for when it starts. It needs no session.
pub(super) fn business_unit(version: &Version) -> RequestTemplate {
    RequestTemplate {
        method: Method::GET,
        target: services(version, ["business-unit"]),
        body: Bytes::new(),
    }
}

/// Below one session of the API.
pub(super) fn in_session<'a>(
    version: &Version,
    session: &str,
    below: impl IntoIterator<Item = &'a str>,
) -> Target {
    sessions(version, []).in_session(session, below)
}

/// `POST …/agent-sessions/{sessionId}/send-dtmf`, and the silence behind it.
pub(super) fn segment(
    settings: &Settings,
    session: &str,
    valid: &Valid<'_>,
    group: &DigitGroup,
) -> Segment {
    let digits = group.digits.expose();
    let target = in_session(&settings.version, session, ["send-dtmf"]);
    let (tone, spacing) = (valid.tone_duration, valid.inter_digit_pause);
    let (target, body) = match settings.encoding {
        Encoding::Json => (target, json(digits, tone, spacing)),
        Encoding::Query => (
            target
                .with("dtmfSequence", digits)
                .with("toneDurationMS", tone.to_string())
                .with("toneSpacingMS", spacing.to_string()),
            Bytes::new(),
        ),
    };
    let count = u32::try_from(digits.len()).unwrap_or(u32::MAX);
    Segment {
        template: RequestTemplate {
            method: Method::POST,
            target,
            body,
        },
        digits: count,
        playing: Playing::Known(
            Duration::from_millis(u64::from(tone) + u64::from(spacing)).saturating_mul(count),
        ),
        pause: group.pause,
    }
}

/// `POST …/agent-sessions/{sessionId}/interactions/{contactId}/mask`, and `…/unmask`.
pub(super) fn recording(settings: &Settings, session: &str, contact: &Arc<str>) -> Recording {
    Recording {
        contact: Arc::clone(contact),
        mask: interaction(settings, session, contact, "mask"),
        unmask: interaction(settings, session, contact, "unmask"),
    }
}

/// `POST …/agent-sessions/{sessionId}/interactions/{contactId}/activate`, which brings a contact into focus.
pub(super) fn activation(settings: &Settings, session: &str, contact: &str) -> RequestTemplate {
    interaction(settings, session, contact, "activate")
}

fn interaction(settings: &Settings, session: &str, contact: &str, action: &str) -> RequestTemplate {
    let below = ["interactions", contact, action];
    RequestTemplate {
        method: Method::POST,
        target: in_session(&settings.version, session, below),
        body: Bytes::new(),
    }
}

/// `GET …/agent-sessions/{sessionId}/get-next-event`, a long poll.
pub(super) fn next_event(settings: &Settings, session: &str, wait: Duration) -> RequestTemplate {
    let target = in_session(&settings.version, session, ["get-next-event"]);
    RequestTemplate {
        method: Method::GET,
        target: target.with("timeout", wait.as_secs().to_string()),
        body: Bytes::new(),
    }
}

/// Written by hand into memory that is wiped: a JSON library would leave copies of the digits behind.
/// Nothing in it needs escaping.
fn json(digits: &str, tone: u16, spacing: u16) -> Bytes {
    let mut text = Zeroizing::new(String::with_capacity(80 + digits.len()));
    text.push_str(r#"{"dtmfSequence":""#);
    text.push_str(digits);
    text.push_str(r#"","toneDurationMS":"#);
    text.push_str(&tone.to_string());
    text.push_str(r#","toneSpacingMS":"#);
    text.push_str(&spacing.to_string());
    text.push('}');
    Bytes::from_owner(Wiped(text))
}

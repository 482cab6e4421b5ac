use std::time::Duration;

use url::Url;

use super::*;
use crate::api::{ClientHeaders, Playing, Prepared, RequestTemplate, WireProfile as _};
use crate::payload::{Sequence, Value};

pub(super) fn params(digits: &str) -> Params<'_> {
    Params {
        session_id: "s1".into(),
        dtmf_string: digits.into(),
        tone_duration: Value::Missing,
        inter_digit_pause: Value::Missing,
        contact_id: Value::Missing,
        mask_recording: Value::Missing,
        focus: Value::Missing,
        unguarded: Value::Missing,
    }
}

fn prepare(settings: Settings, params: Params<'_>) -> Prepared {
    let profile = AgentSession::new(settings, ClientHeaders::default());
    profile.prepare("s1".into(), &params.pack(), true).unwrap()
}

fn address(template: &RequestTemplate) -> String {
    let base = Url::parse("https://api-na1.niceincontact.com").unwrap();
    template.target.under(&base).unwrap().to_string()
}

#[test]
fn path_and_body_are_those_of_the_sdk() {
    let prepared = prepare(Settings::default(), params("12*#"));
    let segment = &prepared.segments[0];
    assert_eq!(
        address(&segment.template),
        "https://api-na1.niceincontact.com/InContactAPI/services/v23.0/agent-sessions/s1/send-dtmf"
    );
    assert_eq!(
        &segment.template.body[..],
        br#"{"dtmfSequence":"12*#","toneDurationMS":120,"toneSpacingMS":120}"#
    );
    assert_eq!(segment.playing, Playing::Known(Duration::from_millis(960)));
    assert_eq!((prepared.segments.len(), segment.digits), (1, 4));
    assert_eq!(&*prepared.call, "s1");
    assert!(prepared.recording.is_none());
}

#[test]
fn the_query_carries_everything_and_the_body_nothing() {
    let settings = Settings {
        encoding: Encoding::Query,
        version: Version::parse("v34.0").unwrap(),
        ..Settings::default()
    };
    let prepared = prepare(settings, params("1#"));
    let template = &prepared.segments[0].template;
    assert!(template.body.is_empty());
    assert_eq!(
        address(template),
        "https://api-na1.niceincontact.com/InContactAPI/services/v34.0/agent-sessions/s1/send-dtmf\
         ?dtmfSequence=1%23&toneDurationMS=120&toneSpacingMS=120"
    );
}

#[test]
fn a_sequence_with_pauses_is_sent_in_bursts() {
    let settings = Settings {
        pauses: true,
        ..Settings::default()
    };
    let prepared = prepare(settings, params(",12W#w"));
    assert_eq!(prepared.lead_in, Duration::from_millis(500));
    let sent = prepared.segments.iter().map(|segment| {
        (
            segment.digits,
            segment.playing.known().as_millis(),
            segment.pause.as_millis(),
        )
    });
    assert_eq!(sent.collect::<Vec<_>>(), [(2, 480, 1000), (1, 240, 500)]);
    assert_eq!(prepared.sequence.expose(), "12#");
}

#[test]
fn a_long_sequence_is_sent_in_even_pieces() {
    let prepared = prepare(Settings::default(), params(&"12345".repeat(9)));
    let digits: Vec<_> = prepared.segments.iter().map(|one| one.digits).collect();
    assert_eq!(digits, [15, 15, 15]);
    let parts: Vec<_> = prepared.parts.iter().map(Sequence::expose).collect();
    assert_eq!(parts.concat(), "12345".repeat(9));
    assert!(prepared.segments.iter().all(|one| one.pause.is_zero()));
}

#[test]
fn the_recording_of_the_contact_is_masked_when_asked_for() {
    let masked = Params {
        contact_id: "c-9".into(),
        mask_recording: Value::Flag(true),
        ..params("1")
    };
    let recording = prepare(Settings::default(), masked).recording.unwrap();
    let below = "https://api-na1.niceincontact.com/InContactAPI/services/v23.0/agent-sessions/s1/interactions/c-9";
    assert_eq!(address(&recording.mask), format!("{below}/mask"));
    assert_eq!(address(&recording.unmask), format!("{below}/unmask"));
}

#[test]
fn every_address_of_the_platform_leads_to_the_same_sessions() {
    let scope = |origin: &str| AgentSession::default().scope(&origin.into());
    let all = scope("https://api-na1.niceincontact.com");
    for same in [
        "https://cxone.niceincontact.com",
        "https://na1.nice-incontact.com",
        "https://api.eu.nicecxone.com",
    ] {
        assert_eq!(scope(same), all);
    }
    for other in ["https://gateway.example.com", "http://127.0.0.1:8080"] {
        assert_eq!(&*scope(other), other);
    }
}

#[test]
fn a_version_is_asked_for_the_business_unit() {
    let profile = AgentSession::default();
    assert_eq!(
        address(&profile.business_unit("v31.0").unwrap()),
        "https://api-na1.niceincontact.com/InContactAPI/services/v31.0/business-unit"
    );
    assert!(profile.business_unit("v31.0/x").is_err());
}

//! A request as the platform reads it, in whichever wire format.

use std::time::Duration;

use cxone_dtmf_engine::http::Request;
use tokio::time::Instant;

use super::Kind;

/// One request as the platform saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub kind: Kind,
    /// Empty where nothing is pressed.
    pub digits: String,
    /// How long the tones of these digits take.
    pub playing: Duration,
    /// The call, the session or the contact.
    pub call: String,
    /// The address, without the query.
    pub path: String,
    pub at: Instant,
    /// How long the platform may keep a poll.
    pub wait: Duration,
    pub token: String,
    pub fresh_connection: bool,
}

fn in_body(request: &Request, name: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(&request.body).ok()?;
    let value = body.get(name)?;
    Some(
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned),
    )
}

fn in_query(request: &Request, name: &str) -> Option<String> {
    let query = request.uri.query().unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}

pub(super) fn read(request: &Request) -> Seen {
    let mut path = request.uri.path().rsplit('/');
    let kind = match path.next().unwrap() {
        "mask" => Kind::Mask,
        "unmask" => Kind::Unmask,
        "activate" => Kind::Activate,
        "get-next-event" => Kind::NextEvent,
        _ => Kind::Press,
    };
    let field = |name| in_body(request, name).or_else(|| in_query(request, name));
    let digits = field("dtmf").or_else(|| field("dtmfSequence"));
    let digits = digits.unwrap_or_default();
    let millis = |name| field(name).map(|text| text.parse::<u64>().unwrap());
    let a_digit = millis("toneDurationMS").zip(millis("toneSpacingMS"));
    let a_digit = Duration::from_millis(a_digit.map_or(0, |(tone, spacing)| tone + spacing));
    Seen {
        kind,
        playing: a_digit * u32::try_from(digits.len()).unwrap(),
        digits,
        call: path.next().unwrap().to_owned(),
        path: request.uri.path().to_owned(),
        at: Instant::now(),
        wait: Duration::from_secs(field("timeout").map_or(0, |text| text.parse().unwrap())),
        token: request.headers["authorization"]
            .to_str()
            .unwrap()
            .to_owned(),
        fresh_connection: request.fresh_connection,
    }
}

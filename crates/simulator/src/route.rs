//! Which address means what.

use super::agent_request::{AgentRequest, ContactAction, LegAction};

/// The resource of a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// One of the token endpoints.
    Token(TokenEndpoint),
    /// `/api/v2/telephony/providers/{provider}/lines/{line}/calls/{call}/dtmf`
    Dtmf(Target),
    /// `…/agent-sessions/{session}/send-dtmf`
    SessionDtmf(String),
    /// `…/agent-sessions/{session}/get-next-event`
    NextEvent(String),
    /// `…/agent-sessions/{session}/interactions/{contact}/mask` or `…/unmask`
    Recording(String, String, MaskAction),
    /// What an agent's program asks for besides.
    Agent(AgentRequest<String>),
    /// `/auth/jwks`: what id tokens are verified with.
    Keys,
    /// `/.well-known/cxone-configuration`
    Configuration,
    /// `/.well-known/openid-configuration`
    OpenIdConfiguration,
    /// Anything else.
    Unknown,
}

impl Route {
    /// The only method of the resource.
    pub(super) const fn method(&self) -> Option<&'static str> {
        Some(match self {
            Self::NextEvent(_) | Self::Configuration | Self::OpenIdConfiguration | Self::Keys => {
                "GET"
            }
            Self::Dtmf(_) | Self::SessionDtmf(_) | Self::Recording(..) | Self::Token(_) => "POST",
            Self::Agent(request) => request.method(),
            Self::Unknown => return None,
        })
    }
}

/// The ways to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenEndpoint {
    /// `/oauth/token`: the tutorial's, client credentials in a form.
    Tutorial,
    /// `/auth/token`: passwords and refresh tokens in a form.
    Form,
    /// `/authentication/v1/token/access-key`: an access key in JSON.
    AccessKey,
    /// `/public/user/refresh`: a refresh token in JSON.
    Refresh,
    /// `/public/authentication/v1/refresh`: the same, with the client's id in `Authorization: Basic`.
    RegionalRefresh,
}

/// What is done to a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaskAction {
    /// It is masked from now on.
    Mask,
    /// It is no longer masked.
    Unmask,
}

/// The ids of a DTMF path, percent-decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) provider: String,
    pub(super) line: String,
    pub(super) call: String,
}

/// Reads a path. Segments are decoded one by one, so that an encoded slash stays inside its id.
pub(super) fn route(path: &str) -> Route {
    match path {
        "/oauth/token" => Route::Token(TokenEndpoint::Tutorial),
        "/auth/token" => Route::Token(TokenEndpoint::Form),
        "/authentication/v1/token/access-key" => Route::Token(TokenEndpoint::AccessKey),
        "/public/user/refresh" => Route::Token(TokenEndpoint::Refresh),
        "/public/authentication/v1/refresh" => Route::Token(TokenEndpoint::RegionalRefresh),
        "/auth/jwks" => Route::Keys,
        "/.well-known/cxone-configuration" => Route::Configuration,
        "/.well-known/openid-configuration" => Route::OpenIdConfiguration,
        _ => dtmf(path)
            .map(Route::Dtmf)
            .or_else(|| published(path))
            .unwrap_or(Route::Unknown),
    }
}

/// Below `/incontactapi/services/{version}/`; the first word in any case, as the platform takes it.
fn published(path: &str) -> Option<Route> {
    let mut segments = path.strip_prefix('/')?.split('/');
    let first = segments.next()?;
    if first.eq_ignore_ascii_case("incontactauthorizationserver") {
        let rest: Vec<&str> = segments.collect();
        return (rest == ["token", "whoami"]).then_some(Route::Agent(AgentRequest::WhoAmI));
    }
    let is_services = segments.next()? == "services";
    let is_api = first.eq_ignore_ascii_case("incontactapi") && is_services;
    (is_api && is_version(segments.next()?)).then_some(())?;
    let below: Vec<&str> = segments.collect();
    let agent = match below.as_slice() {
        ["agent-sessions"] => AgentRequest::Start,
        ["agent-sessions", "join"] => AgentRequest::Join,
        ["agent-sessions", session] => AgentRequest::End(decode(session)?),
        ["agent-sessions", session, rest @ ..] => return of_session(decode(session)?, rest),
        ["interactions", contact, "signal"] => AgentRequest::Signal(decode(contact)?),
        ["business-unit"] => AgentRequest::BusinessUnit,
        ["agents", agent, "agent-settings"] => AgentRequest::Settings(decode(agent)?),
        _ => return None,
    };
    Some(Route::Agent(agent))
}

/// Below `…/agent-sessions/{session}/`.
fn of_session(session: String, below: &[&str]) -> Option<Route> {
    let agent = match below {
        ["send-dtmf"] => return Some(Route::SessionDtmf(session)),
        ["get-next-event"] => return Some(Route::NextEvent(session)),
        ["agent-phone", "dial"] => AgentRequest::Leg(session, LegAction::Dial),
        ["agent-phone", "end"] => AgentRequest::Leg(session, LegAction::End),
        ["interactions", contact, action] => {
            let contact = decode(contact)?;
            match *action {
                "mask" => return Some(Route::Recording(session, contact, MaskAction::Mask)),
                "unmask" => return Some(Route::Recording(session, contact, MaskAction::Unmask)),
                action => AgentRequest::Contact(session, contact, ContactAction::of(action)?),
            }
        }
        _ => return None,
    };
    Some(Route::Agent(agent))
}

/// `v23.0` and the like.
fn is_version(segment: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    segment
        .strip_prefix('v')
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(major, minor)| digits(major) && digits(minor))
}

fn dtmf(path: &str) -> Option<Target> {
    let mut segments = path
        .strip_prefix("/api/v2/telephony/providers/")?
        .split('/');
    let provider = decode(segments.next()?)?;
    (segments.next()? == "lines").then_some(())?;
    let line = decode(segments.next()?)?;
    (segments.next()? == "calls").then_some(())?;
    let call = decode(segments.next()?)?;
    (segments.next()? == "dtmf" && segments.next().is_none()).then_some(Target {
        provider,
        line,
        call,
    })
}

/// Percent-decoding (RFC 3986 §2.1) of one segment; `None` when it is empty, broken or not UTF-8.
fn decode(segment: &str) -> Option<String> {
    if segment.is_empty() {
        return None;
    }
    let mut bytes = segment.bytes();
    let mut decoded = Vec::with_capacity(segment.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            plain => plain,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests;

//! Which address means what.

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
    Recording(String, MaskAction),
    /// `/.well-known/cxone-configuration`
    Configuration,
    /// `/.well-known/openid-configuration`
    OpenIdConfiguration,
    /// Anything else.
    Unknown,
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
    let is_api = segments.next()?.eq_ignore_ascii_case("incontactapi");
    let is_services = segments.next()? == "services";
    (is_api && is_services && is_version(segments.next()?)).then_some(())?;
    (segments.next()? == "agent-sessions").then_some(())?;
    let session = decode(segments.next()?)?;
    let action = segments.next()?;
    let rest: Vec<&str> = segments.collect();
    match (action, rest.as_slice()) {
        ("send-dtmf", []) => Some(Route::SessionDtmf(session)),
        ("get-next-event", []) => Some(Route::NextEvent(session)),
        ("interactions", [contact, "mask"]) => {
            Some(Route::Recording(decode(contact)?, MaskAction::Mask))
        }
        ("interactions", [contact, "unmask"]) => {
            Some(Route::Recording(decode(contact)?, MaskAction::Unmask))
        }
        _ => None,
    }
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
mod tests {
    use super::*;

    fn call_of(path: &str) -> Option<String> {
        match route(path) {
            Route::Dtmf(target) => Some(target.call),
            _ => None,
        }
    }

    #[test]
    fn the_ids_are_decoded_segment_by_segment() {
        let path = "/api/v2/telephony/providers/p%201/lines/%C3%A4/calls/a%2Fb%3F+c/dtmf";
        assert_eq!(
            route(path),
            Route::Dtmf(Target {
                provider: "p 1".to_owned(),
                line: "ä".to_owned(),
                call: "a/b?+c".to_owned(),
            })
        );
    }

    #[test]
    fn the_published_addresses_take_any_version() {
        for (path, expected) in [
            (
                "/incontactapi/services/v23.0/agent-sessions/s%201/send-dtmf",
                Route::SessionDtmf("s 1".to_owned()),
            ),
            (
                "/inContactAPI/services/v34.0/agent-sessions/s/get-next-event",
                Route::NextEvent("s".to_owned()),
            ),
            (
                "/incontactapi/services/v2.0/agent-sessions/s/interactions/c/mask",
                Route::Recording("c".to_owned(), MaskAction::Mask),
            ),
            (
                "/incontactapi/services/v2.0/agent-sessions/s/interactions/c/unmask",
                Route::Recording("c".to_owned(), MaskAction::Unmask),
            ),
            (
                "/incontactapi/services/23.0/agent-sessions/s/interactions/c/mask",
                Route::Unknown,
            ),
            (
                "/incontactapi/services/v23/agent-sessions/s/interactions/c/mask",
                Route::Unknown,
            ),
            (
                "/incontactapi/services/v23.0/agent-sessions/s/interactions/c/hold",
                Route::Unknown,
            ),
            (
                "/incontactapi/services/v23.0/agent-sessions/s/interactions/c/mask/x",
                Route::Unknown,
            ),
            // Nobody's session.
            (
                "/incontactapi/services/v23.0/interactions/c/mask",
                Route::Unknown,
            ),
            (
                "/incontactapi/services/v23.0/agent-sessions//send-dtmf",
                Route::Unknown,
            ),
        ] {
            assert_eq!(route(path), expected, "{path}");
        }
    }

    #[test]
    fn everything_else_is_unknown() {
        let base = "/api/v2/telephony/providers/p/lines/l/calls/c/dtmf";
        assert_eq!(call_of(base).as_deref(), Some("c"));
        for path in [
            format!("{base}/"),
            format!("{base}/x"),
            format!("/v1{base}"),
            base.replace("/c/", "//"),
            base.replace("/c/", "/%/"),
            base.replace("/c/", "/%+1/"),
            base.replace("/c/", "/%ff/"),
            base.replace("lines", "line"),
            "/oauth/token/".to_owned(),
            "/OAuth/token".to_owned(),
            "/".to_owned(),
        ] {
            assert_eq!(route(&path), Route::Unknown, "{path}");
        }
    }
}

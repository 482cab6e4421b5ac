//! Which address means what.

/// The resource of a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// `/oauth/token`
    Token,
    /// `/api/v2/telephony/providers/{provider}/lines/{line}/calls/{call}/dtmf`
    Dtmf(Target),
    /// Anything else.
    Unknown,
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
    if path == "/oauth/token" {
        return Route::Token;
    }
    dtmf(path).map_or(Route::Unknown, Route::Dtmf)
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

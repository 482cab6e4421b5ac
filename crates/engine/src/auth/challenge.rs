//! Whether an answer of the platform refuses the token itself.

use http::StatusCode;
use http::header::{HeaderMap, WWW_AUTHENTICATE};

use crate::http::Answer;

/// Whether another token may be taken: any 401, and a 403 that names the token as the reason (RFC 6750 §3.1). Other
/// answers of 403 say that no token of this client will do.
#[must_use]
pub fn refuses_token(answer: &Answer) -> bool {
    match answer.status {
        StatusCode::UNAUTHORIZED => true,
        StatusCode::FORBIDDEN => names_token(&answer.headers),
        _ => false,
    }
}

/// Whether a challenge of the scheme `Bearer` has `error="invalid_token"` (RFC 9110 §11.6.1, RFC 6750 §3).
fn names_token(headers: &HeaderMap) -> bool {
    let challenges = headers.get_all(WWW_AUTHENTICATE).iter();
    challenges
        .filter_map(|value| value.to_str().ok())
        .any(names_token_in)
}

fn names_token_in(challenges: &str) -> bool {
    let (mut quoted, mut escaped) = (false, false);
    let elements = challenges.split(|character| {
        let was_escaped = std::mem::replace(&mut escaped, false);
        match character {
            '\\' if quoted && !was_escaped => escaped = true,
            '"' if !was_escaped => quoted = !quoted,
            _ => {}
        }
        character == ',' && !quoted
    });
    let mut of_bearer = false;
    for element in elements {
        let (before, value) = element.split_once('=').unwrap_or((element, ""));
        // `Bearer realm`, or the name of one more parameter of the same challenge, or a scheme alone.
        let name = match before.trim().split_once(char::is_whitespace) {
            Some((scheme, name)) => {
                of_bearer = scheme.eq_ignore_ascii_case("bearer");
                name.trim()
            }
            None if element.contains('=') => before.trim(),
            None => {
                of_bearer = before.trim().eq_ignore_ascii_case("bearer");
                continue;
            }
        };
        let is_invalid_token = || value.trim().trim_matches('"') == "invalid_token";
        if of_bearer && name.eq_ignore_ascii_case("error") && is_invalid_token() {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;
    use crate::http::AnswerBody;

    fn answer(status: u16, challenges: &[&str]) -> Answer {
        let values = challenges
            .iter()
            .map(|text| HeaderValue::from_str(text).unwrap());
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: values.map(|value| (WWW_AUTHENTICATE, value)).collect(),
            body: AnswerBody::Whole(Bytes::new()),
        }
    }

    #[test]
    fn a_403_refuses_the_token_where_it_says_so() {
        for challenges in [
            &[r#"Bearer error="invalid_token""#][..],
            &["bearer error=invalid_token"],
            &[r#"Bearer realm="a, \"b", error="invalid_token", error_description="over""#],
            &[r#"Basic realm="x", Bearer scope="a b" , ERROR = "invalid_token""#],
            &["Negotiate", r#"Bearer realm="x",error="invalid_token""#],
            &[r#"Negotiate, Bearer error="invalid_token""#],
        ] {
            assert!(refuses_token(&answer(403, challenges)), "{challenges:?}");
        }
        for challenges in [
            &[][..],
            &["Bearer"],
            &[r#"Bearer error="insufficient_scope""#],
            &[r#"Basic error="invalid_token""#],
            &[r#"Bearer realm="x", Digest error="invalid_token""#],
            &[r#"Bearer realm="error=invalid_token""#],
            &[r#"Bearer realm="x, error=\"invalid_token\"""#],
            &[r#"Bearer error_description="invalid_token""#],
            &[r#"error="invalid_token""#],
        ] {
            assert!(!refuses_token(&answer(403, challenges)), "{challenges:?}");
        }
    }

    #[test]
    fn other_statuses_need_no_challenge_or_heed_none() {
        assert!(refuses_token(&answer(401, &[])));
        for status in [200, 400, 404, 429, 500] {
            assert!(!refuses_token(&answer(
                status,
                &[r#"Bearer error="invalid_token""#]
            )));
        }
    }

    proptest! {
        #[test]
        fn any_challenge_is_read(text in "[ -~]{0,60}") {
            let _ = names_token_in(&text);
        }
    }
}

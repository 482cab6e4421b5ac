//! What an error may show of a refusal by the token endpoint: an endpoint can echo the request, and
//! with it the secret of the client, anywhere.

use http::header::HeaderMap;
use serde_json::{Map, Value};

use crate::Secret;
use crate::redact::{Redactor, bounded, carries_credentials};

/// The most characters of an `error_description` that an error carries.
const MAX_DESCRIPTION_CHARS: usize = 500;

/// The body of a refusal as an error shows it: nothing, unless its error code is a known one.
pub(super) fn data(
    known: Option<&str>,
    body: Option<&Map<String, Value>>,
    secrets: &[Secret],
) -> Value {
    let Some(known) = known else {
        return Value::Null;
    };
    let mut data = Map::new();
    let redactor = of_secrets(secrets);
    data.insert("error".to_owned(), known.into());
    let description = body.and_then(|body| body.get("error_description")?.as_str());
    if let Some(description) = description {
        // Masked on both sides of the replacement: a secret may hold a control character, or a space
        // where the endpoint wrote one.
        let printable = redactor.text(description).replace(char::is_control, " ");
        let shown: String = redactor
            .text(&printable)
            .chars()
            .take(MAX_DESCRIPTION_CHARS)
            .collect();
        data.insert("error_description".to_owned(), shown.into());
    }
    Value::Object(data)
}

/// The headers of a refusal as an error shows them, names in lower case.
pub(super) fn headers(headers: &HeaderMap, secrets: &[Secret]) -> Vec<(String, String)> {
    let redactor = of_secrets(secrets);
    let redacted = headers
        .iter()
        .filter(|(name, _)| !carries_credentials(name.as_str()))
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            // The query or fragment of a redirect may hold codes and tokens (RFC 6749 §4.1.2, §4.2.2).
            let value = match name.as_str() {
                "location" => value.split(['?', '#']).next().unwrap_or_default(),
                _ => &value,
            };
            (name.as_str().to_owned(), redactor.text(value))
        });
    bounded(redacted)
}

const fn of_secrets(secrets: &[Secret]) -> Redactor<'_> {
    Redactor {
        digits: &[],
        secrets,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::PLACEHOLDER as MASK;
    use http::header::{HeaderName, HeaderValue};
    use serde_json::json;

    fn secret() -> Secret {
        Secret::new("can ary+/é=".to_owned())
    }

    fn described(description: &str) -> Value {
        let body = json!({ "error": "invalid_client", "error_description": description, "access_token": "x" });
        data(Some("invalid_client"), body.as_object(), &[secret()])
    }

    #[test]
    fn secret_is_masked_where_it_stands() {
        assert_eq!(
            described("secret can ary+/é= and can ary+/é= is\r\nwrong"),
            json!({ "error": "invalid_client", "error_description": "secret ***** and ***** is  wrong" })
        );
    }

    #[test]
    fn secret_does_not_come_about_when_control_characters_are_replaced() {
        assert_eq!(
            described("secret can\tary+/é= is wrong")["error_description"],
            "secret ***** is wrong"
        );
    }

    #[test]
    fn encoded_secret_hides_the_whole_text() {
        for form in [
            "client_secret=can+ary%2B%2F%C3%A9%3D&x=1",
            "client_secret=can%20ary%2b%2f%c3%a9%3d",
            "can%20ary+/%c3%a9=",
        ] {
            assert_eq!(described(form)["error_description"], MASK, "{form}");
        }
        assert_eq!(
            described("100% a+b %zz %2")["error_description"],
            "100% a+b %zz %2"
        );
    }

    #[test]
    fn description_is_optional_text_of_bounded_length() {
        let body = json!({ "error": "invalid_client", "error_description": { "secret": 1 } });
        assert_eq!(
            data(Some("invalid_client"), body.as_object(), &[secret()]),
            json!({ "error": "invalid_client" })
        );
        let long = described(&"x".repeat(10_000));
        assert_eq!(
            long["error_description"].as_str().unwrap().len(),
            MAX_DESCRIPTION_CHARS
        );
        assert_eq!(data(None, body.as_object(), &[secret()]), Value::Null);
    }

    #[test]
    fn credentials_do_not_show_in_headers() {
        let mut all = HeaderMap::new();
        for (name, value) in [
            ("X-Trace-Id", "abc"),
            ("Set-Cookie", "sid=canary"),
            ("Authorization", "Bearer canary"),
            ("Proxy-Authorization", "Basic canary"),
            (
                "Location",
                "https://login.example/x?access_token=canary#canary",
            ),
            ("X-Echo", "client_secret=can%20ary%2B%2F%C3%A9%3D"),
        ] {
            all.append(
                name.parse::<HeaderName>().unwrap(),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            headers(&all, &[secret()]),
            [
                pair("x-trace-id", "abc"),
                pair("location", "https://login.example/x"),
                pair("x-echo", MASK),
            ]
        );
    }
}

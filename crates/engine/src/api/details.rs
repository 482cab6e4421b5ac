//! What the platform says of a refusal, in whichever of its shapes.
//!
//! NICE's bodies come as `{ error, error_description }`, `{ message, route }`, `{ errorCode, message }`, HTML or not at
//! all; then the reason may stand in the header `icStatusDescription`. `x-trace-id` is what NICE's support asks for.

use serde_json::Value;

use crate::error::{Details, Response};

/// The most characters of a reason that an error carries.
const MAX_REASON_CHARS: usize = 500;

/// The most characters of a trace id that an error carries.
const MAX_TRACE_CHARS: usize = 128;

/// Where a body has its reason, the most telling first.
const FIELDS: [&str; 3] = ["error_description", "message", "error"];

const REASON_HEADER: &str = "icstatusdescription";
const TRACE_HEADER: &str = "x-trace-id";

/// Reads an answer that is redacted already.
pub(in crate::api) fn read(response: &Response) -> Details {
    let header = |wanted: &str| {
        let mut found = response.headers.iter();
        let (_, value) = found.find(|(name, _)| name == wanted)?;
        Some(value.as_str())
    };
    let body = FIELDS
        .into_iter()
        .filter_map(|field| response.data.get(field).and_then(Value::as_str));
    Details {
        reason: body
            .chain(header(REASON_HEADER))
            .find_map(|text| line(text, MAX_REASON_CHARS)),
        trace_id: header(TRACE_HEADER).and_then(|text| line(text, MAX_TRACE_CHARS)),
    }
}

/// One line of bounded length, or nothing.
fn line(text: &str, most: usize) -> Option<String> {
    let line: String = text
        .replace(char::is_control, " ")
        .chars()
        .take(most)
        .collect();
    let line = line.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reason(data: Value, headers: &[(&str, &str)]) -> Details {
        read(&Response {
            status: 400,
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            data,
            body_error: None,
            details: Details::default(),
        })
    }

    #[test]
    fn every_shape_has_its_reason() {
        for (data, expected) in [
            (json!({ "error": "e", "error_description": "d" }), Some("d")),
            (json!({ "error": "e" }), Some("e")),
            (json!({ "message": "m", "route": "/x" }), Some("m")),
            (json!({ "errorCode": 429, "message": "m" }), Some("m")),
            (json!({ "error": { "code": 1 } }), None),
            (
                json!({ "error_description": " \n", "error": "e" }),
                Some("e"),
            ),
            (json!(["x"]), None),
            (json!("<html>Bad Request</html>"), None),
            (Value::Null, None),
        ] {
            assert_eq!(
                reason(data.clone(), &[]).reason.as_deref(),
                expected,
                "{data}"
            );
        }
    }

    #[test]
    fn the_header_counts_where_the_body_has_no_reason() {
        let headers = [
            ("icstatusdescription", "Invalid Session"),
            ("x-trace-id", "t-1"),
        ];
        let details = reason(Value::Null, &headers);
        assert_eq!(details.reason.as_deref(), Some("Invalid Session"));
        assert_eq!(details.trace_id.as_deref(), Some("t-1"));
        let both = reason(json!({ "error_description": "d" }), &headers);
        assert_eq!(both.reason.as_deref(), Some("d"));
    }

    #[test]
    fn a_reason_is_one_line_of_bounded_length() {
        let long = format!("a\r\nb{}", "x".repeat(1000));
        let found = reason(json!({ "message": long }), &[]).reason.unwrap();
        assert!(found.starts_with("a  bx") && found.len() == MAX_REASON_CHARS);
    }
}

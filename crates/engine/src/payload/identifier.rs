//! The ids that become segments of a URL path.

use super::value::Value;
use crate::error::Error;

/// The greatest length of an id in characters.
const MAX_LENGTH: usize = 128;

/// Checks an id of a provider, a line or a call against `^[A-Za-z0-9._~:@+=-]{1,128}$`,
/// and refuses `.` and `..`.
///
/// The set has no character that could end a path segment or that a URL parser drops, decodes or
/// resolves; otherwise an id could send the digits to another address.
/// The message names `field` and the rule, never the value.
pub fn check_id(field: &str, value: &str) -> Result<(), Error> {
    let valid = (1..=MAX_LENGTH).contains(&value.len())
        && value.bytes().all(allowed)
        && !matches!(value, "." | "..");
    if valid {
        Ok(())
    } else {
        Err(Error::invalid(format!(
            "{field} must be 1 to {MAX_LENGTH} characters of A-Z, a-z, 0-9 and . _ ~ : @ + = - \
             and must not be . or .."
        )))
    }
}

const fn allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'.' | b'_' | b'~' | b':' | b'@' | b'+' | b'=' | b'-')
}

/// Like [`check_id`], for a value that may be missing or of the wrong type.
pub fn required_id<'a>(field: &str, value: Value<'a>) -> Result<&'a str, Error> {
    let text = value.text();
    let value = text.ok_or_else(|| Error::invalid(format!("{field} must be a string")))?;
    check_id(field, value)?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn takes_the_ids_that_platforms_hand_out() {
        let longest = "x".repeat(128);
        for id in [
            "0",
            "call-1",
            "01890a5d-ac96-774b-bcce-b302099a8057",
            "sip:+4930@host.example",
            "...",
            "a..b",
            "dGVzdA==",
            "~_",
            &longest,
        ] {
            assert_eq!(check_id("callId", id), Ok(()));
        }
    }

    #[test]
    fn refuses_what_could_change_the_address() {
        let too_long = "x".repeat(129);
        for id in [
            "", ".", "..", "a/b", "../x", "%2e%2e", "a\\b", "a?b", "a#b", "a b", "a\r\nb", "a\0",
            "ä", "a;b", "a\n", &too_long,
        ] {
            let error = check_id("lineId", id).unwrap_err();
            assert_eq!(
                error.message,
                "lineId must be 1 to 128 characters of A-Z, a-z, 0-9 and . _ ~ : @ + = - \
                 and must not be . or .."
            );
        }
    }

    proptest! {
        #[test]
        fn an_accepted_id_stays_one_segment_of_the_url(id in "[A-Za-z0-9._~:@+=%/?# -]{0,6}") {
            if check_id("callId", &id).is_ok() {
                let mut url = url::Url::parse("https://host.example").unwrap();
                url.path_segments_mut().unwrap().extend(["calls", &id, "dtmf"]);
                let expected = format!("/calls/{id}/dtmf");
                prop_assert_eq!(url.path(), expected.as_str());
                let again = url::Url::parse(url.as_str()).unwrap();
                prop_assert_eq!(again.path(), expected.as_str());
            }
        }
    }
}

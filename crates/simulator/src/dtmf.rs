//! The payload of a DTMF request, as the platform reads it.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value};

use cxone_dtmf_options::MAX_MS;

/// How long one tone plays, in milliseconds, before `timeScale`.
const TONE_MS: u64 = 100;

const DTMF_TYPES: [&str; 3] = ["RFC2833", "SIPINFO", "INBAND"];

/// A sequence to press.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Sequence {
    pub(super) digits: String,
    pub(super) dtmf_type: Cow<'static, str>,
    pub(super) inter_digit_pause: u64,
}

impl fmt::Debug for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sequence([redacted])")
    }
}

impl Sequence {
    /// Reads a payload and applies every rule. The error is the rule that was broken; it never holds a value.
    pub(super) fn read(body: &[u8]) -> Result<Self, &'static str> {
        let payload = object(body).ok_or("The body must be a JSON object")?;
        if payload
            .keys()
            .any(|key| !matches!(key.as_str(), "dtmf" | "dtmfType" | "interDigitPause"))
        {
            return Err("The body must have no field but dtmf, dtmfType and interDigitPause");
        }
        let digits = payload
            .get("dtmf")
            .and_then(Value::as_str)
            .filter(|digits| (1..=16).contains(&digits.len()) && digits.bytes().all(is_digit))
            .ok_or("dtmf must be 1 to 16 of 0-9, *, #, A-D")?;
        let dtmf_type = payload
            .get("dtmfType")
            .and_then(Value::as_str)
            .and_then(|name| DTMF_TYPES.into_iter().find(|known| *known == name))
            .ok_or("dtmfType must be RFC2833, SIPINFO or INBAND")?;
        let inter_digit_pause = payload
            .get("interDigitPause")
            .and_then(Value::as_u64)
            .filter(|pause| (50..=1000).contains(pause))
            .ok_or("interDigitPause must be a whole number from 50 to 1000")?;
        Ok(Self {
            digits: digits.to_owned(),
            dtmf_type: Cow::Borrowed(dtmf_type),
            inter_digit_pause,
        })
    }

    /// Reads what can be read, without rules: a scripted platform presses whatever it was sent.
    pub(super) fn read_anything(body: &[u8]) -> Option<Self> {
        let payload = object(body)?;
        let text = |key| payload.get(key).and_then(Value::as_str);
        Some(Self {
            digits: text("dtmf")?.to_owned(),
            dtmf_type: Cow::Owned(text("dtmfType").unwrap_or_default().to_owned()),
            inter_digit_pause: payload
                .get("interDigitPause")
                .and_then(Value::as_u64)
                .unwrap_or_default(),
        })
    }

    /// How long the tones take: one tone and one pause for each digit.
    pub(super) fn playing_time(&self, time_scale: f64) -> Duration {
        let each = Duration::from_millis(TONE_MS.saturating_add(self.inter_digit_pause));
        longest_day(each.as_secs_f64() * self.digits.len() as f64 * time_scale)
    }
}

/// At most a day: a scripted step presses sequences and pauses of any size.
pub(super) fn longest_day(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds)
        .unwrap_or_default()
        .min(Duration::from_millis(MAX_MS))
}

fn object(body: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(payload)) => Some(payload),
        _ => None,
    }
}

fn is_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'*' | b'#' | b'A'..=b'D')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(payload: &Value) -> Result<Sequence, &'static str> {
        Sequence::read(payload.to_string().as_bytes())
    }

    #[test]
    fn a_good_payload_is_read() {
        let payload =
            json!({"dtmf": "0123456789*#ABCD", "dtmfType": "INBAND", "interDigitPause": 50});
        let sequence = read(&payload).unwrap();
        assert_eq!(sequence.digits, "0123456789*#ABCD");
        assert_eq!(sequence.playing_time(1.0), Duration::from_millis(16 * 150));
        assert_eq!(sequence.playing_time(0.0), Duration::ZERO);
    }

    #[test]
    fn every_rule_is_checked() {
        let good = json!({"dtmf": "1", "dtmfType": "RFC2833", "interDigitPause": 1000});
        assert!(read(&good).is_ok());
        for (field, value) in [
            ("dtmf", json!("")),
            ("dtmf", json!("12345678901234567")),
            ("dtmf", json!("1a")),
            ("dtmf", json!("E")),
            ("dtmf", json!(12)),
            ("dtmfType", json!("rfc2833")),
            ("dtmfType", json!(null)),
            ("interDigitPause", json!(49)),
            ("interDigitPause", json!(1001)),
            ("interDigitPause", json!(100.5)),
            ("interDigitPause", json!("100")),
            ("extra", json!(1)),
        ] {
            let mut bad = good.clone();
            bad[field] = value;
            assert!(read(&bad).is_err(), "{bad}");
        }
        for field in ["dtmf", "dtmfType", "interDigitPause"] {
            let mut bad = good.clone();
            bad.as_object_mut().unwrap().remove(field);
            assert!(read(&bad).is_err(), "{bad}");
        }
        assert!(Sequence::read(b"[\"1\",\"RFC2833\",100]").is_err());
        assert!(Sequence::read(b"{\"dtmf\":\"1\"").is_err());
    }

    #[test]
    fn a_scripted_sequence_of_absurd_size_has_an_end() {
        let payload = json!({"dtmf": "1", "interDigitPause": u64::MAX}).to_string();
        let sequence = Sequence::read_anything(payload.as_bytes()).unwrap();
        assert_eq!(sequence.playing_time(100.0), Duration::from_millis(MAX_MS));
    }

    #[test]
    fn neither_errors_nor_debug_hold_a_digit() {
        let bad = json!({"dtmf": "98765E", "dtmfType": "RFC2833", "interDigitPause": 100});
        assert!(!read(&bad).unwrap_err().contains("98765"));
        let sequence = Sequence::read_anything(bad.to_string().as_bytes()).unwrap();
        assert!(!format!("{sequence:?}").contains("98765"));
    }
}

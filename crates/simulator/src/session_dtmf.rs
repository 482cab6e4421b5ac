//! The payload of `send-dtmf`, in a JSON body or in the query.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::Value;

use super::dtmf::{Sequence, longest_day};

/// The longest tone and the longest spacing, in milliseconds.
const MAX_MS: u64 = 10_000;

/// What a request asks for.
pub(super) struct Asked {
    pub(super) digits: String,
    pub(super) tone: u64,
    pub(super) spacing: u64,
}

impl Asked {
    /// Applies every rule. The error is the rule that was broken; it never holds a value.
    pub(super) fn read(query: Option<&str>, body: &[u8]) -> Result<Self, &'static str> {
        let asked = Self::read_anything(query, body)?;
        let digits = &asked.digits;
        let lawful = (1..=20).contains(&digits.len())
            && digits
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'*' | b'#' | b'A'..=b'D'));
        if !lawful {
            return Err("dtmfSequence must be 1 to 20 of 0-9, *, #, A-D");
        }
        if asked.tone > MAX_MS || asked.spacing > MAX_MS {
            return Err("toneDurationMS and toneSpacingMS must be at most 10000");
        }
        Ok(asked)
    }

    /// Reads what can be read: a scripted platform presses whatever it was sent.
    pub(super) fn read_anything(query: Option<&str>, body: &[u8]) -> Result<Self, &'static str> {
        let in_query = query.is_some_and(|query| !query.is_empty());
        let read = match (in_query, body.is_empty()) {
            (true, true) => Self::from_query(query.unwrap_or_default()),
            (false, false) => Self::from_body(body),
            (true, false) => {
                return Err("The digits must be in the body or in the query, not in both");
            }
            (false, true) => return Err("dtmfSequence is missing"),
        };
        read.ok_or("dtmfSequence must be a string, toneDurationMS and toneSpacingMS whole numbers")
    }

    fn from_query(query: &str) -> Option<Self> {
        let (mut digits, mut tone, mut spacing) = (None, None, Some(0));
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "dtmfSequence" => digits = Some(value.into_owned()),
                "toneDurationMS" => tone = value.parse().ok(),
                "toneSpacingMS" => spacing = value.parse().ok(),
                _ => {}
            }
        }
        Some(Self {
            digits: digits?,
            tone: tone?,
            spacing: spacing?,
        })
    }

    fn from_body(body: &[u8]) -> Option<Self> {
        let payload: Value = serde_json::from_slice(body).ok()?;
        Some(Self {
            digits: payload.get("dtmfSequence")?.as_str()?.to_owned(),
            tone: payload.get("toneDurationMS")?.as_u64()?,
            spacing: match payload.get("toneSpacingMS") {
                None => 0,
                Some(spacing) => spacing.as_u64()?,
            },
        })
    }

    /// How long the tones take: one tone and one silence for each digit.
    pub(super) fn playing_time(&self, time_scale: f64) -> Duration {
        let each = Duration::from_millis(self.tone.saturating_add(self.spacing));
        longest_day(each.as_secs_f64() * self.digits.len() as f64 * time_scale)
    }

    /// The same in the words of the journal.
    pub(super) fn into_sequence(self) -> Sequence {
        Sequence {
            digits: self.digits,
            dtmf_type: Cow::Borrowed(""),
            inter_digit_pause: self.spacing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_encodings_say_the_same() {
        let body = br#"{"dtmfSequence":"1#","toneDurationMS":120,"toneSpacingMS":80}"#;
        let query = Some("dtmfSequence=1%23&toneDurationMS=120&toneSpacingMS=80");
        for asked in [Asked::read(None, body), Asked::read(query, b"")] {
            let asked = asked.unwrap();
            assert_eq!(asked.digits, "1#");
            assert_eq!(asked.playing_time(1.0), Duration::from_millis(400));
        }
    }

    #[test]
    fn each_rule_is_a_refusal() {
        let good = r#""toneDurationMS":120"#;
        for body in [
            String::new(),
            "[]".to_owned(),
            format!("{{{good}}}"),
            format!(r#"{{"dtmfSequence":"",{good}}}"#),
            format!(r#"{{"dtmfSequence":"1x",{good}}}"#),
            format!(r#"{{"dtmfSequence":"{}",{good}}}"#, "1".repeat(21)),
            format!(r#"{{"dtmfSequence":1,{good}}}"#),
            r#"{"dtmfSequence":"1"}"#.to_owned(),
            r#"{"dtmfSequence":"1","toneDurationMS":10001}"#.to_owned(),
            r#"{"dtmfSequence":"1","toneDurationMS":"120"}"#.to_owned(),
            format!(r#"{{"dtmfSequence":"1",{good},"toneSpacingMS":-1}}"#),
        ] {
            assert!(Asked::read(None, body.as_bytes()).is_err(), "{body}");
        }
        let body = format!(r#"{{"dtmfSequence":"1",{good}}}"#);
        assert!(Asked::read(None, body.as_bytes()).is_ok());
        assert!(Asked::read(Some("x=1"), body.as_bytes()).is_err());
    }
}

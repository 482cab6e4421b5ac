//! The rules of an injection into an agent session.

use std::borrow::Cow;

use crate::api::params::agent_session::Params;
use crate::error::Error;
use crate::payload::{
    self, Alphabet, LengthRule, PausedSequence, Sequence, SequenceError, Value, digits_text,
    parse_millis, parse_pause, pause_of,
};

/// The greatest number of digits of one request. The API names none; this is the limit of the `Dtmf` action of
/// the same platform (Studio help).
pub const MAX_SEQUENCE_LENGTH: usize = 20;

/// The shortest tone in milliseconds. Receivers need 40 (ITU-T Q.24); less than 50 may be missed.
pub const MIN_TONE_DURATION: u16 = 50;

/// The longest tone in milliseconds, the upper limit that Bandwidth names for its own API. NICE names none.
pub const MAX_TONE_DURATION: u16 = 5000;

/// The length of a tone in milliseconds, by default: that of the `Dtmf` action of Studio.
pub const DEFAULT_TONE_DURATION: u16 = 120;

/// The silence between two tones in milliseconds, by default: that of the `Dtmf` action of Studio.
pub const DEFAULT_INTER_DIGIT_PAUSE: u16 = 120;

/// What the configuration allows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub allow_a_to_d: bool,
    pub pauses: bool,
    pub split: bool,
}

impl Rules {
    const fn length(self) -> LengthRule {
        LengthRule {
            per_request: MAX_SEQUENCE_LENGTH,
            split: self.split,
        }
    }
}

/// An injection that keeps all rules.
pub(super) struct Valid<'a> {
    pub sequence: PausedSequence,
    pub tone_duration: u16,
    pub inter_digit_pause: u16,
    pub contact: Option<Cow<'a, str>>,
    pub mask_recording: bool,
    pub focus: bool,
    pub unguarded: bool,
}

/// Checks everything but the session. The first broken rule is reported, in the order of the fields.
pub(super) fn check(params: Params<'_>, rules: Rules) -> Result<Valid<'_>, Error> {
    let sequence = parse(digits_text(params.dtmf_string)?, rules)?;
    let tone_duration = match params.tone_duration {
        Value::Missing => DEFAULT_TONE_DURATION,
        given => parse_tone(given)?,
    };
    let inter_digit_pause = match params.inter_digit_pause {
        Value::Missing => DEFAULT_INTER_DIGIT_PAUSE,
        given => parse_pause(given)?,
    };
    let contact = contact_id(params.contact_id)?;
    let mask_recording = flag("maskRecording", params.mask_recording)?;
    if mask_recording && contact.is_none() {
        return Err(Error::invalid(
            "maskRecording needs contactId, the contact whose recording is masked",
        ));
    }
    let focus = flag("focus", params.focus)?;
    if focus && contact.is_none() {
        return Err(Error::invalid(
            "focus needs contactId, the contact that is brought into focus",
        ));
    }
    Ok(Valid {
        sequence,
        tone_duration,
        inter_digit_pause,
        contact,
        mask_recording,
        focus,
        unguarded: flag("unguarded", params.unguarded)?,
    })
}

fn flag(name: &str, given: Value<'_>) -> Result<bool, Error> {
    match given {
        Value::Missing => Ok(false),
        Value::Flag(flag) => Ok(flag),
        _ => Err(Error::invalid(format!("{name} must be true or false"))),
    }
}

/// The platform's own type of it is a number (developer portal, agent API).
fn contact_id(given: Value<'_>) -> Result<Option<Cow<'_, str>>, Error> {
    const GREATEST: f64 = 9_007_199_254_740_991.0;
    Ok(match given {
        Value::Missing => None,
        Value::Text(_) => Some(payload::required_id("contactId", given)?.into()),
        Value::Number(number) if number.fract() == 0.0 && (0.0..=GREATEST).contains(&number) => {
            Some(number.to_string().into())
        }
        _ => {
            let rule = "contactId must be a string, or a whole number";
            return Err(Error::invalid(rule));
        }
    })
}

fn parse(text: &str, rules: Rules) -> Result<PausedSequence, Error> {
    let alphabet = if rules.allow_a_to_d {
        Alphabet::Full
    } else {
        Alphabet::Telephone
    };
    let most = rules.length().most();
    let parsed = if rules.pauses {
        PausedSequence::parse(text, alphabet, most)
    } else {
        Sequence::parse(text, alphabet, most).map(PausedSequence::without_pauses)
    };
    match parsed {
        Ok(sequence) => Ok(sequence.in_pieces(MAX_SEQUENCE_LENGTH)),
        Err(error) => Err(explain(error, text, rules)),
    }
}

fn explain(error: SequenceError, text: &str, rules: Rules) -> Error {
    let position = match error {
        SequenceError::InvalidCharacter { position, .. } => position,
        SequenceError::TooLong { .. } => return rules.length().too_long(),
        _ => return Error::invalid(error.to_string()),
    };
    let character = text.chars().nth(position - 1).unwrap_or_default();
    let hint = if rules.pauses {
        ", and the pauses , w W"
    } else if pause_of(character).is_some() {
        "; pauses , w W need pauses: true"
    } else if Alphabet::Full.has(character) {
        "; A-D need allowAToD: true"
    } else {
        ""
    };
    Error::invalid(format!("{error} in dtmfString{hint}"))
}

/// Checks `toneDuration`, a JavaScript number of milliseconds.
fn parse_tone(tone_duration: Value<'_>) -> Result<u16, Error> {
    let (min, max) = (MIN_TONE_DURATION, MAX_TONE_DURATION);
    parse_millis("toneDuration", tone_duration, min, max, || {
        format!("Tone duration must be between {min} and {max} milliseconds (toneDuration)")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::agent_session::tests::params;

    const PLAIN: Rules = Rules {
        allow_a_to_d: false,
        pauses: false,
        split: false,
    };

    fn message(params: Params<'_>, rules: Rules) -> String {
        check(params, rules).err().unwrap().message.into_owned()
    }

    #[test]
    fn defaults_are_those_of_the_platform() {
        let valid = check(params("1"), PLAIN).unwrap();
        assert_eq!((valid.tone_duration, valid.inter_digit_pause), (120, 120));
        assert_eq!(
            (valid.contact.as_deref(), valid.mask_recording),
            (None, false)
        );
    }

    #[test]
    fn digits_follow_the_alphabet_of_the_configuration() {
        assert!(check(params(&"1".repeat(20)), PLAIN).is_ok());
        assert_eq!(
            message(params(&"1".repeat(21)), PLAIN),
            "DTMF sequence exceeds maximum length of 20 characters: \
             the option split: true sends up to 128 in several requests"
        );
        let split = Rules {
            split: true,
            ..PLAIN
        };
        assert!(check(params(&"1".repeat(128)), split).is_ok());
        assert!(
            message(params(&"1".repeat(129)), split)
                .starts_with("DTMF sequence exceeds maximum length of 128 characters")
        );
        assert_eq!(
            message(params(""), PLAIN),
            "DTMF sequence must be a non-empty string"
        );
        let invalid = "Invalid DTMF character at position 2 (counted from 1): allowed are";
        assert_eq!(
            message(params("1a"), PLAIN),
            format!("{invalid} 0-9, * and # in dtmfString; A-D need allowAToD: true")
        );
        assert_eq!(
            message(params("1,"), PLAIN),
            format!("{invalid} 0-9, * and # in dtmfString; pauses , w W need pauses: true")
        );
        assert_eq!(
            message(params("1p"), PLAIN),
            format!("{invalid} 0-9, * and # in dtmfString")
        );
        let all = Rules {
            allow_a_to_d: true,
            pauses: true,
            split: false,
        };
        assert_eq!(
            message(params("1p"), all),
            format!("{invalid} 0-9, *, # and A-D in dtmfString, and the pauses , w W")
        );
        let valid = check(params("1a,d"), all).unwrap();
        assert_eq!(valid.sequence.all.expose(), "1AD");
    }

    #[test]
    fn times_have_limits_on_both_sides() {
        for (tone, valid) in [
            (49.0, false),
            (50.0, true),
            (5000.0, true),
            (5001.0, false),
            (99.5, false),
            (-120.0, false),
            (f64::NAN, false),
        ] {
            let params = Params {
                tone_duration: tone.into(),
                ..params("1")
            };
            let checked = check(params, PLAIN);
            assert_eq!(checked.is_ok(), valid, "{tone}");
        }
        for (pause, valid) in [(49.0, false), (50.0, true), (1000.0, true), (1001.0, false)] {
            let params = Params {
                inter_digit_pause: pause.into(),
                ..params("1")
            };
            let checked = check(params, PLAIN);
            assert_eq!(checked.is_ok(), valid, "{pause}");
        }
    }

    #[test]
    fn masking_needs_a_contact() {
        let mask = |contact: Option<&'static str>| Params {
            contact_id: contact.map_or(Value::Missing, Value::Text),
            mask_recording: Value::Flag(true),
            ..params("1")
        };
        assert!(message(mask(None), PLAIN).starts_with("maskRecording needs contactId"));
        assert!(message(mask(Some("..")), PLAIN).starts_with("contactId must be 1 to 128"));
        let valid = check(mask(Some("42")), PLAIN).unwrap();
        assert_eq!(
            (valid.contact.as_deref(), valid.mask_recording),
            (Some("42"), true)
        );
    }

    #[test]
    fn what_is_of_another_type_is_told_as_that() {
        let whole = "must be a whole number of milliseconds, given as a number";
        let params = |change: fn(&mut Params<'_>)| {
            let mut params = params("1");
            change(&mut params);
            message(params, PLAIN)
        };
        assert_eq!(
            params(|it| it.tone_duration = "120".into()),
            format!("toneDuration {whole}")
        );
        assert_eq!(
            params(|it| it.inter_digit_pause = Value::Other),
            format!("interDigitPause {whole}")
        );
        assert_eq!(
            params(|it| it.contact_id = 7.5.into()),
            "contactId must be a string, or a whole number"
        );
        assert_eq!(
            params(|it| it.mask_recording = "yes".into()),
            "maskRecording must be true or false"
        );
        assert!(params(|it| it.dtmf_string = 7.0.into()).contains("leading zeros"));
    }
}

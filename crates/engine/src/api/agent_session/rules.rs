//! The rules of an injection into an agent session.

use crate::api::params::agent_session::Params;
use crate::error::Error;
use crate::payload::{
    self, Alphabet, PausedSequence, Sequence, SequenceError, parse_pause, pause_of, split,
    whole_number,
};

/// The greatest number of digits of one injection. The API names none; this is the limit of the `Dtmf` action of
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
}

/// An injection that keeps all rules.
pub(super) struct Valid {
    pub session: String,
    pub sequence: PausedSequence,
    pub tone_duration: u16,
    pub inter_digit_pause: u16,
    pub contact: Option<String>,
    pub masked: bool,
}

/// Checks everything. The first broken rule is reported, in the order of the fields.
pub(super) fn check(params: Params, rules: Rules) -> Result<Valid, Error> {
    let session = payload::required_id("sessionId", params.session_id.as_deref())?.to_owned();
    let digits = params.dtmf_string.as_ref().map_or("", |text| text.as_str());
    let sequence = parse(digits, rules)?;
    let tone_duration = params
        .tone_duration
        .map_or(Ok(DEFAULT_TONE_DURATION), parse_tone)?;
    let inter_digit_pause = params
        .inter_digit_pause
        .map_or(Ok(DEFAULT_INTER_DIGIT_PAUSE), parse_pause)?;
    if let Some(contact) = &params.contact_id {
        payload::check_id("contactId", contact)?;
    }
    if params.mask_recording && params.contact_id.is_none() {
        return Err(Error::invalid(
            "maskRecording needs contactId, the contact whose recording is masked",
        ));
    }
    Ok(Valid {
        session,
        sequence,
        tone_duration,
        inter_digit_pause,
        contact: params.contact_id,
        masked: params.mask_recording,
    })
}
fn parse(text: &str, rules: Rules) -> Result<PausedSequence, Error> {
    let alphabet = if rules.allow_a_to_d {
        Alphabet::Full
    } else {
        Alphabet::Telephone
    };
    let parsed = if rules.pauses {
        split(text, alphabet, MAX_SEQUENCE_LENGTH)
    } else {
        Sequence::parse(text, alphabet, MAX_SEQUENCE_LENGTH).map(PausedSequence::without_pauses)
    };
    parsed.map_err(|error| explain(error, text, rules))
}

fn explain(error: SequenceError, text: &str, rules: Rules) -> Error {
    let SequenceError::InvalidCharacter { position, .. } = error else {
        return Error::invalid(error.to_string());
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
fn parse_tone(tone_duration: f64) -> Result<u16, Error> {
    whole_number(tone_duration, MIN_TONE_DURATION, MAX_TONE_DURATION).ok_or_else(|| {
        Error::invalid(format!(
            "Tone duration must be between {MIN_TONE_DURATION} and {MAX_TONE_DURATION} milliseconds (toneDuration)"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::agent_session::tests::params;

    const PLAIN: Rules = Rules {
        allow_a_to_d: false,
        pauses: false,
    };

    fn message(params: Params, rules: Rules) -> String {
        check(params, rules).err().unwrap().message.into_owned()
    }

    #[test]
    fn defaults_are_those_of_the_platform() {
        let valid = check(params("1"), PLAIN).unwrap();
        assert_eq!((valid.tone_duration, valid.inter_digit_pause), (120, 120));
        assert_eq!((valid.contact, valid.masked), (None, false));
    }

    #[test]
    fn digits_follow_the_alphabet_of_the_configuration() {
        assert!(check(params(&"1".repeat(20)), PLAIN).is_ok());
        assert_eq!(
            message(params(&"1".repeat(21)), PLAIN),
            "DTMF sequence exceeds maximum length of 20 characters"
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
                tone_duration: Some(tone),
                ..params("1")
            };
            let checked = check(params, PLAIN);
            assert_eq!(checked.is_ok(), valid, "{tone}");
        }
        for (pause, valid) in [(49.0, false), (50.0, true), (1000.0, true), (1001.0, false)] {
            let params = Params {
                inter_digit_pause: Some(pause),
                ..params("1")
            };
            let checked = check(params, PLAIN);
            assert_eq!(checked.is_ok(), valid, "{pause}");
        }
    }

    #[test]
    fn masking_needs_a_contact() {
        let mask = |contact: Option<&str>| Params {
            contact_id: contact.map(str::to_owned),
            mask_recording: true,
            ..params("1")
        };
        assert!(message(mask(None), PLAIN).starts_with("maskRecording needs contactId"));
        assert!(message(mask(Some("..")), PLAIN).starts_with("contactId must be 1 to 128"));
        let valid = check(mask(Some("42")), PLAIN).unwrap();
        assert_eq!((valid.contact.as_deref(), valid.masked), (Some("42"), true));
    }

    #[test]
    fn a_session_is_required() {
        for (id, rule) in [
            (None, "sessionId must be a string"),
            (Some("a/b"), "sessionId must be 1 to 128"),
        ] {
            let params = Params {
                session_id: id.map(str::to_owned),
                ..params("1")
            };
            assert!(message(params, PLAIN).starts_with(rule));
        }
    }
}

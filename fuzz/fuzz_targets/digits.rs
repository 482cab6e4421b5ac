//! Lines: the pause, the type, then the digits.
#![no_main]

use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::payload::{Value, frequencies_of, validate};
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_fuzz::first_line;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    let (pause, rest) = first_line(data);
    let (kind, digits) = first_line(rest);
    let (Ok(kind), Ok(digits)) = (std::str::from_utf8(kind), std::str::from_utf8(digits)) else {
        return Corpus::Reject;
    };
    let pause: f64 = std::str::from_utf8(pause)
        .ok()
        .and_then(|pause| pause.parse().ok())
        .unwrap_or(f64::NAN);
    let lawful = (1..=16).contains(&digits.chars().count())
        && digits.chars().all(|c| "0123456789*#ABCDabcd".contains(c))
        && ["RFC2833", "SIPINFO", "INBAND"].contains(&kind)
        && (50..=1000).any(|whole| f64::from(whole) == pause);
    match validate(Value::Text(digits), Value::Text(kind), Value::Number(pause)) {
        Ok(valid) => {
            assert!(lawful);
            assert_eq!(valid.sequence.expose(), digits.to_ascii_uppercase());
            assert_eq!(valid.sequence.len(), digits.len());
            assert_eq!(valid.dtmf_type.as_str(), kind);
            assert_eq!(f64::from(valid.inter_digit_pause), pause);
            let tones: Vec<_> = digits.chars().filter_map(frequencies_of).collect();
            assert!(valid.sequence.frequencies().eq(tones));
            let letters = digits.chars().any(|c| c.is_ascii_alphabetic());
            assert_eq!(valid.sequence.carrier_compatible(), !letters);
            assert_eq!(format!("{:?}", valid.sequence), "[digits]");
        }
        Err(error) => {
            assert!(!lawful);
            assert_eq!(
                (error.code, error.delivery),
                (Code::Invalid, Delivery::NotSent)
            );
            // The message names the rule, in words of its own.
            let told = [
                "DTMF sequence must be a non-empty string",
                "DTMF sequence exceeds maximum length of 16 characters",
                "Invalid DTMF character at position ",
                "Unsupported DTMF type: ",
                "Inter-digit pause must be between ",
                "interDigitPause must be a whole number of milliseconds",
            ];
            assert!(told.iter().any(|words| error.message.starts_with(words)));
            assert!(error.message.len() < 120);
        }
    }
    Corpus::Keep
});

//! The payload of an injection: digits, how they are sent, and the pauses between them.

mod dtmf_type;
mod frequencies;
mod identifier;
mod inter_digit_pause;
mod length;
mod number;
mod pauses;
mod sequence;
mod validation;
mod value;

pub use dtmf_type::{DtmfType, SUPPORTED_TYPES, parse_type};
pub use frequencies::{FREQUENCIES, frequencies_of};
pub use identifier::{check_id, required_id};
pub use inter_digit_pause::{MAX_INTER_DIGIT_PAUSE, MIN_INTER_DIGIT_PAUSE, parse_pause};
pub use length::{LengthRule, MAX_SPLIT_LENGTH};
pub use number::parse_millis;
pub use pauses::{DigitGroup, LONG_PAUSE, MAX_PAUSES, PausedSequence, SHORT_PAUSE, pause_of};
pub use sequence::{Alphabet, Sequence, SequenceError, as_sent, digits_text};
pub use validation::{MAX_SEQUENCE_LENGTH, Validation, validate, validate_within};
pub use value::Value;

//! The payload of an injection: digits, how they are sent, and the pause between them.

pub mod frequencies;
pub mod identifier;
pub mod pauses;
pub mod payload;
pub mod sequence;

pub use frequencies::{FREQUENCIES, frequencies_of};
pub use identifier::{check_id, required_id};
pub use payload::{
    DtmfType, MAX_INTER_DIGIT_PAUSE, MAX_SEQUENCE_LENGTH, MIN_INTER_DIGIT_PAUSE, SUPPORTED_TYPES,
    Validation, parse_pause, parse_sequence, parse_type, validate,
};
pub use sequence::{Alphabet, Sequence, SequenceError};

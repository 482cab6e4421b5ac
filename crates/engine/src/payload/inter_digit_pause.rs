//! The silence between two digits.

use super::number::parse_millis;
use super::value::Value;
use crate::error::Error;

/// The shortest pause between two digits in milliseconds.
///
/// It is also the shortest silence that receivers are built for (ITU-T Q.24, AT&T column).
pub const MIN_INTER_DIGIT_PAUSE: u16 = 50;

/// The longest pause between two digits in milliseconds.
pub const MAX_INTER_DIGIT_PAUSE: u16 = 1000;

/// Checks `interDigitPause`, a JavaScript number of milliseconds: whole, 50 to 1000.
pub fn parse_pause(inter_digit_pause: Value<'_>) -> Result<u16, Error> {
    let (min, max) = (MIN_INTER_DIGIT_PAUSE, MAX_INTER_DIGIT_PAUSE);
    parse_millis("interDigitPause", inter_digit_pause, min, max, || {
        format!("Inter-digit pause must be between {min} and {max} milliseconds")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pauses_are_the_whole_numbers_of_the_range(pause in 0_u16..2000, part in 0.0_f64..1.0) {
            let valid = (50..=1000).contains(&pause);
            prop_assert_eq!(parse_pause(f64::from(pause).into()).ok(), valid.then_some(pause));
            let broken = f64::from(pause) + part;
            prop_assert!(broken.fract() == 0.0 || parse_pause(broken.into()).is_err());
        }
    }
}

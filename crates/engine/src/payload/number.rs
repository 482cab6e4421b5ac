//! Numbers of JavaScript.

use super::value::Value;
use crate::error::Error;

/// Checks a time of whole milliseconds within the bounds, both included. `range` is what is said of one outside of them:
/// a wrong type is another mistake, and is told as one.
pub fn parse_millis(
    field: &str,
    value: Value<'_>,
    min: u16,
    max: u16,
    range: impl FnOnce() -> String,
) -> Result<u16, Error> {
    let rule = "must be a whole number of milliseconds";
    let Value::Number(number) = value else {
        return Err(Error::invalid(format!("{field} {rule}, given as a number")));
    };
    if number.fract() != 0.0 || !number.is_finite() {
        return Err(Error::invalid(format!("{field} {rule}")));
    }
    whole_number(number, min, max).ok_or_else(|| Error::invalid(range()))
}

/// The whole number, where it is within the bounds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range was checked"
)]
fn whole_number(number: f64, min: u16, max: u16) -> Option<u16> {
    let valid = (f64::from(min)..=f64::from(max)).contains(&number);
    valid.then_some(number as u16)
}

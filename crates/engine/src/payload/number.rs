//! Numbers of JavaScript.

/// The number, where it is whole and within the bounds, both included. NaN is in no range.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range was checked, and NaN is in no range"
)]
pub fn whole_number(number: f64, min: u16, max: u16) -> Option<u16> {
    let valid = (f64::from(min)..=f64::from(max)).contains(&number) && number.fract() == 0.0;
    valid.then_some(number as u16)
}

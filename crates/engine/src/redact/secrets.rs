//! Finds a token or a secret in a text.

use std::ops::Range;

use super::word::stands_alone;
use crate::Secret;

/// What has fewer characters is made up for a test, as `tok`, or no secret: it is hidden only where it stands alone.
pub const SHORTEST_SECRET: usize = 8;

pub(super) fn is_short(secret: &Secret) -> bool {
    secret.expose().chars().nth(SHORTEST_SECRET - 1).is_none()
}

/// As a number, where a platform could read it as one.
pub(super) fn number(secret: &Secret) -> Option<f64> {
    let text = secret.expose();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

/// Where it stands, in order.
pub(super) fn occurrences(text: &str, secret: &Secret) -> Vec<Range<usize>> {
    let short = is_short(secret);
    let secret = secret.expose();
    if secret.is_empty() {
        return Vec::new();
    }
    let found = text.match_indices(secret);
    found
        .map(|(start, found)| start..start + found.len())
        .filter(|range| !short || stands_alone(text, range))
        .collect()
}

//! Times of day as text, in UTC.

use std::time::{Duration, SystemTime};

/// The last second that has four digits for its year.
const LAST: Duration = Duration::from_secs(253_402_300_799);

/// As RFC 3339 has it, with microseconds. Times before 1970 become its beginning, those after 9999 its end.
#[must_use]
pub fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_micros(bounded(time)).to_string()
}

/// The same with milliseconds, as `Date.prototype.toISOString` has it.
#[must_use]
pub fn rfc3339_millis(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(bounded(time)).to_string()
}

fn bounded(time: SystemTime) -> SystemTime {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    SystemTime::UNIX_EPOCH + since.unwrap_or_default().min(LAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64, micros: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_micros(micros)
    }

    #[test]
    fn every_time_has_a_text_of_one_length() {
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        for (time, text) in [
            (before, "1970-01-01T00:00:00.000000Z"),
            (at(1_709_164_801, 7), "2024-02-29T00:00:01.000007Z"),
            (at(253_402_300_799, 0), "9999-12-31T23:59:59.000000Z"),
            (at(253_402_300_800, 0), "9999-12-31T23:59:59.000000Z"),
        ] {
            assert_eq!(rfc3339(time), text);
            let (millis, _) = text.split_at(text.len() - 4);
            assert_eq!(rfc3339_millis(time), format!("{millis}Z"));
        }
    }
}

//! Times of day as text, in UTC.

use std::time::SystemTime;

const SECONDS_A_DAY: u64 = 24 * 60 * 60;

/// A time of day, split up.
struct Civil {
    year: u64,
    month: u64,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
    micros: u32,
}

/// As RFC 3339 has it, with microseconds. Times before 1970 become its beginning.
#[must_use]
pub fn rfc3339(time: SystemTime) -> String {
    let Civil {
        year,
        month,
        day,
        hour,
        minute,
        second,
        micros,
    } = civil(time);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

/// For names of files: no colon, which Windows refuses.
#[must_use]
pub fn compact(time: SystemTime) -> String {
    let Civil {
        year,
        month,
        day,
        hour,
        minute,
        second,
        micros,
    } = civil(time);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}{micros:06}Z")
}

/// The proleptic Gregorian calendar, by eras of 400 years that begin in March so that the leap day comes last.
fn civil(time: SystemTime) -> Civil {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let seconds = since.as_secs() % SECONDS_A_DAY;
    // 719,468 days lie between 1 March of year 0 and the beginning of 1970.
    let days = since.as_secs() / SECONDS_A_DAY + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    Civil {
        year: era * 400 + year_of_era + u64::from(month <= 2),
        month,
        day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
        hour: seconds / 3_600,
        minute: seconds / 60 % 60,
        second: seconds % 60,
        micros: since.subsec_micros(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: u64, micros: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_micros(micros)
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_399, "2000-02-28T23:59:59.000000Z"),
            (951_782_400, "2000-02-29T00:00:00.000000Z"),
            (951_868_800, "2000-03-01T00:00:00.000000Z"),
            (1_709_164_800, "2024-02-29T00:00:00.000000Z"),
            (1_735_689_599, "2024-12-31T23:59:59.000000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000000Z"),
        ] {
            assert_eq!(rfc3339(at(seconds, 0)), text);
        }
    }

    #[test]
    fn the_same_as_the_http_date_of_every_day_of_a_century() {
        for day in 0..36_525 {
            let time = at(day * SECONDS_A_DAY + 3_723, 45);
            let http = httpdate::fmt_http_date(time);
            let mut words = http.split(' ').skip(1);
            let (day, _, year) = (words.next(), words.next(), words.next());
            let text = rfc3339(time);
            assert_eq!(text.get(..4), year);
            assert_eq!(text.get(8..10), day);
            assert!(text.ends_with("T01:02:03.000045Z"));
        }
    }

    #[test]
    fn a_file_name_has_the_same_time() {
        assert_eq!(compact(at(1_709_164_801, 7)), "20240229T000001000007Z");
    }
}

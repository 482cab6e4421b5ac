//! Reading `Retry-After` (RFC 9110 §10.2.3).

use std::time::{Duration, SystemTime};

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};

/// No wait is longer than a year. It keeps sums far from overflow; any deadline is shorter.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The wait that one field value asks for, at most [`LONGEST_RETRY_AFTER`].
///
/// `value` is a number of seconds, or a date in one of the three forms of RFC 9110 §5.6.7.
/// A date is measured from `server_date`, the `Date` of the same answer, so that a wrong clock here
/// does not matter; without it from `now`. A date in the past is zero.
///
/// Several numbers joined by commas, as intermediaries write them, count as the longest.
/// Anything else, a sign or a fraction too, is `None`.
#[must_use]
pub fn parse_retry_after(
    value: &[u8],
    now: SystemTime,
    server_date: Option<SystemTime>,
) -> Option<Duration> {
    let text = std::str::from_utf8(value).ok()?.trim_matches([' ', '\t']);
    if let Ok(date) = httpdate::parse_http_date(text) {
        let wait = date
            .duration_since(server_date.unwrap_or(now))
            .unwrap_or_default();
        return Some(wait.min(LONGEST_RETRY_AFTER));
    }
    text.split(',')
        .map(seconds)
        .try_fold(Duration::ZERO, |longest, wait| Some(longest.max(wait?)))
}

/// The longest wait of several field lines; lines that cannot be read are passed over.
#[must_use]
pub fn longest_retry_after<'a>(
    values: impl IntoIterator<Item = &'a [u8]>,
    now: SystemTime,
    server_date: Option<SystemTime>,
) -> Option<Duration> {
    values
        .into_iter()
        .filter_map(|value| parse_retry_after(value, now, server_date))
        .max()
}

/// The wait that an answer asks for, from now: the longest, when it names several.
/// Dates are read against the answer's own `Date`, so that a wrong clock here does no harm.
#[must_use]
pub fn retry_after_of(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let server_date = headers
        .get(DATE)
        .and_then(|field| http_date(field.as_bytes()));
    let values = headers
        .get_all(RETRY_AFTER)
        .iter()
        .map(HeaderValue::as_bytes);
    longest_retry_after(values, now, server_date)
}

/// The time in a `Date` field, or `None` when it is not one of the three forms.
#[must_use]
pub fn http_date(value: &[u8]) -> Option<SystemTime> {
    httpdate::parse_http_date(std::str::from_utf8(value).ok()?.trim_matches([' ', '\t'])).ok()
}

fn seconds(text: &str) -> Option<Duration> {
    let digits = text.trim_matches([' ', '\t']);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Only digits are left, so the one way to fail is a number too large to hold.
    Some(
        digits
            .parse()
            .map_or(LONGEST_RETRY_AFTER, Duration::from_secs)
            .min(LONGEST_RETRY_AFTER),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110.
    fn example() -> SystemTime {
        SystemTime::UNIX_EPOCH + secs(784_111_777)
    }

    #[test]
    fn reads_seconds_and_dates() {
        let table: [(&str, Option<Duration>); 24] = [
            ("0", Some(secs(0))),
            ("120", Some(secs(120))),
            (" 7\t", Some(secs(7))),
            ("007", Some(secs(7))),
            ("31536001", Some(LONGEST_RETRY_AFTER)),
            ("99999999999999999999999999", Some(LONGEST_RETRY_AFTER)),
            ("5, 120, 60", Some(secs(120))),
            ("5,5", Some(secs(5))),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(secs(10))),
            ("Sunday, 06-Nov-94 08:49:47 GMT", Some(secs(10))),
            ("Sun Nov  6 08:49:47 1994", Some(secs(10))),
            ("Sun, 06 Nov 1994 08:49:27 GMT", Some(secs(0))),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(LONGEST_RETRY_AFTER)),
            ("", None),
            (" ", None),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("1e3", None),
            ("soon", None),
            ("5,", None),
            ("5, soon", None),
            ("１", None),
            ("Sun, 06 Nov 1994 08:49:47 CET", None),
        ];
        for (text, wait) in table {
            assert_eq!(
                parse_retry_after(text.as_bytes(), example(), None),
                wait,
                "{text:?}"
            );
        }
        assert_eq!(parse_retry_after(b"\xff", example(), None), None);
    }

    #[test]
    fn a_date_is_measured_by_the_clock_that_wrote_it() {
        let value = b"Sun, 06 Nov 1994 08:49:47 GMT";
        let ahead = example() + secs(3600);
        assert_eq!(
            parse_retry_after(value, ahead, Some(example())),
            Some(secs(10))
        );
        assert_eq!(parse_retry_after(value, ahead, None), Some(secs(0)));
        assert_eq!(
            parse_retry_after(b"30", ahead, Some(example())),
            Some(secs(30))
        );
        assert_eq!(
            http_date(b"Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(example()),
            "the Date field itself"
        );
        assert_eq!(http_date(b"30"), None);
    }

    #[test]
    fn the_longest_of_several_lines_counts() {
        let lines: [&[u8]; 3] = [b"3", b"soon", b"9"];
        assert_eq!(longest_retry_after(lines, example(), None), Some(secs(9)));
        assert_eq!(
            longest_retry_after([b"soon".as_slice()], example(), None),
            None
        );
        assert_eq!(longest_retry_after([], example(), None), None);
    }

    proptest! {
        #[test]
        fn never_panics_and_never_exceeds_a_year(
            value in proptest::collection::vec(any::<u8>(), 0..40), at in any::<SystemTime>(),
        ) {
            prop_assert!(parse_retry_after(&value, at, None).is_none_or(|wait| wait <= LONGEST_RETRY_AFTER));
        }

        #[test]
        fn a_printed_date_is_read_back(ahead in 0_u64..100_000_000, skew in 0_u64..100_000) {
            let text = httpdate::fmt_http_date(example() + secs(ahead));
            let read = parse_retry_after(text.as_bytes(), example() + secs(skew), Some(example()));
            prop_assert_eq!(read, Some(secs(ahead).min(LONGEST_RETRY_AFTER)));
        }

        #[test]
        fn a_list_and_several_lines_are_the_longest_of_their_numbers(
            waits in proptest::collection::vec(0_u64..40_000_000, 1..6), blank in "[ \t]{0,2}",
        ) {
            let texts: Vec<_> = waits.iter().map(|wait| format!("{blank}{wait}{blank}")).collect();
            let expected = waits.iter().max().map(|wait| secs(*wait).min(LONGEST_RETRY_AFTER));
            prop_assert_eq!(parse_retry_after(texts.join(",").as_bytes(), example(), None), expected);
            prop_assert_eq!(longest_retry_after(texts.iter().map(String::as_bytes), example(), None), expected);
            // One part that is no number spoils a list, and only its own line among several.
            let spoilt = format!("{},x", texts.join(","));
            prop_assert_eq!(parse_retry_after(spoilt.as_bytes(), example(), None), None);
            let lines = texts.iter().map(String::as_bytes).chain([spoilt.as_bytes()]);
            prop_assert_eq!(longest_retry_after(lines, example(), None), expected);
        }

        #[test]
        fn numbers_are_taken_as_they_are(seconds in 0_u64..31_536_000) {
            prop_assert_eq!(parse_retry_after(seconds.to_string().as_bytes(), example(), None), Some(secs(seconds)));
        }
    }
}

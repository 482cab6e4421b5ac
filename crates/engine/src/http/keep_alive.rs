//! What a server says of how long it keeps a connection: the field `Keep-Alive` (RFC 2068 §19.7.1).

use std::time::Duration;

use http::HeaderMap;

/// A server closes when its own time is over, and its answer was on the way for a part of that. undici leaves as much
/// (`keepAliveTimeoutThreshold`).
const MARGIN: Duration = Duration::from_secs(2);

/// What one answer says of its connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct KeepAlive {
    /// For how long it may be used again, the margin taken off.
    pub(super) time: Option<Duration>,
    /// How many requests it takes. Some servers count all of them and some only those to come: the smaller number is
    /// right for both.
    pub(super) most: Option<u32>,
}

impl KeepAlive {
    /// Reads all lines of the field; of several numbers the smallest counts. What cannot be read says nothing.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut said = Self::default();
        let lines = headers.get_all("keep-alive").iter();
        for text in lines.filter_map(|line| line.to_str().ok()) {
            for (name, value) in text
                .split([',', ';'])
                .filter_map(|part| part.split_once('='))
            {
                let number = value.trim_matches([' ', '\t', '"']);
                match name.trim().to_ascii_lowercase().as_str() {
                    "timeout" => {
                        let time = number.parse().ok().map(Duration::from_secs);
                        let usable = time.map(|time| time.saturating_sub(MARGIN));
                        said.time = smaller(said.time, usable);
                    }
                    "max" => said.most = smaller(said.most, number.parse().ok()),
                    _ => {}
                }
            }
        }
        said
    }
}

fn smaller<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    one.into_iter().chain(other).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    fn of(lines: &[&str]) -> (Option<u64>, Option<u32>) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("keep-alive", HeaderValue::from_str(line).expect("a value"));
        }
        let said = KeepAlive::of(&headers);
        (said.time.map(|time| time.as_secs()), said.most)
    }

    #[test]
    fn times_have_a_margin_and_the_smallest_number_counts() {
        assert_eq!(of(&["timeout=5, max=100"]), (Some(3), Some(100)));
        assert_eq!(of(&["MAX=1;Timeout=\"30\""]), (Some(28), Some(1)));
        assert_eq!(of(&["timeout=1"]), (Some(0), None));
        assert_eq!(of(&["timeout=9", "timeout=7,max=0"]), (Some(5), Some(0)));
    }

    #[test]
    fn what_cannot_be_read_says_nothing() {
        for line in [
            "",
            "5",
            "timeout",
            "timeout=",
            "timeout=-1",
            "timeout=1.5",
            "max=99999999999",
            "a=1",
        ] {
            assert_eq!(of(&[line]), (None, None), "{line}");
        }
        assert_eq!(of(&[]), (None, None));
    }

    proptest! {
        #[test]
        fn never_longer_than_what_was_said(seconds in any::<u64>(), most in any::<u32>()) {
            let (time, read) = of(&[&format!("timeout={seconds}, max={most}")]);
            prop_assert_eq!(time, Some(seconds.saturating_sub(2)));
            prop_assert_eq!(read, Some(most));
        }
    }
}

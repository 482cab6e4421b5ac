//! Each line is a `Retry-After` field line.
#![no_main]

use std::time::{Duration, SystemTime};

use cxone_dtmf_engine::retry::{
    LONGEST_RETRY_AFTER, http_date, longest_retry_after, parse_retry_after,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110.
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    let lines = || data.split(|byte| *byte == b'\n');
    let waits: Vec<_> = lines().map(|line| parse_retry_after(line, now, None)).collect();
    for (line, wait) in lines().zip(&waits) {
        assert!(wait.is_none_or(|wait| wait <= LONGEST_RETRY_AFTER));
        if !line.is_empty() && line.iter().all(u8::is_ascii_digit) {
            // The reference: as many seconds as the number says, whatever its length.
            let seconds = line.iter().fold(0_u64, |sum, digit| {
                sum.saturating_mul(10)
                    .saturating_add(u64::from(digit - b'0'))
            });
            assert_eq!(*wait, Some(Duration::from_secs(seconds).min(LONGEST_RETRY_AFTER)));
        }
        if let Some(at) = http_date(line) {
            let expected = at.duration_since(now).unwrap_or_default().min(LONGEST_RETRY_AFTER);
            assert_eq!(*wait, Some(expected));
            // The server's own clock counts where it says it.
            assert_eq!(parse_retry_after(line, now, Some(at)), Some(Duration::ZERO));
        }
    }
    assert_eq!(
        longest_retry_after(lines(), now, None),
        waits.into_iter().flatten().max()
    );
});

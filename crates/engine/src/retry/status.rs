//! What an HTTP status says of a request that did not succeed. The one table of these facts:
//!
//! | status  | transient | may have run | may still run | source |
//! |---------|-----------|--------------|---------------|--------|
//! | 408     | yes       | yes          | yes           | RFC 9110 §15.5.9: the server stopped waiting for a request that left in one piece, so it or a proxy may have all of it |
//! | 421     | no        | no           | no            | RFC 9110 §15.5.20: wrong connection, so nothing was processed |
//! | 425     | see below | no           | no            | RFC 8470 §5.2: too early, so nothing was processed |
//! | 429     | yes       | no           | no            | RFC 6585 §4: refused for the number of requests |
//! | 504     | yes       | yes          | yes           | RFC 9110 §15.6.5: a gateway stopped waiting for a server that goes on |
//! | 5xx     | yes       | yes          | no            | RFC 9110 §15.6: the server failed at an unknown point |
//! | others  | no        | no           | no            | RFC 9110 §15.4, §15.5: the request was declined |
//!
//! A profile may promise more for its digits (`atomicServerErrors`), never less. 425 answers early
//! data, which this package never sends: for token endpoints and discovery it is final, requests for digits and for
//! recordings are sent again.

/// Whether the same request may be answered otherwise later.
#[must_use]
pub const fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..=599)
}

/// 425: the server wants the request again, later.
#[must_use]
pub const fn is_too_early(status: u16) -> bool {
    status == 425
}

/// Whether the server wants the request on another connection.
#[must_use]
pub const fn wants_new_connection(status: u16) -> bool {
    status == 421 || is_too_early(status)
}

/// Whether the request may have been carried out although it was answered so.
#[must_use]
pub const fn may_have_run(status: u16) -> bool {
    matches!(status, 408 | 500..=599)
}

/// Whether the request may be carried out later, because only a server on the way has given up on it.
#[must_use]
pub const fn may_still_run(status: u16) -> bool {
    matches!(status, 408 | 504)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_still_run_may_have_run_and_what_may_have_run_is_transient() {
        for status in 0..=999 {
            assert!(!may_still_run(status) || may_have_run(status), "{status}");
            assert!(!may_have_run(status) || is_transient(status), "{status}");
            assert!(!(wants_new_connection(status) && may_have_run(status)));
            assert!(!(200..=299).contains(&status) || !is_transient(status));
        }
    }
}

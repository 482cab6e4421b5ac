//! What callers are told.

use crate::auth::token::Token;
use crate::error::Error;

/// What a caller that needs a token is told.
#[derive(Debug)]
pub enum Asked {
    /// Use this token.
    Ready {
        /// The token.
        token: Token,
        /// A request has begun to replace it ahead of time: the caller starts it.
        refresh: bool,
    },
    /// The waiter was kept and is given back when the request under way ends.
    Wait,
    /// As [`Asked::Wait`], and a request has begun: the caller starts it.
    Fetch,
    /// The last request failed a moment ago. `retry_after` is the rest of the pause.
    Failed(Error),
}

/// The end of a request.
#[derive(Debug)]
pub struct Landed<W> {
    /// The callers that waited for it, in the order of asking.
    pub waiters: Vec<W>,
    /// What all of them get. The `retry_after` of an error is the pause that begins now.
    pub result: Result<Token, Error>,
    /// Whether there is a usable token now. With an error this means that the old one still serves.
    pub usable: bool,
}

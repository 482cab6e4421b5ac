//! The delivery table, row by row, through the whole engine: an injector with the real transport before a
//! server on 127.0.0.1 that cuts at exactly one place.
//!
//! | rows | where | what the server does |
//! |---|---|---|
//! | 1–5 | [`unsent`] | nothing connects, or the connection takes no digits |
//! | 6–11, 13–15 | [`answered`] | it says what became of the request |
//! | 11b, 12, 16–18 | [`in_doubt`] | it read the request, and nobody knows more |
//! | — | [`odd`] | it answers in a head that breaks rules |
//! | — | [`limits`] | it answers just within and beyond a limit of body, JSON, TLS and HTTP/2 |
//! | 19 | [`accepted`] | it accepts, and the answer's body is lost |

mod accepted;
mod answered;
mod http2;
mod in_doubt;
mod limits;
mod odd;
mod script;
mod stage;
mod table;
mod unsent;

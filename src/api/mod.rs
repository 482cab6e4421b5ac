//! Wire profiles: how a request looks, and what each answer means for the digits.
//!
//! A profile is one file here behind [`WireProfile`]. Nothing of a wire format is known outside this room.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use url::Url;

use crate::auth::Token;
use crate::dtmf::{DtmfType, Sequence};
use crate::error::Error;
use crate::retry::Verdict;

pub mod answer;
pub mod client_headers;
pub mod judgement;
pub mod telephony_v2;

pub use client_headers::ClientHeaders;
pub use judgement::{AnswerHead, Facts, ResendWhenUnknown, Terms, UnknownCause};

/// What a caller asks for, as it came: tagged by the profile it is meant for and not yet checked.
pub enum Params {
    /// For the tutorial's API.
    TelephonyV2(telephony_v2::Params),
}

/// A checked injection, ready to be sent any number of times.
pub struct Prepared {
    /// Names the call, and with it the line to wait in.
    pub call: Arc<str>,
    /// The digits.
    pub sequence: Sequence,
    /// How the tones travel, where the profile lets a caller choose.
    pub dtmf_type: Option<DtmfType>,
    /// Silence between two digits, in milliseconds.
    pub inter_digit_pause: u16,
    /// The whole address, checked after it was put together.
    pub url: Url,
    /// The request's body. It is wiped when the last clone is dropped.
    pub body: Bytes,
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}

/// One wire format of one API.
pub trait WireProfile: Send + Sync + 'static {
    /// The scheme, host and port that tokens and digits go to; with the call it names a line.
    fn origin(&self) -> Arc<str>;

    /// Checks what a caller asks for. Nothing is sent when a rule is broken.
    fn prepare(&self, params: Params) -> Result<Prepared, Error>;

    /// The headers of a request. The one with the token is marked sensitive.
    fn headers(&self, token: &Token) -> Result<HeaderMap, Error>;

    /// What an attempt that ended in `facts` means. Pure: the same facts always mean the same.
    fn judge(&self, facts: &Facts, terms: &Terms) -> Verdict;
}

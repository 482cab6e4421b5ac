//! The one error of the engine, and its closed list of fields.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use cxone_dtmf_options::OptionError;
use uuid::Uuid;

use crate::delivery::Delivery;

mod cause;
mod code;
mod exit;
mod response;
mod untrusted;

pub use cause::Cause;
pub use code::Code;
pub use exit::Exit;
pub use response::{BodyError, Details, Response};
pub use untrusted::Untrusted;

/// A failed operation. It never holds the request, a URL, a token or a digit; a [`Cause`] is a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    /// Why it failed.
    pub code: Code,
    /// What is known of the digits.
    pub delivery: Delivery,
    /// A sentence for people that says what happened and what to do.
    pub message: Cow<'static, str>,
    /// Whether the same operation may succeed when it is tried again as it is.
    pub retryable: bool,
    /// How long to wait before trying again makes sense: what the server asked for, or the rest of a pause of this package.
    pub retry_after: Option<Duration>,
    /// How many digits the platform had accepted before a sequence that goes out in several requests failed.
    pub digits_accepted: Option<u32>,
    /// The injection whose digits these were, when they were not sent because its outcome is unknown.
    pub repeat_of: Option<Uuid>,
    /// The last answer, when there was one. Boxed, since few errors carry one.
    pub response: Option<Box<Response>>,
    /// What was thrown by code outside of the engine and made the operation fail.
    pub cause: Option<Cause>,
    /// What was wrong with a certificate, where one was.
    pub untrusted: Option<Untrusted>,
}

impl From<OptionError> for Error {
    fn from(error: OptionError) -> Self {
        Self::invalid(error.to_string())
    }
}

/// For a rule of an option that the engine checks: it names the option itself.
impl From<Error> for OptionError {
    fn from(error: Error) -> Self {
        Self::saying(error.message)
    }
}

impl Error {
    /// An error of an operation that sent nothing.
    #[must_use]
    pub fn not_sent(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            delivery: Delivery::NotSent,
            message: message.into(),
            retryable: false,
            retry_after: None,
            digits_accepted: None,
            repeat_of: None,
            response: None,
            cause: None,
            untrusted: None,
        }
    }

    /// A rule of the input was broken. The message names the field and the rule, never the value.
    #[must_use]
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::not_sent(Code::Invalid, message)
    }

    /// Marks the error as worth trying again, with the wait that was asked for.
    #[must_use]
    pub fn retryable(mut self, retry_after: Option<Duration>) -> Self {
        self.retryable = true;
        self.retry_after = retry_after;
        self
    }

    /// Sets the wait before another try; whether one makes sense stays as it is.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Adds the last answer.
    #[must_use]
    pub fn with_response(mut self, response: Option<Response>) -> Self {
        self.response = response.map(Box::new);
        self
    }

    /// Adds what was wrong with a certificate.
    #[must_use]
    pub fn distrusting(mut self, why: Option<Untrusted>) -> Self {
        self.untrusted = why;
        self
    }

    /// Adds what made it fail.
    #[must_use]
    pub fn caused_by(mut self, cause: Option<Cause>) -> Self {
        self.cause = cause;
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for Error {}

//! Which unknown outcomes the user allows to be sent again.

use cxone_dtmf_options::{Field, Fields, FlagOrWords, Kind, OptionError, Shape};
use serde_json::{Value, json};

/// Why an outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnknownCause {
    /// 408: the server says that it did not get the whole request, which went out in one piece.
    Status408,
    /// 500, where errors of the server promise nothing.
    Status500,
    /// 502: a gateway lost the server.
    Status502,
    /// 503 without `Retry-After`, where errors of the server promise nothing.
    Status503,
    /// 504: a gateway stopped waiting for the server.
    Status504,
    /// Any other 5xx. Only `resendWhenUnknown: true` covers it.
    OtherStatus,
    /// No answer in time.
    Timeout,
    /// The connection ended after the body was handed over.
    ConnectionLost,
}

impl UnknownCause {
    /// The causes that can be named, with their names in JavaScript.
    pub const NAMED: [(&'static str, Self); 7] = [
        ("408", Self::Status408),
        ("500", Self::Status500),
        ("502", Self::Status502),
        ("503", Self::Status503),
        ("504", Self::Status504),
        ("timeout", Self::Timeout),
        ("connection-lost", Self::ConnectionLost),
    ];

    /// The cause that a status is.
    #[must_use]
    pub const fn of_status(status: u16) -> Self {
        match status {
            408 => Self::Status408,
            500 => Self::Status500,
            502 => Self::Status502,
            503 => Self::Status503,
            504 => Self::Status504,
            _ => Self::OtherStatus,
        }
    }
}

/// Which unknown outcomes may be sent again although the digits may be pressed twice. Default: none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ResendWhenUnknown {
    /// None: an unknown outcome is reported, never repeated.
    #[default]
    Never,
    /// All of them.
    Always,
    /// The named ones.
    For(Vec<UnknownCause>),
}

impl ResendWhenUnknown {
    /// Whether an outcome of this cause may be sent again.
    #[must_use]
    pub fn allows(&self, cause: UnknownCause) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::For(causes) => causes.contains(&cause),
        }
    }
}

/// How the option is written: a switch, or the names of causes.
#[derive(Clone, Copy, Debug)]
pub struct Causes;

/// The option `resendWhenUnknown`, which injectors and single injections have.
#[must_use]
pub const fn resend_when_unknown() -> Field<Causes> {
    Field::new("resendWhenUnknown", Causes)
}

impl Kind for Causes {
    type Value = ResendWhenUnknown;

    fn read(
        &self,
        fields: &mut Fields,
        name: &'static str,
    ) -> Result<Option<ResendWhenUnknown>, OptionError> {
        let read = fields.flag_or_words(name, &UnknownCause::NAMED)?;
        Ok(read.map(|read| match read {
            FlagOrWords::Flag(true) => ResendWhenUnknown::Always,
            FlagOrWords::Flag(false) => ResendWhenUnknown::Never,
            FlagOrWords::Words(causes) => ResendWhenUnknown::For(causes),
        }))
    }

    fn shape(&self) -> Shape {
        Shape {
            choices: UnknownCause::NAMED.iter().map(|(name, _)| *name).collect(),
            ..Shape::of("flag-or-choices")
        }
    }

    fn show(&self, value: &ResendWhenUnknown) -> Value {
        match value {
            ResendWhenUnknown::Never => json!(false),
            ResendWhenUnknown::Always => json!(true),
            ResendWhenUnknown::For(causes) => {
                let all = UnknownCause::NAMED.iter();
                let allowed = all.filter(|(_, cause)| causes.contains(cause));
                allowed.map(|(name, _)| *name).collect()
            }
        }
    }
}

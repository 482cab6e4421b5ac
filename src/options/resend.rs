//! `resendWhenUnknown`, which injectors and single injections have.

use cxone_dtmf_engine::error::Error;
use cxone_dtmf_engine::retry::{ResendWhenUnknown, UnknownCause};
use cxone_dtmf_options::{Fields, FlagOrWords};

/// Reads `resendWhenUnknown`.
pub(super) fn when_unknown(fields: &mut Fields) -> Result<Option<ResendWhenUnknown>, Error> {
    let read = fields.flag_or_words("resendWhenUnknown", &UnknownCause::NAMED)?;
    Ok(read.map(|read| match read {
        FlagOrWords::Flag(true) => ResendWhenUnknown::Always,
        FlagOrWords::Flag(false) => ResendWhenUnknown::Never,
        FlagOrWords::Words(causes) => ResendWhenUnknown::For(causes),
    }))
}

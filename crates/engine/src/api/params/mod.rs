//! What a caller asks for, as it came: tagged by the profile it is meant for and not yet checked.

use crate::error::Error;

pub(super) mod agent_session;
mod packed;
pub(super) mod telephony_v2;

pub use packed::PackedParams;

/// The params of one injection.
pub enum Params {
    /// For the tutorial's API.
    TelephonyV2(telephony_v2::Params),
    /// For the API that NICE publishes.
    AgentSession(agent_session::Params),
    /// For the profile of the injector, as they cross from JavaScript.
    Packed(PackedParams),
}

/// The answer of a profile to params of another one. The binding reads them by the profile, so it does not happen.
pub(super) fn for_another_profile() -> Error {
    Error::invalid("params are those of another api than the injector's")
}

//! What a program can set of this profile.

use super::version::Version;

/// Where the digits stand in a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// In a JSON body, as NICE's own SDK sends them.
    #[default]
    Json,
    /// In the query of the address, as the portal documents it. Digits in addresses end up in the access logs
    /// of proxies and servers.
    Query,
}

/// What a program can set of this profile.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The version in the path. Default `v23.0`.
    pub version: Version,
    /// Where the digits stand. Default: in a JSON body.
    pub encoding: Encoding,
    /// Whether A, B, C and D are digits. Default false: the platform's own script action does not know them.
    pub allow_a_to_d: bool,
    /// Whether `,`, `w` and `W` pause. Default false.
    pub pauses: bool,
}

//! What a program can set of this profile.

use cxone_dtmf_options::{choice, flag, options, parsed};
use serde_json::json;

use super::version::Version;

/// Where the digits stand in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// In a JSON body, as NICE's own SDK sends them.
    Json,
    /// In the query of the address, as the portal documents it. Digits in addresses end up in the access logs
    /// of proxies and servers.
    Query,
}

impl Encoding {
    /// The values and their names in JavaScript.
    const NAMED: [(&'static str, Self); 2] = [("json", Self::Json), ("query", Self::Query)];
}

/// The value of `api` that these options belong to.
const HERE: &[&str] = &["agent-session"];

options! {
    /// What a program can set of this profile.
    #[derive(Clone, Debug)]
    pub struct Settings {
        /// The version in the path: `v`, 1 to 3 digits, `.`, 1 or 2 digits. Several are live on a tenant.
        pub version: Version = Version::default()
            => parsed("apiVersion", "text", |text| Ok(Version::parse(text)?), |version| json!(version.as_str()))
                .only_with("api", HERE);
        /// Where the digits stand: in a JSON body, or in the query of the address, which ends up in access logs.
        pub encoding: Encoding = Encoding::Json => choice("encoding", &Encoding::NAMED).only_with("api", HERE);
        /// Whether `A`, `B`, `C` and `D` are digits. Carriers and IVRs often drop them.
        pub allow_a_to_d: bool = false => flag("allowAToD").only_with("api", HERE);
        /// Whether `,` and `w` (half a second) and `W` (a second) in `dtmfString` pause.
        pub pauses: bool = false => flag("pauses").only_with("api", HERE);
    }
}

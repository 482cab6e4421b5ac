//! Which token is shared.

use crate::Secret;

/// Names a token: processes whose grants have the same identity share it.
pub struct Identity {
    /// The name of the grant, the token endpoint, the ids of client and key, the scopes.
    pub of: Vec<String>,
    /// The secrets with which the token is requested. The key that encrypts it is derived from them.
    pub secrets: Vec<Secret>,
}

impl Identity {
    /// One text for all parts.
    pub(super) fn name(&self) -> String {
        let parts = self.of.iter().map(|part| format!("{}:{part}", part.len()));
        parts.collect()
    }
}

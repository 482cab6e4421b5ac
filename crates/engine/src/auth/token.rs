//! A token, and the seams behind which tokens come from.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::tenant::Tenant;
use crate::BoxFuture;
use crate::Secret;
use crate::error::Error;

/// A bearer token and the generation it belongs to.
///
/// The generation lets a caller say *which* token was refused, so that twenty refusals of one token
/// cause one refresh and never throw away the token that replaced it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// The text that follows `Bearer `. Its characters were checked (RFC 6750 §2.1, `b64token`).
    pub value: Secret,
    /// Counts the tokens of one source, from 1.
    pub generation: u64,
    /// The tenant it was granted for, where the token endpoint says something of it.
    pub tenant: Option<Arc<Tenant>>,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// Whether a text can be a bearer token: RFC 6750 §2.1,
/// `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`. Others could break out of a header.
#[must_use]
pub fn is_bearer_token(token: &Secret) -> bool {
    let stem = token.expose().trim_end_matches('=');
    !stem.is_empty()
        && stem
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

/// Gives the token for the next request.
pub trait TokenSource: Send + Sync + 'static {
    /// The current token, fetched when there is none.
    ///
    /// Errors have delivery *not-sent*; `retryable` says whether the same call may work later.
    fn token(&self) -> BoxFuture<'_, Result<Token, Error>>;

    /// The platform refused this token: the next call must not get the same generation again.
    fn invalidate(&self, refused: &Token);

    /// The age of the token that would be given now, where the source knows it.
    fn age(&self) -> Option<Duration> {
        None
    }
}

/// What a token endpoint granted.
#[derive(Clone, Debug)]
pub struct Granted {
    /// The access token as received.
    pub access_token: Secret,
    /// How long it is valid, already brought within the limits of the contract.
    pub lifetime: Duration,
    /// What a new token can be had for, once, where the answer brings it.
    pub refresh_token: Option<Secret>,
    /// The tenant, where the answer says something of it.
    pub tenant: Option<Arc<Tenant>>,
}

/// One way to ask for a new token. It knows the wire, not the cache.
pub trait Grant: Send + Sync + 'static {
    /// Asks once. `retryable` of the error tells passing trouble from a final refusal.
    fn request(&self) -> BoxFuture<'_, Result<Granted, Error>>;

    /// The platform refused this token, which had been granted here. Default: nothing else has to know.
    fn refused(&self, token: &Token) {
        let _ = token;
    }
}

/// Is told what happens to the tokens of a cache.
pub trait TokenObserver: Send + Sync + 'static {
    /// A new token arrived.
    fn refreshed(&self);
    /// A refresh ahead of time failed; the old token is still in use.
    fn refresh_failed(&self, error: &Error);
}

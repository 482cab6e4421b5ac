//! Where tokens come from.
//!
//! The injector knows [`TokenSource`] only. [`TokenCache`] is the engine's own: it keeps one token,
//! lets any number of callers share one request for a new one, and asks a [`Grant`] for it.

mod access_key;
mod answer;
mod body;
mod cache;
mod challenge;
mod client;
mod client_credentials;
mod connection;
mod credential;
mod exchange;
mod password;
mod redacted;
mod refusal;
mod renewal;
mod single_flight;
mod tenant;
mod times;
mod token;

pub use access_key::{AccessKey, AccessKeyGrant, RefreshUrls, access_key_url};
pub use answer::{LONGEST_LIFETIME, read as read_answer};
pub use cache::TokenCache;
pub use challenge::refuses_token;
pub use client::{Client, ClientAuthentication};
pub use client_credentials::{ClientCredentials, token_url};
pub use connection::Connection;
pub use credential::{AskSecret, Credential};
pub use password::{Password, auth_token_url};
pub use renewal::Renewing;
pub use single_flight::{Asked, Landed, SingleFlight};
pub use tenant::Tenant;
pub use times::expiry_margin;
pub use token::{Grant, Granted, Token, TokenObserver, TokenSource, is_bearer_token};

pub(crate) use connection::Unanswered;
pub(crate) use times::{LONGEST_PAUSE, pause};

//! One token for the whole fleet.
//!
//! * [`SharedGrant`] stands between the token cache of a process and its grant. The single flight of the cache comes
//!   first, so a process asks the fleet once, and of all processes one asks the token endpoint;
//! * `shared_token` is the token in the store, `cipher` makes it unreadable there.
//!
//! A cache asks for a token because it has none, its own grows old, or its own was refused. In each case it wants one
//! that is newer than the last it got, and no other invalidation is needed: the refusal of one generation says nothing
//! about the next. While the store is away, or slow, the process fetches a token for itself.

mod cipher;
mod identity;
mod shared_grant;
mod shared_token;

pub use identity::Identity;
pub use shared_grant::SharedGrant;

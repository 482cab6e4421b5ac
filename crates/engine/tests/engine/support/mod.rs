//! What the tests of several rooms share.
//!
//! Without sockets: [`World`] is an injector before a [`Platform`] that executes what it is told to, on the paused
//! clock; [`Api`] makes profiles, parameters and worlds of either wire format.
//!
//! On loopback: [`server`] plays HTTP/1.1 and TLS, [`http2_peer`] HTTP/2 frame by frame, and an [`Identity`] is the
//! certificate of either.

use std::time::Duration;

use cxone_dtmf_engine::clock::WallClock;
use cxone_dtmf_engine::http::{DigitsTransport, HttpOptions};
use proptest::prelude::ProptestConfig;
use tokio::time::{Instant, sleep};

mod act;
mod alert;
mod api;
mod around;
pub mod http2_peer;
mod identity;
mod outcome;
mod platform;
mod seen;
pub mod server;
mod world;

pub use act::{Act, Kind};
pub use api::{Api, session};
pub use around::{Events, SlowRecord, Tokens};
pub use identity::Identity;
pub use outcome::{accepted, failed, under};
pub use platform::{Platform, ToPlatform};
pub use world::World;

/// Longer than anything takes that does not hang, however busy the machine is.
pub const LONG: Duration = Duration::from_secs(30);

pub const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub fn http_transport(options: HttpOptions) -> DigitsTransport {
    DigitsTransport::new(options, WallClock::system()).unwrap()
}

/// As many cases as are usual for a law, or as `PROPTEST_CASES` says.
pub fn cases(usual: u32) -> ProptestConfig {
    let mut config = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = usual;
    }
    config
}

/// Waits until something holds; fails when it never does.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + LONG;
    while !holds() {
        assert!(Instant::now() < end, "in vain: {what}");
        sleep(ms(2)).await;
    }
}

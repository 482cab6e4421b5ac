//! The transports of the addon.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::WallClock;
use crate::error::Error;
use crate::transport::{HttpOptions, HttpTransport, Transport};

/// A transport with the roots that Node.js programs expect.
pub fn transport(connect_timeout: Option<Duration>) -> Result<Arc<dyn Transport>, Error> {
    let default = HttpOptions::default();
    let options = HttpOptions {
        connect_timeout: connect_timeout.unwrap_or(default.connect_timeout),
        extra_ca: extra_ca(),
        ..default
    };
    Ok(Arc::new(HttpTransport::new(options, WallClock::system())?))
}

/// Like Node.js itself, a file that cannot be read is passed over: it only narrows what is trusted.
fn extra_ca() -> Option<String> {
    let path = std::env::var_os("NODE_EXTRA_CA_CERTS")?;
    std::fs::read_to_string(path).ok()
}

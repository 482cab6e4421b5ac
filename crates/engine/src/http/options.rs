//! The settings of the real transport.

use std::fmt;
use std::time::Duration;

use super::proxy::ProxyChoice;
use super::proxy_variables::ProxyVariables;
use crate::error::Error;
use crate::tls;

/// How connections are made and kept. `Debug` shows neither certificates nor the address of the proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpOptions {
    /// Bound on name lookup, TCP, proxy tunnel and TLS handshake together. Default 2 s.
    pub connect_timeout: Duration,
    /// How long an unused connection is kept. Default 4 s: Node.js servers close theirs after 5 s
    /// (`server.keepAliveTimeout`), and a request that meets the closing has an unknown outcome.
    pub pool_idle: Duration,
    /// Unused HTTP/1.1 connections kept per host. Default 256, as many as may be in flight.
    pub max_idle_per_host: usize,
    /// Certificates in PEM form that are trusted besides the bundled and the system's. Default none.
    pub ca_bundle: Option<String>,
    /// The text of the file that `NODE_EXTRA_CA_CERTS` names; what cannot be read in it is ignored. Default none.
    pub extra_ca: Option<String>,
    /// The proxy. Default none, whatever the environment says.
    pub proxy: ProxyChoice,
    /// Offers no HTTP/2. Default false: HTTP/2 can say that a request was not processed, HTTP/1.1 cannot.
    pub http1_only: bool,
    /// The `User-Agent` that a proxy sees when it is asked for a tunnel. Requests bring their own. Default none.
    pub user_agent: Option<String>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(2),
            pool_idle: Duration::from_secs(4),
            max_idle_per_host: 256,
            ca_bundle: None,
            extra_ca: None,
            proxy: ProxyChoice::None,
            http1_only: false,
            user_agent: None,
        }
    }
}

impl HttpOptions {
    /// Checks what the types cannot say. The error names the option as JavaScript knows it, or the variable.
    pub fn check(&self, variables: &ProxyVariables) -> Result<(), Error> {
        if let Some(pem) = &self.ca_bundle {
            tls::ca_bundle(pem)?;
        }
        self.proxy.matcher(variables)?;
        Ok(())
    }
}

impl fmt::Debug for HttpOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpOptions")
            .field("connect_timeout", &self.connect_timeout)
            .field("pool_idle", &self.pool_idle)
            .field("max_idle_per_host", &self.max_idle_per_host)
            .field("ca_bundle", &self.ca_bundle.is_some())
            .field("extra_ca", &self.extra_ca.is_some())
            .field("proxy", &self.proxy)
            .field("http1_only", &self.http1_only)
            .finish_non_exhaustive()
    }
}

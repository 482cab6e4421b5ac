//! The settings of the real transport.

use std::fmt;
use std::time::Duration;

use cxone_dtmf_options::{OptionError, millis, options, parsed, section, text, texts};
use serde_json::Value;

use super::proxy::ProxyChoice;
use crate::origin::Hosts;
use crate::tls::ClientCertificate;

/// What is said of a wrong proxy.
const PROXY_RULE: &str = "must be 'env' or the http or https URL of a proxy";

options! {
    /// What injectors and auth clients can be told of connections.
    #[derive(Clone, Debug)]
    pub struct ConnectionOptions {
        /// The text of certificates in PEM form that are trusted besides the others: roots of private authorities, or a
        /// server's own certificate. What is in it is checked when the connections are set up.
        pub ca_bundle: Option<String> = None
            => text("caBundle")
                .with_rule("must be the text of certificates in PEM form: read its file as 'utf8'");
        /// The proxy: an `http` or `https` URL, or `'env'` for what `HTTPS_PROXY`, `NO_PROXY` and the like say.
        pub proxy: ProxyChoice = ProxyChoice::None
            => parsed("proxy", proxy, |_| Value::Null).with_rule(PROXY_RULE);
        /// What this client shows to servers that ask who it is, such as gateways: texts in PEM form.
        pub client_certificate: Option<ClientCertificate> = None
            => section("clientCertificate", ClientCertificate::section, ClientCertificate::options)
                .checked(ClientCertificate::check);
        /// How long a connection is kept that is not in use; less where the server says less. Node.js servers close theirs after 5 s
        /// (`server.keepAliveTimeout`), and a request that meets the closing has an unknown outcome. 0 keeps none.
        pub pool_idle: Duration = HttpOptions::POOL_IDLE => millis("poolIdleMs", 0);
        /// Hosts that plain `http` is allowed to besides this machine, each an exact `host` or `host:port`, at most 32.
        pub insecure_hosts: Hosts = Hosts::default()
            => texts("insecureHosts", |name, hosts| Ok(Hosts::new(name, hosts)?));
    }
}

impl ConnectionOptions {
    /// The settings of connections through which requests with this `User-Agent` go.
    #[must_use]
    pub fn http(&self, user_agent: &str) -> HttpOptions {
        // Requests bring their own; only a tunnel needs it, and without one it must not part equal connections.
        let user_agent = (self.proxy != ProxyChoice::None).then(|| user_agent.to_owned());
        HttpOptions {
            ca_bundle: self.ca_bundle.clone(),
            proxy: self.proxy.clone(),
            client_certificate: self.client_certificate.clone(),
            pool_idle: self.pool_idle,
            max_idle_per_host: if self.pool_idle.is_zero() {
                0
            } else {
                HttpOptions::MAX_IDLE
            },
            user_agent,
            ..HttpOptions::default()
        }
    }
}

/// Reads the option `proxy`.
fn proxy(text: String) -> Result<ProxyChoice, OptionError> {
    match text.as_str() {
        "env" => Ok(ProxyChoice::Env),
        // A bare word would pass for the name of a host.
        url if url.starts_with("http://") || url.starts_with("https://") => {
            Ok(ProxyChoice::Url(text))
        }
        _ => Err(OptionError::new("proxy", PROXY_RULE)),
    }
}

/// How connections are made and kept. `Debug` shows neither certificates nor the address of the proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpOptions {
    /// Bound on name lookup, TCP, proxy tunnel and TLS handshake together. Default [`Self::CONNECT_TIMEOUT`].
    pub connect_timeout: Duration,
    /// How long an unused connection is kept. Default [`Self::POOL_IDLE`].
    pub pool_idle: Duration,
    /// Unused HTTP/1.1 connections kept per host. Default 256, as many as may be in flight.
    pub max_idle_per_host: usize,
    /// Certificates in PEM form that are trusted besides the bundled and the system's. Default none.
    pub ca_bundle: Option<String>,
    /// The text of the file that `NODE_EXTRA_CA_CERTS` names. Default none.
    pub extra_ca: Option<String>,
    /// What is shown to servers that ask who this client is. Default none.
    pub client_certificate: Option<ClientCertificate>,
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
            connect_timeout: Self::CONNECT_TIMEOUT,
            pool_idle: Self::POOL_IDLE,
            max_idle_per_host: Self::MAX_IDLE,
            ca_bundle: None,
            extra_ca: None,
            client_certificate: None,
            proxy: ProxyChoice::None,
            http1_only: false,
            user_agent: None,
        }
    }
}

impl HttpOptions {
    /// The bound on making a connection, unless told otherwise.
    pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

    /// How long an unused connection is kept, unless told otherwise: a second less than Node.js servers keep theirs.
    pub const POOL_IDLE: Duration = Duration::from_secs(4);

    const MAX_IDLE: usize = 256;
}

impl fmt::Debug for HttpOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpOptions")
            .field("connect_timeout", &self.connect_timeout)
            .field("pool_idle", &self.pool_idle)
            .field("max_idle_per_host", &self.max_idle_per_host)
            .field("ca_bundle", &self.ca_bundle.is_some())
            .field("extra_ca", &self.extra_ca.is_some())
            .field("client_certificate", &self.client_certificate.is_some())
            .field("proxy", &self.proxy)
            .field("http1_only", &self.http1_only)
            .finish_non_exhaustive()
    }
}

//! What both transports are made from: settings, trusted roots, proxies and the clock.

use std::sync::Arc;

use http::header::PROXY_AUTHORIZATION;
use http::uri::Scheme;
use http::{HeaderMap, Uri};
use hyper_util::client::proxy::matcher::Intercept;
use rustls::ClientConfig;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::message::{Fault, FaultKind};
use super::options::HttpOptions;
use super::proxy::{Proxies, ProxyChoice, ProxyUse};
use super::proxy_variables::ProxyVariables;
use crate::clock::WallClock;
use crate::error::Error;
use crate::sleep::Clocks;
use crate::tls::{self, ClientCertificate, Trust};

pub(super) const SETUP: Fault = Fault {
    kind: FaultKind::Setup,
};

/// The way out of this process.
pub(super) struct Network {
    pub(super) options: HttpOptions,
    pub(super) proxies: Option<Arc<Proxies>>,
    variables: ProxyVariables,
    wall: WallClock,
    trust: Trust,
    tls: Arc<OnceCell<Arc<ClientConfig>>>,
}

impl Network {
    /// Checks the options. The roots are read at the first send, off the calling thread.
    pub(super) fn new(
        options: HttpOptions,
        variables: ProxyVariables,
        wall: WallClock,
    ) -> Result<Self, Error> {
        let mut own_roots = options
            .ca_bundle
            .as_deref()
            .map_or_else(|| Ok(Vec::new()), tls::ca_bundle)?;
        if let Some(pem) = &options.extra_ca {
            own_roots.extend(tls::extra_ca(pem)?);
        }
        let identity = options
            .client_certificate
            .as_ref()
            .map(ClientCertificate::read);
        let trust = Trust {
            own: own_roots,
            identity: identity.transpose()?,
        };
        let proxies = options.proxy.proxies(&variables)?.map(Arc::new);
        Ok(Self {
            options,
            proxies,
            variables,
            wall,
            trust,
            tls: Arc::default(),
        })
    }

    /// The one TLS configuration. Both transports share its session tickets too.
    pub(super) async fn tls(&self) -> Result<&Arc<ClientConfig>, Fault> {
        if self.tls.get().is_none() {
            self.read_roots().await?;
        }
        self.tls.get().ok_or(SETUP)
    }

    /// Runs in a task of its own: a first send that is given up early must not throw the work away,
    /// or sends with short time-outs would start it over and over.
    async fn read_roots(&self) -> Result<(), Fault> {
        let cell = Arc::clone(&self.tls);
        let trust = self.trust.clone();
        let http1_only = self.options.http1_only;
        let reading = tokio::spawn(async move {
            cell.get_or_try_init(|| async {
                tokio::task::spawn_blocking(move || {
                    tls::client_config(trust, http1_only).ok().map(Arc::new)
                })
                .await
                .ok()
                .flatten()
                .ok_or(SETUP)
            })
            .await
            .map(|_| ())
        });
        reading.await.unwrap_or(Err(SETUP))
    }

    /// Both clocks now.
    pub(super) fn clocks(&self) -> Clocks {
        Clocks::new(self.wall.now(), Instant::now())
    }

    /// The proxy that has a say for this address.
    pub(super) fn proxy(&self, uri: &Uri) -> Option<Intercept> {
        self.proxies.as_ref()?.of(uri)
    }

    /// A proxy that forwards requests reads its login in each of them. In a tunnel it is not sent.
    pub(super) fn log_in(&self, uri: &Uri, headers: &mut HeaderMap) {
        if uri.scheme() == Some(&Scheme::HTTP)
            && let Some(proxy) = self.proxy(uri)
            && let Some(login) = proxy.basic_auth()
        {
            headers.insert(PROXY_AUTHORIZATION, login.clone());
        }
    }

    /// What proxies have to do with this address, for messages.
    pub(super) fn proxy_use(&self, uri: &Uri) -> ProxyUse {
        if self.proxy(uri).is_some() {
            return ProxyUse::Used;
        }
        let unasked = (self.options.proxy == ProxyChoice::None).then(|| self.variables.naming(uri));
        unasked.flatten().map_or(ProxyUse::None, ProxyUse::Unused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_proxy_has_to_do_with_an_address() {
        let variables = [("HTTPS_PROXY", "p.test"), ("NO_PROXY", "*.inside.test:443")];
        let url = ProxyChoice::Url("http://p.test".to_owned());
        let unused = ProxyUse::Unused("HTTPS_PROXY");
        for (choice, address, expected) in [
            (&url, "https://api.test", ProxyUse::Used),
            (&url, "https://a.inside.test", ProxyUse::Used),
            (&url, "http://[::1]:8", ProxyUse::None),
            (&url, "http://a.localhost:8", ProxyUse::None),
            (&ProxyChoice::Env, "https://api.test", ProxyUse::Used),
            (&ProxyChoice::Env, "https://a.inside.test", ProxyUse::None),
            (
                &ProxyChoice::Env,
                "https://a.inside.test:8443",
                ProxyUse::Used,
            ),
            (&ProxyChoice::Env, "http://api.test", ProxyUse::None),
            (&ProxyChoice::None, "https://api.test", unused),
            (&ProxyChoice::None, "https://a.inside.test", ProxyUse::None),
            (&ProxyChoice::None, "https://127.0.0.1", ProxyUse::None),
        ] {
            let options = HttpOptions {
                proxy: choice.clone(),
                ..HttpOptions::default()
            };
            let variables = ProxyVariables::set(&variables);
            let network = Network::new(options, variables, WallClock::system()).expect("valid");
            let found = network.proxy_use(&address.parse().expect("an address"));
            assert_eq!(found, expected, "{choice:?} {address}");
        }
    }
}

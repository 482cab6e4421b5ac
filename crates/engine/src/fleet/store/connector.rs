//! Makes connections, and has what all connections of a store share.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use rustls::ClientConfig;
use tokio::sync::OnceCell;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::availability::Availability;
use super::connection::Connection;
use super::counters::Counters;
use super::error::StoreError;
use super::restart_guard::{PRESENCE, RestartGuard};
use super::rights;
use super::sentinel;
use super::wake_registry::WakeRegistry;
use crate::error::{Code, Error};
use crate::fleet::keys::Keys;
use crate::fleet::options::FleetOptions;
use crate::fleet::servers::{Server, Servers};
use crate::tls;

/// Before the name of a process: the channel to which that process subscribes.
const WAKE: &str = "wake:";

/// Makes connections, and has what all connections of a store share.
pub(super) struct Connector {
    pub options: FleetOptions,
    pub keys: Keys,
    /// Names this process in its fleet: 96 random bits in base64.
    pub process: String,
    pub wake_registry: Arc<WakeRegistry>,
    pub counters: Counters,
    pub availability: Availability,
    tls: OnceCell<Arc<ClientConfig>>,
    restart_guard: RestartGuard,
}

impl Connector {
    pub(super) fn new(options: FleetOptions, protocol: u32) -> Result<Self, Error> {
        Ok(Self {
            keys: Keys::new(&options, protocol),
            process: random_name()?,
            wake_registry: Arc::default(),
            counters: Counters::default(),
            availability: Availability::default(),
            tls: OnceCell::new(),
            restart_guard: RestartGuard::default(),
            options,
        })
    }

    /// Before the name of a process it is the channel to which that process subscribes.
    pub(super) fn wake_prefix(&self) -> String {
        self.keys.of_fleet(WAKE)
    }

    /// Connects to a server, checks whether it was restarted, and subscribes.
    pub(super) async fn connect(
        &self,
        server: &Server,
    ) -> Result<(Connection, AbortOnDropHandle<()>), StoreError> {
        let (server, tls) = self.locate(server).await?;
        let connected = async {
            let (mut connection, driver) =
                Connection::open(&server, tls, Arc::clone(&self.wake_registry)).await?;
            connection.identify().await?;
            self.check(&connection).await?;
            let own = format!("{}{}", self.wake_prefix(), self.process);
            let all = self.keys.of_fleet(PRESENCE);
            connection.subscribe(&[&own, &all]).await?;
            Ok((connection, driver))
        };
        let connected = timeout(self.options.connect_timeout, connected).await;
        connected.unwrap_or(Err(StoreError::Unreachable))
    }

    /// The rights that the user lacks at this server.
    pub(super) async fn missing_rights(&self, server: &Server) -> Result<Vec<String>, StoreError> {
        let (server, tls) = self.locate(server).await?;
        let tried = async {
            let (connection, _driver) = Connection::open(&server, tls, Arc::default()).await?;
            rights::missing(&self.keys, &self.options, &connection).await
        };
        let tried = timeout(self.options.connect_timeout, tried).await;
        tried.unwrap_or(Err(StoreError::Unreachable))
    }

    /// Where a server is, and how TLS is spoken there if it is. Where Sentinels know it, they are asked.
    async fn locate(
        &self,
        server: &Server,
    ) -> Result<(Server, Option<Arc<ClientConfig>>), StoreError> {
        // Without a time-out: no network is involved, and a cancelled attempt would start over each time.
        let tls = if self.options.servers.speak_tls() {
            Some(self.tls().await?)
        } else {
            None
        };
        let server = match &self.options.servers {
            Servers::Sentinel {
                sentinels,
                name,
                master,
            } => {
                let each = self.options.connect_timeout;
                sentinel::master_of(sentinels, name, master, tls.as_ref(), each).await?
            }
            _ => server.clone(),
        };
        let tls = tls.filter(|_| server.tls);
        Ok((server, tls))
    }

    /// Checks that the server at the other end has all leases, and can be written to.
    async fn check(&self, connection: &Connection) -> Result<(), StoreError> {
        let guard = &self.restart_guard;
        let checked = guard.check(&self.keys, &self.options, connection).await;
        self.observe(checked)
    }

    /// Checks it once more, in short.
    pub(super) async fn check_again(&self, connection: &Connection) -> Result<(), StoreError> {
        let guard = &self.restart_guard;
        let checked = guard
            .check_again(&self.keys, &self.options, connection)
            .await;
        self.observe(checked)
    }

    fn observe(&self, checked: Result<Duration, StoreError>) -> Result<(), StoreError> {
        self.availability.observe(checked.is_ok());
        let closed_for = checked?;
        self.availability.observe_closed(closed_for);
        Ok(())
    }

    async fn tls(&self) -> Result<Arc<ClientConfig>, StoreError> {
        let config = self.tls.get_or_try_init(|| client_config(&self.options));
        config.await.cloned()
    }
}

async fn client_config(options: &FleetOptions) -> Result<Arc<ClientConfig>, StoreError> {
    let mut roots = match &options.ca_bundle {
        Some(pem) => tls::ca_bundle(pem).map_err(|_| StoreError::Tls)?,
        None => Vec::new(),
    };
    if let Some(pem) = &options.extra_ca {
        roots.extend(tls::extra_ca(pem).map_err(|_| StoreError::Tls)?);
    }
    let trust = tls::Trust {
        own: roots,
        identity: None,
    };
    // Reads the system's roots from disk.
    let config = tokio::task::spawn_blocking(move || tls::client_config(trust, false));
    let mut config = config
        .await
        .ok()
        .and_then(Result::ok)
        .ok_or(StoreError::Tls)?;
    // Redis negotiates no protocol.
    config.alpn_protocols.clear();
    Ok(Arc::new(config))
}

fn random_name() -> Result<String, Error> {
    let mut bytes = [0_u8; 12];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Error::not_sent(Code::Store, "the system gives no random bytes"))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

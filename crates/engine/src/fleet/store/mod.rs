//! Redis or Valkey: connections that are kept, and scripts that run within a bound.

use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use redis::Cmd;
use ring::rand::{SecureRandom, SystemRandom};
use rustls::ClientConfig;
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::keys::{Keys, slot};
use super::options::{FleetOptions, Server, Servers};
use super::script::Script;
use crate::error::Error;
use crate::tls;

mod cluster;
mod counters;
mod error;
mod link;
mod node;
mod restart_guard;
mod wake_registry;

pub use counters::{Counters, Counts};
pub use error::StoreError;
pub use redis::Value;
pub use restart_guard::MARKER;
pub use wake_registry::{WakeRegistry, Waker, WakerGuard};

use cluster::Cluster;
use link::Link;
use node::Node;

/// Before the name of a process: the channel on which that process hears.
const WAKE: &str = "wake:";

/// An argument of a script.
#[derive(Clone, Copy, Debug)]
pub enum Arg<'a> {
    /// Text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A whole number.
    Number(u64),
    /// Names the run of the server that the script reaches: another run has perhaps forgotten something.
    Run,
}

impl Arg<'_> {
    /// Whole milliseconds.
    #[must_use]
    pub fn millis(duration: Duration) -> Self {
        Self::Number(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }
}

/// The store of a fleet, as this process reaches it. Connections are made when they are first needed.
pub struct Store {
    shared: Arc<Shared>,
    nodes: Nodes,
}

enum Nodes {
    One(Arc<Node>),
    Cluster(Box<Cluster>),
}

/// What nodes share.
struct Shared {
    options: FleetOptions,
    keys: Keys,
    process: String,
    wake_registry: Arc<WakeRegistry>,
    counters: Counters,
    tls: OnceCell<Arc<ClientConfig>>,
    restart_guard: restart_guard::RestartGuard,
}

static PROCESS_WIDE: LazyLock<Mutex<Vec<Weak<Store>>>> = LazyLock::new(Mutex::default);

impl Store {
    /// The store with these settings in this process: made once, for as long as somebody uses it.
    pub fn shared(options: FleetOptions) -> Result<Arc<Self>, Error> {
        let mut stores = PROCESS_WIDE.lock().unwrap_or_else(PoisonError::into_inner);
        stores.retain(|store| store.strong_count() > 0);
        let same = |store: &Arc<Self>| store.shared.options == options;
        if let Some(store) = stores.iter().filter_map(Weak::upgrade).find(same) {
            return Ok(store);
        }
        let store = Self::new(options)?;
        stores.push(Arc::downgrade(&store));
        Ok(store)
    }

    /// A store of its own, as another process would have it.
    pub fn new(options: FleetOptions) -> Result<Arc<Self>, Error> {
        let shared = Arc::new(Shared {
            keys: Keys::new(&options),
            process: random_name()?,
            wake_registry: Arc::default(),
            counters: Counters::default(),
            tls: OnceCell::new(),
            restart_guard: restart_guard::RestartGuard::default(),
            options,
        });
        let nodes = match &shared.options.servers {
            Servers::One(server) => Nodes::One(Node::new(server.clone(), Arc::downgrade(&shared))),
            Servers::Cluster { first, seeds } => Nodes::Cluster(Box::new(Cluster::new(
                first,
                seeds,
                Arc::downgrade(&shared),
            ))),
        };
        Ok(Arc::new(Self { shared, nodes }))
    }

    /// The settings.
    #[must_use]
    pub fn options(&self) -> &FleetOptions {
        &self.shared.options
    }

    /// Names keys.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.shared.keys
    }

    /// Names this process among the fleet: 96 random bits in base64.
    #[must_use]
    pub fn process(&self) -> &str {
        &self.shared.process
    }

    /// Before the name of a process it is the channel on which that process hears.
    #[must_use]
    pub fn wake_prefix(&self) -> String {
        self.shared.keys.of_fleet(WAKE)
    }

    /// What others ring in this process.
    #[must_use]
    pub fn wake_registry(&self) -> &Arc<WakeRegistry> {
        &self.shared.wake_registry
    }

    /// What was counted.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// Runs a script over keys that have one hash slot, within [`FleetOptions::timeout`].
    ///
    /// One round trip; two when the server does not know the script yet. Dropping the future does not take the command
    /// back: it may be carried out.
    pub async fn run(
        &self,
        script: &Script,
        keys: &[&str],
        args: &[Arg<'_>],
    ) -> Result<Value, StoreError> {
        let until = Instant::now() + self.shared.options.timeout;
        let arguments = |command: &mut Cmd, run: &str| {
            command.arg(keys.len());
            for key in keys {
                command.arg(*key);
            }
            for arg in args {
                match *arg {
                    Arg::Text(text) => command.arg(text),
                    Arg::Bytes(bytes) => command.arg(bytes),
                    Arg::Number(number) => command.arg(number),
                    Arg::Run => command.arg(run),
                };
            }
        };
        let result = match &self.nodes {
            Nodes::One(node) => node.run(script, &arguments, false, until).await,
            Nodes::Cluster(cluster) => {
                let slot = keys.first().map_or(0, |key| slot(key));
                cluster.run(slot, script, &arguments, until).await
            }
        };
        if result.is_err() {
            self.shared.counters.failure();
        }
        result
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("options", &self.shared.options)
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// Connects to a server, and settles whether it remembers.
    async fn connect(&self, server: &Server) -> Result<(Link, AbortOnDropHandle<()>), StoreError> {
        // Without a bound: it is of this machine, and what is given up would begin anew each time.
        let tls = if server.tls {
            Some(self.tls().await?)
        } else {
            None
        };
        let connected = async {
            let (link, carrying) = Link::open(server, tls, Arc::clone(&self.wake_registry)).await?;
            self.restart_guard
                .settle(&self.keys, &self.options, &link)
                .await?;
            let own = self.keys.of_fleet(&format!("{WAKE}{}", self.process));
            let all = self.keys.of_fleet(restart_guard::PRESENCE);
            link.subscribe(&[&own, &all]).await?;
            Ok((link, carrying))
        };
        let connected = timeout(self.options.connect_timeout, connected).await;
        connected.unwrap_or(Err(StoreError::Unreachable))
    }

    async fn tls(&self) -> Result<Arc<ClientConfig>, StoreError> {
        let settings = self.tls.get_or_try_init(|| async {
            let options = &self.options;
            let mut own = options
                .ca_bundle
                .as_deref()
                .map_or_else(|| Ok(Vec::new()), tls::ca_bundle)
                .map_err(|_| StoreError::Tls)?;
            own.extend(
                options
                    .extra_ca
                    .as_deref()
                    .map_or_else(Vec::new, tls::extra_ca),
            );
            // Reads the system's roots from disk.
            let config = tokio::task::spawn_blocking(move || tls::client_config(own, false));
            let mut config = config
                .await
                .ok()
                .and_then(Result::ok)
                .ok_or(StoreError::Tls)?;
            // Redis negotiates no protocol.
            config.alpn_protocols.clear();
            Ok(Arc::new(config))
        });
        settings.await.cloned()
    }
}

fn random_name() -> Result<String, Error> {
    let mut bytes = [0_u8; 12];
    SystemRandom::new().fill(&mut bytes).map_err(|_| {
        Error::not_sent(
            crate::error::Code::Store,
            "the system gives no random bytes",
        )
    })?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

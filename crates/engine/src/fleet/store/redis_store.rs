//! The store of a fleet, as this process reaches it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::Duration;

use redis::{Cmd, Value};
use tokio::time::{Instant, sleep};

use super::arg::Arg;
use super::cluster::Cluster;
use super::connector::Connector;
use super::counters::Counters;
use super::error::StoreError;
use super::node::Node;
use super::wake_registry::WakeRegistry;
use crate::error::Error;
use crate::fleet::keys::{Keys, PROTOCOL, slot};
use crate::fleet::options::FleetOptions;
use crate::fleet::script::Script;
use crate::fleet::servers::Servers;

/// The store of a fleet, as this process reaches it. Connections are made when they are first needed.
pub struct Store {
    connector: Arc<Connector>,
    nodes: Nodes,
    /// Numbers requests that nothing else names.
    requests: AtomicU64,
}

enum Nodes {
    One(Arc<Node>),
    Cluster(Box<Cluster>),
}

/// For how long a request may arrive once more: one whose connection was lost is sent again, and the first may still be on
/// its way.
pub(in crate::fleet) const REQUEST_TTL: Duration = Duration::from_secs(10);

/// Between tries while slots are being moved or a master is being replaced.
const PAUSE: Duration = Duration::from_millis(50);

static PROCESS_WIDE: LazyLock<Mutex<Vec<Weak<Store>>>> = LazyLock::new(Mutex::default);

impl Store {
    /// The store of this process with these settings. It exists once, for as long as it is in use.
    pub fn shared(options: FleetOptions) -> Result<Arc<Self>, Error> {
        let mut stores = PROCESS_WIDE.lock().unwrap_or_else(PoisonError::into_inner);
        stores.retain(|store| store.strong_count() > 0);
        let same = |store: &Arc<Self>| store.connector.options == options;
        if let Some(store) = stores.iter().filter_map(Weak::upgrade).find(same) {
            return Ok(store);
        }
        let store = Self::new(options)?;
        stores.push(Arc::downgrade(&store));
        Ok(store)
    }

    /// A store of its own, as another process would have it.
    pub fn new(options: FleetOptions) -> Result<Arc<Self>, Error> {
        Self::speaking(PROTOCOL, options)
    }

    /// The same, as a version of this package would have it that speaks this protocol.
    pub fn speaking(protocol: u32, options: FleetOptions) -> Result<Arc<Self>, Error> {
        let connector = Arc::new(Connector::new(options, protocol)?);
        let nodes = match &connector.options.servers {
            Servers::One(server) | Servers::Sentinel { master: server, .. } => {
                Nodes::One(Node::new(server.clone(), Arc::downgrade(&connector)))
            }
            Servers::Cluster { first, seeds } => Nodes::Cluster(Box::new(Cluster::new(
                first,
                seeds,
                Arc::downgrade(&connector),
            ))),
        };
        Ok(Arc::new(Self {
            connector,
            nodes,
            requests: AtomicU64::new(0),
        }))
    }

    /// The settings.
    #[must_use]
    pub fn options(&self) -> &FleetOptions {
        &self.connector.options
    }

    /// Names keys.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.connector.keys
    }

    /// Names this process in its fleet.
    #[must_use]
    pub fn process(&self) -> &str {
        &self.connector.process
    }

    /// Before the name of a process it is the channel to which that process subscribes.
    #[must_use]
    pub(in crate::fleet) fn wake_prefix(&self) -> String {
        self.connector.wake_prefix()
    }

    /// The wakers of this process.
    #[must_use]
    pub(in crate::fleet) fn wake_registry(&self) -> &Arc<WakeRegistry> {
        &self.connector.wake_registry
    }

    /// The key of a new request, under this hash tag.
    pub(in crate::fleet) fn new_request(&self, tag: u16) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}:request-{number}", self.process());
        self.keys().request(&name, tag)
    }

    /// No lease is granted for so long.
    pub(in crate::fleet) fn observe_closed(&self, closed_for: Duration) {
        self.connector.availability.observe_closed(closed_for);
    }

    /// For how long the store has not answered, or granted no leases since it may have lost some.
    #[must_use]
    pub fn unavailable_for(&self) -> Option<Duration> {
        self.connector.availability.unavailable_for()
    }

    /// The rights that the user lacks, as `ACL SETUSER` takes them.
    pub async fn missing_rights(&self) -> Result<Vec<String>, StoreError> {
        let server = match &self.connector.options.servers {
            Servers::One(server)
            | Servers::Cluster { first: server, .. }
            | Servers::Sentinel { master: server, .. } => server,
        };
        self.connector.missing_rights(server).await
    }

    /// What happened so far.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.connector.counters
    }

    /// Runs a script over keys that have one hash slot, within [`FleetOptions::timeout`].
    ///
    /// One round trip; two when the server does not know the script yet. What was lost with its connection is asked once
    /// more, so a script has to tell by a name in its arguments that it ran already. Dropping the future does not take
    /// the command back: it may be carried out.
    pub async fn run(
        &self,
        script: &Script,
        keys: &[&str],
        args: &[Arg<'_>],
    ) -> Result<Value, StoreError> {
        let until = Instant::now() + self.connector.options.timeout;
        let arguments = |command: &mut Cmd, run_id: &str| {
            command.arg(keys.len());
            for key in keys {
                command.arg(*key);
            }
            for arg in args {
                match *arg {
                    Arg::Text(text) => command.arg(text),
                    Arg::Bytes(bytes) => command.arg(bytes),
                    Arg::Number(number) => command.arg(number),
                    Arg::RunId => command.arg(run_id),
                };
            }
        };
        let slot = keys.first().map_or(0, |key| slot(key));
        let result = loop {
            let result = match &self.nodes {
                Nodes::One(node) => node.run(script, &arguments, false, until).await,
                Nodes::Cluster(cluster) => cluster.run(slot, script, &arguments, until).await,
            };
            match result {
                Err(error) if self.may_pass(&error) && Instant::now() + PAUSE < until => {
                    sleep(PAUSE).await;
                }
                result => break result,
            }
        };
        if result.is_err() {
            self.connector.counters.failures.count();
        }
        self.connector.availability.observe(result.is_ok());
        result
    }

    /// Whether another try may go better, at another connection or node.
    fn may_pass(&self, error: &StoreError) -> bool {
        let another_node = matches!(self.nodes, Nodes::Cluster(_));
        error.settles()
            || *error == StoreError::Lost
            || another_node && *error == StoreError::Unreachable
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("options", &self.connector.options)
            .finish_non_exhaustive()
    }
}

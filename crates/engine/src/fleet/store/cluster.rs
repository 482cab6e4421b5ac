//! The nodes of a cluster.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use redis::Value;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::{Instant, timeout_at};

use super::connector::Connector;
use super::error::StoreError;
use super::node::{Arguments, Node};
use super::slot_map::SlotMap;
use crate::fleet::script::Script;
use crate::fleet::servers::Server;

/// How often a command follows its keys from node to node.
const HOPS: u32 = 5;

/// A cluster.
pub(super) struct Cluster {
    /// How all nodes are logged in to.
    template: Server,
    /// The addresses that were configured.
    seeds: Vec<String>,
    connector: Weak<Connector>,
    topology: Mutex<Topology>,
    /// One task fetches a new slot map for all.
    refreshing: AsyncMutex<()>,
}

#[derive(Default)]
struct Topology {
    slots: SlotMap,
    /// A node did not keep what the slot map says.
    stale: bool,
    nodes: HashMap<String, Arc<Node>>,
}

impl Topology {
    /// Takes a new slot map. Nodes that keep nothing any more are dropped, and so disconnected.
    fn update(&mut self, slots: SlotMap, seeds: &[String]) {
        self.nodes
            .retain(|address, _| seeds.contains(address) || slots.has_master(address));
        self.slots = slots;
        self.stale = false;
    }
}

impl Cluster {
    /// The cluster of these nodes.
    pub(super) fn new(first: &Server, seeds: &[Server], connector: Weak<Connector>) -> Self {
        Self {
            template: first.clone(),
            seeds: seeds
                .iter()
                .map(|seed| format!("{}:{}", seed.host, seed.port))
                .collect(),
            connector,
            topology: Mutex::default(),
            refreshing: AsyncMutex::default(),
        }
    }

    /// Runs a script at the node that keeps the slot, and follows the keys where they have moved.
    pub(super) async fn run(
        &self,
        slot: u16,
        script: &Script,
        arguments: &Arguments<'_>,
        until: Instant,
    ) -> Result<Value, StoreError> {
        let mut moved: Option<(String, bool)> = None;
        let mut hops = 0;
        loop {
            let (node, ask) = match moved.take() {
                Some((address, ask)) => (self.node(&address), ask),
                None => (self.master_of(slot, until).await?, false),
            };
            let answer = node.run(script, arguments, ask, until).await;
            match answer {
                Err(StoreError::Redirected { address, ask }) if hops < HOPS => {
                    hops += 1;
                    if !ask {
                        self.mark_stale();
                    }
                    moved = Some((beside(&address, &node.server().host), ask));
                }
                // Between two nodes that each name the other: the slot is being moved.
                Err(StoreError::Redirected { .. }) => return Err(StoreError::refused("TRYAGAIN")),
                Err(error) => {
                    self.mark_stale();
                    return Err(error);
                }
                answer => return answer,
            }
        }
    }

    /// The master of a slot. Fetches the slot map first when there is none, or it has proved wrong.
    async fn master_of(&self, slot: u16, until: Instant) -> Result<Arc<Node>, StoreError> {
        if let Some(address) = self.fresh_address(slot) {
            return Ok(self.node(&address));
        }
        let turn = timeout_at(until, self.refreshing.lock()).await;
        let _turn = turn.map_err(|_| StoreError::TimedOut)?;
        // Another task may have fetched it meanwhile.
        if let Some(address) = self.fresh_address(slot) {
            return Ok(self.node(&address));
        }
        let refreshed = self.refresh(until).await;
        // An old map may be right for this slot.
        let known = self.topology().slots.master_of(slot).map(str::to_owned);
        match known {
            Some(address) => Ok(self.node(&address)),
            None => refreshed.and_then(|()| Err(StoreError::refused("CLUSTERDOWN"))),
        }
    }

    fn fresh_address(&self, slot: u16) -> Option<String> {
        let topology = self.topology();
        let address = topology.slots.master_of(slot).filter(|_| !topology.stale);
        address.map(str::to_owned)
    }

    /// The node at an address.
    fn node(&self, address: &str) -> Arc<Node> {
        let mut topology = self.topology();
        if let Some(node) = topology.nodes.get(address) {
            return Arc::clone(node);
        }
        let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
        let server = Server {
            host: host.to_owned(),
            port: port.parse().unwrap_or_default(),
            ..self.template.clone()
        };
        let node = Node::new(server, Weak::clone(&self.connector));
        topology.nodes.insert(address.to_owned(), Arc::clone(&node));
        node
    }

    /// Fetches the slot map from the first node that has it, those in use first.
    async fn refresh(&self, until: Instant) -> Result<(), StoreError> {
        let known: Vec<_> = self.topology().nodes.values().cloned().collect();
        let seeds = self.seeds.iter().map(|address| self.node(address));
        let mut failed = StoreError::Unreachable;
        for node in known.into_iter().chain(seeds) {
            let mut slots = redis::cmd("CLUSTER");
            slots.arg("SLOTS");
            match node.command(slots, until).await {
                Ok(reply) => {
                    let slots = SlotMap::read(&reply, &node.server().host);
                    if !slots.is_empty() {
                        self.topology().update(slots, &self.seeds);
                        return Ok(());
                    }
                    failed = StoreError::refused("CLUSTERDOWN");
                }
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    fn mark_stale(&self) {
        self.topology().stale = true;
    }

    fn topology(&self) -> MutexGuard<'_, Topology> {
        self.topology.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The address of a node as another one names it. Without a host it is on the same as that one.
fn beside(address: &str, host: &str) -> String {
    match address.strip_prefix(':') {
        Some(port) => format!("{host}:{port}"),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirection_without_a_host_leads_to_the_same() {
        assert_eq!(beside(":7001", "a.example"), "a.example:7001");
        assert_eq!(beside("b.example:7001", "a.example"), "b.example:7001");
    }
}

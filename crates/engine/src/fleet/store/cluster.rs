//! The nodes of a cluster: which of them keeps a hash slot.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use redis::Value;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::{Instant, sleep, timeout_at};

use super::Shared;
use super::error::StoreError;
use super::node::{Arguments, Node};
use crate::fleet::options::Server;
use crate::fleet::script::Script;

/// How often a command follows its keys from node to node.
const HOPS: u32 = 5;

/// Between tries while slots are being moved or a master is being replaced.
const PAUSE: Duration = Duration::from_millis(50);

/// A cluster.
pub(super) struct Cluster {
    /// How all nodes are logged in to.
    template: Server,
    /// Addresses to begin with.
    seeds: Vec<String>,
    shared: Weak<Shared>,
    map: Mutex<Map>,
    /// One asks for all who need a new map.
    refreshing: AsyncMutex<()>,
}

#[derive(Default)]
struct Map {
    /// First slot, last slot, address of the master.
    ranges: Vec<(u16, u16, String)>,
    /// Something was not where it should be.
    stale: bool,
    nodes: HashMap<String, Arc<Node>>,
}

impl Map {
    fn address_of(&self, slot: u16) -> Option<&str> {
        self.ranges
            .iter()
            .find(|(first, last, _)| (*first..=*last).contains(&slot))
            .map(|(.., address)| address.as_str())
    }

    /// Takes a new map. Nodes that keep nothing any more are left.
    fn take(&mut self, ranges: Vec<(u16, u16, String)>, seeds: &[String]) {
        let kept = |address: &String| {
            seeds.contains(address) || ranges.iter().any(|(.., lease_task)| lease_task == address)
        };
        self.nodes.retain(|address, _| kept(address));
        self.ranges = ranges;
        self.stale = false;
    }
}

impl Cluster {
    /// The cluster to which `first` and others belong.
    pub fn new(first: &Server, seeds: &[Server], shared: Weak<Shared>) -> Self {
        Self {
            template: first.clone(),
            seeds: seeds
                .iter()
                .map(|seed| format!("{}:{}", seed.host, seed.port))
                .collect(),
            shared,
            map: Mutex::default(),
            refreshing: AsyncMutex::default(),
        }
    }

    /// Runs a script at the node that keeps the slot.
    pub async fn run(
        &self,
        slot: u16,
        script: &Script,
        arguments: &Arguments<'_>,
        until: Instant,
    ) -> Result<Value, StoreError> {
        let mut moving_to: Option<String> = None;
        let mut failed = StoreError::Unreachable;
        for _ in 0..HOPS {
            let (node, asking) = match moving_to.take() {
                Some(address) => (self.node(&address), true),
                None => (self.lease_task(slot, until).await?, false),
            };
            failed = match node.run(script, arguments, asking, until).await {
                Err(failed) => failed,
                answer => return answer,
            };
            match &failed {
                StoreError::Elsewhere {
                    address,
                    asking: true,
                } => moving_to = Some(address.clone()),
                StoreError::Elsewhere { .. } => self.forget(),
                // A master that is gone is replaced after a while, as the others will know.
                StoreError::Unreachable | StoreError::Lost => {
                    self.forget();
                    sleep(PAUSE).await;
                }
                StoreError::Refused(code)
                    if matches!(code.as_str(), "CLUSTERDOWN" | "TRYAGAIN" | "READONLY") =>
                {
                    self.forget();
                    sleep(PAUSE).await;
                }
                _ => break,
            }
            if Instant::now() >= until {
                break;
            }
        }
        Err(failed)
    }

    /// The node that keeps a slot. Asks for a map first when there is none, or it has proved wrong.
    async fn lease_task(&self, slot: u16, until: Instant) -> Result<Arc<Node>, StoreError> {
        if let Some(address) = self.fresh_address(slot) {
            return Ok(self.node(&address));
        }
        let turn = timeout_at(until, self.refreshing.lock()).await;
        let _turn = turn.map_err(|_| StoreError::TimedOut)?;
        // Somebody else may have asked meanwhile.
        if let Some(address) = self.fresh_address(slot) {
            return Ok(self.node(&address));
        }
        let refreshed = self.refresh(until).await;
        // An old map may be right for this slot.
        let known = self.map().address_of(slot).map(str::to_owned);
        match known {
            Some(address) => Ok(self.node(&address)),
            None => refreshed.and_then(|()| Err(StoreError::Refused("CLUSTERDOWN".to_owned()))),
        }
    }

    fn fresh_address(&self, slot: u16) -> Option<String> {
        let map = self.map();
        let address = map.address_of(slot).filter(|_| !map.stale);
        address.map(str::to_owned)
    }

    /// The node at an address, logged in to like the first seed.
    fn node(&self, address: &str) -> Arc<Node> {
        let mut map = self.map();
        if let Some(node) = map.nodes.get(address) {
            return Arc::clone(node);
        }
        let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
        let server = Server {
            host: host.to_owned(),
            port: port.parse().unwrap_or_default(),
            ..self.template.clone()
        };
        let node = Node::new(server, Weak::clone(&self.shared));
        map.nodes.insert(address.to_owned(), Arc::clone(&node));
        node
    }

    /// Asks one node after the other which keeps what; those in use first.
    async fn refresh(&self, until: Instant) -> Result<(), StoreError> {
        let known: Vec<_> = self.map().nodes.values().cloned().collect();
        let seeds = self.seeds.iter().map(|address| self.node(address));
        let mut failed = StoreError::Unreachable;
        for node in known.into_iter().chain(seeds) {
            let mut question = redis::cmd("CLUSTER");
            question.arg("SLOTS");
            match node.command(question, until).await {
                Ok(answer) => {
                    let ranges = ranges(&answer, &node.server().host);
                    if !ranges.is_empty() {
                        self.map().take(ranges, &self.seeds);
                        return Ok(());
                    }
                    failed = StoreError::Refused("CLUSTERDOWN".to_owned());
                }
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    fn forget(&self) {
        self.map().stale = true;
    }

    fn map(&self) -> MutexGuard<'_, Map> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads the answer of `CLUSTER SLOTS`: first slot, last slot, master, replicas. A node that does not know its own
/// name leaves it out; then it is the one that was asked.
fn ranges(answer: &Value, asked: &str) -> Vec<(u16, u16, String)> {
    let Value::Array(ranges) = answer else {
        return Vec::new();
    };
    ranges
        .iter()
        .filter_map(|range| range_of(range, asked))
        .collect()
}

fn range_of(range: &Value, asked: &str) -> Option<(u16, u16, String)> {
    let Value::Array(range) = range else {
        return None;
    };
    let [
        Value::Int(first),
        Value::Int(last),
        Value::Array(master),
        ..,
    ] = range.as_slice()
    else {
        return None;
    };
    let [host, Value::Int(port), ..] = master.as_slice() else {
        return None;
    };
    let host = match host {
        Value::BulkString(name) => std::str::from_utf8(name).ok()?,
        Value::SimpleString(name) => name,
        _ => "",
    };
    let host = Some(host)
        .filter(|host| !matches!(*host, "" | "?"))
        .unwrap_or(asked);
    let slots = (u16::try_from(*first).ok()?, u16::try_from(*last).ok()?);
    Some((slots.0, slots.1, format!("{host}:{port}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(host: Value, port: i64) -> Value {
        Value::Array(vec![
            host,
            Value::Int(port),
            Value::BulkString(b"id".to_vec()),
        ])
    }

    fn text(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    #[test]
    fn the_map_names_the_master_of_each_range() {
        let answer = Value::Array(vec![
            Value::Array(vec![
                Value::Int(0),
                Value::Int(8_000),
                node(text("a.example"), 7000),
                node(text("replica.example"), 7003),
            ]),
            Value::Array(vec![
                Value::Int(8_001),
                Value::Int(16_383),
                node(text(""), 7001),
            ]),
            Value::Nil,
        ]);
        let map = Map {
            ranges: ranges(&answer, "asked.example"),
            ..Map::default()
        };
        assert_eq!(map.ranges.len(), 2);
        for (slot, address) in [
            (0, "a.example:7000"),
            (8_000, "a.example:7000"),
            (8_001, "asked.example:7001"),
            (16_383, "asked.example:7001"),
        ] {
            assert_eq!(map.address_of(slot), Some(address));
        }
        assert!(ranges(&Value::Nil, "x").is_empty());
    }
}

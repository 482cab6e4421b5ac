//! One server, to which a connection is kept.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use redis::{Cmd, Value};
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::Shared;
use super::error::StoreError;
use super::link::Link;
use crate::fleet::options::Server;
use crate::fleet::script::Script;

/// Back-off between attempts to connect: full jitter below it, doubled each time.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(2);

/// So many time-outs in a row end a connection: nobody may be at its other end any more.
const SILENCES: u32 = 2;

/// A server and the connection to it.
pub(super) struct Node {
    server: Server,
    shared: Weak<Shared>,
    state: watch::Sender<State>,
    /// Ends the connection in use.
    broken: Notify,
    silences: AtomicU32,
    keeping: OnceLock<AbortHandle>,
}

#[derive(Clone)]
enum State {
    /// For the first time, or just lost: worth waiting for.
    Connecting,
    Up(Arc<Link>),
    /// Could not be connected; goes on trying.
    Down(StoreError),
}

impl Node {
    pub fn new(server: Server, shared: Weak<Shared>) -> Arc<Self> {
        Arc::new(Self {
            server,
            shared,
            state: watch::Sender::new(State::Connecting),
            broken: Notify::new(),
            silences: AtomicU32::new(0),
            keeping: OnceLock::new(),
        })
    }

    /// Where it is.
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// Runs a script. `arguments` makes the command's rest, for the run of the server that it will reach.
    pub async fn run(
        self: &Arc<Self>,
        script: &Script,
        arguments: impl Fn(&mut Cmd, &str),
        asking: bool,
        until: Instant,
    ) -> Result<Value, StoreError> {
        let link = self.link(until).await?;
        let command = |name: &str, script: &str| {
            let mut command = redis::cmd(name);
            command.arg(script);
            arguments(&mut command, &link.run);
            command
        };
        let known = command("EVALSHA", script.digest());
        let answer = self.answer(&link, known, asking, until).await;
        match answer {
            Err(StoreError::Refused(code)) if code == "NOSCRIPT" => {
                let whole = command("EVAL", script.text());
                self.answer(&link, whole, asking, until).await
            }
            answer => answer,
        }
    }

    /// Sends one command.
    pub async fn command(
        self: &Arc<Self>,
        command: Cmd,
        until: Instant,
    ) -> Result<Value, StoreError> {
        let link = self.link(until).await?;
        self.answer(&link, command, false, until).await
    }

    async fn answer(
        &self,
        link: &Link,
        command: Cmd,
        asking: bool,
        until: Instant,
    ) -> Result<Value, StoreError> {
        if let Some(shared) = self.shared.upgrade() {
            shared.counters.round_trip();
        }
        let sent = async {
            if asking {
                link.ask(command).await
            } else {
                link.command(&command).await
            }
        };
        let answer = timeout_at(until, sent)
            .await
            .unwrap_or(Err(StoreError::TimedOut));
        match &answer {
            Err(StoreError::TimedOut) => {
                if self.silences.fetch_add(1, Ordering::AcqRel) + 1 >= SILENCES {
                    self.broken.notify_one();
                }
            }
            Err(error) if error.ends_connection() => self.broken.notify_one(),
            _ => self.silences.store(0, Ordering::Release),
        }
        answer
    }

    /// The connection. A lost one is waited for, one that could not be made is not.
    async fn link(self: &Arc<Self>, until: Instant) -> Result<Arc<Link>, StoreError> {
        self.keeping
            .get_or_init(|| tokio::spawn(keep(Arc::downgrade(self))).abort_handle());
        let mut state = self.state.subscribe();
        let known = timeout_at(
            until,
            state.wait_for(|state| !matches!(state, State::Connecting)),
        );
        match known.await {
            Ok(Ok(state)) => match &*state {
                State::Up(link) => Ok(Arc::clone(link)),
                State::Down(why) => Err(why.clone()),
                State::Connecting => Err(StoreError::Unreachable),
            },
            _ => Err(StoreError::Unreachable),
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(keeping) = self.keeping.get() {
            keeping.abort();
        }
    }
}

/// Keeps the connection for as long as the node is there.
async fn keep(node: Weak<Node>) {
    let mut failures = 0;
    loop {
        let Some((node, shared)) = node.upgrade().and_then(|node| {
            let shared = node.shared.upgrade()?;
            Some((node, shared))
        }) else {
            return;
        };
        let connected = timeout(shared.options.connect_timeout, shared.connect(&node.server));
        match connected.await.unwrap_or(Err(StoreError::Unreachable)) {
            Ok((link, carrying)) => {
                failures = 0;
                node.silences.store(0, Ordering::Release);
                node.state.send_replace(State::Up(Arc::new(link)));
                // What was published while there was no connection was missed.
                shared.wakes.ring_all();
                drop(shared);
                tokio::select! {
                    _ = carrying => {}
                    () = node.broken.notified() => {}
                }
                node.state.send_replace(State::Connecting);
            }
            Err(why) => {
                node.state.send_replace(State::Down(why));
                let longest = FIRST_BACKOFF
                    .saturating_mul(1 << failures.min(8))
                    .min(LONGEST_BACKOFF);
                failures += 1;
                drop((node, shared));
                sleep(longest.mul_f64(fastrand::f64())).await;
            }
        }
    }
}

//! One server, to which a connection is kept.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use redis::{Cmd, Value};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::Shared;
use super::error::StoreError;
use super::link::Link;
use crate::BoxFuture;
use crate::fleet::options::Server;
use crate::fleet::script::Script;

/// Back-off between attempts to connect: full jitter below it, doubled each time.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(2);

/// How often a connection is tried out. Firewalls forget those that are not used, mostly after some minutes, and who comes
/// next would find out by a time-out.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Adds to a command what comes after the script, for the run of the server that it reaches.
pub(super) type Arguments<'a> = dyn Fn(&mut Cmd, &str) + Send + Sync + 'a;

/// A server and the connection to it.
pub(super) struct Node {
    server: Server,
    shared: Weak<Shared>,
    state: watch::Sender<State>,
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
            keeping: OnceLock::new(),
        })
    }

    /// Where it is.
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// Runs a script.
    pub fn run<'a>(
        self: &'a Arc<Self>,
        script: &'a Script,
        arguments: &'a Arguments<'a>,
        asking: bool,
        until: Instant,
    ) -> BoxFuture<'a, Result<Value, StoreError>> {
        // Boxed, since it is used in two places and is long.
        Box::pin(self.run_script(script, arguments, asking, until))
    }

    async fn run_script(
        self: &Arc<Self>,
        script: &Script,
        arguments: &Arguments<'_>,
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
        link.note(&answer);
        answer
    }

    /// The connection. A lost one is waited for, one that could not be made is not.
    async fn link(self: &Arc<Self>, until: Instant) -> Result<Arc<Link>, StoreError> {
        self.keeping.get_or_init(|| {
            let keeping: BoxFuture<'static, ()> = Box::pin(keep(Arc::downgrade(self)));
            tokio::spawn(keeping).abort_handle()
        });
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
    while let Some((strong, shared)) = node.upgrade().and_then(|node| {
        let shared = node.shared.upgrade()?;
        Some((node, shared))
    }) {
        match shared.connect(&strong.server).await {
            Ok((link, carrying)) => {
                failures = 0;
                let link = Arc::new(link);
                strong.state.send_replace(State::Up(Arc::clone(&link)));
                // What was published while there was no connection was missed.
                shared.wake_registry.wake_all();
                let patience = shared.options.timeout;
                // Dropping the node ends the wait.
                drop((strong, shared));
                tokio::select! {
                    _ = carrying => {}
                    () = link.broken.notified() => {}
                    () = try_out(&link, patience) => {}
                }
                if let Some(node) = node.upgrade() {
                    node.state.send_replace(State::Connecting);
                }
            }
            Err(why) => {
                strong.state.send_replace(State::Down(why));
                let longest = FIRST_BACKOFF
                    .saturating_mul(1 << failures.min(8))
                    .min(LONGEST_BACKOFF);
                failures += 1;
                drop((strong, shared));
                sleep(longest.mul_f64(fastrand::f64())).await;
            }
        }
    }
}

/// Ends when nobody answers.
async fn try_out(link: &Link, patience: Duration) {
    loop {
        sleep(KEEP_ALIVE).await;
        let ping = redis::cmd("PING");
        if timeout(patience, link.command(&ping)).await.is_err() {
            return;
        }
    }
}

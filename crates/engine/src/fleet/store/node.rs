//! A server, to which a connection is kept.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use redis::{Cmd, Value};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::connection::Connection;
use super::connector::Connector;
use super::error::StoreError;
use crate::BoxFuture;
use crate::fleet::script::Script;
use crate::fleet::servers::Server;

/// Back-off between attempts to connect: doubled each time, with full jitter.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(2);

/// How often a connection is checked. Firewalls drop idle ones, mostly after some minutes, and the next command would find
/// out by a time-out.
const CHECK_EVERY: Duration = Duration::from_secs(15);

/// Adds to a command what comes after the script, for the run id of the server that it reaches.
pub(super) type Arguments<'a> = dyn Fn(&mut Cmd, &str) + Send + Sync + 'a;

/// A server and the connection to it.
pub(super) struct Node {
    server: Server,
    connector: Weak<Connector>,
    state: watch::Sender<State>,
    task: OnceLock<AbortHandle>,
}

#[derive(Clone)]
enum State {
    /// For the first time, or after a loss: worth waiting for.
    Connecting,
    Up(Arc<Connection>),
    /// The last attempt failed; there will be others.
    Down(StoreError),
}

impl Node {
    pub(super) fn new(server: Server, connector: Weak<Connector>) -> Arc<Self> {
        Arc::new(Self {
            server,
            connector,
            state: watch::Sender::new(State::Connecting),
            task: OnceLock::new(),
        })
    }

    /// Its address and login.
    pub(super) const fn server(&self) -> &Server {
        &self.server
    }

    /// Runs a script.
    pub(super) fn run<'a>(
        self: &'a Arc<Self>,
        script: &'a Script,
        arguments: &'a Arguments<'a>,
        ask: bool,
        until: Instant,
    ) -> BoxFuture<'a, Result<Value, StoreError>> {
        // Boxed, since its code is long and has two callers.
        Box::pin(self.run_script(script, arguments, ask, until))
    }

    async fn run_script(
        self: &Arc<Self>,
        script: &Script,
        arguments: &Arguments<'_>,
        ask: bool,
        until: Instant,
    ) -> Result<Value, StoreError> {
        let connection = self.connection(until).await?;
        let command = |name: &str, script: &str| {
            let mut command = redis::cmd(name);
            command.arg(script);
            arguments(&mut command, &connection.run_id);
            command
        };
        let known = command("EVALSHA", script.digest());
        let mut answer = self.answer(&connection, known, ask, until).await;
        if matches!(&answer, Err(error) if error.is("NOSCRIPT")) {
            let whole = command("EVAL", script.text());
            answer = self.answer(&connection, whole, ask, until).await;
        }
        answer.map_err(|error| error.in_script(script))
    }

    /// Sends one command.
    pub(super) async fn command(
        self: &Arc<Self>,
        command: Cmd,
        until: Instant,
    ) -> Result<Value, StoreError> {
        let connection = self.connection(until).await?;
        self.answer(&connection, command, false, until).await
    }

    async fn answer(
        &self,
        connection: &Connection,
        command: Cmd,
        ask: bool,
        until: Instant,
    ) -> Result<Value, StoreError> {
        if let Some(connector) = self.connector.upgrade() {
            connector.counters.round_trips.count();
        }
        let sent = async {
            if ask {
                connection.ask(command).await
            } else {
                connection.command(&command).await
            }
        };
        let answer = timeout_at(until, sent)
            .await
            .unwrap_or(Err(StoreError::TimedOut));
        connection.observe(&answer);
        answer
    }

    /// The connection. Waits while it is made for the first time or after a loss, but not after an attempt that failed.
    async fn connection(self: &Arc<Self>, until: Instant) -> Result<Arc<Connection>, StoreError> {
        self.task.get_or_init(|| {
            let task: BoxFuture<'static, ()> = Box::pin(keep_connected(Arc::downgrade(self)));
            tokio::spawn(task).abort_handle()
        });
        let mut state = self.state.subscribe();
        let known = timeout_at(
            until,
            state.wait_for(|state| !matches!(state, State::Connecting)),
        );
        match known.await {
            Ok(Ok(state)) => match &*state {
                State::Up(connection) => Ok(Arc::clone(connection)),
                State::Down(why) => Err(why.clone()),
                State::Connecting => Err(StoreError::Unreachable),
            },
            _ => Err(StoreError::Unreachable),
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }
}

/// Keeps a connection for as long as the node exists.
async fn keep_connected(node: Weak<Node>) {
    let mut failures = 0;
    while let Some((strong, connector)) = node.upgrade().and_then(|node| {
        let connector = node.connector.upgrade()?;
        Some((node, connector))
    }) {
        match connector.connect(&strong.server).await {
            Ok((connection, driver)) => {
                failures = 0;
                let connection = Arc::new(connection);
                strong
                    .state
                    .send_replace(State::Up(Arc::clone(&connection)));
                // Messages that were published meanwhile are lost.
                connector.wake_registry.wake_all();
                let weak = Weak::clone(&strong.connector);
                // Dropping the node ends the wait.
                drop((strong, connector));
                tokio::select! {
                    _ = driver => {}
                    () = connection.broken.notified() => {}
                    () = check_until_it_fails(&weak, &connection) => {}
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
                drop((strong, connector));
                sleep(longest.mul_f64(fastrand::f64())).await;
            }
        }
    }
}

/// Watches a connection on which nothing may be asked for long. The check writes: a master that was replaced answers
/// everything else.
async fn check_until_it_fails(connector: &Weak<Connector>, connection: &Connection) {
    loop {
        sleep(CHECK_EVERY).await;
        let Some(connector) = connector.upgrade() else {
            return;
        };
        let checked = timeout(connector.options.timeout, connector.check_again(connection)).await;
        if checked.unwrap_or(Err(StoreError::TimedOut)).is_err() {
            return;
        }
    }
}

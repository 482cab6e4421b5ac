//! A connection to a server.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Cmd, Pipeline, ProtocolVersion, PushInfo, PushKind, RedisConnectionInfo,
    RedisError, Value,
};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;

use super::error::StoreError;
use super::wake_registry::WakeRegistry;
use crate::BoxFuture;
use crate::fleet::servers::Server;

/// How many commands may be queued for the task of the connection before callers wait.
const BUFFER: usize = 1024;

/// So many time-outs in a row end a connection: its other end may be gone.
const MAX_TIMEOUTS: u32 = 2;

/// A connection that is logged in. All callers send their commands through it.
pub(super) struct Connection {
    inner: MultiplexedConnection,
    /// Names the run of the server, once it is identified. Another run may have lost the data of this one.
    pub run_id: Arc<str>,
    /// A hash tag that the server keeps.
    pub tag: OnceLock<u16>,
    /// Time-outs since the last answer.
    timeouts: AtomicU32,
    /// The connection is of no use any more.
    pub broken: Notify,
}

/// TCP or TLS. Boxed, so that the code of the protocol exists once.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Connection {
    /// Connects and logs in. The task that is returned drives the connection and ends with it.
    pub(super) async fn open(
        server: &Server,
        tls: Option<Arc<ClientConfig>>,
        wake_registry: Arc<WakeRegistry>,
    ) -> Result<(Self, AbortOnDropHandle<()>), StoreError> {
        let tcp = TcpStream::connect((server.host.as_str(), server.port))
            .await
            .map_err(|_| StoreError::Unreachable)?;
        // Every command has a caller that waits for it.
        tcp.set_nodelay(true).map_err(|_| StoreError::Unreachable)?;
        let stream: Box<dyn Stream> = match tls {
            None => Box::new(tcp),
            Some(config) => {
                let name =
                    ServerName::try_from(server.host.clone()).map_err(|_| StoreError::Tls)?;
                let connected = TlsConnector::from(config).connect(name, tcp).await;
                Box::new(connected.map_err(|_| StoreError::Tls)?)
            }
        };
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(None)
            .set_pipeline_buffer_size(BUFFER)
            .set_push_sender(move |push: PushInfo| {
                if push.kind == PushKind::Message
                    && let Some(Value::BulkString(message)) = push.data.get(1)
                {
                    wake_registry.on_message(message);
                }
                Ok::<(), ()>(())
            });
        let login = login(server);
        let (opened, opening) = oneshot::channel();
        let driving: BoxFuture<'static, ()> = Box::pin(async move {
            match MultiplexedConnection::new_with_config(&login, stream, config).await {
                Ok((connection, driver)) => {
                    // A caller that is gone aborts this task.
                    let _ = opened.send(Ok(connection));
                    driver.await;
                }
                Err(error) => {
                    let _ = opened.send(Err(error));
                }
            }
        });
        let driver = AbortOnDropHandle::new(tokio::spawn(driving));
        let connection = Self {
            inner: opening.await.map_err(|_| StoreError::Lost)??,
            run_id: Arc::default(),
            tag: OnceLock::new(),
            timeouts: AtomicU32::new(0),
            broken: Notify::new(),
        };
        Ok((connection, driver))
    }

    /// Asks which run of the server is at the other end: its `run_id` is new with every start.
    pub(super) async fn identify(&mut self) -> Result<(), StoreError> {
        let mut info = redis::cmd("INFO");
        info.arg("server");
        let text = match self.command(&info).await? {
            Value::BulkString(bytes) => String::from_utf8(bytes).unwrap_or_default(),
            Value::VerbatimString { text, .. } => text,
            _ => String::new(),
        };
        let run_id = text.lines().find_map(|line| line.strip_prefix("run_id:"));
        self.run_id = run_id.ok_or(StoreError::Unreadable)?.trim().into();
        Ok(())
    }

    /// Learns from the result of a command whether the connection is broken.
    pub(super) fn observe<T>(&self, answer: &Result<T, StoreError>) {
        match answer {
            Err(StoreError::TimedOut) => {
                if self.timeouts.fetch_add(1, Ordering::AcqRel) + 1 >= MAX_TIMEOUTS {
                    self.broken.notify_one();
                }
            }
            Err(error) if error.ends_connection() => self.broken.notify_one(),
            _ => self.timeouts.store(0, Ordering::Release),
        }
    }

    /// Sends one command.
    pub(super) async fn command(&self, command: &Cmd) -> Result<Value, StoreError> {
        let mut connection = self.inner.clone();
        result(connection.send_packed_command(command).await?)
    }

    /// Sends one command to a node to which its slot is being moved.
    pub(super) async fn ask(&self, command: Cmd) -> Result<Value, StoreError> {
        let mut both = redis::pipe();
        both.cmd("ASKING").add_command(command);
        let mut answers = self.commands(&both).await?;
        answers.pop().unwrap_or(Err(StoreError::Unreadable))
    }

    /// Sends several commands at once, so that nothing comes between them.
    pub(super) async fn commands(
        &self,
        commands: &Pipeline,
    ) -> Result<Vec<Result<Value, StoreError>>, StoreError> {
        let mut connection = self.inner.clone();
        let answers = connection
            .send_packed_commands(commands, 0, commands.len())
            .await?;
        Ok(answers.into_iter().map(result).collect())
    }

    /// Subscribes to these channels.
    pub(super) async fn subscribe(&self, channels: &[&str]) -> Result<(), StoreError> {
        Ok(self.inner.clone().subscribe(channels).await?)
    }
}

fn login(server: &Server) -> RedisConnectionInfo {
    // RESP3 lets subscriptions and commands share a connection.
    let mut info = RedisConnectionInfo::default()
        .set_protocol(ProtocolVersion::RESP3)
        .set_db(server.database.into())
        .set_skip_set_lib_name();
    if let Some(user) = &server.user {
        info = info.set_username(user);
    }
    if let Some(password) = &server.password {
        info = info.set_password(password.expose());
    }
    info
}

/// Errors of the server come as values.
fn result(answer: Value) -> Result<Value, StoreError> {
    match answer {
        Value::ServerError(error) => Err(RedisError::from(error).into()),
        answer => Ok(answer),
    }
}

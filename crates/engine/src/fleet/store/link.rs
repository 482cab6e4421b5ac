//! One connection to one server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

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
use crate::fleet::options::Server;

/// Commands that may be on their way to the connection's task before callers wait.
const BUFFER: usize = 1024;

/// So many time-outs in a row end a connection: nobody may be at its other end any more.
const SILENCES: u32 = 2;

/// A connection that has been logged in. Commands of all callers share it, one after the other.
pub struct Link {
    connection: MultiplexedConnection,
    /// Names the run of the server: another one has perhaps forgotten what this one knew.
    pub run: Arc<str>,
    /// Time-outs since the last answer.
    silences: AtomicU32,
    /// It is of no use any more.
    pub broken: Notify,
}

/// Over TCP or TLS. Boxed, so that the code that speaks the protocol exists once.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Link {
    /// Connects. The task that is returned carries the commands, and ends with the connection.
    pub async fn open(
        server: &Server,
        tls: Option<Arc<ClientConfig>>,
        wake_registry: Arc<WakeRegistry>,
    ) -> Result<(Self, AbortOnDropHandle<()>), StoreError> {
        let tcp = TcpStream::connect((server.host.as_str(), server.port))
            .await
            .map_err(|_| StoreError::Unreachable)?;
        // Every command is waited for: nothing is gained by sending it later.
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
                    wake_registry.deliver(message);
                }
                Ok::<(), ()>(())
            });
        let login = login(server);
        let (opened, opening) = oneshot::channel();
        let carrying: BoxFuture<'static, ()> = Box::pin(async move {
            match MultiplexedConnection::new_with_config(&login, stream, config).await {
                Ok((connection, driver)) => {
                    // Who gave up meanwhile aborts this task.
                    let _ = opened.send(Ok(connection));
                    driver.await;
                }
                Err(error) => {
                    let _ = opened.send(Err(error));
                }
            }
        });
        let carrying = AbortOnDropHandle::new(tokio::spawn(carrying));
        let mut connection = opening.await.map_err(|_| StoreError::Lost)??;
        let run = run_of(&mut connection).await?;
        let link = Self {
            connection,
            run,
            silences: AtomicU32::new(0),
            broken: Notify::new(),
        };
        Ok((link, carrying))
    }

    /// Takes note of how a command ended.
    pub fn note<T>(&self, answer: &Result<T, StoreError>) {
        match answer {
            Err(StoreError::TimedOut) => {
                if self.silences.fetch_add(1, Ordering::AcqRel) + 1 >= SILENCES {
                    self.broken.notify_one();
                }
            }
            Err(error) if error.ends_connection() => self.broken.notify_one(),
            _ => self.silences.store(0, Ordering::Release),
        }
    }

    /// Sends one command.
    pub async fn command(&self, command: &Cmd) -> Result<Value, StoreError> {
        let mut connection = self.connection.clone();
        result(connection.send_packed_command(command).await?)
    }

    /// Sends one command to a node to which its keys are just being moved.
    pub async fn ask(&self, command: Cmd) -> Result<Value, StoreError> {
        let mut both = redis::pipe();
        both.cmd("ASKING").add_command(command);
        let mut answers = self.commands(&both).await?;
        answers.pop().unwrap_or(Err(StoreError::Unreadable))
    }

    /// Sends several commands at once, so that nothing comes between them.
    pub async fn commands(
        &self,
        commands: &Pipeline,
    ) -> Result<Vec<Result<Value, StoreError>>, StoreError> {
        let mut connection = self.connection.clone();
        let answers = connection
            .send_packed_commands(commands, 0, commands.len())
            .await?;
        Ok(answers.into_iter().map(result).collect())
    }

    /// Hears what is published on these channels.
    pub async fn subscribe(&self, channels: &[&str]) -> Result<(), StoreError> {
        Ok(self.connection.clone().subscribe(channels).await?)
    }
}

fn login(server: &Server) -> RedisConnectionInfo {
    // Subscriptions share the connection with commands, which takes RESP3.
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

/// The `run_id` of the server, new with every start.
async fn run_of(connection: &mut MultiplexedConnection) -> Result<Arc<str>, StoreError> {
    let mut info = redis::cmd("INFO");
    info.arg("server");
    let text = match connection.send_packed_command(&info).await? {
        Value::BulkString(bytes) => String::from_utf8(bytes).unwrap_or_default(),
        Value::VerbatimString { text, .. } => text,
        _ => String::new(),
    };
    text.lines()
        .find_map(|line| line.strip_prefix("run_id:"))
        .map(|run| run.trim().into())
        .ok_or(StoreError::Unreadable)
}

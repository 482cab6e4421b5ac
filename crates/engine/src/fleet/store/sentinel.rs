//! Where the master is, as Sentinels know it.

use std::sync::Arc;
use std::time::Duration;

use redis::Value;
use rustls::ClientConfig;
use tokio::time::timeout;

use super::connection::Connection;
use super::error::StoreError;
use super::wake_registry::WakeRegistry;
use crate::fleet::servers::Server;

/// Asks one Sentinel after the other, and names the first master that one of them knows. A Sentinel that was cut off may
/// know the master of before; that one refuses to be written to, and the next connection asks again.
pub(super) async fn master_of(
    sentinels: &[Server],
    name: &str,
    login: &Server,
    tls: Option<&Arc<ClientConfig>>,
    each: Duration,
) -> Result<Server, StoreError> {
    let mut failed = StoreError::Unreachable;
    for sentinel in sentinels {
        let tls = tls.filter(|_| sentinel.tls).cloned();
        let asked = timeout(each, ask(sentinel, name, tls)).await;
        match asked.unwrap_or(Err(StoreError::Unreachable)) {
            Ok((host, port)) => {
                return Ok(Server {
                    host,
                    port,
                    ..login.clone()
                });
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

async fn ask(
    sentinel: &Server,
    name: &str,
    tls: Option<Arc<ClientConfig>>,
) -> Result<(String, u16), StoreError> {
    // The connection ends with this question: the master changes rarely.
    let (connection, _driver) =
        Connection::open(sentinel, tls, Arc::<WakeRegistry>::default()).await?;
    let mut command = redis::cmd("SENTINEL");
    command.arg("GET-MASTER-ADDR-BY-NAME").arg(name);
    let reply = connection.command(&command).await?;
    if reply == Value::Nil {
        return Err(StoreError::refused("UNKNOWNMASTER"));
    }
    let Value::Array(address) = reply else {
        return Err(StoreError::Unreadable);
    };
    let [Value::BulkString(host), Value::BulkString(port)] = address.as_slice() else {
        return Err(StoreError::Unreadable);
    };
    let read = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| StoreError::Unreadable);
    let port = read(port)?.parse().map_err(|_| StoreError::Unreadable)?;
    Ok((read(host)?, port))
}

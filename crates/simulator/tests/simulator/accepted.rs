//! Connections that the caller accepted.

use cxone_dtmf_simulator::{Simulator, SimulatorOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// A wrong address, asked for over a pipe; the connection ends with the answer.
const REQUEST: &[u8] = b"GET /nowhere HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn a_pipe_is_served_and_counted() {
    let simulator = Simulator::start(SimulatorOptions {
        journal_limit: 0,
        ..SimulatorOptions::default()
    })
    .unwrap();
    let (mut client, server) = tokio::io::duplex(4_096);
    let ask = async {
        client.write_all(REQUEST).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let (answer, ()) = tokio::join!(ask, simulator.serve(server));
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    assert_eq!(simulator.stats().requests, 1);
    assert!(simulator.requests().is_empty());
}

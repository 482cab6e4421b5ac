//! The simulator behind TLS, for measurements: the platform over https as `npm run bench` uses it.
//!
//! It makes itself a private authority, prints `{"credentials":…,"caBundle":…}` as one line, then its counters for each
//! line that it reads, and ends with its standard input. It speaks HTTP/1.1, keeps no journal, and serves on one thread.

use std::error::Error;
use std::io::stdin;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::thread;

use cxone_dtmf_simulator::{Simulator, SimulatorOptions};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// The name that the certificate is for.
const HOST: &str = "localhost";

/// The way into TLS, and the certificate to trust, as PEM.
fn authority() -> Result<(TlsAcceptor, String), Box<dyn Error>> {
    let own = rcgen::generate_simple_self_signed([HOST.to_owned()])?;
    let key = PrivatePkcs8KeyDer::from(own.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key.into())?;
    Ok((TlsAcceptor::from(Arc::new(config)), own.cert.pem()))
}

async fn serve(stream: TcpStream, acceptor: TlsAcceptor, simulator: Arc<Simulator>) {
    let _ = stream.set_nodelay(true);
    // A client that fails the handshake has nothing to ask.
    if let Ok(stream) = acceptor.accept(stream).await {
        simulator.serve(stream).await;
    }
}

/// Accepts until the process ends.
async fn accept(listener: TcpListener, acceptor: TlsAcceptor, simulator: Arc<Simulator>) {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, acceptor.clone(), Arc::clone(&simulator)));
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let simulator = Arc::new(Simulator::start(SimulatorOptions {
        auto_calls: true,
        journal_limit: 0,
        ..SimulatorOptions::default()
    })?);
    let (acceptor, ca_bundle) = authority()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    let url = format!("https://{HOST}:{}", listener.local_addr()?.port());
    println!(
        "{}",
        json!({
            "credentials": {
                "authUrl": url,
                "apiUrl": url,
                "clientId": "demo-client",
                "clientSecret": "demo-secret",
            },
            "caBundle": ca_bundle,
        })
    );
    let served = Arc::clone(&simulator);
    thread::spawn(move || runtime.block_on(accept(listener, acceptor, served)));
    for line in stdin().lines() {
        line?;
        println!("{}", serde_json::to_string(&simulator.stats())?);
    }
    Ok(())
}

//! Alerts about who this client is, when it is too late for them: the request was read whole before.

use std::sync::Arc;

use cxone_dtmf_engine::error::Untrusted;
use cxone_dtmf_engine::http::FaultKind;
use tokio::io::AsyncReadExt;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    RootCertStore, ServerConfig, SupportedProtocolVersion, crypto::ring::default_provider,
};

use super::client::{BODY, fault, send};
use super::over::{Over, over_both};
use crate::support::Identity;
use crate::support::server::{OK, Server};

/// `certificate_revoked`, `certificate_expired`, `access_denied`, `certificate_required` (RFC 8446 §6).
const COMPLAINTS: [u8; 4] = [44, 45, 49, 116];

over_both! {
    of_a_kept_connection,
    of_a_first_request_in_tls_1_2,
    of_a_server_that_asked_for_no_certificate,
    of_a_server_that_spoke_http2,
    of_a_server_that_may_not_have_looked
}

/// A server that asks for a certificate of its client, and does without.
fn asking(
    identity: &Identity,
    version: &'static SupportedProtocolVersion,
    protocol: &str,
) -> ServerConfig {
    let mut roots = RootCertStore::empty();
    roots.add(identity.root()).unwrap();
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), default_provider().into())
            .allow_unauthenticated()
            .build()
            .unwrap();
    let mut config = identity.config_of(&[version], &[protocol], |builder| {
        builder.with_client_cert_verifier(verifier)
    });
    config.enable_secret_extraction = true;
    config
}

/// Answers so many requests of a connection, and complains after the next one.
async fn complaining(config: ServerConfig, answers: usize, alert: u8) -> Server {
    Server::tls(config, move |mut connection| async move {
        for _ in 0..answers {
            connection.request().await.unwrap();
            connection.write(OK).await;
        }
        if connection.request().await.is_some() {
            connection.complain(alert).await;
        }
    })
    .await
}

async fn of_a_kept_connection(over: Over) {
    let identity = Identity::new("localhost");
    for version in [&TLS12, &TLS13] {
        for alert in COMPLAINTS {
            let config = asking(&identity, version, "http/1.1");
            let server = complaining(config, 1, alert).await;
            let transport = over.trusting(&identity);
            assert!(send(&transport, &server.https(), "1").await.0.is_ok());
            assert_eq!(
                fault(&transport, &server.https(), "2").await,
                (FaultKind::ConnectionLost, true),
                "{alert} {version:?}"
            );
            assert_eq!((server.seen.times("2"), server.seen.connections()), (1, 1));
        }
    }
}

async fn of_a_first_request_in_tls_1_2(over: Over) {
    let identity = Identity::new("localhost");
    for alert in COMPLAINTS {
        let server = complaining(asking(&identity, &TLS12, "http/1.1"), 0, alert).await;
        let lost = fault(&over.trusting(&identity), &server.https(), "1").await;
        assert_eq!(lost, (FaultKind::ConnectionLost, true), "{alert}");
        assert_eq!(server.seen.times("1"), 1);
    }
}

async fn of_a_server_that_asked_for_no_certificate(over: Over) {
    let identity = Identity::new("localhost");
    for alert in COMPLAINTS {
        let mut config = identity.config(&["http/1.1"]);
        config.enable_secret_extraction = true;
        let server = complaining(config, 0, alert).await;
        let lost = fault(&over.trusting(&identity), &server.https(), "1").await;
        assert_eq!(lost, (FaultKind::ConnectionLost, true), "{alert}");
        assert_eq!(server.seen.times("1"), 1);
    }
}

async fn of_a_server_that_spoke_http2(over: Over) {
    let identity = Identity::new("localhost");
    for alert in COMPLAINTS {
        let server = Server::tls(
            asking(&identity, &TLS13, "h2"),
            move |mut connection| async move {
                // An empty SETTINGS frame (RFC 9113 §6.5).
                connection.write(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await;
                let (mut read, mut chunk) = (Vec::new(), [0; 4096]);
                while !read.ends_with(BODY) {
                    let length = connection.io.read(&mut chunk).await.unwrap();
                    read.extend_from_slice(&chunk[..length]);
                }
                connection.complain(alert).await;
            },
        )
        .await;
        let lost = fault(&over.trusting(&identity), &server.https(), "1").await;
        assert_eq!(lost, (FaultKind::ConnectionLost, true), "{alert}");
    }
}

/// The same alert at the only time at which it can be the end of a handshake.
async fn of_a_server_that_may_not_have_looked(over: Over) {
    let identity = Identity::new("localhost");
    let server = complaining(asking(&identity, &TLS13, "http/1.1"), 0, COMPLAINTS[3]).await;
    let (kind, _) = fault(&over.trusting(&identity), &server.https(), "1").await;
    assert_eq!(kind, FaultKind::Certificate(Untrusted::ClientUnknown));
}

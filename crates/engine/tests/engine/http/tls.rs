//! The TLS handshake: what passes, what is final, and that nothing leaves before it is done.

use std::sync::Arc;
use std::time::Duration;

use cxone_dtmf_engine::Secret;
use cxone_dtmf_engine::error::Untrusted;
use cxone_dtmf_engine::http::{FaultKind, HttpOptions, Transport};
use cxone_dtmf_engine::tls::ClientCertificate;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, SanType,
    date_time_ymd,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::server::WebPkiClientVerifier;

use super::client::{fault, request, send, warm};
use super::over::{Over, over_both};
use crate::support::Identity;
use crate::support::server::{OK, Server};

over_both! {
    trusted_through_the_bundle_or_the_file_of_the_environment,
    untrusted_certificate,
    wrong_name,
    a_server_s_own_certificate_is_trusted_as_that,
    what_is_wrong_with_a_certificate_has_a_name,
    a_client_that_is_asked_who_it_is_says_so,
    no_common_protocol,
    http1_only_offers_no_http2,
    a_plaintext_server,
    closed_in_the_handshake,
    reset_in_the_handshake,
    silence_in_the_handshake,
    a_refusal_after_the_handshake_is_told_from_a_lost_connection,
    the_provider_of_the_process_has_no_say
}

async fn answering(config: tokio_rustls::rustls::ServerConfig) -> Server {
    Server::tls(config, |mut connection| async move {
        while connection.request().await.is_some() {
            connection.write(OK).await;
        }
    })
    .await
}

async fn trusted_through_the_bundle_or_the_file_of_the_environment(over: Over) {
    let identity = Identity::new("localhost");
    let server = answering(identity.config(&["http/1.1"])).await;
    let extra = over.with(HttpOptions {
        extra_ca: Some(identity.pem()),
        ..HttpOptions::default()
    });
    for transport in [over.trusting(&identity), extra] {
        let (answer, witnessed) = send(&transport, &server.https(), "1").await;
        assert_eq!(answer.unwrap().status, 200);
        assert!(witnessed);
    }
}

async fn untrusted_certificate(over: Over) {
    let server = answering(Identity::new("localhost").config(&[])).await;
    assert_eq!(
        fault(&over.plain(), &server.https(), "1").await,
        (FaultKind::Certificate(Untrusted::UnknownIssuer), false)
    );
    assert_eq!(server.seen.requests(), 0);
}

async fn wrong_name(over: Over) {
    let identity = Identity::new("other.test");
    let server = answering(identity.config(&[])).await;
    assert_eq!(
        fault(&over.trusting(&identity), &server.https(), "1").await,
        (FaultKind::Certificate(Untrusted::WrongName), false)
    );
}

/// What `openssl req -x509` makes: it says of itself to be an authority.
fn authority(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
}

async fn a_server_s_own_certificate_is_trusted_as_that(over: Over) {
    let own = Identity::of("localhost", authority);
    let refused = |why| (FaultKind::Certificate(why), false);
    let server = answering(own.config(&["http/1.1"])).await;
    let sent = send(&over.trusting(&own), &server.https(), "1").await;
    assert_eq!(sent.0.unwrap().status, 200);
    // Not another one of the same name, and not at another host.
    let other = over.trusting(&Identity::of("localhost", authority));
    assert_eq!(
        fault(&other, &server.https(), "2").await,
        refused(Untrusted::UnknownIssuer)
    );
    let elsewhere = format!("https://127.0.0.1:{}/", server.port);
    assert_eq!(
        fault(&over.trusting(&own), &elsewhere, "3").await,
        refused(Untrusted::WrongName)
    );
    assert_eq!(server.seen.requests(), 1);
}

async fn what_is_wrong_with_a_certificate_has_a_name(over: Over) {
    type Change = fn(&mut CertificateParams);
    let cases: [(Untrusted, Change); 9] = [
        (Untrusted::Expired, |params| {
            params.not_after = date_time_ymd(2020, 1, 1);
        }),
        (Untrusted::NotYetValid, |params| {
            params.not_before = date_time_ymd(4000, 1, 1);
        }),
        (Untrusted::WrongUse, |params| {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        }),
        (Untrusted::NoName, |params| params.subject_alt_names.clear()),
        (Untrusted::Expired, |params| {
            authority(params);
            params.not_after = date_time_ymd(2020, 1, 1);
        }),
        (Untrusted::NotYetValid, |params| {
            authority(params);
            params.not_before = date_time_ymd(4000, 1, 1);
        }),
        (Untrusted::WrongUse, |params| {
            authority(params);
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        }),
        (Untrusted::NoName, |params| {
            authority(params);
            params.subject_alt_names.clear();
        }),
        (Untrusted::WrongName, |params| {
            authority(params);
            params.subject_alt_names = vec![SanType::DnsName("other.test".try_into().unwrap())];
        }),
    ];
    for (number, (why, change)) in cases.into_iter().enumerate() {
        let identity = Identity::of("localhost", change);
        let server = answering(identity.config(&[])).await;
        assert_eq!(
            fault(&over.trusting(&identity), &server.https(), "1").await,
            (FaultKind::Certificate(why), false),
            "case {number}"
        );
        assert_eq!(server.seen.requests(), 0);
    }
}

/// A server that lets only this client in.
fn guarded(identity: &Identity, client: &Identity) -> tokio_rustls::rustls::ServerConfig {
    let mut roots = RootCertStore::empty();
    roots.add(client.root()).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .unwrap();
    identity.config_with(&["http/1.1"], |builder| {
        builder.with_client_cert_verifier(verifier)
    })
}

/// What a server says that lets this client not in.
async fn shut_out(transport: &impl AsRef<dyn Transport>, server: &Server) -> FaultKind {
    fault(transport, &server.https(), "2").await.0
}

async fn a_client_that_is_asked_who_it_is_says_so(over: Over) {
    let identity = Identity::new("localhost");
    let client = Identity::new("client.test");
    let server = answering(guarded(&identity, &client)).await;
    let transport = |of: &Identity| {
        over.with(HttpOptions {
            ca_bundle: Some(identity.pem()),
            client_certificate: Some(ClientCertificate {
                cert: of.pem(),
                key: Secret::new(of.key()),
            }),
            ..HttpOptions::default()
        })
    };
    let sent = send(&transport(&client), &server.https(), "1").await;
    assert_eq!(sent.0.unwrap().status, 200);
    let stranger = transport(&Identity::of("stranger.test", |params| {
        params
            .distinguished_name
            .push(DnType::CommonName, "stranger");
    }));
    assert_eq!(
        shut_out(&stranger, &server).await,
        FaultKind::Certificate(Untrusted::ClientUnknown)
    );
    assert_eq!(server.seen.times("2"), 0);
}

async fn no_common_protocol(over: Over) {
    let identity = Identity::new("localhost");
    let server = answering(identity.config(&["imap"])).await;
    assert_eq!(
        fault(&over.trusting(&identity), &server.https(), "1").await,
        (FaultKind::Certificate(Untrusted::NothingInCommon), false)
    );
}

async fn http1_only_offers_no_http2(over: Over) {
    let identity = Identity::new("localhost");
    let server = answering(identity.config(&["h2", "http/1.1"])).await;
    let transport = over.with(HttpOptions {
        ca_bundle: Some(identity.pem()),
        http1_only: true,
        ..HttpOptions::default()
    });
    assert!(send(&transport, &server.https(), "1").await.0.is_ok());
    assert_eq!(server.seen.times("1"), 1);
}

async fn a_plaintext_server(over: Over) {
    let server = Server::tcp(|mut connection| async move {
        connection.write(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        connection.silence().await;
    })
    .await;
    assert_eq!(
        fault(&over.plain(), &server.https(), "1").await,
        (FaultKind::TlsHandshake, false)
    );
}

async fn closed_in_the_handshake(over: Over) {
    let server = Server::tcp(|mut connection| async move {
        connection.io.read_exact(&mut [0; 16]).await.unwrap();
        // With FIN, not with the RST that unread bytes would cause.
        connection.io.shutdown().await.unwrap();
        let _ = tokio::io::copy(&mut connection.io, &mut tokio::io::sink()).await;
    })
    .await;
    assert_eq!(
        fault(&over.plain(), &server.https(), "1").await,
        (FaultKind::TlsHandshake, false)
    );
}

async fn reset_in_the_handshake(over: Over) {
    let server = Server::tcp(|mut connection| async move {
        connection.io.read_exact(&mut [0; 16]).await.unwrap();
        connection.reset();
    })
    .await;
    assert_eq!(
        fault(&over.plain(), &server.https(), "1").await,
        (FaultKind::TlsHandshake, false)
    );
}

async fn silence_in_the_handshake(over: Over) {
    let server = Server::tcp(|mut connection| async move { connection.silence().await }).await;
    let hasty = over.with(HttpOptions {
        connect_timeout: Duration::from_millis(100),
        ..HttpOptions::default()
    });
    assert_eq!(
        fault(&hasty, &server.https(), "1").await,
        (FaultKind::ConnectTimeout, false)
    );
    // The time for the whole runs out first: the witness still tells that nothing left.
    let (mut request, witness) = request(&server.https(), "2");
    request.timeout = Duration::from_millis(500);
    let kind = warm(over.plain())
        .await
        .send(request)
        .await
        .unwrap_err()
        .kind;
    assert_eq!(kind, FaultKind::TimedOut);
    assert!(!witness.was_handed_over());
}

/// In TLS 1.3 the client is done before the server refuses its missing certificate (RFC 8446 §4.4.2.4): the request may
/// be on its way by then, and is not taken.
async fn a_refusal_after_the_handshake_is_told_from_a_lost_connection(over: Over) {
    let identity = Identity::new("localhost");
    let server = answering(guarded(&identity, &identity)).await;
    let transport = over.trusting(&identity);
    assert_eq!(
        shut_out(&transport, &server).await,
        FaultKind::Certificate(Untrusted::ClientUnknown)
    );
    assert_eq!(server.seen.requests(), 0);
}

/// It belongs to the program that loads the addon: none is asked for, and none is left behind.
async fn the_provider_of_the_process_has_no_say(over: Over) {
    let identity = Identity::new("localhost");
    let server = answering(identity.config(&["http/1.1"])).await;
    let sent = send(&over.trusting(&identity), &server.https(), "1").await;
    assert!(sent.0.is_ok());
    assert!(tokio_rustls::rustls::crypto::CryptoProvider::get_default().is_none());
}

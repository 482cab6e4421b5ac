//! Alerts that no library sends: behind a finished handshake, of any number.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::rustls::crypto::cipher::{
    AeadKey, Iv, MessageEncrypter, OutboundChunks, OutboundPlainMessage,
};
use tokio_rustls::rustls::{
    ConnectionTrafficSecrets, ContentType, ProtocolVersion, SupportedCipherSuite,
};
use tokio_rustls::server::TlsStream;

use super::server::Connection;

impl Connection<TlsStream<TcpStream>> {
    /// Ends with this fatal alert (RFC 8446 §6). The settings of the server must have `enable_secret_extraction`.
    pub async fn complain(self, alert: u8) {
        let (mut io, connection) = self.io.into_inner();
        let suite = connection.negotiated_cipher_suite().unwrap();
        let (number, secrets) = connection.dangerous_extract_secrets().unwrap().tx;
        let (key, iv) = parts(secrets);
        let message = OutboundPlainMessage {
            typ: ContentType::Alert,
            version: ProtocolVersion::TLSv1_2,
            payload: OutboundChunks::Single(&[2, alert]),
        };
        let record = encrypter(suite, key, &iv).encrypt(message, number).unwrap();
        io.write_all(&record.encode()).await.unwrap();
        let _ = io.shutdown().await;
        let _ = tokio::io::copy(&mut io, &mut tokio::io::sink()).await;
    }
}

fn parts(secrets: ConnectionTrafficSecrets) -> (AeadKey, Iv) {
    match secrets {
        ConnectionTrafficSecrets::Aes128Gcm { key, iv }
        | ConnectionTrafficSecrets::Aes256Gcm { key, iv }
        | ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } => (key, iv),
        _ => panic!("another cipher"),
    }
}

fn encrypter(suite: SupportedCipherSuite, key: AeadKey, iv: &Iv) -> Box<dyn MessageEncrypter> {
    let iv = iv.as_ref();
    match suite {
        SupportedCipherSuite::Tls13(suite) => suite
            .aead_alg
            .encrypter(key, Iv::new(iv.try_into().unwrap())),
        // What both sides know, and what each record says (RFC 5288 §3).
        SupportedCipherSuite::Tls12(suite) => suite.aead_alg.encrypter(key, &iv[..4], &iv[4..]),
    }
}

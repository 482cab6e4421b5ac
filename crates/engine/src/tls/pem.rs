//! Certificates and keys as text (RFC 7468). What people and tools do to such files is taken: a byte order mark, indentation,
//! lines of any length, ends that are glued to the next beginning, text around. What cannot be read is an error that names its
//! place; none is passed over.

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rustls::RootCertStore;
use rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer,
};
use zeroize::Zeroizing;

use crate::error::Error;

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";

/// The labels of certificates: that of the RFC, and the one before it, which OpenSSL reads as well.
const CERTIFICATE: [&str; 2] = ["CERTIFICATE", "X509 CERTIFICATE"];

/// The text of a file. PowerShell writes UTF-16; comments are in whatever the editor had, and do not matter.
pub fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    let wide = |read: fn([u8; 2]) -> u16| {
        let units = bytes
            .chunks_exact(2)
            .filter_map(|pair| pair.try_into().ok())
            .map(read);
        String::from_utf16_lossy(&units.collect::<Vec<u16>>()).into()
    };
    match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes),
    }
}

/// One part of a text between its two marks.
struct Section<'a> {
    label: &'a str,
    body: &'a str,
    line: usize,
}

/// What cannot be read, by its place.
struct Unreadable {
    line: usize,
    why: &'static str,
}

/// The sections of a text, in their order.
fn sections(text: &str) -> Result<Vec<Section<'_>>, Unreadable> {
    let mut found = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some((before, after)) = rest.split_once(BEGIN) {
        no_marks(before, line)?;
        line += lines(before);
        let at = |why| Unreadable { line, why };
        let (label, after) = after
            .split_once(DASHES)
            .ok_or(at("its first line is incomplete"))?;
        let end = format!("-----END {label}-----");
        let (body, after) = after.split_once(end.as_str()).ok_or(at("it has no end"))?;
        if body.contains(BEGIN) {
            return Err(at("it has no end"));
        }
        found.push(Section { label, body, line });
        line += lines(label) + lines(body);
        rest = after;
    }
    no_marks(rest, line)?;
    Ok(found)
}

/// Between two sections there may be any text, but none that was meant to be a mark.
fn no_marks(text: &str, first: usize) -> Result<(), Unreadable> {
    let is_mark = |line: &str| {
        let line = line.to_ascii_uppercase();
        line.contains("-BEGIN") || line.contains("-END") || line.contains("BEGIN CERTIFICATE")
    };
    match text.split('\n').position(is_mark) {
        Some(number) => Err(Unreadable {
            line: first + number,
            why: "its mark is not written as -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----",
        }),
        None => Ok(()),
    }
}

fn lines(text: &str) -> usize {
    text.matches('\n').count()
}

fn decoded(section: &Section<'_>) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
    let body = section
        .body
        .chars()
        .filter(|character| !character.is_whitespace());
    // A text that grows leaves its beginnings behind.
    let mut dense = Zeroizing::new(String::with_capacity(section.body.len()));
    dense.extend(body);
    let decoded = BASE64_STANDARD.decode(dense.as_bytes());
    decoded.map(Zeroizing::new).map_err(|_| Unreadable {
        line: section.line,
        why: "what is between its marks is not base64",
    })
}

/// All certificates of a text, each of which can be used. `name` is what an error calls the text, of which it repeats
/// nothing: a private key that is passed by mistake must not get into a log.
pub(super) fn certificates(name: &str, text: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let mut found: Vec<CertificateDer<'static>> = Vec::new();
    let unreadable = |number: usize, Unreadable { line, why }| {
        let number = number + 1;
        Error::invalid(format!(
            "{name} has a certificate that cannot be used, number {number} at line {line}: {why}"
        ))
    };
    let sections = sections(text).map_err(|error| {
        let before = text.split('\n').take(error.line - 1);
        unreadable(
            before.filter(|line| line.contains("-----BEGIN ")).count(),
            error,
        )
    })?;
    for section in sections {
        let usable = match section.label {
            "TRUSTED CERTIFICATE" => Err(Unreadable {
                line: section.line,
                why: "it is in OpenSSL's own form: write it with `openssl x509 -in <file>`",
            }),
            label if CERTIFICATE.contains(&label) => usable(&section),
            _ => continue,
        };
        found.push(usable.map_err(|error| unreadable(found.len(), error))?);
    }
    Ok(found)
}

fn usable(section: &Section<'_>) -> Result<CertificateDer<'static>, Unreadable> {
    let certificate = CertificateDer::from(decoded(section)?.to_vec());
    match RootCertStore::empty().add(certificate.clone()) {
        Ok(()) => Ok(certificate),
        Err(_) => Err(Unreadable {
            line: section.line,
            why: "it is no certificate (X.509)",
        }),
    }
}

/// The first private key of a text: PKCS #8, PKCS #1 or SEC 1. It is wiped when it is dropped.
pub(super) fn private_key(
    name: &str,
    text: &str,
) -> Result<Zeroizing<PrivateKeyDer<'static>>, Error> {
    let refusal = |why: &str| Error::invalid(format!("{name} {why}"));
    let sections = sections(text).map_err(|_| refusal("is not readable as PEM"))?;
    let mut keys = sections
        .iter()
        .filter(|section| section.label.ends_with("PRIVATE KEY"));
    let key = keys
        .next()
        .ok_or_else(|| refusal("holds no private key in PEM form"))?;
    if key.label.starts_with("ENCRYPTED") || key.body.contains("ENCRYPTED") {
        return Err(refusal(
            "is encrypted: write it in the clear with `openssl pkey -in <file>`, and keep the file safe",
        ));
    }
    let mut decoded = decoded(key).map_err(|_| refusal("is not readable as PEM"))?;
    // Moved, not copied: it is wiped as the key.
    let mut der = || std::mem::take(&mut *decoded);
    let key: PrivateKeyDer<'static> = match key.label {
        "PRIVATE KEY" => PrivatePkcs8KeyDer::from(der()).into(),
        "RSA PRIVATE KEY" => PrivatePkcs1KeyDer::from(der()).into(),
        "EC PRIVATE KEY" => PrivateSec1KeyDer::from(der()).into(),
        _ => {
            return Err(refusal(
                "has a key of a kind that is not supported: RSA, P-256, P-384 and Ed25519 are",
            ));
        }
    };
    Ok(Zeroizing::new(key))
}

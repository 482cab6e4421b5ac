//! Id tokens, signed by RS256 (RFC 7518 §3.3), and the key set that they are verified with.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, PublicKeyComponents};
use ring::signature::RSA_PKCS1_SHA256;
use serde_json::{Value, json};

use super::agent::{BUSINESS_UNIT, CLUSTER, TEAM};
use super::options::SimulatorOptions;

/// One key for all simulators, made for nothing else. It lies open in the sources, so it proves nothing to anybody.
static KEY: LazyLock<Option<KeyPair>> =
    LazyLock::new(|| KeyPair::from_der(include_bytes!("../id-token-key.der")).ok());

const KEY_ID: &str = "simulator";

/// The user whose access key it is.
const USER_ID: &str = "11ee0d5a-7c2e-4c7e-9d3b-0242ac110003";

/// An id token of the only user. It lives as long as the access token beside it.
pub(super) fn id_token(options: &SimulatorOptions, issuer: &str, now: SystemTime) -> String {
    let at = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": KEY_ID });
    let claims = json!({
        "iss": issuer,
        "aud": options.client_id,
        "sub": format!("user:{USER_ID}"),
        "iat": at,
        "exp": at + options.token_lifetime.max(Duration::from_secs(1)).as_secs(),
        "tenantId": options.tenant_id,
        "tenant": "simulator",
        "userId": USER_ID,
        "name": "simulator@example.com",
        "given_name": "Simulated",
        "family_name": "Agent",
        "icAgentId": options.agent_id,
        "icBUId": BUSINESS_UNIT,
        "icClusterId": CLUSTER,
        "teamId": TEAM,
    });
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&header), part(&claims));
    let signature = BASE64_URL_SAFE_NO_PAD.encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn sign(message: &[u8]) -> Vec<u8> {
    let Some(key) = &*KEY else {
        return Vec::new();
    };
    let mut signature = vec![0; key.public().modulus_len()];
    // Fails where the system has no randomness, and then the signature is not good.
    let _ = key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        message,
        &mut signature,
    );
    signature
}

/// The key set (RFC 7517 §5).
pub(super) fn key_set() -> Value {
    let Some(key) = &*KEY else {
        return json!({ "keys": [] });
    };
    let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(key.public());
    json!({ "keys": [{
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID,
        "n": BASE64_URL_SAFE_NO_PAD.encode(n), "e": BASE64_URL_SAFE_NO_PAD.encode(e),
    }] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_set_verifies_a_token() {
        let token = id_token(
            &SimulatorOptions::default(),
            "http://issuer",
            SystemTime::now(),
        );
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let key = &key_set()["keys"][0];
        let bytes = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
        let field = |name: &str| bytes(key[name].as_str().unwrap());
        let key = PublicKeyComponents {
            n: field("n"),
            e: field("e"),
        };
        let verified = |message: &str| {
            let parameters = &ring::signature::RSA_PKCS1_2048_8192_SHA256;
            key.verify(parameters, message.as_bytes(), &bytes(signature))
        };
        assert!(verified(signed).is_ok());
        assert!(verified(&signed.replace('.', "x.")).is_err());
    }
}

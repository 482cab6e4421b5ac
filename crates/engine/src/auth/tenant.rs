//! The tenant that an id token names.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::Secret;

/// The longest tenant id. Real ones are UUIDs of 36 characters.
const MAX_LENGTH: usize = 64;

/// Reads the claim `tenantId` of a JSON Web Token (RFC 7519).
///
/// The signature is not checked. The token came from the token endpoint over TLS, which `OpenID` Connect Core
/// §3.1.3.7 takes for enough, and it only chooses which configuration is asked for: where tokens and digits go is
/// decided by the answer, and that is checked.
#[must_use]
pub(super) fn of_id_token(token: &Secret) -> Option<Arc<str>> {
    let mut parts = token.expose().split('.');
    let (_header, claims) = (parts.next()?, parts.next()?);
    let claims = BASE64_URL_SAFE_NO_PAD
        .decode(claims.trim_end_matches('='))
        .ok()?;
    let claims = Zeroizing::new(claims);
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    let tenant = claims.get("tenantId")?.as_str()?;
    let lawful = (1..=MAX_LENGTH).contains(&tenant.len())
        && tenant
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    lawful.then(|| tenant.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token(claims: &str) -> Secret {
        let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        Secret::new(format!("{}.{}.sig", part("{}"), part(claims)))
    }

    #[test]
    fn the_tenant_is_read_where_it_is_lawful() {
        let uuid = "11eb0d5a-7c2e-4c7e-9d3b-0242ac110002";
        let long = "a".repeat(65);
        for (claims, tenant) in [
            (format!(r#"{{"tenantId":"{uuid}"}}"#), Some(uuid)),
            (r#"{"tenantId":"a/../b"}"#.to_owned(), None),
            (r#"{"tenantId":"a&b=c"}"#.to_owned(), None),
            (r#"{"tenantId":""}"#.to_owned(), None),
            (format!(r#"{{"tenantId":"{long}"}}"#), None),
            (r#"{"tenantId":7}"#.to_owned(), None),
            ("{}".to_owned(), None),
            ("[".to_owned(), None),
        ] {
            assert_eq!(of_id_token(&token(&claims)).as_deref(), tenant, "{claims}");
        }
        for text in ["", "a", "a.b", "a.%.c"] {
            assert_eq!(of_id_token(&Secret::new(text.to_owned())), None);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_passed_over(text: String) {
            if let Some(tenant) = of_id_token(&Secret::new(text)) {
                prop_assert!(tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
            }
        }
    }
}

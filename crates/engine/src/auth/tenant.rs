//! What a token endpoint says of the tenant that it granted a token for.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::Secret;
use crate::json;

/// The longest tenant id. Real ones are UUIDs of 36 characters.
const MAX_LENGTH: usize = 64;

/// The tenant of a token. Nothing of it is checked but its form: it only chooses which configuration is asked for, and where.
/// Where tokens and digits go is decided by the hosts that are allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// Its id: letters, digits and `-`.
    pub id: Option<String>,
    /// Who issued the token that names the id (RFC 7519 §4.1.1).
    pub issuer: Option<String>,
    /// `resource_server_base_uri` of the answer: the base of the API, for which nothing has to be asked then.
    pub resource_server: Option<String>,
}

impl Tenant {
    /// Reads it from the id token, or else from the access token where that is a JSON Web Token (as cxone-mcp does for
    /// access keys). `None` when the answer says nothing.
    pub(super) fn of(
        id_token: Option<&Secret>,
        access_token: &Secret,
        resource_server: Option<&str>,
    ) -> Option<Arc<Self>> {
        let mut tokens = id_token.into_iter().chain([access_token]);
        let named = tokens.find_map(Self::named_by);
        let tenant = Self {
            resource_server: resource_server.map(str::to_owned),
            ..named.unwrap_or_default()
        };
        (tenant != Self::default()).then(|| Arc::new(tenant))
    }

    /// Reads the claims `tenantId` and `iss` of a JSON Web Token (RFC 7519).
    ///
    /// The signature is not checked. The token came from the token endpoint over TLS, which `OpenID` Connect Core
    /// §3.1.3.7 takes for enough.
    fn named_by(token: &Secret) -> Option<Self> {
        let mut parts = token.expose().split('.');
        let (_header, claims) = (parts.next()?, parts.next()?);
        let claims = BASE64_URL_SAFE_NO_PAD
            .decode(claims.trim_end_matches('='))
            .ok()?;
        let claims = Zeroizing::new(claims);
        let claims = json::parse(&claims)?;
        let id = claims.get("tenantId")?.as_str()?;
        let issuer = claims.get("iss").and_then(serde_json::Value::as_str);
        is_lawful(id).then(|| Self {
            id: Some(id.to_owned()),
            issuer: issuer.map(str::to_owned),
            resource_server: None,
        })
    }

    /// What is known when an answer says `newer`, and another said `earlier` before: a renewal need not repeat it.
    pub(super) fn merged(
        newer: Option<Arc<Self>>,
        earlier: Option<&Arc<Self>>,
    ) -> Option<Arc<Self>> {
        let Some(earlier) = earlier else {
            return newer;
        };
        let Some(newer) = newer else {
            return Some(Arc::clone(earlier));
        };
        let named = if newer.id.is_some() { &newer } else { earlier };
        let with_address = newer.resource_server.as_ref();
        let merged = Self {
            id: named.id.clone(),
            issuer: named.issuer.clone(),
            resource_server: with_address.or(earlier.resource_server.as_ref()).cloned(),
        };
        Some(Arc::new(merged))
    }
}

fn is_lawful(id: &str) -> bool {
    (1..=MAX_LENGTH).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token(claims: &str) -> Secret {
        let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        Secret::new(format!("{}.{}.sig", part("{}"), part(claims)))
    }

    fn opaque() -> Secret {
        Secret::new("opaque".to_owned())
    }

    fn id_of(id_token: Option<&Secret>, access_token: &Secret) -> Option<String> {
        Tenant::of(id_token, access_token, None)?.id.clone()
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
            let token = token(&claims);
            assert_eq!(
                id_of(Some(&token), &opaque()).as_deref(),
                tenant,
                "{claims}"
            );
            assert_eq!(id_of(None, &token).as_deref(), tenant, "{claims}");
        }
        for text in ["", "a", "a.b", "a.%.c"] {
            let token = Secret::new(text.to_owned());
            assert_eq!(Tenant::of(Some(&token), &token, None), None);
        }
    }

    #[test]
    fn the_id_token_counts_more_and_its_issuer_belongs_to_it() {
        let id = token(r#"{"tenantId":"t-1","iss":"https://a.example"}"#);
        let access = token(r#"{"tenantId":"t-2","iss":"https://b.example"}"#);
        let nameless = token(r#"{"iss":"https://c.example"}"#);
        let read = |id_token, access_token| {
            let tenant = Tenant::of(id_token, access_token, None)?;
            Some((tenant.id.clone()?, tenant.issuer.clone()?))
        };
        let of = |id: &str, issuer: &str| Some((id.to_owned(), issuer.to_owned()));
        assert_eq!(read(Some(&id), &access), of("t-1", "https://a.example"));
        assert_eq!(
            read(Some(&nameless), &access),
            of("t-2", "https://b.example")
        );
        assert_eq!(read(None, &access), of("t-2", "https://b.example"));
        assert_eq!(read(Some(&nameless), &opaque()), None);
    }

    #[test]
    fn a_renewal_need_not_repeat_what_was_said() {
        let said = |id: Option<&str>, address: Option<&str>| {
            Some(Arc::new(Tenant {
                id: id.map(str::to_owned),
                issuer: id.map(|id| format!("https://{id}")),
                resource_server: address.map(str::to_owned),
            }))
        };
        let first = said(Some("t-1"), Some("https://api"));
        let merged = |newer| Tenant::merged(newer, first.as_ref());
        assert_eq!(merged(None), first);
        assert_eq!(
            merged(said(None, Some("https://other"))),
            said(Some("t-1"), Some("https://other"))
        );
        assert_eq!(
            merged(said(Some("t-2"), None)),
            said(Some("t-2"), Some("https://api"))
        );
        assert_eq!(Tenant::merged(first.clone(), None), first);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_passed_over(text: String) {
            if let Some(tenant) = id_of(None, &Secret::new(text)) {
                prop_assert!(tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
            }
        }
    }
}

//! The well-known documents: where the API of a tenant is, and where tokens are to be had.

use http::StatusCode;
use serde_json::json;

use super::agent::CLUSTER;
use super::answer::Answer;
use super::answers::refusal;

/// The only area. Programs build further addresses of it, such as `https://simulator.localhost`.
const AREA: &str = "simulator";

/// The domain of every such address.
const DOMAIN: &str = "localhost";

/// The configuration of the only tenant, which also stands for a request without one, as programs of old ask. `api` is
/// the address that it tells, `url` the simulator's own.
pub(super) fn configuration(query: Option<&str>, tenant: &str, api: &str, url: &str) -> Answer {
    let asked = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "tenantId")
        .map(|(_, value)| value.into_owned());
    if asked.is_some_and(|asked| asked != tenant) {
        return refusal(StatusCode::NOT_FOUND, "not_found", "No such tenant");
    }
    Answer::json(
        StatusCode::OK,
        &json!({
            "private": false, "api_endpoint": api, "auth_endpoint": url, "ui_endpoint": url,
            "area": AREA, "cluster": CLUSTER, "domain": DOMAIN, "acdDomain": DOMAIN,
            "uhDomain": DOMAIN, "globaldomain": DOMAIN, "tenantId": tenant,
        }),
    )
}

/// What the issuer says of itself.
pub(super) fn open_id(url: &str) -> Answer {
    let at = |path: &str| format!("{url}/auth/{path}");
    Answer::json(
        StatusCode::OK,
        &json!({
            "issuer": url,
            "authorization_endpoint": at("authorize"), "token_endpoint": at("token"),
            "userinfo_endpoint": at("userinfo"), "revocation_endpoint": at("revoke"),
            "end_session_endpoint": at("logout"), "jwks_uri": at("jwks"),
            "scopes_supported": ["openid"], "response_types_supported": ["code"],
            "grant_types_supported": ["password", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "display_values_supported": ["page", "popup"],
            "code_challenge_methods_supported": ["S256"],
            "claims_supported": ["sub", "tenantId", "name", "given_name", "family_name"],
        }),
    )
}

//! The well-known documents: where the API of a tenant is, and where tokens are to be had.

use http::StatusCode;
use serde_json::json;

use super::answer::Answer;
use super::answers::refusal;

/// The configuration of the only tenant. `api` is the address that it tells, `url` the simulator's own.
pub(super) fn configuration(query: Option<&str>, tenant: &str, api: &str, url: &str) -> Answer {
    let asked = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "tenantId")
        .map(|(_, value)| value.into_owned());
    if asked.as_deref() != Some(tenant) {
        return refusal(StatusCode::NOT_FOUND, "not_found", "No such tenant");
    }
    Answer::json(
        StatusCode::OK,
        &json!({
            "api_endpoint": api, "auth_endpoint": url, "ui_endpoint": url, "area": "simulator",
            "cluster": "simulator", "domain": "localhost", "acdDomain": "localhost",
            "tenantId": tenant,
        }),
    )
}

/// What the issuer says of itself.
pub(super) fn open_id(url: &str) -> Answer {
    Answer::json(
        StatusCode::OK,
        &json!({
            "issuer": url, "token_endpoint": format!("{url}/auth/token"), "scopes_supported": ["openid"],
        }),
    )
}

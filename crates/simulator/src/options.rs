//! What can be set when the simulator starts.

use std::time::Duration;

use serde_json::Value;

use super::latency::Latency;
use super::rate::RateLimit;
use cxone_dtmf_options::Secret;
use cxone_dtmf_options::{Fields, MAX_MS, OptionError};

/// The scope that pressing digits takes.
pub(crate) const CALL_CONTROL: &str = "telephony:call:control";

/// The other scope that the tutorial's programs ask for.
pub(crate) const LINE_READWRITE: &str = "telephony:line:readwrite";

/// The largest number that JavaScript counts exactly: 2^53 - 1.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// The settings of one simulator.
#[derive(Clone, Debug)]
pub struct SimulatorOptions {
    /// The port on 127.0.0.1; 0 takes a free one. Default 0.
    pub port: u16,
    /// The only client that gets tokens. Default `demo-client`.
    pub client_id: String,
    /// Its secret. Default `demo-secret`.
    pub client_secret: Secret,
    /// The id of the only access key. Default `demo-access-key`.
    pub access_key_id: String,
    /// Its secret. Default `demo-access-secret=`, with a character that forms must encode, as real ones have.
    pub access_key_secret: Secret,
    /// The tenant of every id token. Default: a fixed UUID.
    pub tenant_id: String,
    /// Whether the published grants give refresh tokens. Default true.
    pub refresh_tokens: bool,
    /// The address of the API that discovery tells. Default: the simulator's own.
    pub api_endpoint: Option<String>,
    /// The scopes that the client may have. Default `telephony:call:control` and `telephony:line:readwrite`.
    pub scopes: Vec<String>,
    /// How long a token is valid. Default 3600 s, from 1 ms to one day.
    pub token_lifetime: Duration,
    /// Whether every call, session and contact is known, not only those that were added. Default false.
    pub auto_calls: bool,
    /// How long tones take compared with real time: 0 plays at once, 1 in real time. Default 0, up to 100.
    pub time_scale: f64,
    /// How many DTMF requests are let through. Default: no limit.
    pub rate_limit: Option<RateLimit>,
    /// How long every answer to a DTMF request takes, beside the tones. Default: no delay.
    pub latency: Latency,
    /// Seeds the latency, so that a run can be repeated. Default 0.
    pub seed: u64,
    /// How many requests, and how many executions, the journal keeps. 0 keeps none and only counts, which is the
    /// fastest: for measuring what talks to it. Default 100,000.
    pub journal_limit: usize,
}

impl Default for SimulatorOptions {
    fn default() -> Self {
        Self {
            port: 0,
            client_id: "demo-client".to_owned(),
            client_secret: Secret::new("demo-secret".to_owned()),
            access_key_id: "demo-access-key".to_owned(),
            access_key_secret: Secret::new("demo-access-secret=".to_owned()),
            tenant_id: "11eb0d5a-7c2e-4c7e-9d3b-0242ac110002".to_owned(),
            refresh_tokens: true,
            api_endpoint: None,
            scopes: vec![CALL_CONTROL.to_owned(), LINE_READWRITE.to_owned()],
            token_lifetime: Duration::from_secs(3_600),
            auto_calls: false,
            time_scale: 0.0,
            rate_limit: None,
            latency: Latency::None,
            seed: 0,
            journal_limit: 100_000,
        }
    }
}

impl SimulatorOptions {
    /// The same, with every number brought within its documented limits: Rust callers are not checked.
    pub(super) fn within_limits(mut self) -> Self {
        let longest = Duration::from_millis(MAX_MS);
        self.token_lifetime = self.token_lifetime.clamp(Duration::from_millis(1), longest);
        self.time_scale = self.time_scale.clamp(0.0, 100.0);
        self.latency = self.latency.at_most(longest);
        self
    }

    /// Reads the options as JavaScript gives them. The error names the field as `options.<name>`.
    pub fn from_json(value: Value) -> Result<Self, OptionError> {
        let mut fields = Fields::of(value, "options")?;
        let mut options = Self::default();
        if let Some(port) = fields.whole("port", 0..=u64::from(u16::MAX))? {
            options.port = u16::try_from(port).unwrap_or_default();
        }
        if let Some(client_id) = fields.text("clientId")? {
            options.client_id = client_id;
        }
        if let Some(client_secret) = fields.text("clientSecret")? {
            options.client_secret = Secret::new(client_secret);
        }
        if let Some(access_key_id) = fields.text("accessKeyId")? {
            options.access_key_id = access_key_id;
        }
        if let Some(access_key_secret) = fields.text("accessKeySecret")? {
            options.access_key_secret = Secret::new(access_key_secret);
        }
        if let Some(tenant_id) = fields.text("tenantId")? {
            options.tenant_id = tenant_id;
        }
        if let Some(refresh_tokens) = fields.flag("refreshTokens")? {
            options.refresh_tokens = refresh_tokens;
        }
        options.api_endpoint = fields.text("apiEndpoint")?;
        if let Some(scopes) = fields.take("scopes") {
            options.scopes = read_scopes(scopes).ok_or_else(|| {
                fields.error(
                    "scopes",
                    "must be scope names in an array, or in a string separated by spaces",
                )
            })?;
        }
        if let Some(ms) = fields.whole("tokenLifetimeMs", 1..=MAX_MS)? {
            options.token_lifetime = Duration::from_millis(ms);
        }
        if let Some(auto_calls) = fields.flag("autoCalls")? {
            options.auto_calls = auto_calls;
        }
        if let Some(time_scale) = fields.number("timeScale", 0.0..=100.0)? {
            options.time_scale = time_scale;
        }
        if let Some(rate_limit) = fields.section("rateLimit")? {
            options.rate_limit = Some(RateLimit::from_fields(rate_limit)?);
        }
        if let Some(latency) = fields.section("latency")? {
            options.latency = Latency::from_fields(latency)?;
        }
        if let Some(seed) = fields.whole("seed", 0..=MAX_SAFE_INTEGER)? {
            options.seed = seed;
        }
        if let Some(limit) = fields.whole("journalLimit", 0..=10_000_000)? {
            options.journal_limit = usize::try_from(limit).unwrap_or(usize::MAX);
        }
        fields.finish()?;
        Ok(options)
    }
}

/// The names of an array or of a string separated by spaces; each without spaces, at least one.
fn read_scopes(value: Value) -> Option<Vec<String>> {
    let names: Vec<String> = match value {
        Value::String(text) => text.split_ascii_whitespace().map(str::to_owned).collect(),
        Value::Array(items) => items
            .into_iter()
            .map(|item| match item {
                Value::String(name) if is_scope_name(&name) => Some(name),
                _ => None,
            })
            .collect::<Option<_>>()?,
        _ => return None,
    };
    (!names.is_empty()).then_some(names)
}

/// RFC 6749 §3.3: visible ASCII without the double quote and the backslash.
fn is_scope_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rule(value: Value) -> String {
        SimulatorOptions::from_json(value).unwrap_err().to_string()
    }

    #[test]
    fn nothing_given_means_the_defaults() {
        let options = SimulatorOptions::from_json(json!({})).unwrap();
        assert_eq!(options.client_id, "demo-client");
        assert_eq!(options.client_secret.expose(), "demo-secret");
        assert_eq!(options.token_lifetime, Duration::from_secs(3600));
        assert_eq!(options.journal_limit, 100_000);
    }

    #[test]
    fn every_broken_rule_names_its_field() {
        let cases = [
            (json!({"port": 65536}), "options.port"),
            (json!({"clientId": ""}), "options.clientId"),
            (json!({"clientSecret": 7}), "options.clientSecret"),
            (json!({"scopes": ["a b"]}), "options.scopes"),
            (json!({"tokenLifetimeMs": 0}), "options.tokenLifetimeMs"),
            (json!({"autoCalls": "yes"}), "options.autoCalls"),
            (json!({"timeScale": -0.1}), "options.timeScale"),
            (
                json!({"rateLimit": {"perMinute": 0}}),
                "options.rateLimit.perMinute",
            ),
            (
                json!({"latency": {"fixedMs": -1}}),
                "options.latency.fixedMs",
            ),
            (json!({"seed": 1.5}), "options.seed"),
            (json!({"journalLimit": -1}), "options.journalLimit"),
            (json!({"jornalLimit": 1}), "options.jornalLimit"),
            (json!([]), "options"),
        ];
        for (value, field) in cases {
            assert!(
                rule(value.clone()).starts_with(&format!("{field} ")),
                "{value}"
            );
        }
    }

    #[test]
    fn debug_hides_the_client_secret() {
        assert!(!format!("{:?}", SimulatorOptions::default()).contains("demo-secret"));
    }
}

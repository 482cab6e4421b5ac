//! What can be set when the simulator starts.

use std::time::Duration;

use serde_json::{Value, json};

use super::latency::Latency;
use super::rate::RateLimit;
use cxone_dtmf_options::{
    Field, Fields, Kind, MAX_MS, OptionError, Parsed, Read, Secret, Shape, choice, flag, millis,
    number, options, parsed, section, text, whole,
};

/// The scope that pressing digits takes.
pub(crate) const CALL_CONTROL: &str = "telephony:call:control";

/// The other scope that the tutorial's programs ask for.
pub(crate) const LINE_READWRITE: &str = "telephony:line:readwrite";

/// The largest number that JavaScript counts exactly: 2^53 - 1.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// The last port there is.
const MAX_PORT: u64 = 65_535;

/// Tones that play a hundred times as long as real ones.
const MAX_TIME_SCALE: f64 = 100.0;

/// The most entries of a journal.
const MAX_JOURNAL: u64 = 10_000_000;

options! {
    /// The settings of one simulator.
    #[derive(Clone, Debug)]
    pub struct SimulatorOptions {
        /// The port on 127.0.0.1; 0 takes a free one.
        pub port: u16 = 0 => whole::<u16>("port", 0, MAX_PORT, None);
        /// The only client that gets tokens.
        pub client_id: String = "demo-client".to_owned() => text("clientId");
        /// Its secret.
        pub client_secret: Secret = Secret::new("demo-secret".to_owned()) => known_secret("clientSecret");
        /// The id of the only access key.
        pub access_key_id: String = "demo-access-key".to_owned() => text("accessKeyId");
        /// Its secret, by default with a character that forms must encode, as real ones have.
        pub access_key_secret: Secret = Secret::new("demo-access-secret=".to_owned()) => known_secret("accessKeySecret");
        /// The tenant of every id token.
        pub tenant_id: String = "11eb0d5a-7c2e-4c7e-9d3b-0242ac110002".to_owned() => text("tenantId");
        /// Whether the published grants give refresh tokens.
        pub refresh_tokens: bool = true => flag("refreshTokens");
        /// The address of the API that discovery tells.
        pub api_endpoint: Option<String> = None => text("apiEndpoint").default_doc("the simulator's own");
        /// The scopes that the client may have.
        pub scopes: Vec<String> = vec![CALL_CONTROL.to_owned(), LINE_READWRITE.to_owned()]
            => Field::new("scopes", Scopes);
        /// How long a token is valid.
        pub token_lifetime: Duration = Duration::from_secs(3_600) => millis("tokenLifetimeMs", 1);
        /// Whether every call, session and contact is known, not only those that were added.
        pub auto_calls: bool = false => flag("autoCalls");
        /// The agent whose access key it is, and whose session is started or joined unless a request names another.
        pub agent_id: String = "4711".to_owned() => text("agentId");
        /// Whether recordings can be masked: `CanMask` of `AgentSessionStart`. Where not, a mask is answered 409.
        pub can_mask: bool = true => flag("canMask");
        /// How long after its 202 a mask takes effect.
        pub mask_delay: Duration = Duration::ZERO => millis("maskDelayMs", 0);
        /// Whether a mask takes effect only when the test confirms it.
        pub confirm_masks: bool = false => flag("confirmMasks");
        /// What becomes of requests with a session id that a poll has renewed. Polls begin anew with it in any case.
        pub old_session_ids: Unknown = Unknown::Taken => choice("oldSessionIds", &Unknown::NAMED);
        /// What becomes of digits for a session in which no contact hears them.
        pub digits_to_nobody: Unknown = Unknown::Taken => choice("digitsToNobody", &Unknown::NAMED);
        /// What a second poller of one session id does to the events of the first.
        pub second_poller: SecondPoller = SecondPoller::Takes => choice("secondPoller", &SecondPoller::NAMED);
        /// How long tones take compared with real time: 0 plays at once, 1 in real time.
        pub time_scale: f64 = 0.0 => number("timeScale", 0.0..=MAX_TIME_SCALE);
        /// How many DTMF requests are let through.
        pub rate_limit: Option<RateLimit> = None
            => section("rateLimit", |fields| RateLimit::default().over(fields), RateLimit::options)
                .default_doc("no limit");
        /// How long every answer to a DTMF request takes, beside the tones.
        pub latency: Latency = Latency::None
            => section("latency", Latency::read, Latency::options).default_doc("no delay");
        /// Seeds the latency, so that a run can be repeated.
        pub seed: u64 = 0 => whole::<u64>("seed", 0, MAX_SAFE_INTEGER, None);
        /// How many requests, and how many executions, the journal keeps. 0 keeps none and only counts, which is the
        /// fastest: for measuring what talks to it.
        pub journal_limit: usize = 100_000 => whole::<usize>("journalLimit", 0, MAX_JOURNAL, None);
    }
}

/// What the platform makes of something that it does not document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It is carried out.
    Taken,
    /// It is answered 404.
    Refused,
}

impl Unknown {
    const NAMED: [(&'static str, Self); 2] = [("taken", Self::Taken), ("refused", Self::Refused)];
}

/// Who gets the events of a session id that is polled twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondPoller {
    /// Each event goes to one of them.
    Takes,
    /// Each of them gets every event.
    Copies,
}

impl SecondPoller {
    const NAMED: [(&'static str, Self); 2] = [("takes", Self::Takes), ("copies", Self::Copies)];
}

/// A secret whose default every program may know.
const fn known_secret(name: &'static str) -> Field<Parsed<Secret>> {
    parsed(
        name,
        |text| Ok(Secret::new(text)),
        |secret| json!(secret.expose()),
    )
}

/// Scope names in an array, or in a string separated by spaces.
#[derive(Clone, Copy, Debug)]
struct Scopes;

impl Kind for Scopes {
    type Value = Vec<String>;

    fn read(&self, fields: &mut Fields, name: &'static str) -> Read<Vec<String>> {
        let rule = "must be scope names in an array, or in a string separated by spaces";
        let Some(value) = fields.take(name) else {
            return Ok(None);
        };
        let scopes = read_scopes(value).ok_or_else(|| fields.error(name, rule))?;
        Ok(Some(scopes))
    }

    fn shape(&self) -> Shape {
        Shape::of("text-or-texts")
    }

    fn show(&self, value: &Vec<String>) -> Value {
        json!(value)
    }
}

impl SimulatorOptions {
    /// The same, with every number brought within its documented limits: Rust callers are not checked.
    pub(super) fn within_limits(mut self) -> Self {
        let longest = Duration::from_millis(MAX_MS);
        self.token_lifetime = self.token_lifetime.clamp(Duration::from_millis(1), longest);
        self.mask_delay = self.mask_delay.min(longest);
        self.time_scale = self.time_scale.clamp(0.0, MAX_TIME_SCALE);
        self.latency = self.latency.at_most(longest);
        self
    }

    /// Reads the options as JavaScript gives them. The error names the field as `options.<name>`.
    pub fn from_json(value: Value) -> Result<Self, OptionError> {
        let mut fields = Fields::of(value, "options")?;
        let options = Self::default().over(&mut fields)?;
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
            (json!({"agentId": 4711}), "options.agentId"),
            (json!({"canMask": "no"}), "options.canMask"),
            (json!({"maskDelayMs": -1}), "options.maskDelayMs"),
            (json!({"confirmMasks": 1}), "options.confirmMasks"),
            (json!({"oldSessionIds": true}), "options.oldSessionIds"),
            (json!({"digitsToNobody": "no"}), "options.digitsToNobody"),
            (json!({"secondPoller": "shares"}), "options.secondPoller"),
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

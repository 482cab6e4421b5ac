//! The options of `DtmfInjector`.

use url::Url;

use super::profile::{Profile, ProfileConfig};
use super::{audit, fleet, network, resend};
use cxone_dtmf_engine::api::ClientHeaders;
use cxone_dtmf_engine::audit::Options as AuditOptions;
use cxone_dtmf_engine::config::{AfterUnknown, Config, RetryConfig};
use cxone_dtmf_engine::error::Error;
use cxone_dtmf_engine::fleet::FleetOptions;
use cxone_dtmf_engine::http::HttpOptions;
use cxone_dtmf_engine::origin::{Hosts, base_url_allowing};
use cxone_dtmf_engine::rate_limit::RateLimit;
use cxone_dtmf_options::{Fields, OptionError};

/// Where the API is.
pub enum ApiUrl {
    /// At this address.
    Configured(Url),
    /// Where the platform says, when asked for the tenant of the token: at one of its own hosts or of these.
    Discovered(Hosts),
}

/// The settings of a `DtmfInjector`.
pub struct InjectorConfig {
    pub api_url: ApiUrl,
    pub profile: Profile,
    pub headers: ClientHeaders,
    pub network: HttpOptions,
    /// The audit log, without the name of the host.
    pub audit: Option<AuditOptions>,
    /// The fleet, without the certificates of the environment.
    pub fleet: Option<FleetOptions>,
    pub engine: Config,
}

impl InjectorConfig {
    pub fn read(json: &str) -> Result<Self, Error> {
        let mut fields = Fields::parse("config", json)?;
        let insecure = network::insecure_hosts(&mut fields)?;
        let address = fields.required_text("apiUrl")?;
        let profile = ProfileConfig::read(&mut fields)?;
        let default = Config {
            playout: profile.playout,
            ..Config::default()
        };
        let api_url = api_url(
            &address,
            &profile.profile,
            profile.discover_hosts,
            &insecure,
        )?;
        let engine = engine(&mut fields, default)?;
        let audit = audit::read(&mut fields)?;
        let user_agent = fields.text("userAgent")?;
        let headers = ClientHeaders::new(user_agent.as_deref(), &fields.named_texts("headers")?)?;
        let network = HttpOptions {
            connect_timeout: engine.connect_timeout,
            ..network::read(&mut fields, headers.user_agent())?
        };
        let fleet = fleet::read(&mut fields, engine.timeout, network.ca_bundle.as_deref())?;
        fields.finish()?;
        engine.check()?;
        Ok(Self {
            api_url,
            profile: profile.profile,
            headers,
            network,
            audit,
            fleet,
            engine,
        })
    }
}

/// Reads `apiUrl`: an address, or the word `discover`.
fn api_url(
    address: &str,
    profile: &Profile,
    discover_hosts: Hosts,
    insecure: &Hosts,
) -> Result<ApiUrl, Error> {
    if address != "discover" {
        return Ok(ApiUrl::Configured(base_url_allowing(
            "apiUrl", address, insecure,
        )?));
    }
    if matches!(profile, Profile::TelephonyV2) {
        return Err(Error::invalid(
            "apiUrl: 'discover' needs api: 'agent-session': the address of telephony-v2 cannot be discovered",
        ));
    }
    Ok(ApiUrl::Discovered(discover_hosts))
}

/// Reads what the engine itself is told.
fn engine(fields: &mut Fields, default: Config) -> Result<Config, Error> {
    Ok(Config {
        timeout: fields.millis("timeoutMs", 1)?.unwrap_or(default.timeout),
        connect_timeout: fields
            .millis("connectTimeoutMs", 1)?
            .unwrap_or(default.connect_timeout),
        deadline: fields.millis("deadlineMs", 1)?.unwrap_or(default.deadline),
        lock_timeout: fields
            .millis("lockTimeoutMs", 0)?
            .unwrap_or(default.lock_timeout),
        lock_hold: fields.millis("lockHoldMs", 1)?.unwrap_or(default.lock_hold),
        max_waiting_per_call: bound(fields, "maxWaitingPerCall", 0)?
            .unwrap_or(default.max_waiting_per_call),
        max_waiting: bound(fields, "maxWaiting", 0)?.unwrap_or(default.max_waiting),
        max_in_flight: bound(fields, "maxInFlight", 1)?.unwrap_or(default.max_in_flight),
        retry: retry(fields, default.retry)?,
        resend_when_unknown: resend::when_unknown(fields)?.unwrap_or(default.resend_when_unknown),
        atomic_server_errors: fields.flag("atomicServerErrors")?,
        after_unknown: fields
            .choice(
                "afterUnknown",
                &[
                    ("reject-queued", AfterUnknown::RejectQueued),
                    ("continue", AfterUnknown::Continue),
                ],
            )?
            .unwrap_or(default.after_unknown),
        rate_limit: rate_limit(fields)?,
        mask_digits: fields
            .choice("digits", &[("masked", true), ("clear", false)])?
            .unwrap_or(default.mask_digits),
        ..default
    })
}

fn bound(fields: &mut Fields, key: &str, min: u64) -> Result<Option<usize>, OptionError> {
    let count = fields.count(key, min)?;
    Ok(count.and_then(|count| usize::try_from(count).ok()))
}

fn retry(fields: &mut Fields, default: RetryConfig) -> Result<RetryConfig, Error> {
    let Some(mut section) = fields.section("retry")? else {
        return Ok(default);
    };
    let retry = RetryConfig {
        base: section.millis("baseMs", 0)?.unwrap_or(default.base),
        cap: section.millis("capMs", 0)?.unwrap_or(default.cap),
        budget: section.count("budget", 0)?.unwrap_or(default.budget),
    };
    section.finish()?;
    Ok(retry)
}

fn rate_limit(fields: &mut Fields) -> Result<Option<RateLimit>, Error> {
    let Some(mut section) = fields.section("rateLimit")? else {
        return Ok(None);
    };
    let limit = RateLimit {
        per_minute: section.count("perMinute", 1)?,
        per_call_per_minute: section.count("perCallPerMinute", 1)?,
        burst: section.count("burst", 1)?.unwrap_or(1),
    };
    section.finish()?;
    if limit.per_minute.is_none() && limit.per_call_per_minute.is_none() {
        return Err(Error::invalid(
            "rateLimit must have perMinute or perCallPerMinute",
        ));
    }
    Ok(Some(limit))
}

//! Option objects of JavaScript, read into the engine's types. Same names, same order as `index.d.ts`.

use std::time::Duration;

use url::Url;

use super::network;
use super::profile::{Profile, ProfileConfig};
use cxone_dtmf_engine::api::ClientHeaders;
use cxone_dtmf_engine::audit;
use cxone_dtmf_engine::config::{AfterUnknown, Config, InjectionOptions, RetryConfig};
use cxone_dtmf_engine::error::Error;
use cxone_dtmf_engine::fleet::FleetOptions;
use cxone_dtmf_engine::http::HttpOptions;
use cxone_dtmf_engine::lock::LockId;
use cxone_dtmf_engine::origin::{Hosts, base_url_allowing};
use cxone_dtmf_engine::rate_limit::RateLimit;
use cxone_dtmf_engine::retry::{ResendWhenUnknown, UnknownCause};
use cxone_dtmf_engine::trace::Trace;
use cxone_dtmf_options::{Fields, FlagOrWords};

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
    pub audit: Option<audit::Options>,
    /// The fleet, without the certificates of the environment.
    pub fleet: Option<FleetOptions>,
    pub engine: Config,
}

impl InjectorConfig {
    pub fn read(json: &str) -> Result<Self, Error> {
        let mut fields = Fields::parse("config", json)?;
        let insecure = network::insecure_hosts(&mut fields)?;
        let api_url = fields.required_text("apiUrl")?;
        let ProfileConfig {
            profile,
            playout,
            discover_hosts,
        } = ProfileConfig::read(&mut fields)?;
        let api_url = if api_url == "discover" {
            if matches!(profile, Profile::TelephonyV2) {
                return Err(Error::invalid(
                    "apiUrl: 'discover' needs api: 'agent-session': the address of telephony-v2 cannot be discovered",
                ));
            }
            ApiUrl::Discovered(discover_hosts)
        } else {
            ApiUrl::Configured(base_url_allowing("apiUrl", &api_url, &insecure)?)
        };
        let default = Config {
            playout,
            ..Config::default()
        };
        let count = |read: Option<u32>, default: usize| {
            read.map_or(default, |count| {
                usize::try_from(count).unwrap_or(usize::MAX)
            })
        };
        let engine = Config {
            timeout: fields.millis("timeoutMs", 1)?.unwrap_or(default.timeout),
            connect_timeout: fields
                .millis("connectTimeoutMs", 1)?
                .unwrap_or(default.connect_timeout),
            deadline: fields.millis("deadlineMs", 1)?.unwrap_or(default.deadline),
            lock_timeout: fields
                .millis("lockTimeoutMs", 0)?
                .unwrap_or(default.lock_timeout),
            lock_hold: fields.millis("lockHoldMs", 1)?.unwrap_or(default.lock_hold),
            max_waiting_per_call: count(
                fields.count("maxWaitingPerCall", 0)?,
                default.max_waiting_per_call,
            ),
            max_waiting: count(fields.count("maxWaiting", 0)?, default.max_waiting),
            max_in_flight: count(fields.count("maxInFlight", 1)?, default.max_in_flight),
            retry: retry(&mut fields, default.retry)?,
            resend_when_unknown: resend_when_unknown(&mut fields)?
                .unwrap_or(default.resend_when_unknown),
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
            playout: default.playout,
            rate_limit: rate_limit(&mut fields)?,
            mask_digits: fields
                .choice("digits", &[("masked", true), ("clear", false)])?
                .unwrap_or(default.mask_digits),
            seed: None,
        };
        let audit = super::audit::read(&mut fields)?;
        let user_agent = fields.text("userAgent")?;
        let headers = ClientHeaders::new(user_agent.as_deref(), &fields.named_texts("headers")?)?;
        let network = HttpOptions {
            connect_timeout: engine.connect_timeout,
            ..network::read(&mut fields, headers.user_agent())?
        };
        let fleet = super::fleet::read(&mut fields, engine.timeout, network.ca_bundle.as_deref())?;
        fields.finish()?;
        engine.check()?;
        Ok(Self {
            api_url,
            profile,
            headers,
            network,
            audit,
            fleet,
            engine,
        })
    }
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

fn resend_when_unknown(fields: &mut Fields) -> Result<Option<ResendWhenUnknown>, Error> {
    let read = fields.flag_or_words("resendWhenUnknown", &UnknownCause::NAMED)?;
    Ok(read.map(|read| match read {
        FlagOrWords::Flag(true) => ResendWhenUnknown::Always,
        FlagOrWords::Flag(false) => ResendWhenUnknown::Never,
        FlagOrWords::Words(causes) => ResendWhenUnknown::For(causes),
    }))
}

/// The settings of one injection. The lock comes as the number that JavaScript got for it.
pub fn injection(json: Option<&str>, lock: Option<u64>) -> Result<InjectionOptions, Error> {
    let Some(json) = json else {
        return Ok(InjectionOptions {
            lock: lock.map(LockId),
            ..InjectionOptions::default()
        });
    };
    let mut fields = Fields::parse("options", json)?;
    let (traceparent, correlation_id) =
        (fields.text("traceparent")?, fields.text("correlationId")?);
    let options = InjectionOptions {
        trace: Trace::new(traceparent.as_deref(), correlation_id.as_deref())?,
        max_attempts: fields.count("maxAttempts", 1)?,
        deadline: fields.millis("deadlineMs", 1)?,
        lock_timeout: fields.millis("lockTimeoutMs", 0)?,
        resend_when_unknown: resend_when_unknown(&mut fields)?,
        lock: lock.map(LockId),
    };
    fields.finish()?;
    Ok(options)
}

/// The one setting of `acquireChannelLock`, `close` and the like.
pub fn time_out(json: Option<&str>) -> Result<Option<Duration>, Error> {
    let Some(json) = json else {
        return Ok(None);
    };
    let mut fields = Fields::parse("options", json)?;
    let time_out = fields.millis("timeoutMs", 0)?;
    fields.finish()?;
    Ok(time_out)
}

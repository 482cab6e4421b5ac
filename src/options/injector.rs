//! The options of `DtmfInjector`.

use std::sync::LazyLock;
use std::time::Duration;

use url::Url;

use super::profile::Api;
use cxone_dtmf_engine::api::ClientHeaders;
use cxone_dtmf_engine::api::agent_session::Settings;
use cxone_dtmf_engine::audit::Options as AuditOptions;
use cxone_dtmf_engine::config::Config;
use cxone_dtmf_engine::error::Error;
use cxone_dtmf_engine::fleet::FleetOptions;
use cxone_dtmf_engine::http::{ConnectionOptions, HttpOptions};
use cxone_dtmf_engine::origin::{Hosts, base_url_allowing};
use cxone_dtmf_options::{
    Choice, Field, Fields, OptionSpec, choice, millis, named_texts, options, section, text, texts,
    unread,
};

/// Where the API is.
#[derive(Clone)]
pub enum ApiUrl {
    /// At this address.
    Configured(Url),
    /// Where the platform says, when asked for the tenant of the token: at one of its own hosts or of these.
    Discovered(Hosts),
}

/// The settings of a `DtmfInjector`.
#[derive(Clone)]
pub struct InjectorConfig {
    pub api_url: ApiUrl,
    pub api: Api,
    pub settings: Settings,
    pub headers: ClientHeaders,
    pub network: HttpOptions,
    /// The audit log, without the name of the host.
    pub audit: Option<AuditOptions>,
    /// The fleet, without the certificates of the environment.
    pub fleet: Option<FleetOptions>,
    pub engine: Config,
}

/// Read before all others: which of them there are depends on it.
const API: Field<Choice<Api>> = choice("api", &Api::NAMED);

const DEFAULT_API: Api = Api::TelephonyV2;

options! {
    /// The options of which the binding alone knows what to make.
    struct Parts {
        /// The base URL of the API, or `'discover'` with `api: 'agent-session'`. `https`, or `http` to loopback and
        /// `insecureHosts`.
        api_url: String = String::new() => text("apiUrl").required();
        /// Hosts that a discovered address may have besides NICE's, each an exact `host` or `host:port`, at most 32.
        discover_hosts: Hosts = Hosts::default()
            => texts("discoverHosts", |name, hosts| Ok(Hosts::new(name, hosts)?))
                .only_with("api", &["agent-session"]);
        /// The bound on making a connection. Past it nothing was sent.
        connect_timeout: Duration = HttpOptions::CONNECT_TIMEOUT => millis("connectTimeoutMs", 1);
        /// Keeps a record that outlives the process.
        audit_log: Option<AuditOptions> = None
            => section("auditLog", AuditOptions::read, AuditOptions::table);
        /// Shares the order of every call, the rate limit and the token with other processes.
        fleet: Option<Fields> = None => unread("fleet", FleetOptions::table);
        /// Headers for all requests but those for tokens and discovery, at most 32.
        headers: Vec<(String, String)> = Vec::new() => named_texts("headers");
        /// The `User-Agent` of all requests but those for tokens and discovery, 1 to 256 characters of visible ASCII.
        user_agent: Option<String> = None => text("userAgent").default_doc("`cxone-dtmf/<version>`");
        elsewhere {
            /// Takes the log lines; `false` for silence.
            "logger": "logger" = "JSON lines on standard output";
        }
    }
}

/// The names of the options that only the published profile has.
static PUBLISHED_ONLY: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let options = table().into_iter();
    let only = options.filter(|option| option.only_with.is_some());
    only.map(|option| option.name).collect()
});

pub(super) fn table() -> Vec<OptionSpec> {
    [
        vec![API.spec(&DEFAULT_API, "The wire profile.")],
        Parts::options(),
        Settings::options(),
        Config::options(),
        ConnectionOptions::options(),
    ]
    .concat()
}

impl InjectorConfig {
    pub fn read(json: &str) -> Result<Self, Error> {
        let mut fields = Fields::parse("config", json)?;
        let api = api(&mut fields)?;
        let connection = ConnectionOptions::default().over(&mut fields)?;
        let parts = Parts::default().over(&mut fields)?;
        let settings = Settings::default().over(&mut fields)?;
        let engine = Config::default().over(&mut fields)?;
        fields.finish()?;
        engine.check()?;
        let insecure = &connection.insecure_hosts;
        let headers = ClientHeaders::new(parts.user_agent.as_deref(), &parts.headers)?;
        let network = HttpOptions {
            connect_timeout: parts.connect_timeout,
            ..connection.http(headers.user_agent())
        };
        let ca_bundle = network.ca_bundle.as_deref();
        let fleet = parts
            .fleet
            .map(|fields| FleetOptions::read(fields, engine.timeout, ca_bundle));
        Ok(Self {
            api_url: api_url(&parts.api_url, api, parts.discover_hosts, insecure)?,
            api,
            settings,
            headers,
            fleet: fleet.transpose()?,
            network,
            audit: parts.audit_log,
            engine,
        })
    }
}

/// Reads `api`; options of another profile are refused.
fn api(fields: &mut Fields) -> Result<Api, Error> {
    let api = API.read(fields)?.unwrap_or(DEFAULT_API);
    let foreign = PUBLISHED_ONLY.iter().find(|name| fields.has(name));
    match (api, foreign) {
        (Api::TelephonyV2, Some(name)) => Err(Error::invalid(format!(
            "{name} belongs to api: 'agent-session': telephony-v2 has no such option"
        ))),
        _ => Ok(api),
    }
}

/// Reads `apiUrl`: an address, or the word `discover`.
fn api_url(
    address: &str,
    api: Api,
    discover_hosts: Hosts,
    insecure: &Hosts,
) -> Result<ApiUrl, Error> {
    match (address, api) {
        ("discover", Api::AgentSession) => Ok(ApiUrl::Discovered(discover_hosts)),
        ("discover", Api::TelephonyV2) => Err(Error::invalid(
            "apiUrl: 'discover' needs api: 'agent-session': the address of telephony-v2 cannot be discovered",
        )),
        _ => Ok(ApiUrl::Configured(base_url_allowing(
            "apiUrl", address, insecure,
        )?)),
    }
}

//! An injector before a scripted server.

use std::sync::Arc;

use cxone_dtmf_engine::audit::AuditSink;
use cxone_dtmf_engine::clock::WallClock;
use cxone_dtmf_engine::config::{Config, InjectionOptions, PlayoutMode, RetryConfig};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::endpoint::Configured;
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::http::{DigitsTransport, HttpOptions, ProxyChoice};
use cxone_dtmf_engine::injector::{Injection, Injector, Parts};
use cxone_dtmf_engine::lock::Registry;
use cxone_dtmf_engine::origin::base_url;
use cxone_dtmf_engine::outcome::Outcome;
use tokio_rustls::TlsAcceptor;

use super::script::{Cut, Read, Script, Wire};
use crate::support::server::Server;
use crate::support::{Api, Events, Identity, LONG, Tokens, http_transport, ms};

pub const DIGITS: &str = "1234#";

/// What the stages of one test share: reading the roots for each of them would take long.
#[derive(Clone)]
pub struct House {
    pub api: Api,
    pub identity: Arc<Identity>,
    pub transport: Arc<DigitsTransport>,
}

impl House {
    pub fn new() -> Self {
        let identity = Identity::new("localhost");
        Self {
            api: Api::TelephonyV2,
            transport: Arc::new(transport(Some(&identity), ProxyChoice::None)),
            identity: Arc::new(identity),
        }
    }

    /// Each wire format over each of these wires.
    pub fn each_over(wires: &[Wire]) -> Vec<(Self, Wire)> {
        let over = |house: Self| wires.iter().map(move |&wire| (house.clone(), wire));
        Self::each().into_iter().flat_map(over).collect()
    }

    /// One for each wire format.
    pub fn each() -> [Self; 3] {
        let house = Self::new();
        Api::ALL.map(|api| Self {
            api,
            ..house.clone()
        })
    }
}

/// A transport that waits for a connection, however slow the machine is.
pub fn transport(trusted: Option<&Identity>, proxy: ProxyChoice) -> DigitsTransport {
    http_transport(HttpOptions {
        connect_timeout: LONG,
        ca_bundle: trusted.map(Identity::pem),
        proxy,
        ..HttpOptions::default()
    })
}

/// Back-off that takes no time worth mentioning, and calls that are free while their tones play.
pub fn hasty() -> Config {
    Config {
        retry: RetryConfig {
            base: ms(1),
            cap: ms(5),
            ..RetryConfig::default()
        },
        playout: PlayoutMode::None,
        // Promised whatever the profile says, so that the rows are those of one table.
        atomic_server_errors: Some(true),
        ..Config::default()
    }
}

pub fn attempts(max: u32) -> InjectionOptions {
    InjectionOptions {
        max_attempts: max,
        ..InjectionOptions::default()
    }
}

/// An injector of its own for one base address.
pub struct Stage {
    pub api: Api,
    pub injector: Injector,
    pub tokens: Arc<Tokens>,
    pub events: Arc<Events>,
    pub registry: Arc<Registry>,
}

impl Stage {
    pub fn new(api: Api, base: &str, transport: Arc<DigitsTransport>, config: Config) -> Self {
        Self::recorded(api, base, transport, config, None)
    }

    pub fn recorded(
        api: Api,
        base: &str,
        transport: Arc<DigitsTransport>,
        config: Config,
        audit: Option<Arc<dyn AuditSink>>,
    ) -> Self {
        let tokens = Arc::new(Tokens::default());
        let events = Arc::new(Events::default());
        let registry = Arc::new(Registry::default());
        let parts = Parts {
            profile: api.profile(),
            endpoint: Arc::new(Configured::new(base_url("apiUrl", base).unwrap())),
            tokens: tokens.clone(),
            control: transport.clone(),
            transport,
            events: events.clone(),
            audit,
            registry: Arc::clone(&registry),
            submissions: None,
            fleet: None,
            clock: WallClock::system(),
        };
        Self {
            api,
            injector: Injector::new(parts, config).unwrap(),
            tokens,
            events,
            registry,
        }
    }

    /// Begins to press the digits.
    pub fn inject(&self, id: u64, options: &InjectionOptions) -> Injection {
        let params = self.api.params("call", DIGITS);
        self.injector.inject(id, params, options)
    }

    pub async fn press(&self, options: &InjectionOptions) -> Arc<Outcome> {
        let outcome = self.inject(1, options).run().await;
        assert_eq!(self.events.finished().last(), Some(&outcome));
        assert!(self.registry.is_empty(), "a line is left behind");
        outcome
    }
}

/// A stage and the scripted server before it.
pub struct Scene {
    pub stage: Stage,
    pub server: Server,
    base: String,
    script: Script,
    before: usize,
}

impl Scene {
    /// The server follows `cuts`. On a kept connection the request of an accepted injection went before.
    pub async fn set(
        house: &House,
        (wire, kept): (Wire, bool),
        cuts: &[Cut],
        config: Config,
    ) -> Self {
        let first = kept.then_some(Cut::ACCEPT);
        let cuts = first.into_iter().chain(cuts.iter().copied());
        let scene = Self::open(house, wire, cuts, config).await;
        if kept { scene.kept(house).await } else { scene }
    }

    async fn open(
        house: &House,
        wire: Wire,
        cuts: impl Iterator<Item = Cut>,
        config: Config,
    ) -> Self {
        let script = Script::new(cuts, config.atomic_server_errors.unwrap_or(true));
        let alpn = match wire {
            Wire::Http1 => None,
            Wire::Http1Tls => Some("http/1.1"),
            Wire::Http2 => Some("h2"),
        };
        let tls = alpn.map(|alpn| TlsAcceptor::from(Arc::new(house.identity.config(&[alpn]))));
        let playing = script.clone();
        let server =
            Server::tcp(move |connection| playing.clone().play(connection, tls.clone())).await;
        let base = match wire {
            Wire::Http1 => format!("http://127.0.0.1:{}", server.port),
            Wire::Http1Tls | Wire::Http2 => format!("https://localhost:{}", server.port),
        };
        Self {
            stage: Stage::new(house.api, &base, Arc::clone(&house.transport), config),
            server,
            base,
            script,
            before: 0,
        }
    }

    /// The same after an accepted injection, whose connection `cut` keeps or ends.
    pub async fn after(house: &House, wire: Wire, cut: Cut, config: Config) -> Self {
        let scene = Self::open(house, wire, [cut].into_iter(), config).await;
        scene.kept(house).await
    }

    async fn kept(mut self, house: &House) -> Self {
        // Not with the short time-outs of a row; the connection is the transport's.
        let first = Stage::new(house.api, &self.base, Arc::clone(&house.transport), hasty());
        let outcome = first.press(&InjectionOptions::default()).await;
        assert_eq!(outcome.delivery(), Delivery::Accepted, "the one before");
        self.before = self.read().len();
        self
    }

    /// The whole requests that the server read, without the one that went before.
    pub fn read(&self) -> Vec<Read> {
        self.script.read().split_off(self.before)
    }

    /// What the table says of this end: the code, the delivery, and that so many attempts count and were read.
    #[track_caller]
    pub fn ended(&self, what: &str, outcome: &Outcome, end: End) {
        let read = self.read();
        let code = outcome.result.as_ref().err().map(|error| error.code);
        let seen = End(code, outcome.delivery(), outcome.attempts);
        assert_eq!(seen, end, "{what}");
        let allowed = code.is_none_or(|code| code.allows(outcome.delivery()));
        assert!(allowed, "{what}: its code does not go with its delivery");
        assert_eq!(read.len(), end.2 as usize, "{what}: what the server read");
        let pressed = read.iter().filter(|read| read.may_press).count();
        match end.1 {
            Delivery::NotSent | Delivery::Refused => assert_eq!(pressed, 0, "{what}"),
            Delivery::Unknown | Delivery::Accepted => assert!(pressed >= 1, "{what}"),
        }
    }
}

/// How an injection ends: its code unless it was accepted, what is known of the digits, and how often
/// the platform read them whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End(pub Option<Code>, pub Delivery, pub u32);

pub const fn accepted(taken: u32) -> End {
    End(None, Delivery::Accepted, taken)
}

pub const fn refused(code: Code, taken: u32) -> End {
    End(Some(code), Delivery::Refused, taken)
}

pub const fn unknown(taken: u32) -> End {
    End(Some(Code::OutcomeUnknown), Delivery::Unknown, taken)
}

pub const fn not_sent(code: Code) -> End {
    End(Some(code), Delivery::NotSent, 0)
}

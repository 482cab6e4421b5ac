//! A platform on the paused clock: a transport that executes what it is told to, and remembers it.
//!
//! It speaks both wire formats, [`Api`] makes the injectors and the parameters of either.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    missing_docs,
    reason = "each test uses a part of it; a panic fails the test"
)]

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use cxone_dtmf::BoxFuture;
use cxone_dtmf::api::{ClientHeaders, Params, WireProfile, agent_session, telephony_v2};
use cxone_dtmf::auth::{Token, TokenSource};
use cxone_dtmf::channel::Registry;
use cxone_dtmf::clock::WallClock;
use cxone_dtmf::config::{Config, Playout};
use cxone_dtmf::endpoint::Configured;
use cxone_dtmf::error::Error;
use cxone_dtmf::event::{Event, EventSink};
use cxone_dtmf::injector::{Injector, Parts};
use cxone_dtmf::origin::base_url;
use cxone_dtmf::outcome::Outcome;
use cxone_dtmf::secret::Secret;
use cxone_dtmf::transport::{Answer, AnswerBody, Fault, FaultKind, Request, Transport};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::time::{Instant, sleep, timeout};

/// A wire format, and what is true of it alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    TelephonyV2,
    AgentSession,
    /// The same with everything in the query, and no body.
    SessionQuery,
}

impl Api {
    pub const ALL: [Self; 3] = [Self::TelephonyV2, Self::AgentSession, Self::SessionQuery];

    pub fn profile(self) -> Arc<dyn WireProfile> {
        match self {
            Self::TelephonyV2 => Arc::new(telephony_v2::TelephonyV2::default()),
            Self::AgentSession | Self::SessionQuery => {
                let encoding = if self == Self::SessionQuery {
                    agent_session::Encoding::Query
                } else {
                    agent_session::Encoding::Json
                };
                let settings = agent_session::Settings {
                    encoding,
                    pauses: true,
                    ..agent_session::Settings::default()
                };
                let headers = ClientHeaders::default();
                Arc::new(agent_session::AgentSession::new(settings, headers))
            }
        }
    }

    /// Whether a 500 says that nothing was pressed, unless configured otherwise.
    pub const fn promises_atomic_errors(self) -> bool {
        match self {
            Self::TelephonyV2 => telephony_v2::ATOMIC_SERVER_ERRORS,
            Self::AgentSession | Self::SessionQuery => agent_session::ATOMIC_SERVER_ERRORS,
        }
    }

    /// The defaults of the profile, but a call is free while its tones play: `tests/session` is about that.
    pub fn config(self) -> Config {
        Config {
            atomic_server_errors: self.promises_atomic_errors(),
            playout: Playout::None,
            ..Config::default()
        }
    }

    /// Valid parameters.
    pub fn params(self, call: &str, digits: &str) -> Params {
        match self {
            Self::TelephonyV2 => Params::TelephonyV2(telephony_v2::Params {
                telephony_provider_id: Some("provider".to_owned()),
                line_id: Some("line".to_owned()),
                call_id: Some(call.to_owned()),
                dtmf_string: Some(digits.to_owned().into()),
                dtmf_type: Some("RFC2833".to_owned()),
                inter_digit_pause: 100.0,
            }),
            Self::AgentSession | Self::SessionQuery => Params::AgentSession(session(call, digits)),
        }
    }

    /// An injector before a platform, with a registry of its own.
    pub fn world(self, platform: Arc<Platform>, config: Config) -> World {
        World::new(self, platform, config)
    }
}

/// Digits for a session. Its contact goes by the same name.
pub fn session(session: &str, digits: &str) -> agent_session::Params {
    agent_session::Params {
        session_id: Some(session.to_owned()),
        dtmf_string: Some(digits.to_owned().into()),
        tone_duration: None,
        inter_digit_pause: None,
        contact_id: Some(session.to_owned()),
        mask_recording: false,
    }
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Press,
    Mask,
    Unmask,
    NextEvent,
}

/// How long a poll for events is kept when nothing happens.
const POLL: Duration = Duration::from_secs(60);

/// What the platform does with one request.
#[derive(Clone, Debug)]
pub enum Act {
    /// Takes the request, executes it or not, answers after a while.
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: &'static str,
        execute: bool,
        after: Duration,
    },
    /// Ends before the connection took the body.
    Unsent(FaultKind),
    /// Ends after it took the body, executed or not.
    Lost { execute: bool, after: Duration },
    /// Takes the request and never answers.
    Silence { execute: bool },
}

const OK: &str = r#"{"ok":true}"#;

impl Act {
    /// What is done with a request that nobody has planned anything for.
    fn usual(kind: Kind) -> Self {
        match kind {
            Kind::NextEvent => Self::slow(304, POLL),
            Kind::Press | Kind::Mask | Kind::Unmask => Self::status(202),
        }
    }

    /// Events of a session.
    pub fn events(body: &'static str, after: Duration) -> Self {
        Self::Answer {
            status: 200,
            headers: Vec::new(),
            body,
            execute: false,
            after,
        }
    }

    pub fn status(status: u16) -> Self {
        Self::Answer {
            status,
            headers: Vec::new(),
            body: OK,
            execute: (200..300).contains(&status),
            after: Duration::from_millis(5),
        }
    }

    pub fn retry_after(status: u16, seconds: &str) -> Self {
        Self::Answer {
            status,
            headers: vec![("retry-after", seconds.to_owned())],
            body: OK,
            execute: false,
            after: Duration::from_millis(5),
        }
    }

    pub fn slow(status: u16, after: Duration) -> Self {
        Self::Answer {
            status,
            headers: Vec::new(),
            body: OK,
            execute: (200..300).contains(&status),
            after,
        }
    }
}

/// One request as the platform saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub kind: Kind,
    /// Empty where nothing is pressed.
    pub digits: String,
    /// How long the tones of these digits take.
    pub playing: Duration,
    /// The call, the session or the contact.
    pub call: String,
    pub at: Instant,
    pub token: String,
    pub fresh_connection: bool,
}

/// Tones in a call. Those of the tutorial's API take no time.
#[derive(Clone, Debug)]
pub struct Tones {
    pub call: String,
    pub digits: String,
    pub from: Instant,
    pub until: Instant,
}

#[derive(Default)]
pub struct State {
    pub script: VecDeque<Act>,
    pub seen: Vec<Seen>,
    pub executed: Vec<(String, String)>,
    /// What only some requests meet, before the script.
    pub plans: HashMap<Kind, VecDeque<Act>>,
    /// What was pressed: call, digits, when, and until when the tones play.
    pub tones: Vec<Tones>,
    /// When which recording was masked, or unmasked.
    pub recordings: Vec<(String, bool, Instant)>,
    pub in_flight: HashMap<String, u32>,
    pub overlaps: u32,
    pub most_in_flight: u32,
}

type Choose = Box<dyn Fn(&Seen) -> Option<Act> + Send + Sync>;

/// Follows its script, then `choose`, then accepts.
#[derive(Default)]
pub struct Platform {
    pub state: Mutex<State>,
    pub choose: Option<Choose>,
    /// How long the transport loads before its first send.
    pub loading: Duration,
}

impl Platform {
    pub fn scripted(acts: impl IntoIterator<Item = Act>) -> Arc<Self> {
        let platform = Self::default();
        platform.state.lock().unwrap().script.extend(acts);
        Arc::new(platform)
    }

    pub fn choosing(choose: impl Fn(&Seen) -> Option<Act> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            choose: Some(Box::new(choose)),
            ..Self::default()
        })
    }

    /// Plans what the next requests of one kind meet.
    pub fn plan(&self, kind: Kind, acts: impl IntoIterator<Item = Act>) {
        let mut state = self.state.lock().unwrap();
        state.plans.entry(kind).or_default().extend(acts);
    }

    /// When requests of one kind came, since `began`.
    pub fn times(&self, kind: Kind, began: Instant) -> Vec<Duration> {
        let requests = self.requests();
        let of_kind = requests.iter().filter(|seen| seen.kind == kind);
        of_kind.map(|seen| seen.at - began).collect()
    }

    pub fn tones(&self) -> Vec<Tones> {
        self.state.lock().unwrap().tones.clone()
    }

    /// Whether a recording is masked at a moment.
    pub fn is_masked(&self, contact: &str, at: Instant) -> bool {
        let state = self.state.lock().unwrap();
        let changes = state.recordings.iter().rev();
        let mut before = changes.filter(|(of, _, when)| of == contact && *when <= at);
        before.next().is_some_and(|(_, masked, _)| *masked)
    }

    /// The digits that were pressed into a call, in order.
    pub fn pressed(&self, call: &str) -> Vec<String> {
        let state = self.state.lock().unwrap();
        let of_call = state.executed.iter().filter(|(at, _)| at == call);
        of_call.map(|(_, digits)| digits.clone()).collect()
    }

    pub fn requests(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }

    fn enter(self: &Arc<Self>, seen: &Seen) -> Leaving {
        let mut state = self.state.lock().unwrap();
        let on_call = state.in_flight.entry(seen.call.clone()).or_default();
        *on_call += u32::from(seen.kind == Kind::Press);
        if *on_call > 1 {
            state.overlaps += 1;
        }
        let all = state.in_flight.values().sum();
        state.most_in_flight = state.most_in_flight.max(all);
        Leaving(Arc::clone(self), seen.clone())
    }

    fn execute(&self, seen: &Seen) {
        let mut state = self.state.lock().unwrap();
        let from = Instant::now();
        let call = seen.call.clone();
        match seen.kind {
            Kind::Press => {
                state.executed.push((call.clone(), seen.digits.clone()));
                state.tones.push(Tones {
                    call,
                    digits: seen.digits.clone(),
                    from,
                    until: from + seen.playing,
                });
            }
            Kind::Mask => state.recordings.push((call, true, from)),
            Kind::Unmask => state.recordings.push((call, false, from)),
            Kind::NextEvent => {}
        }
    }
}

struct Leaving(Arc<Platform>, Seen);

impl Drop for Leaving {
    fn drop(&mut self) {
        let mut state = self.0.state.lock().unwrap();
        if let Some(count) = state.in_flight.get_mut(&self.1.call) {
            *count -= u32::from(self.1.kind == Kind::Press);
        }
    }
}

/// The platform as a transport.
pub struct ToPlatform(pub Arc<Platform>);

impl Transport for ToPlatform {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Fault>> {
        let platform = Arc::clone(&self.0);
        Box::pin(async move {
            let bound = request.timeout;
            timeout(bound, exchange(platform, request))
                .await
                .unwrap_or(Err(Fault {
                    kind: FaultKind::TimedOut,
                }))
        })
    }

    fn ready(&self) -> BoxFuture<'_, ()> {
        Box::pin(sleep(self.0.loading))
    }
}

async fn exchange(platform: Arc<Platform>, request: Request) -> Result<Answer, Fault> {
    let seen = read(&request);
    let act = {
        let mut state = platform.state.lock().unwrap();
        let planned = state
            .plans
            .get_mut(&seen.kind)
            .and_then(VecDeque::pop_front);
        match seen.kind {
            Kind::Press => planned.or_else(|| state.script.pop_front()),
            _ => planned,
        }
    };
    let act = act.or_else(|| platform.choose.as_ref().and_then(|choose| choose(&seen)));
    let act = act.unwrap_or_else(|| Act::usual(seen.kind));
    if let Act::Unsent(kind) = act {
        sleep(Duration::from_millis(1)).await;
        return Err(Fault { kind });
    }
    if !request.witness.hand_over() {
        return Err(Fault {
            kind: FaultKind::ConnectionLost,
        });
    }
    platform.state.lock().unwrap().seen.push(seen.clone());
    let _leaving = platform.enter(&seen);
    match act {
        Act::Unsent(kind) => Err(Fault { kind }),
        Act::Answer {
            status,
            headers,
            body,
            execute,
            after,
        } => {
            if execute {
                platform.execute(&seen);
            }
            sleep(after).await;
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(
                    HeaderName::from_static(name),
                    HeaderValue::from_str(&value).unwrap(),
                );
            }
            Ok(Answer {
                status: StatusCode::from_u16(status).unwrap(),
                headers: map,
                body: AnswerBody::Whole(Bytes::from_static(body.as_bytes())),
            })
        }
        Act::Lost { execute, after } => {
            sleep(after).await;
            if execute {
                platform.execute(&seen);
            }
            Err(Fault {
                kind: FaultKind::ConnectionLost,
            })
        }
        Act::Silence { execute } => {
            if execute {
                platform.execute(&seen);
            }
            std::future::pending().await
        }
    }
}

fn in_body(request: &Request, name: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(&request.body).ok()?;
    let value = body.get(name)?;
    Some(
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned),
    )
}

fn in_query(request: &Request, name: &str) -> Option<String> {
    let mut pairs = request.url.query_pairs();
    pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}

fn read(request: &Request) -> Seen {
    let mut path = request.url.path_segments().unwrap().rev();
    let kind = match path.next().unwrap() {
        "mask" => Kind::Mask,
        "unmask" => Kind::Unmask,
        "get-next-event" => Kind::NextEvent,
        _ => Kind::Press,
    };
    let field = |name| in_body(request, name).or_else(|| in_query(request, name));
    let digits = field("dtmf").or_else(|| field("dtmfSequence"));
    let digits = digits.unwrap_or_default();
    let millis = |name| field(name).map(|text| text.parse::<u64>().unwrap());
    let a_digit = millis("toneDurationMS").zip(millis("toneSpacingMS"));
    let a_digit = Duration::from_millis(a_digit.map_or(0, |(tone, spacing)| tone + spacing));
    Seen {
        kind,
        playing: a_digit * u32::try_from(digits.len()).unwrap(),
        digits,
        call: path.next().unwrap().to_owned(),
        at: Instant::now(),
        token: request.headers["authorization"]
            .to_str()
            .unwrap()
            .to_owned(),
        fresh_connection: request.fresh_connection,
    }
}

/// Gives `token-1`, then `token-2` after that was refused, and so on.
pub struct Tokens {
    pub generation: Mutex<u64>,
    pub failures: Mutex<VecDeque<Error>>,
    pub delay: Duration,
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            generation: Mutex::new(1),
            failures: Mutex::default(),
            delay: Duration::ZERO,
        }
    }
}

impl TokenSource for Tokens {
    fn token(&self) -> BoxFuture<'_, Result<Token, Error>> {
        Box::pin(async move {
            sleep(self.delay).await;
            if let Some(error) = self.failures.lock().unwrap().pop_front() {
                return Err(error);
            }
            let generation = *self.generation.lock().unwrap();
            Ok(Token {
                value: Secret::new(format!("token-{generation}")),
                generation,
                tenant: None,
            })
        })
    }

    fn invalidate(&self, refused: &Token) {
        let mut generation = self.generation.lock().unwrap();
        if *generation == refused.generation {
            *generation += 1;
        }
    }
}

/// Keeps events.
#[derive(Default)]
pub struct Events(pub Mutex<Vec<Event>>);

impl EventSink for Events {
    fn emit(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

impl Events {
    pub fn finished(&self) -> Vec<Arc<Outcome>> {
        let events = self.0.lock().unwrap();
        let finished = events.iter().filter_map(|event| match event {
            Event::Finished(outcome) => Some(Arc::clone(outcome)),
            _ => None,
        });
        finished.collect()
    }

    /// The delays before each resend.
    pub fn delays(&self) -> Vec<Duration> {
        let events = self.0.lock().unwrap();
        let delays = events.iter().filter_map(|event| match event {
            Event::Retrying { delay, .. } => Some(*delay),
            _ => None,
        });
        delays.collect()
    }
}

/// An injector before the platform.
pub struct World {
    pub injector: Injector,
    pub platform: Arc<Platform>,
    pub tokens: Arc<Tokens>,
    pub events: Arc<Events>,
    pub registry: Arc<Registry>,
}

impl World {
    pub fn new(api: Api, platform: Arc<Platform>, config: Config) -> Self {
        Self::with_tokens(api, platform, config, Tokens::default())
    }

    pub fn with_tokens(api: Api, platform: Arc<Platform>, config: Config, tokens: Tokens) -> Self {
        let registry = Arc::new(Registry::default());
        Self::sharing(api, platform, config, tokens, registry)
    }

    pub fn sharing(
        api: Api,
        platform: Arc<Platform>,
        config: Config,
        tokens: Tokens,
        registry: Arc<Registry>,
    ) -> Self {
        let tokens = Arc::new(tokens);
        let events = Arc::new(Events::default());
        let base = base_url("apiUrl", "https://api.example.com").unwrap();
        let parts = Parts {
            profile: api.profile(),
            endpoint: Arc::new(Configured::new(base)),
            tokens: tokens.clone(),
            transport: Arc::new(ToPlatform(Arc::clone(&platform))),
            events: events.clone(),
            audit: None,
            registry: Arc::clone(&registry),
            clock: WallClock::system(),
        };
        Self {
            injector: Injector::new(parts, config).unwrap(),
            platform,
            tokens,
            events,
            registry,
        }
    }
}

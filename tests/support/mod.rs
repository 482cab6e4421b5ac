//! A platform on the paused clock: a transport that executes what it is told to, and remembers it.
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
use cxone_dtmf::api::{Params, telephony_v2};
use cxone_dtmf::auth::{Token, TokenSource};
use cxone_dtmf::channel::Registry;
use cxone_dtmf::clock::WallClock;
use cxone_dtmf::config::Config;
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

/// What the platform does with one request.
#[derive(Clone, Debug)]
pub enum Act {
    /// Takes the request, executes it or not, answers after a while.
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
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

impl Act {
    pub fn status(status: u16) -> Self {
        Self::Answer {
            status,
            headers: Vec::new(),
            execute: (200..300).contains(&status),
            after: Duration::from_millis(5),
        }
    }

    pub fn retry_after(status: u16, seconds: &str) -> Self {
        Self::Answer {
            status,
            headers: vec![("retry-after", seconds.to_owned())],
            execute: false,
            after: Duration::from_millis(5),
        }
    }

    pub fn slow(status: u16, after: Duration) -> Self {
        Self::Answer {
            status,
            headers: Vec::new(),
            execute: (200..300).contains(&status),
            after,
        }
    }
}

/// One request as the platform saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub digits: String,
    pub call: String,
    pub at: Instant,
    pub token: String,
    pub fresh_connection: bool,
}

#[derive(Default)]
pub struct State {
    pub script: VecDeque<Act>,
    pub seen: Vec<Seen>,
    pub executed: Vec<(String, String)>,
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
        *on_call += 1;
        if *on_call > 1 {
            state.overlaps += 1;
        }
        let all = state.in_flight.values().sum();
        state.most_in_flight = state.most_in_flight.max(all);
        Leaving(Arc::clone(self), seen.call.clone())
    }

    fn execute(&self, seen: &Seen) {
        let mut state = self.state.lock().unwrap();
        state
            .executed
            .push((seen.call.clone(), seen.digits.clone()));
    }
}

struct Leaving(Arc<Platform>, String);

impl Drop for Leaving {
    fn drop(&mut self) {
        let mut state = self.0.state.lock().unwrap();
        if let Some(count) = state.in_flight.get_mut(&self.1) {
            *count -= 1;
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
        state.script.pop_front()
    };
    let act = act.or_else(|| platform.choose.as_ref().and_then(|choose| choose(&seen)));
    let act = act.unwrap_or_else(|| Act::status(202));
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
                body: AnswerBody::Whole(Bytes::from_static(b"{\"ok\":true}")),
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

fn read(request: &Request) -> Seen {
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    let call = request.url.path_segments().unwrap().rev().nth(1).unwrap();
    Seen {
        digits: body["dtmf"].as_str().unwrap().to_owned(),
        call: call.to_owned(),
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
    pub fn new(platform: Arc<Platform>, config: Config) -> Self {
        Self::with_tokens(platform, config, Tokens::default())
    }

    pub fn with_tokens(platform: Arc<Platform>, config: Config, tokens: Tokens) -> Self {
        let registry = Arc::new(Registry::default());
        Self::sharing(platform, config, tokens, registry)
    }

    pub fn sharing(
        platform: Arc<Platform>,
        config: Config,
        tokens: Tokens,
        registry: Arc<Registry>,
    ) -> Self {
        let tokens = Arc::new(tokens);
        let events = Arc::new(Events::default());
        let base = base_url("apiUrl", "https://api.example.com").unwrap();
        let parts = Parts {
            profile: Arc::new(telephony_v2::TelephonyV2::default()),
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

/// Valid parameters.
pub fn params(call: &str, digits: &str) -> Params {
    Params::TelephonyV2(telephony_v2::Params {
        telephony_provider_id: Some("provider".to_owned()),
        line_id: Some("line".to_owned()),
        call_id: Some(call.to_owned()),
        dtmf_string: Some(digits.to_owned().into()),
        dtmf_type: Some("RFC2833".to_owned()),
        inter_digit_pause: 100.0,
    })
}

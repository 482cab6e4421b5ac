//! Injectors before one platform, and the words that all tests here use.

use std::sync::Arc;
use std::time::Duration;

use cxone_dtmf_engine::api::Params;
use cxone_dtmf_engine::config::{Config, InjectionOptions, PlayoutMode};
use cxone_dtmf_engine::error::Error;
use cxone_dtmf_engine::event::Event;
use cxone_dtmf_engine::lock::{LockId, Registry};
use cxone_dtmf_engine::outcome::Outcome;
use cxone_dtmf_engine::payload;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::support::{Act, Api, Kind, Platform, Tokens, World, ms, session};

/// How long the platform takes to answer.
pub const ANSWER: Duration = ms(5);

/// How long one digit plays: 120 ms of tone, 120 ms of silence.
pub const DIGIT: Duration = ms(240);

/// What is added to the time that tones play, since nobody says when the platform begins.
pub const GUARD: Duration = ms(250);

/// The defaults of the profile.
pub fn config() -> Config {
    Config {
        playout: PlayoutMode::Hold,
        ..Api::AgentSession.config()
    }
}

pub fn options() -> InjectionOptions {
    InjectionOptions::default()
}

pub fn attempts(max: u32) -> InjectionOptions {
    InjectionOptions {
        max_attempts: max,
        ..options()
    }
}

/// Never answers; what it asks for is done or not.
pub const fn silence(execute: bool) -> Act {
    Act::Silence { execute }
}

/// The connection ends after the request was read; what it asks for is done or not.
pub const fn lost(execute: bool) -> Act {
    Act::Lost {
        execute,
        after: ANSWER,
    }
}

/// The number of who follows a session.
pub const FOLLOWER: u64 = 77;

/// An event of a contact.
pub fn tells(contact: &str, status: &str) -> Value {
    json!({"Type": "CallContactEvent", "ContactID": contact, "Status": status})
}

/// The answer to a poll, so long after it: events, and the id by which the session goes on.
pub fn events(after: Duration, renewed: Option<&str>, events: impl Into<Vec<Value>>) -> Act {
    let mut body = json!({"events": events.into()});
    if let Some(id) = renewed {
        body["sessionId"] = id.into();
    }
    Act::events(body.to_string().leak(), after)
}

/// One injector, begun at a known moment.
pub struct Stage {
    pub world: World,
    pub began: Instant,
}

impl Stage {
    pub fn new(config: Config) -> Self {
        Self::before(Platform::scripted([]), config)
    }

    pub fn before(platform: Arc<Platform>, config: Config) -> Self {
        Self {
            world: Api::AgentSession.world(platform, config),
            began: Instant::now(),
        }
    }

    /// Another injector before the same platform, in the same lines.
    pub fn beside(&self, config: Config) -> Self {
        let (platform, registry) = (&self.world.platform, &self.world.registry);
        let world = World::sharing(
            Api::AgentSession,
            Arc::clone(platform),
            config,
            Tokens::default(),
            Arc::<Registry>::clone(registry),
        );
        Self {
            world,
            began: self.began,
        }
    }

    pub fn plan(self, kind: Kind, acts: impl IntoIterator<Item = Act>) -> Self {
        self.world.platform.plan(kind, acts);
        self
    }

    /// Begins to press digits into the session `s`.
    pub fn press(&self, id: u64, digits: &str, options: &InjectionOptions) -> Pressing {
        self.begin(id, session("s", digits).pack(), options)
    }

    /// The same with its recording masked, whether somebody follows the session or not.
    pub fn press_masked(&self, id: u64, digits: &str, options: &InjectionOptions) -> Pressing {
        let mut params = session("s", digits);
        params.contact_id = "c".into();
        params.mask_recording = payload::Value::Flag(true);
        params.unguarded = payload::Value::Flag(true);
        self.begin(id, params.pack(), options)
    }

    /// The same for a contact, by whatever id of the session.
    pub fn press_to(
        &self,
        (session_id, contact): (&str, &str),
        id: u64,
        digits: &str,
        options: &InjectionOptions,
    ) -> Pressing {
        let mut params = session(session_id, digits);
        params.contact_id = contact.into();
        self.begin(id, params.pack(), options)
    }

    pub fn begin(&self, id: u64, params: Params, options: &InjectionOptions) -> Pressing {
        tokio::spawn(self.world.injector.inject(id, params, options).run())
    }

    /// Follows the session `s`.
    pub fn follow(&self) -> JoinHandle<()> {
        let injector = &self.world.injector;
        let follower = injector.follow(FOLLOWER, Some("s"), false).unwrap();
        tokio::spawn(follower.run())
    }

    pub async fn lock(&self) -> LockId {
        let acquisition = self.world.injector.acquire_lock(1_000, Some("s"), None);
        acquisition.run().await.unwrap()
    }

    /// How long it is since the beginning.
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// When requests of one kind came.
    pub fn times(&self, kind: Kind) -> Vec<Duration> {
        self.world.platform.times(kind, self.began)
    }

    /// The digits that were pressed, in order.
    pub fn pressed(&self) -> Vec<String> {
        self.world.platform.pressed("s")
    }

    pub fn is_masked(&self) -> bool {
        self.world.platform.is_masked("c", Instant::now())
    }

    /// How each unmasking was told to have ended.
    pub fn unmasked(&self) -> Vec<Option<Error>> {
        let events = self.world.events.0.lock().unwrap();
        let unmasked = events.iter().filter_map(|event| match event {
            Event::Unmasked { failure, .. } => Some(failure.clone()),
            _ => None,
        });
        unmasked.collect()
    }
}

pub type Pressing = JoinHandle<Arc<Outcome>>;

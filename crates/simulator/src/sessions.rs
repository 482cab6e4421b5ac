//! The agent sessions of the platform, by all the ids that each has had.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE;
use serde::Serialize;
use serde_json::Value;

use super::contacts::{Contact, ContactOptions};
use super::options::{SecondPoller, SimulatorOptions};
use super::session::{Session, Station};

/// The ids that are remembered of all sessions, besides the first of each listener.
const KEPT_IDS: usize = 100_000;

/// What belongs to a session that a test adds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionOptions {
    /// A contact that is active from the start. Default: none.
    pub contact_id: Option<String>,
    /// The agent whose session it is. Default: one of its own.
    pub agent_id: Option<String>,
}

/// A session as a test reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionRecord {
    /// Its first id.
    pub session_id: String,
    /// The newest id of each listener: of the one that it began with, and of each that joined.
    pub newest_session_ids: Vec<String>,
    /// The agent.
    pub agent_id: String,
    /// The station it was started with; empty where there was none.
    pub station_id: String,
    /// The telephone number it was started with; empty where there was none.
    pub station_phone_number: String,
    /// Whether the agent's telephone is connected.
    pub has_agent_leg: bool,
    /// Whether it has ended.
    pub has_ended: bool,
}

/// How far an id has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Age {
    /// Its first poll is still to come.
    Fresh,
    /// A poll gave it.
    Newest,
    /// A poll of it was answered with another one.
    Renewed,
}

/// One id of a session.
struct Id {
    session: Arc<str>,
    listener: usize,
    age: Age,
    /// The place in the log up to which was told when it was given.
    place: u64,
}

/// A listener: who started the session, or joined it.
struct Listener {
    newest: String,
    /// The place in the log up to which it was told.
    place: u64,
}

/// Which session a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Addressed {
    /// The first id of the session, which stands for it everywhere else; an unknown id as it was sent.
    pub(super) session: String,
    /// The id as it was sent.
    pub(super) id: String,
    /// Whether a poll of this id was answered with another one.
    pub(super) is_renewed: bool,
}

/// One request for events.
pub(super) struct Poll {
    id: String,
    /// It is told all of the state: it is the first of its listener, or asks with an old id.
    begins: bool,
}

/// What a listener is told.
#[derive(Debug, PartialEq)]
pub(super) enum Told {
    /// Everything that happened since it last asked, and the id to go on with.
    Events(String, Vec<Value>),
    /// Nothing yet.
    Nothing,
    /// The session has ended, and its last events were told.
    Ended,
    /// There is no such session.
    Unknown,
}

/// The sessions of the platform.
pub(super) struct Sessions {
    auto: bool,
    can_mask: bool,
    second_poller: SecondPoller,
    all: HashMap<Arc<str>, (Session, Vec<Listener>)>,
    ids: HashMap<String, Id>,
    /// Ids that polls gave, oldest first.
    given: VecDeque<String>,
    /// The greatest that is taken.
    numbers: u64,
}

impl Sessions {
    pub(super) fn new(options: &SimulatorOptions) -> Self {
        Self {
            auto: options.auto_calls,
            can_mask: options.can_mask,
            second_poller: options.second_poller,
            all: HashMap::new(),
            ids: HashMap::new(),
            given: VecDeque::new(),
            numbers: 90_000,
        }
    }

    /// A number that no session, contact or agent leg has had: all of them count together.
    pub(super) fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// This id is taken from now on.
    pub(super) fn take_number(&mut self, id: &str) {
        // Far below the end of the numbers, so that there are more.
        let number = id.parse().ok().filter(|number| *number < 1 << 53);
        self.numbers = self.numbers.max(number.unwrap_or_default());
    }

    /// Makes a session known and live. One of this id that was there before is forgotten.
    pub(super) fn add(&mut self, id: &str, agent: Option<String>, station: Station) {
        let number = self.next_number();
        let agent = agent.unwrap_or_else(|| number.to_string());
        let session = Session::new(number, agent, station, self.can_mask);
        let key: Arc<str> = id.into();
        self.all.insert(Arc::clone(&key), (session, Vec::new()));
        self.listen(id, &key);
    }

    /// Starts a session, and returns its id.
    pub(super) fn start(&mut self, agent: String, station: Station) -> String {
        let id = random_id();
        self.add(&id, Some(agent), station);
        id
    }

    /// A further listener of an agent's session, with an id of its own.
    pub(super) fn join(&mut self, agent: &str) -> Option<String> {
        let key = Arc::clone(self.live_of(agent)?);
        let id = random_id();
        self.listen(&id, &key);
        Some(id)
    }

    /// The live session of an agent; the newest, where a test added several.
    pub(super) fn live_of(&self, agent: &str) -> Option<&Arc<str>> {
        let live = |session: &Session| session.agent == agent && !session.has_ended;
        (self.all.iter())
            .filter(|(_, (session, _))| live(session))
            .max_by_key(|(_, (session, _))| session.number)
            .map(|(key, _)| key)
    }

    fn listen(&mut self, id: &str, key: &Arc<str>) {
        let Some((_, listeners)) = self.all.get_mut(key) else {
            return;
        };
        let newest = id.to_owned();
        let listener = listeners.len();
        listeners.push(Listener { newest, place: 0 });
        let first = Id {
            session: Arc::clone(key),
            listener,
            age: Age::Fresh,
            place: 0,
        };
        self.ids.insert(id.to_owned(), first);
    }

    pub(super) fn addressed(&self, id: String) -> Addressed {
        let known = self.ids.get(&id);
        Addressed {
            session: known.map_or_else(|| id.clone(), |known| (*known.session).to_owned()),
            is_renewed: known.is_some_and(|known| known.age == Age::Renewed),
            id,
        }
    }

    /// The session of this first id.
    pub(super) fn get(&self, session: &str) -> Option<&Session> {
        self.all.get(session).map(|(session, _)| session)
    }

    pub(super) fn get_mut(&mut self, session: &str) -> Option<&mut Session> {
        self.all.get_mut(session).map(|(session, _)| session)
    }

    /// The same; one that nobody added begins where every session is known.
    pub(super) fn get_or_begin(&mut self, session: &str) -> Option<&mut Session> {
        if self.auto && !self.all.contains_key(session) {
            self.add(session, None, Station::default());
        }
        self.get_mut(session)
    }

    /// The session that a test speaks of, by any of its ids; it begins where there is none.
    pub(super) fn of_test(&mut self, id: &str) -> Option<&mut Session> {
        let key = self.addressed(id.to_owned()).session;
        if !self.all.contains_key(key.as_str()) {
            self.add(&key, None, Station::default());
        }
        self.get_mut(&key)
    }

    pub(super) fn is_live(&self, session: &str) -> bool {
        self.get(session)
            .map_or(self.auto, |session| !session.has_ended)
    }

    /// Every session that handles a contact.
    pub(super) fn handling(&mut self, contact: &str) -> impl Iterator<Item = &mut Session> {
        let sessions = self.all.values_mut().map(|(session, _)| session);
        sessions.filter(move |session| session.contact(contact).is_some())
    }

    /// A contact that a request names. One that nobody added is active where every contact is known.
    pub(super) fn contact(
        &mut self,
        session: &str,
        contact: &str,
        now: SystemTime,
    ) -> Option<&Contact> {
        let auto = self.auto;
        let session = self.get_or_begin(session)?;
        if auto && session.contact(contact).is_none() {
            session.add(Contact::new(contact, &ContactOptions::default(), now), now);
        }
        session.contact(contact)
    }

    pub(super) fn records(&self) -> Vec<SessionRecord> {
        let mut all: Vec<_> = self.all.iter().collect();
        all.sort_by_key(|(_, (session, _))| session.number);
        let record =
            |(key, (session, listeners)): (&Arc<str>, &(Session, Vec<Listener>))| SessionRecord {
                session_id: (**key).to_owned(),
                newest_session_ids: listeners
                    .iter()
                    .map(|listener| listener.newest.clone())
                    .collect(),
                agent_id: session.agent.clone(),
                station_id: session.station.id.clone(),
                station_phone_number: session.station.phone_number.clone(),
                has_agent_leg: session.leg.is_some(),
                has_ended: session.has_ended,
            };
        all.into_iter().map(record).collect()
    }

    /// A listener asks. Whether it begins is decided now: what comes while it waits does not make its id old.
    pub(super) fn poll(&mut self, addressed: &Addressed) -> Poll {
        if !self.ids.contains_key(&addressed.id) {
            self.get_or_begin(&addressed.id);
        }
        let known = self.ids.get(&addressed.id);
        Poll {
            id: addressed.id.clone(),
            begins: known.is_some_and(|known| known.age != Age::Newest),
        }
    }

    /// What there is to tell. Events are told once to each listener, or to each poller.
    pub(super) fn tell(&mut self, poll: &Poll) -> Told {
        let Some(id) = self.ids.get_mut(&poll.id) else {
            return Told::Unknown;
        };
        let Some((session, listeners)) = self.all.get_mut(&id.session) else {
            return Told::Unknown;
        };
        let Some(listener) = listeners.get_mut(id.listener) else {
            return Told::Unknown;
        };
        let place = match self.second_poller {
            SecondPoller::Takes => listener.place,
            SecondPoller::Copies => id.place,
        };
        let news = session.since(place, poll.begins);
        let mut events = Vec::new();
        if poll.begins && !session.has_ended {
            events = session.state();
        }
        events.extend(news);
        if events.is_empty() {
            return if session.has_ended {
                Told::Ended
            } else {
                Told::Nothing
            };
        }
        id.age = Age::Renewed;
        listener.place = session.end_of_log();
        let next = random_id();
        listener.newest.clone_from(&next);
        let given = Id {
            session: Arc::clone(&id.session),
            listener: id.listener,
            age: Age::Newest,
            place: listener.place,
        };
        self.give(next.clone(), given);
        Told::Events(next, events)
    }

    fn give(&mut self, id: String, given: Id) {
        if self.given.len() >= KEPT_IDS
            && let Some(oldest) = self.given.pop_front()
        {
            self.ids.remove(&oldest);
        }
        self.given.push_back(id.clone());
        self.ids.insert(id, given);
    }
}

/// Opaque, and with characters that not every program expects in a path.
fn random_id() -> String {
    let random: [u8; 22] = std::array::from_fn(|_| fastrand::u8(..));
    BASE64_URL_SAFE.encode(random)
}

#[cfg(test)]
mod tests;

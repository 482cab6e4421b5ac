//! The platform: a transport that executes what it is told to, and remembers it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use cxone_dtmf_engine::BoxFuture;
use cxone_dtmf_engine::http::{Answer, AnswerBody, Fault, FaultKind, Request, Transport};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::time::{Instant, sleep, timeout};

use super::seen::{Seen, read};
use super::{Act, Kind};

/// Tones in a call. Those of the tutorial's API take no time.
#[derive(Clone, Debug)]
pub struct Tones {
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
    /// How long a connection takes before it wants the digits.
    pub connecting: Duration,
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
                state.executed.push((call, seen.digits.clone()));
                state.tones.push(Tones {
                    digits: seen.digits.clone(),
                    from,
                    until: from + seen.playing,
                });
            }
            Kind::Mask => state.recordings.push((call, true, from)),
            Kind::Unmask => state.recordings.push((call, false, from)),
            Kind::Activate | Kind::NextEvent => {}
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

/// The platform as one of the two transports.
pub struct ToPlatform {
    pub platform: Arc<Platform>,
    /// Whether it is the one for digits, which takes nothing else.
    pub digits: bool,
}

impl Transport for ToPlatform {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Fault>> {
        assert_eq!(read(&request).kind == Kind::Press, self.digits);
        let platform = Arc::clone(&self.platform);
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
        Box::pin(sleep(self.platform.loading))
    }
}

/// What was planned, scripted or chosen for a request, or what is usual.
fn next_act(platform: &Platform, seen: &Seen) -> Act {
    let mut state = platform.state.lock().unwrap();
    let planned = state
        .plans
        .get_mut(&seen.kind)
        .and_then(VecDeque::pop_front);
    let act = match seen.kind {
        Kind::Press => planned.or_else(|| state.script.pop_front()),
        _ => planned,
    };
    drop(state);
    let act = act.or_else(|| platform.choose.as_ref().and_then(|choose| choose(seen)));
    act.unwrap_or_else(|| Act::usual(seen))
}

async fn exchange(platform: Arc<Platform>, request: Request) -> Result<Answer, Fault> {
    let seen = read(&request);
    let act = next_act(&platform, &seen);
    if let Act::Unsent(kind) = act {
        sleep(Duration::from_millis(1)).await;
        return Err(Fault { kind });
    }
    if seen.kind == Kind::Press && !platform.connecting.is_zero() {
        sleep(platform.connecting).await;
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

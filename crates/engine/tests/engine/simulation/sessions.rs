//! What agent sessions have beside digits: recordings that are masked, and an end that can be heard.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use cxone_dtmf_engine::BoxFuture;
use cxone_dtmf_engine::http::{Answer, AnswerBody, Fault as NoAnswer, FaultKind, Request, Witness};
use fastrand::Rng;
use http::HeaderValue;
use http::header::RETRY_AFTER;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::bugs::Bug;
use super::faults::{ms, pick};
use super::history::What;
use super::platform::{Platform, answer};
use super::program::{call_id, call_of};

/// How long a poll for events is kept when nothing happens.
const POLL: Duration = Duration::from_secs(60);

const END: &[u8] = br#"{"events":[{"Type":"AgentSessionEnd"}]}"#;

/// The sessions of all calls.
pub struct Sessions {
    ended: Vec<watch::Sender<bool>>,
    aborted: Vec<AtomicBool>,
    /// Whether the listener of a session has been told who is there.
    told: Vec<AtomicBool>,
    bug: Bug,
}

impl Sessions {
    pub fn new(calls: usize, bug: Bug) -> Self {
        Self {
            ended: (0..calls).map(|_| watch::Sender::new(false)).collect(),
            aborted: (0..calls).map(|_| AtomicBool::new(false)).collect(),
            told: (0..calls).map(|_| AtomicBool::new(false)).collect(),
            bug,
        }
    }

    pub fn end(&self, call: usize) {
        self.ended[call].send_replace(true);
    }

    pub fn has_ended(&self, call: usize) -> bool {
        *self.ended[call].borrow()
    }

    async fn ended(&self, call: usize) {
        let mut ended = self.ended[call].subscribe();
        let _ = ended.wait_for(|ended| *ended).await;
    }

    /// Something on this call was aborted.
    pub fn aborted(&self, call: usize) {
        self.aborted[call].store(true, Ordering::Relaxed);
    }

    fn forgets_to_unmask(&self, call: usize) -> bool {
        self.bug == Bug::UnmaskForgotten && self.aborted[call].load(Ordering::Relaxed)
    }
}

/// A request that presses nothing.
#[derive(Clone, Copy)]
pub enum Side {
    Recording { call: usize, masked: bool },
    NextEvent(usize),
}

impl Side {
    pub fn of(request: &Request) -> Option<Self> {
        let mut path = request.uri.path().rsplit('/');
        let (action, of) = (path.next().unwrap(), path.next().unwrap());
        match action {
            "mask" | "unmask" => Some(Self::Recording {
                call: call_of(of),
                masked: action == "mask",
            }),
            "get-next-event" => Some(Self::NextEvent(call_of(of))),
            _ => None,
        }
    }
}

type Exchanged = Result<Answer, NoAnswer>;

/// Sends one. Whoever gives it up takes back what was not handed over: a late change of a recording is nothing that
/// anybody could prevent.
pub fn exchange(
    platform: Arc<Platform>,
    side: Side,
    (number, token): (u64, u64),
    request: Request,
) -> BoxFuture<'static, Exchanged> {
    Box::pin(async move {
        let mut rng = platform.dice_of(number);
        let exchange = Exchange {
            platform,
            token,
            witness: request.witness,
        };
        let end = async {
            match side {
                Side::Recording { call, masked } => exchange.change(call, masked, &mut rng).await,
                Side::NextEvent(call) => exchange.listen(call, &mut rng).await,
            }
        };
        timeout(request.timeout, end).await.unwrap_or(Err(NoAnswer {
            kind: FaultKind::TimedOut,
        }))
    })
}

struct Exchange {
    platform: Arc<Platform>,
    token: u64,
    witness: Witness,
}

impl Exchange {
    /// Connects and hands the request over. An answer comes at once where the token is refused.
    async fn begin(&self, rng: &mut Rng) -> Result<Option<Answer>, NoAnswer> {
        sleep(*pick(rng, &[ms(0), ms(1), ms(5), ms(50)])).await;
        if rng.u8(0..30) == 0 || !self.witness.hand_over() {
            let kind = FaultKind::ConnectionRefused;
            return Err(NoAnswer { kind });
        }
        let now = self.platform.history.now();
        let good = self.platform.issued.is_good(self.token, now);
        Ok((!good).then(|| status(401)))
    }

    async fn change(&self, call: usize, masked: bool, rng: &mut Rng) -> Exchanged {
        if !masked && self.platform.sessions.forgets_to_unmask(call) {
            return Ok(status(202));
        }
        if let Some(refused) = self.begin(rng).await? {
            return Ok(refused);
        }
        let execute = || self.platform.history.note(What::Recording { call, masked });
        let weather = rng.u8(0..40);
        if matches!(weather, 0 | 2 | 4 | 10..) {
            execute();
        }
        sleep(*pick(rng, &[ms(0), ms(5), ms(20), ms(500)])).await;
        match weather {
            0 | 1 => std::future::pending().await,
            2 | 3 => Err(NoAnswer {
                kind: FaultKind::ConnectionLost,
            }),
            4 | 5 => Ok(status(500)),
            6 | 7 => {
                let mut busy = status(429);
                let wait = HeaderValue::from_static("1");
                busy.headers.insert(RETRY_AFTER, wait);
                Ok(busy)
            }
            8 | 9 => Ok(status(403)),
            _ => Ok(status(202)),
        }
    }

    async fn listen(&self, call: usize, rng: &mut Rng) -> Exchanged {
        if let Some(refused) = self.begin(rng).await? {
            return Ok(refused);
        }
        if rng.u8(0..8) == 0 {
            return Ok(status(*pick(rng, &[500, 503, 429, 304])));
        }
        let sessions = &self.platform.sessions;
        if !sessions.told[call].swap(true, Ordering::Relaxed) {
            let contact = call_id(call);
            let event =
                json!({"Type": "CallContactEvent", "ContactID": contact, "Status": "Active"});
            let body = json!({"events": [event]}).to_string();
            return Ok(answer(200, AnswerBody::Whole(body.into())));
        }
        match timeout(POLL, sessions.ended(call)).await {
            Ok(()) if rng.bool() => Ok(answer(200, AnswerBody::Whole(Bytes::from_static(END)))),
            Ok(()) => Ok(status(409)),
            Err(_) => Ok(status(304)),
        }
    }
}

fn status(status: u16) -> Answer {
    answer(status, AnswerBody::Whole(Bytes::new()))
}

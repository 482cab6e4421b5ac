//! The requests that press nothing: for recordings, for who is spoken to, for events.

use std::sync::Arc;
use std::time::Duration;

use cxone_dtmf_engine::BoxFuture;
use cxone_dtmf_engine::http::{Answer, AnswerBody, Fault as NoAnswer, FaultKind, Witness};
use fastrand::Rng;
use http::HeaderValue;
use http::header::RETRY_AFTER;
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::bugs::Bug;
use super::contacts::{News, event};
use super::faults::{ms, pick};
use super::history::{Told, What};
use super::names::session_id;
use super::platform::{Platform, answer};
use super::sessions::{Sessions, Side};

type Exchanged = Result<Answer, NoAnswer>;

/// One request of an injector.
pub struct Exchange {
    pub platform: Arc<Platform>,
    pub injector: usize,
    pub call: usize,
    /// The id that the session is asked for with.
    pub id: u32,
    pub token: u64,
    pub witness: Witness,
}

/// Sends one. Whoever gives it up takes back what was not handed over: a late change of a recording is nothing that
/// anybody could prevent.
pub fn exchange(
    exchange: Exchange,
    side: Side,
    number: u64,
    within: Duration,
) -> BoxFuture<'static, Exchanged> {
    Box::pin(async move {
        let mut rng = exchange.platform.dice_of(number);
        let end = async {
            match side {
                Side::Recording { contact, masked } => {
                    exchange.record(contact, masked, &mut rng).await
                }
                Side::Activate { contact } => exchange.activate(contact, &mut rng).await,
                Side::NextEvent { wait } => exchange.listen(wait, &mut rng).await,
            }
        };
        let end = timeout(within, end).await.unwrap_or(Err(NoAnswer {
            kind: FaultKind::TimedOut,
        }));
        let is_deaf = |answer: &Answer| !matches!(answer.status.as_u16(), 200 | 304 | 409);
        if matches!(side, Side::NextEvent { .. }) && end.as_ref().map_or(true, is_deaf) {
            let (injector, call) = (exchange.injector, exchange.call);
            exchange
                .platform
                .history
                .note(What::Deaf { injector, call });
        }
        end
    })
}

impl Exchange {
    fn sessions(&self) -> &Sessions {
        &self.platform.sessions
    }

    fn now(&self) -> Duration {
        self.platform.history.now()
    }

    /// Connects and hands the request over. An answer comes at once where the token is refused.
    async fn begin(&self, rng: &mut Rng) -> Result<Option<Answer>, NoAnswer> {
        sleep(*pick(rng, &[ms(0), ms(1), ms(5), ms(50)])).await;
        if rng.u8(0..30) == 0 || !self.witness.hand_over() {
            let kind = FaultKind::ConnectionRefused;
            return Err(NoAnswer { kind });
        }
        let good = self.platform.issued.is_good(self.token, self.now());
        Ok((!good).then(|| status(401)))
    }

    async fn record(&self, contact: u32, masked: bool, rng: &mut Rng) -> Exchanged {
        if !masked && self.sessions().forgets_to_unmask(self.call) {
            return Ok(status(202));
        }
        if let Some(refused) = self.begin(rng).await? {
            return Ok(refused);
        }
        if self.sessions().call(self.call).is_gone(contact) {
            return Ok(status(404));
        }
        let weather = rng.u8(0..40);
        if matches!(weather, 0 | 2 | 4 | 10..) {
            self.carry_out(contact, masked, rng);
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

    /// Changes a recording, late where the world is lively, and in the order in which it was asked for.
    fn carry_out(&self, contact: u32, masked: bool, rng: &mut Rng) {
        let (platform, call) = (Arc::clone(&self.platform), self.call);
        let mut rng = rng.fork();
        let change = move |rng: &mut Rng| {
            let now = platform.history.now();
            platform.sessions.change(call, |session| {
                if !session.is_gone(contact) {
                    session.record(contact, masked, now, rng);
                    let change = What::Recording {
                        call,
                        contact,
                        masked,
                    };
                    platform.history.note(change);
                }
            });
        };
        if !self.sessions().lively {
            return change(&mut rng);
        }
        let late = *pick(&mut rng, &[ms(0), ms(5), ms(100), ms(600), ms(3_000)]);
        let now = self.now();
        let at = (self.sessions().call(self.call)).changes_at(contact, now + late);
        tokio::spawn(async move {
            sleep(at.saturating_sub(now)).await;
            change(&mut rng);
        });
    }

    async fn activate(&self, contact: u32, rng: &mut Rng) -> Exchanged {
        if let Some(refused) = self.begin(rng).await? {
            return Ok(refused);
        }
        if self.sessions().call(self.call).is_gone(contact) {
            return Ok(status(404));
        }
        if rng.u8(0..10) == 0 {
            return Ok(status(503));
        }
        let (platform, call) = (Arc::clone(&self.platform), self.call);
        let mut rng = rng.fork();
        tokio::spawn(async move {
            sleep(*pick(&mut rng, &[ms(0), ms(5), ms(100), ms(1_000)])).await;
            let now = platform.history.now();
            platform.sessions.change(call, |session| {
                if !session.is_gone(contact) {
                    session.speak_to(contact, now, &mut rng);
                }
            });
        });
        Ok(status(202))
    }

    async fn listen(&self, wait: Duration, rng: &mut Rng) -> Exchanged {
        if let Some(refused) = self.begin(rng).await? {
            return Ok(refused);
        }
        if rng.u8(0..8) == 0 {
            return Ok(status(*pick(rng, &[500, 503, 429])));
        }
        match timeout(wait, self.news(wait)).await {
            Ok(Some(told)) => self.tell(told, rng).await,
            Ok(None) if rng.bool() => self.tell(vec![Told::Ended], rng).await,
            Ok(None) => Ok(status(409)),
            Err(_) => {
                self.told(Vec::new(), None);
                Ok(status(304))
            }
        }
    }

    /// What is new; `None` when the session has ended.
    async fn news(&self, wait: Duration) -> Option<Vec<Told>> {
        let sessions = self.sessions();
        loop {
            // Before the look: what happens after it wakes this.
            let changed = sessions.changed[self.call].notified();
            let next = {
                let mut session = sessions.call(self.call);
                if session.ended {
                    return None;
                }
                match session.news(self.injector, self.id, self.now()) {
                    News::Told(told) => return Some(told),
                    News::NotBefore(next) => next,
                }
            };
            let next = next.map_or(wait, |at| at.saturating_sub(self.now()));
            let _ = timeout(next, changed).await;
        }
    }

    /// Answers with events, unless the answer is lost.
    async fn tell(&self, told: Vec<Told>, rng: &mut Rng) -> Exchanged {
        let (sessions, ends) = (self.sessions(), told == [Told::Ended]);
        let renewed =
            (sessions.lively && !ends).then(|| sessions.call(self.call).renew(self.injector));
        sleep(*pick(rng, &[ms(0), ms(0), ms(5), ms(50), ms(400)])).await;
        if rng.u8(0..25) == 0 {
            let kind = FaultKind::ConnectionLost;
            return Err(NoAnswer { kind });
        }
        let events: Vec<_> = told.iter().map(|told| event(self.call, *told)).collect();
        let mut body = json!({"events": events});
        if let Some(id) = renewed {
            body["sessionId"] = session_id(self.call, id).into();
        }
        self.told(told, renewed);
        if sessions.bug == Bug::EventsAppliedLate {
            sleep(ms(300)).await;
        }
        let body = AnswerBody::Whole(body.to_string().into());
        Ok(answer(200, body))
    }

    /// The engine has been told.
    fn told(&self, events: Vec<Told>, renewed: Option<u32>) {
        let (injector, call) = (self.injector, self.call);
        self.sessions().known[call].lock().unwrap().extend(renewed);
        self.platform.history.note(What::Told {
            injector,
            call,
            events,
            renewed,
        });
    }
}

fn status(status: u16) -> Answer {
    answer(status, AnswerBody::Whole(Vec::new().into()))
}

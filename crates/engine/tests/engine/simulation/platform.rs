//! The platform, as a transport that injects faults.
//!
//! As in real life the connection is a task of its own: it may take the body, and the platform may press the
//! digits, after the engine has given the request up.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use cxone_dtmf_engine::BoxFuture;
use cxone_dtmf_engine::http::{
    Answer, AnswerBody, Fault as NoAnswer, FaultKind, Request, Transport, Witness,
};
use fastrand::Rng;
use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::bugs::Bug;
use super::clocks::{Clocks, Wait};
use super::faults::{Act, End, Fault, Pacing};
use super::history::{Ending, History, Injection, What};
use super::names::{call_of, number_of};
use super::plan::{Plan, SPELL};
use super::program;
use super::sessions::{Sessions, Side};
use super::side;
use super::tally::Tally;
use super::tokens::Issued;

/// What all injectors of a world talk to.
pub struct Platform {
    pub seed: u64,
    pub plan: Arc<Plan>,
    pub history: History,
    pub clocks: Clocks,
    pub issued: Arc<Issued>,
    pub tally: Arc<Mutex<Tally>>,
    pub requests: AtomicU64,
    pub sessions: Arc<Sessions>,
}

/// One request under way.
struct Exchange {
    platform: Arc<Platform>,
    call: usize,
    injection: Injection,
    request: u64,
    token: u64,
}

/// Tells the history how the engine saw the end, also when it did not wait for it.
struct Watched(Arc<Exchange>, Ending);

impl Watched {
    fn saw(&mut self, result: &Exchanged) {
        self.1 = match result {
            Ok((answer, wait)) => Ending::Answered {
                status: answer.status.as_u16(),
                retry_after: wait.map(|wait| self.0.platform.clocks.until(wait)),
            },
            Err(NoAnswer { kind }) => Ending::Failed(*kind),
        };
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.0.note(|injection, request| What::Ended {
            injection,
            request,
            how: self.1,
        });
    }
}

/// The way of one injector to the platform.
pub struct ToPlatform(pub Arc<Platform>, pub usize);

impl Transport for ToPlatform {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, NoAnswer>> {
        let number = self.0.requests.fetch_add(1, Ordering::Relaxed);
        let token = token(&request);
        if let Some((asked, call, id)) = Side::of(&request) {
            if !matches!(asked, Side::NextEvent { .. }) {
                self.0.history.note(What::Addressed { call, id });
            }
            let exchange = side::Exchange {
                platform: Arc::clone(&self.0),
                injector: self.1,
                call,
                id,
                token,
                witness: request.witness,
            };
            return side::exchange(exchange, asked, number, request.timeout);
        }
        let (injection, part, call, id) = read(&request);
        self.0.history.note(What::Addressed { call, id });
        let exchange = Arc::new(Exchange {
            platform: Arc::clone(&self.0),
            call,
            injection,
            request: number,
            token,
        });
        self.0.history.note(What::Sent {
            injection,
            request: number,
            token,
            part,
        });
        let (ended, end) = oneshot::channel();
        tokio::spawn(connection(
            Arc::clone(&exchange),
            request.witness.clone(),
            ended,
        ));
        let mut watched = Watched(exchange, Ending::GivenUp);
        Box::pin(async move {
            let result = match timeout(request.timeout, end).await {
                Ok(end) => end.unwrap(),
                Err(_) => Err(NoAnswer {
                    kind: FaultKind::TimedOut,
                }),
            };
            watched.saw(&result);
            result.map(|(answer, _)| answer)
        })
    }
}

type Exchanged = Result<(Answer, Option<Wait>), NoAnswer>;

/// The connection and what is behind it.
async fn connection(exchange: Arc<Exchange>, witness: Witness, ended: oneshot::Sender<Exchanged>) {
    let (fault, mut act) = exchange.draw();
    exchange.platform.tally.lock().unwrap().fault(fault);
    sleep(act.connect).await;
    match act.end {
        End::Unsent(kind) => {
            let _ = ended.send(Err(NoAnswer { kind }));
            return;
        }
        // The sender stays, so that the time of the request runs out.
        End::NoConnection => return keep(ended).await,
        _ => {}
    }
    if !witness.hand_over() && exchange.platform.sessions.bug != Bug::NotTakenBack {
        // Somebody may wait for it all the same: an event can take a request back and the next one bring its contact back.
        let kind = FaultKind::ConnectionLost;
        let _ = ended.send(Err(NoAnswer { kind }));
        return;
    }
    exchange.note(|injection, request| What::HandedOver { injection, request });
    let now = exchange.platform.history.now();
    let token_is_good = exchange.platform.issued.is_good(exchange.token, now);
    let session_ended = exchange.platform.sessions.has_ended(exchange.call);
    let answers = matches!(act.end, End::Cut(_) | End::Wait(..));
    if answers && (!token_is_good || session_ended) {
        sleep(act.work).await;
        let status = if token_is_good { 409 } else { 401 };
        let _ = ended.send(Ok((answer(status, AnswerBody::Whole(Bytes::new())), None)));
        return;
    }
    act.executes &= !session_ended;
    if act.executes && !act.executes_last {
        exchange.execute(&act);
    }
    sleep(act.work).await;
    if act.executes && act.executes_last {
        exchange.execute(&act);
    }
    let end = match act.end {
        End::Lost(kind) => Err(NoAnswer { kind }),
        End::Cut(status) => Ok((answer(status, AnswerBody::Cut), None)),
        End::Wait(status, pacing) => Ok(exchange.platform.answer(status, pacing)),
        End::Unsent(_) | End::NoConnection | End::Silence => return keep(ended).await,
    };
    let _ = ended.send(end);
}

/// Keeps a connection open until the engine leaves it.
async fn keep(mut ended: oneshot::Sender<Exchanged>) {
    ended.closed().await;
}

pub fn answer(status: u16, body: AnswerBody) -> Answer {
    Answer {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body,
    }
}

impl Exchange {
    fn draw(&self) -> (Fault, Act) {
        let plan = &self.platform.plan;
        let spells = self.platform.history.now().as_millis() / SPELL.as_millis();
        let spell = usize::try_from(spells).unwrap() % plan.weather.len();
        let rng = &mut self.platform.dice_of(self.request);
        let fault = plan.weather[spell].draw(rng);
        (fault, fault.act(rng))
    }

    fn execute(&self, act: &Act) {
        let promised_not =
            self.platform.plan.atomic && matches!(act.end, End::Wait(500 | 503, None));
        self.note(|injection, request| What::Executed {
            injection,
            request,
            promised_not,
        });
    }

    fn note(&self, what: impl FnOnce(Injection, u64) -> What) {
        self.platform
            .history
            .note(what(self.injection, self.request));
    }
}

impl Platform {
    /// The same request of the same world always meets the same fault in the same weather.
    pub fn dice_of(&self, request: u64) -> Rng {
        let key = self.seed ^ (request + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Rng::with_seed(key)
    }

    /// An answer, and the wait that it asks for.
    fn answer(&self, status: u16, pacing: Option<Pacing>) -> (Answer, Option<Wait>) {
        let mut answer = answer(status, AnswerBody::Whole(Bytes::from_static(b"{\"ok\":1}")));
        let now = self.clocks.right();
        let whole = |time: SystemTime| {
            let text = httpdate::fmt_http_date(time);
            let wait = Wait::Until(httpdate::parse_http_date(&text).unwrap());
            (text, Some(wait))
        };
        let (text, wait) = match pacing {
            None => return (answer, None),
            Some(Pacing::Nonsense) => ("soon".to_owned(), None),
            Some(Pacing::Seconds(seconds)) => {
                let wait = Wait::For(Duration::from_secs(seconds));
                (seconds.to_string(), Some(wait))
            }
            Some(Pacing::DateAlone(seconds)) => whole(now + Duration::from_secs(seconds)),
            Some(Pacing::Date(seconds)) => {
                let wait = Duration::from_secs(seconds);
                let date = HeaderValue::from_str(&httpdate::fmt_http_date(now)).unwrap();
                answer.headers.insert(DATE, date);
                (whole(now + wait).0, Some(Wait::For(wait)))
            }
        };
        let text = HeaderValue::from_str(&text).unwrap();
        answer.headers.insert(RETRY_AFTER, text);
        (answer, wait)
    }
}

/// Which injection it is, by its correlation id, which burst, by its digits, the call, and by which of its ids.
fn read(request: &Request) -> (Injection, u32, usize, u32) {
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    let digits = body.get("dtmf").or_else(|| body.get("dtmfSequence"));
    let part = program::part_of(digits.unwrap().as_str().unwrap());
    let headers = &request.headers;
    let id = (headers.get("x-correlation-id")).or_else(|| headers.get("correlationid"));
    let injection = id.unwrap().to_str().unwrap().parse().unwrap();
    let call = request.uri.path().rsplit('/').nth(1).unwrap();
    (injection, part, call_of(call), number_of(call))
}

/// The number of the token.
fn token(request: &Request) -> u64 {
    let bearer = request.headers["authorization"].to_str().unwrap();
    bearer.strip_prefix("Bearer ").unwrap().parse().unwrap()
}

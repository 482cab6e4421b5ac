//! The way of one request: arrive, read, judge, wait, answer or break off.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::header::AUTHORIZATION;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::answer::{AnswerBody, Closed};
use super::decision::{Decision, Ending, Now, Payload, Task};
use super::script::Cut;
use super::state::Shared;

/// Longer bodies are answered 413.
const MAX_BODY: usize = 64 * 1024;

/// A body that is too long is still read up to here, so that the client gets to see the 413
/// instead of a reset.
const MAX_DISCARD: usize = 16 * 1024 * 1024;

/// A request in work. Dropped without an outcome, it counts as left by its client.
struct Visit {
    shared: Arc<Shared>,
    seq: u64,
    call_id: Option<String>,
    is_over: bool,
}

impl Visit {
    fn end(&mut self, status: Option<u16>, cut: Option<Cut>) {
        if !self.is_over {
            self.is_over = true;
            let call_id = self.call_id.as_deref();
            self.shared
                .lock()
                .leave(self.seq, call_id, (status, cut), Instant::now());
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.end(None, None);
    }
}

/// Serves one request. An error closes the connection; `reset` makes that a reset.
pub(super) async fn serve(
    shared: Arc<Shared>,
    reset: Arc<AtomicBool>,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, Closed> {
    let (head, body) = request.into_parts();
    let (seq, task) = shared.lock().arrive(&head, Instant::now());
    let mut visit = Visit {
        shared: Arc::clone(&shared),
        seq,
        call_id: None,
        is_over: false,
    };
    let (now, decision) = match task {
        Task::Refuse(answer) => (
            Instant::now(),
            Decision {
                wait: Duration::ZERO,
                ending: Ending::Answer(answer),
            },
        ),
        Task::Token(step) => {
            let common = step.as_deref().map(|step| &step.step);
            if let Some(step) = common.filter(|step| step.cut == Some(Cut::BeforeRead)) {
                return close_unread(visit, step.delay).await;
            }
            let payload = read(body).await?;
            let now = Now::read();
            let decision = shared.lock().token(step.as_deref(), &payload, now);
            (now.instant, decision)
        }
        Task::Dtmf(target, step) => {
            visit.call_id = Some(target.call.clone());
            let step = step.as_deref();
            if let Some(step) = step.filter(|step| step.cut == Some(Cut::BeforeRead)) {
                return close_unread(visit, step.delay).await;
            }
            let payload = read(body).await?;
            let authorization = head
                .headers
                .get(AUTHORIZATION)
                .and_then(|value| value.to_str().ok());
            let now = Now::read();
            let decision = shared
                .lock()
                .dtmf(seq, &target, step, (authorization, &payload), now);
            (now.instant, decision)
        }
    };
    if !decision.wait.is_zero() {
        tokio::time::sleep_until((now + decision.wait).into()).await;
    }
    match decision.ending {
        Ending::Answer(answer) => {
            visit.end(Some(answer.status.as_u16()), None);
            Ok(answer.whole())
        }
        Ending::Truncated(answer) => {
            visit.end(Some(answer.status.as_u16()), Some(Cut::Truncate));
            Ok(answer.truncated())
        }
        Ending::Cut(cut) => {
            visit.end(None, Some(cut));
            match cut {
                // hyper drops this future when the client leaves.
                Cut::Silence | Cut::SilenceAfterExecute => pending().await,
                Cut::Reset => {
                    reset.store(true, Ordering::Relaxed);
                    Err(Closed)
                }
                Cut::BeforeRead | Cut::AfterExecute | Cut::Truncate => Err(Closed),
            }
        }
    }
}

async fn close_unread(
    mut visit: Visit,
    delay: Option<Duration>,
) -> Result<Response<AnswerBody>, Closed> {
    if let Some(delay) = delay {
        tokio::time::sleep(delay).await;
    }
    visit.end(None, Some(Cut::BeforeRead));
    Err(Closed)
}

/// Reads a body. Most come in one piece and are not copied.
async fn read(mut body: Incoming) -> Result<Payload, Closed> {
    let mut first: Option<Bytes> = None;
    let mut rest = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Closed)?.into_data() else {
            continue;
        };
        length += data.len();
        if length > MAX_DISCARD {
            break;
        }
        if length > MAX_BODY {
            rest.clear();
        } else if let Some(first) = &first {
            if rest.is_empty() {
                rest.extend_from_slice(first);
            }
            rest.extend_from_slice(&data);
        } else {
            first = Some(data);
        }
    }
    Ok(if length > MAX_BODY {
        Payload::TooLarge
    } else if rest.is_empty() {
        Payload::Whole(first.unwrap_or_default())
    } else {
        Payload::Whole(rest.freeze())
    })
}

//! The way of one request: arrive, read, check, wait, answer or break off.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::answer::{AnswerBody, Closed};
use super::decision::{Asking, Decision, Ending, Now, Payload, Task};
use super::script::Cut;
use super::sessions::Addressed;
use super::state::{Shared, State};

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
        call_id: task.presses_into().map(str::to_owned),
        is_over: false,
    };
    if let Some(delay) = task.closes_unread() {
        tokio::time::sleep(delay).await;
        visit.end(None, Some(Cut::BeforeRead));
        return Err(Closed);
    }
    let (now, decision) = decide(&shared, seq, task, &head, body).await?;
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

/// Reads what is to be read, and asks the platform. The time is that of the decision.
async fn decide(
    shared: &Shared,
    seq: u64,
    task: Task,
    head: &http::request::Parts,
    body: Incoming,
) -> Result<(Instant, Decision), Closed> {
    match task {
        Task::Tell(answer) => return Ok((Instant::now(), Decision::at_once(answer))),
        Task::NextEvent(_, Some(step)) => {
            return Ok((Instant::now(), State::scripted_event(seq, &step)));
        }
        Task::NextEvent(addressed, None) => {
            let nothing = Payload::NONE;
            let asking = Asking::of(head, &nothing);
            let decision = listen(shared, seq, &addressed, &asking).await;
            return Ok((Instant::now(), decision));
        }
        _ => {}
    }
    let payload = read(body).await?;
    let asking = Asking::of(head, &payload);
    let now = Now::read();
    let mut state = shared.lock();
    let decision = match &task {
        Task::Dtmf(target, step) => {
            let request = (asking.authorization, asking.payload);
            state.dtmf(seq, target, step.as_deref(), request, now)
        }
        Task::SessionDtmf(session, step) => {
            state.session_dtmf(seq, session, step.as_deref(), &asking, now)
        }
        Task::Recording(session, contact, action, step) => {
            let of = (session, contact.as_str(), *action);
            state.recording(seq, of, step.as_deref(), &asking, now)
        }
        Task::Agent(request) => state.agent_request(seq, request, &asking, now),
        Task::Token(endpoint, step) => {
            let request = (asking.authorization, asking.payload);
            state.token(*endpoint, step.as_deref(), request, now)
        }
        Task::NextEvent(..) | Task::Tell(_) => return Err(Closed),
    };
    drop(state);
    if matches!(task, Task::Recording(..) | Task::Agent(_)) {
        shared.news.notify_waiters();
    }
    Ok((now.instant, decision))
}

/// The longest that a listener is kept: what the platform allows.
const LONGEST_POLL: u64 = 60;

/// Waits for something to tell, no longer than the listener wants.
async fn listen(shared: &Shared, seq: u64, addressed: &Addressed, asking: &Asking<'_>) -> Decision {
    let wanted = url::form_urlencoded::parse(asking.query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "timeout")
        .and_then(|(_, value)| value.parse().ok());
    let patience = Duration::from_secs(wanted.unwrap_or(LONGEST_POLL).min(LONGEST_POLL));
    let until = tokio::time::Instant::now() + patience;
    let poll = shared.lock().sessions.poll(addressed);
    loop {
        let mut news = pin!(shared.news.notified());
        // Before the look: what happens between the look and the wait must wake it.
        news.as_mut().enable();
        let (told, due) = {
            let mut state = shared.lock();
            let told = state.next_event(seq, &poll, asking, Instant::now());
            (told, state.pending_masks.next_due())
        };
        if let Some(decision) = told {
            return decision;
        }
        // What takes effect by itself is news as well.
        let look_again = due.map_or(until, |due| until.min(due.into()));
        let waiting = tokio::time::timeout_at(look_again, news).await;
        if waiting.is_err() && look_again == until {
            return State::nothing_happened(seq);
        }
    }
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

//! What a request is for, told by its head.

use std::time::Instant;

use http::header::ALLOW;
use http::{HeaderValue, StatusCode, Uri};

use super::answer::Answer;
use super::decision::Task;
use super::discovery;
use super::id_token;
use super::journal::Head;
use super::record::RequestKind;
use super::route::{Route, route};
use super::state::State;

impl State {
    /// The head of a request was read. Returns its number and what it needs next.
    pub(super) fn arrive(&mut self, head: &http::request::Parts, now: Instant) -> (u64, Task) {
        let path = head.uri.path();
        let mut overlapped = false;
        let route = route(path);
        let (kind, task) = if route.method() == Some(head.method.as_str()) {
            self.task(route, &head.uri, &mut overlapped, now)
        } else {
            (RequestKind::Other, Task::Tell(refused(&route)))
        };
        let seq = self.journal.request(&Head {
            at_ms: self.since_start(now),
            method: &head.method,
            path,
            headers: &head.headers,
            kind,
            call_id: task.id(),
            overlapped,
        });
        (seq, task)
    }

    fn task(
        &mut self,
        route: Route,
        uri: &Uri,
        overlapped: &mut bool,
        now: Instant,
    ) -> (RequestKind, Task) {
        match route {
            Route::Dtmf(target) => {
                *overlapped = self.arrive_at(&target.call, now);
                let step = self.scripts.next(&target.call);
                (RequestKind::Dtmf, Task::Dtmf(target, step))
            }
            Route::SessionDtmf(id) => {
                let addressed = self.sessions.addressed(id);
                *overlapped = self.arrive_at(&addressed.session, now);
                let step = self.scripts.next(&addressed.session);
                (RequestKind::Dtmf, Task::SessionDtmf(addressed, step))
            }
            Route::Recording(id, contact, action) => {
                self.statistics.mask_requests += 1;
                let step = self.scripts.next_mask(action);
                let addressed = self.sessions.addressed(id);
                let task = Task::Recording(addressed, contact, action, step);
                (RequestKind::Mask, task)
            }
            Route::Agent(request) => {
                let request = request.map(|id| self.sessions.addressed(id));
                (request.kind(), Task::Agent(request))
            }
            Route::NextEvent(id) => {
                self.statistics.event_polls += 1;
                let step = self.scripts.next_event();
                let addressed = self.sessions.addressed(id);
                (RequestKind::Events, Task::NextEvent(addressed, step))
            }
            Route::Configuration => {
                self.statistics.discovery_requests += 1;
                let (api, tenant) = (self.api_endpoint(), &self.options.tenant_id);
                let answer = discovery::configuration(uri.query(), tenant, api, &self.url);
                (RequestKind::Discovery, Task::Tell(answer))
            }
            Route::Keys => {
                let answer = Answer::json(StatusCode::OK, &id_token::key_set());
                (RequestKind::Discovery, Task::Tell(answer))
            }
            Route::OpenIdConfiguration => {
                self.statistics.discovery_requests += 1;
                let answer = discovery::open_id(&self.url);
                (RequestKind::Discovery, Task::Tell(answer))
            }
            Route::Token(endpoint) => {
                self.statistics.token_requests += 1;
                let step = self.scripts.next_token();
                (RequestKind::Token, Task::Token(endpoint, step))
            }
            unknown @ Route::Unknown => (RequestKind::Other, Task::Tell(refused(&unknown))),
        }
    }

    /// Digits are on their way into a call or a session. Tells whether something else was going on in it.
    fn arrive_at(&mut self, id: &str, now: Instant) -> bool {
        let (overlaps, together) = self.calls.arrive(id, now);
        let statistics = &mut self.statistics;
        statistics.overlaps += u64::from(overlaps);
        statistics.in_flight += 1;
        statistics.max_in_flight = statistics.max_in_flight.max(statistics.in_flight);
        statistics.max_in_flight_per_call = statistics.max_in_flight_per_call.max(together);
        overlaps
    }
}

/// The answer to a request that comes to no resource, or with the wrong method.
fn refused(route: &Route) -> Answer {
    let Some(method) = route.method() else {
        return Answer::refusal(StatusCode::NOT_FOUND, "not_found", "No such resource");
    };
    Answer::refusal(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        &format!("Only {method} is allowed here"),
    )
    .with(ALLOW, HeaderValue::from_static(method))
}

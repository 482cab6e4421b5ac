//! Which calls are live, and what is going on in each.

use std::collections::HashMap;
use std::time::Instant;

/// Where a call lives. Requests that name another provider or line answer 404.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallOptions {
    /// The provider of the call. Default: any.
    pub provider_id: Option<String>,
    /// The line of the call. Default: any.
    pub line_id: Option<String>,
}

/// `None` when the call has ended.
type Known = Option<CallOptions>;

/// What is going on in one call.
#[derive(Clone, Copy, Debug, Default)]
struct Activity {
    in_flight: u64,
    busy_until: Option<Instant>,
}

impl Activity {
    fn is_busy(&self, now: Instant) -> bool {
        self.busy_until.is_some_and(|until| now < until)
    }
}

/// The calls of the platform.
pub(super) struct Calls {
    auto: bool,
    known: HashMap<String, Known>,
    /// Only of calls with something going on.
    activity: HashMap<String, Activity>,
}

impl Calls {
    /// With `auto`, calls that were never added are live as well.
    pub(super) fn new(auto: bool) -> Self {
        Self {
            auto,
            known: HashMap::new(),
            activity: HashMap::new(),
        }
    }

    pub(super) fn add(&mut self, call_id: &str, options: CallOptions) {
        self.known.insert(call_id.to_owned(), Some(options));
    }

    pub(super) fn end(&mut self, call_id: &str) {
        self.known.insert(call_id.to_owned(), None);
    }

    /// Whether the call is live on this provider and line.
    pub(super) fn is_live(&self, call_id: &str, provider_id: &str, line_id: &str) -> bool {
        match self.known.get(call_id) {
            None => self.auto,
            Some(None) => false,
            Some(Some(call)) => {
                call.provider_id
                    .as_deref()
                    .is_none_or(|id| id == provider_id)
                    && call.line_id.as_deref().is_none_or(|id| id == line_id)
            }
        }
    }

    /// Whether a sequence is playing or being processed.
    pub(super) fn is_busy(&self, call_id: &str, now: Instant) -> bool {
        self.activity
            .get(call_id)
            .is_some_and(|activity| activity.is_busy(now))
    }

    /// A sequence occupies the call until then.
    pub(super) fn occupy(&mut self, call_id: &str, until: Instant) {
        let activity = self.activity.entry(call_id.to_owned()).or_default();
        activity.busy_until = activity.busy_until.max(Some(until));
    }

    /// A request for the call came in. Tells whether something else was going on, and how many
    /// requests for the call are in flight with it.
    pub(super) fn arrive(&mut self, call_id: &str, now: Instant) -> (bool, u64) {
        let activity = self.activity.entry(call_id.to_owned()).or_default();
        let overlapped = activity.in_flight > 0 || activity.is_busy(now);
        activity.in_flight += 1;
        (overlapped, activity.in_flight)
    }

    /// A request for the call is over: answered, cut or given up.
    pub(super) fn leave(&mut self, call_id: &str, now: Instant) {
        if let Some(activity) = self.activity.get_mut(call_id) {
            activity.in_flight = activity.in_flight.saturating_sub(1);
            if activity.in_flight == 0 && !activity.is_busy(now) {
                self.activity.remove(call_id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_call_is_live_where_it_was_added_and_until_it_ends() {
        let mut calls = Calls::new(false);
        assert!(!calls.is_live("c", "p", "l"));
        calls.add(
            "c",
            CallOptions {
                provider_id: Some("p".to_owned()),
                line_id: None,
            },
        );
        assert!(calls.is_live("c", "p", "any"));
        assert!(!calls.is_live("c", "q", "any"));
        calls.end("c");
        assert!(!calls.is_live("c", "p", "any"));
        calls.add("c", CallOptions::default());
        assert!(calls.is_live("c", "q", "any"));
    }

    #[test]
    fn with_auto_calls_every_call_is_live_until_it_ends() {
        let mut calls = Calls::new(true);
        assert!(calls.is_live("c", "p", "l"));
        calls.end("c");
        assert!(!calls.is_live("c", "p", "l"));
    }

    #[test]
    fn a_request_overlaps_one_in_flight_and_tones_that_play() {
        let mut calls = Calls::new(true);
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        assert_eq!(calls.arrive("c", now), (false, 1));
        assert_eq!(calls.arrive("c", now), (true, 2));
        calls.occupy("c", later);
        calls.leave("c", now);
        calls.leave("c", now);
        assert_eq!(calls.arrive("c", now), (true, 1), "the tones still play");
        calls.leave("c", later);
        assert!(calls.activity.is_empty(), "nothing is kept of idle calls");
        assert_eq!(calls.arrive("c", later), (false, 1));
    }
}

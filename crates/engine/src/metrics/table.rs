//! All metrics: one entry each. The text for Prometheus, the JSON snapshot and the documentation come from here.

use std::time::Duration;

use serde_json::{Value, json};

use super::snapshot::Snapshot;
use super::times::Times;
use super::totals::Totals;
use crate::counters::CounterEntry;
use crate::delivery::Delivery;
use crate::fleet;
use crate::in_doubt::Block;
use crate::sessions::SessionView;
use crate::timestamp::rfc3339_millis;

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name, without what all names begin with.
    name: &'static str,
    /// What is counted or measured.
    pub unit: &'static str,
    /// The field of the snapshot, after the objects it is in.
    pub json: &'static str,
    /// What it says, in one sentence.
    pub help: &'static str,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// How it is read.
    pub reading: Reading,
}

/// How a metric is read from a snapshot.
#[derive(Clone, Copy, Debug)]
pub enum Reading {
    /// Only grows.
    Total(fn(&Totals) -> u64),
    /// Only grows, and is there with a fleet.
    Fleet(fn(&fleet::Counts) -> u64),
    /// Only grows, one number for each combination of labels that occurred. JSON has no labels: it sums up.
    Labelled {
        /// The values of the labels, with the number.
        samples: fn(&Snapshot) -> Vec<Sample>,
        /// What the JSON snapshot shows.
        json: fn(&Snapshot) -> Value,
    },
    /// Goes up and down, and JSON lists what is counted.
    Listed {
        /// How many there are.
        count: fn(&Snapshot) -> u64,
        /// What the JSON snapshot shows.
        json: fn(&Snapshot) -> Value,
    },
    /// Goes up and down.
    Gauge(fn(&Snapshot) -> u64),
    /// A time that goes up and down, or is not there.
    Age(fn(&Snapshot) -> Option<Duration>),
    /// The same, of a fleet.
    FleetAge(fn(&Snapshot) -> Option<Duration>),
    /// How long something took.
    Times(fn(&Snapshot) -> &Times),
}

/// The values of the labels, in the order of their names, and the number.
pub type Sample = (Vec<&'static str>, u64);

/// What the JSON snapshot shows beside the metrics: Prometheus computes it from them.
#[derive(Clone, Copy, Debug)]
pub struct Derived {
    /// The field of the snapshot, after the objects it is in.
    pub json: &'static str,
    /// Computes it.
    pub read: fn(&Snapshot) -> Value,
}

impl Metric {
    /// Its name in Prometheus.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("cxone_dtmf_{}", self.name)
    }

    /// Its type in Prometheus.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self.reading {
            Reading::Total(_) | Reading::Fleet(_) | Reading::Labelled { .. } => "counter",
            Reading::Listed { .. } | Reading::Gauge(_) | Reading::Age(_) | Reading::FleetAge(_) => {
                "gauge"
            }
            Reading::Times(_) => "histogram",
        }
    }

    const fn new(
        (name, unit, json): (&'static str, &'static str, &'static str),
        help: &'static str,
        reading: Reading,
    ) -> Self {
        Self {
            name,
            unit,
            json,
            help,
            labels: &[],
            reading,
        }
    }

    const fn counter<C>(entry: &CounterEntry<C>, reading: Reading) -> Self {
        Self::new((entry.name, entry.unit, entry.json), entry.help, reading)
    }
}

/// Every metric, in the order of the documentation and of the text for Prometheus.
pub fn all() -> impl Iterator<Item = Metric> {
    let totals = Totals::TABLE
        .iter()
        .map(|entry| Metric::counter(entry, Reading::Total(entry.read)));
    let fleet = fleet::Counts::TABLE
        .iter()
        .map(|entry| Metric::counter(entry, Reading::Fleet(entry.read)));
    let labelled = LABELLED.iter().copied();
    labelled
        .chain(totals)
        .chain(GAUGES.iter().copied())
        .chain(fleet)
        .chain(FLEET_GAUGES.iter().copied())
        .chain(TIMES.iter().copied())
}

const LABELLED: &[Metric] = &[
    Metric {
        name: "injections_total",
        unit: "injections",
        json: "injections",
        help: "Settled injections, by what is known of the digits and by error code.",
        labels: &["delivery", "code"],
        reading: Reading::Labelled {
            samples: |now| {
                let settled = now.counts.settled.iter();
                settled
                    .map(|(delivery, code, count)| {
                        let code = code.map_or("", |code| code.as_str());
                        (vec![delivery.as_str(), code], *count)
                    })
                    .collect()
            },
            json: |now| {
                json!({
                    "accepted": now.counts.settled_as(Delivery::Accepted),
                    "refused": now.counts.settled_as(Delivery::Refused),
                    "notSent": now.counts.settled_as(Delivery::NotSent),
                    "unknown": now.counts.settled_as(Delivery::Unknown),
                })
            },
        },
    },
    Metric {
        name: "resends_total",
        unit: "requests",
        json: "resends",
        help: "Requests sent again, by the code of the attempt that failed.",
        labels: &["reason"],
        reading: Reading::Labelled {
            samples: |now| {
                let resends = now.counts.resends.iter();
                resends
                    .map(|(code, count)| (vec![code.as_str()], *count))
                    .collect()
            },
            json: |now| json!(now.counts.all_resends()),
        },
    },
];

const GAUGES: &[Metric] = &[
    Metric::new(
        ("waiting", "waiters", "waiting"),
        "Injections and locks that wait for a call.",
        Reading::Gauge(|now| now.waiting as u64),
    ),
    Metric::new(
        ("in_flight", "requests", "inFlight"),
        "Requests under way.",
        Reading::Gauge(|now| now.in_flight as u64),
    ),
    Metric::new(
        ("locks", "locks", "locks"),
        "Manual locks held.",
        Reading::Gauge(|now| now.locks as u64),
    ),
    Metric::new(
        ("in_doubt", "calls", "inDoubt"),
        "Calls, sessions and contacts that take nothing more until `resolve` (`afterUnknown: 'block'`), in the whole process, on the platform of this injector.",
        Reading::Listed {
            count: |now| now.in_doubt.1 as u64,
            json: |now| now.in_doubt.0.iter().map(listed).collect(),
        },
    ),
    Metric::new(
        ("followed_sessions", "sessions", "sessions"),
        "Sessions that are followed, in the whole process, on the platform of this injector.",
        Reading::Listed {
            count: |now| now.sessions.1 as u64,
            json: |now| now.sessions.0.iter().map(listed_session).collect(),
        },
    ),
    Metric::new(
        ("outbox_bytes", "bytes", "outboxBytes"),
        "Outcomes and events that the program has not taken yet.",
        Reading::Gauge(|now| now.outbox_bytes as u64),
    ),
    Metric::new(
        ("retry_budget_tokens", "tokens", "retryBudget"),
        "Tokens left for resends.",
        Reading::Gauge(|now| now.budget.into()),
    ),
    Metric::new(
        ("token_age_seconds", "seconds", "tokenAgeMs"),
        "Age of the token in use; absent without one.",
        Reading::Age(|now| now.token_age),
    ),
];

const FLEET_GAUGES: &[Metric] = &[Metric::new(
    (
        "fleet_unavailable_seconds",
        "seconds",
        "fleet.unavailableMs",
    ),
    "For how long Redis has not answered, or granted no leases since it may have lost some; absent while it does.",
    Reading::FleetAge(|now| now.fleet_unavailable),
)];

const TIMES: &[Metric] = &[
    Metric::new(
        ("queue_seconds", "seconds", "queuedMs"),
        "From the call to the grant of the lock.",
        Reading::Times(|now| &now.times.queue),
    ),
    Metric::new(
        ("latency_seconds", "seconds", "latencyMs"),
        "From the grant of the lock to the outcome.",
        Reading::Times(|now| &now.times.latency),
    ),
    Metric::new(
        ("attempt_seconds", "seconds", "attemptMs"),
        "The last attempt's own time.",
        Reading::Times(|now| &now.times.attempt),
    ),
];

fn listed_session(session: &SessionView) -> Value {
    let contacts = session.contacts.iter().map(|contact| {
        json!({
            "contactId": *contact.id,
            "state": contact.state.as_str(),
            "inFocus": contact.hears,
        })
    });
    json!({
        "sessionId": *session.id,
        "heard": session.is_heard,
        "canMask": session.can_mask,
        "contacts": contacts.collect::<Vec<_>>(),
    })
}

fn listed(block: &Block) -> Value {
    let until = block.since.checked_add(block.lasts).unwrap_or(block.since);
    json!({
        "callId": *block.recipient.call,
        "contactId": block.recipient.contact.as_deref(),
        "injectionId": block.injection,
        "since": rfc3339_millis(block.since),
        "until": rfc3339_millis(until),
    })
}

/// What the JSON snapshot shows beside the metrics.
pub const DERIVED: &[Derived] = &[
    Derived {
        json: "byCode",
        read: |now| json!(now.counts.by_code()),
    },
    Derived {
        json: "recognition.byAcceptance",
        read: |now| {
            let accepted = now.counts.settled_as(Delivery::Accepted);
            share(accepted, now.counts.all_settled())
        },
    },
    Derived {
        json: "recognition.reported.rate",
        read: |now| {
            let Totals {
                reported_digits_sent: sent,
                reported_digits_recognised: recognised,
                ..
            } = now.totals;
            share(recognised, sent)
        },
    },
];

/// `null` where there is no whole: there is no rate then.
fn share(part: u64, whole: u64) -> Value {
    json!((whole > 0).then(|| part as f64 / whole as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_and_no_field_stands_twice() {
        let fields = all().map(|metric| metric.json);
        let fields = fields.chain(DERIVED.iter().map(|derived| derived.json));
        for mut names in [
            all().map(|metric| metric.name).collect::<Vec<_>>(),
            fields.collect(),
        ] {
            names.sort_unstable();
            let many = names.len();
            names.dedup();
            assert_eq!(names.len(), many);
        }
    }
}

//! The metrics in the text exposition format of Prometheus (version 0.0.4).
//!
//! Libraries write `OpenMetrics`, whose counters the parsers of this format do not recognise.

use std::fmt::Write as _;
use std::time::Duration;

use super::counts::Counts;
use super::snapshot::Snapshot;
use super::times::{BUCKETS, Times};
use crate::fleet;

/// Every name begins with it.
const PREFIX: &str = "cxone_dtmf_";

/// What is counted outside of the engine.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExternalCounts {
    /// Tokens that were fetched.
    pub token_refreshes: u64,
    /// Injections that ended without their audit record being complete.
    pub audit_failures: u64,
    /// How often a monitor of the program failed.
    pub monitor_errors: u64,
    /// Bytes that wait for the program to take them.
    pub outbox_bytes: usize,
}

/// Writes all metrics. Names and units are documented in `docs/metrics.md`.
#[must_use]
pub fn exposition(now: &Snapshot, external: ExternalCounts) -> String {
    let mut page = Page(String::with_capacity(8 * 1024));
    page.labelled_counters(&now.counts);
    page.totals(&now.counts, external);
    page.gauges(now, external);
    if let Some(counts) = now.fleet {
        page.fleet(counts);
    }
    for (name, help, times) in [
        (
            "queue_seconds",
            "From the call to the grant of the lock.",
            &now.times.queue,
        ),
        (
            "latency_seconds",
            "From the grant of the lock to the outcome.",
            &now.times.latency,
        ),
        (
            "attempt_seconds",
            "The last attempt's own time.",
            &now.times.attempt,
        ),
    ] {
        page.histogram(name, help, times);
    }
    page.0
}

struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(
            self.0,
            "# HELP {PREFIX}{name} {help}\n# TYPE {PREFIX}{name} {kind}"
        );
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _ = if labels.is_empty() {
            writeln!(self.0, "{PREFIX}{name} {value}")
        } else {
            writeln!(self.0, "{PREFIX}{name}{{{labels}}} {value}")
        };
    }

    fn labelled_counters(&mut self, counts: &Counts) {
        self.head(
            "injections_total",
            "counter",
            "Settled injections, by what is known of the digits and by error code.",
        );
        for (delivery, code, count) in &counts.settled {
            let code = code.map_or("", |code| code.as_str());
            let labels = format!(r#"delivery="{}",code="{code}""#, delivery.as_str());
            self.sample("injections_total", &labels, *count);
        }
        self.head(
            "resends_total",
            "counter",
            "Requests sent again, by the code of the attempt that failed.",
        );
        for (code, count) in &counts.resends {
            let label = format!(r#"reason="{}""#, code.as_str());
            self.sample("resends_total", &label, *count);
        }
    }

    /// Counters without labels: name, help, value.
    fn counters<const N: usize>(&mut self, counters: [(&str, &str, u64); N]) {
        for (name, help, count) in counters {
            self.head(name, "counter", help);
            self.sample(name, "", count);
        }
    }

    fn totals(&mut self, counts: &Counts, external: ExternalCounts) {
        let reported = counts.reported;
        self.counters([
            ("attempts_total", "Requests handed over.", counts.attempts),
            (
                "token_refreshes_total",
                "Tokens fetched.",
                external.token_refreshes,
            ),
            (
                "audit_failures_total",
                "Injections whose audit record is not complete.",
                external.audit_failures,
            ),
            (
                "monitor_errors_total",
                "Times that a monitor threw or rejected.",
                external.monitor_errors,
            ),
            (
                "unmask_failures_total",
                "Recordings that could not be unmasked.",
                counts.unmask_failures,
            ),
            (
                "recognition_reports_total",
                "Injections that the application reported on.",
                reported.injections,
            ),
            (
                "reported_digits_sent_total",
                "Digits of these injections.",
                reported.digits_sent,
            ),
            (
                "reported_digits_recognised_total",
                "How many of these the far end recognised.",
                reported.digits_recognised,
            ),
        ]);
    }

    fn fleet(&mut self, counts: fleet::Counts) {
        self.counters([
            (
                "fleet_round_trips_total",
                "Commands sent to Redis.",
                counts.round_trips,
            ),
            (
                "fleet_failures_total",
                "Questions that Redis did not answer.",
                counts.failures,
            ),
            ("fleet_leases_total", "Leases given.", counts.leases),
            (
                "fleet_lease_waits_total",
                "Leases that another process had to give back first.",
                counts.waits,
            ),
            (
                "fleet_leases_lost_total",
                "Leases that were lost when they were needed.",
                counts.leases_lost,
            ),
            (
                "fleet_without_lease_total",
                "Turns without a lease, while Redis was away.",
                counts.without_lease,
            ),
            (
                "fleet_shared_tokens_total",
                "Tokens that another process had fetched.",
                counts.shared_tokens,
            ),
            (
                "fleet_own_slots_total",
                "Requests that kept to this process's share of the rate limit, while Redis was away.",
                counts.own_slots,
            ),
        ]);
    }

    fn gauges(&mut self, now: &Snapshot, external: ExternalCounts) {
        for (name, help, value) in [
            (
                "waiting",
                "Injections and locks that wait for a call.",
                now.waiting,
            ),
            ("in_flight", "Requests under way.", now.in_flight),
            ("locks", "Manual locks held.", now.locks),
            (
                "outbox_bytes",
                "Outcomes and events that the program has not taken yet.",
                external.outbox_bytes,
            ),
        ] {
            self.head(name, "gauge", help);
            self.sample(name, "", value);
        }
        self.head("retry_budget_tokens", "gauge", "Tokens left for resends.");
        self.sample("retry_budget_tokens", "", now.budget);
        self.head(
            "token_age_seconds",
            "gauge",
            "Age of the token in use; absent without one.",
        );
        if let Some(age) = now.token_age {
            self.sample("token_age_seconds", "", seconds(age));
        }
    }

    fn histogram(&mut self, name: &str, help: &str, times: &Times) {
        self.head(name, "histogram", help);
        let bucket = format!("{name}_bucket");
        for (bound, count) in BUCKETS.iter().zip(times.buckets()) {
            self.sample(&bucket, &format!(r#"le="{bound}""#), count);
        }
        self.sample(&bucket, r#"le="+Inf""#, times.count());
        self.sample(&format!("{name}_sum"), "", seconds(times.sum()));
        self.sample(&format!("{name}_count"), "", times.count());
    }
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Delivery;
    use crate::error::Code;

    #[test]
    fn every_sample_has_a_type_and_every_histogram_its_end() {
        let mut now = Snapshot::default();
        now.counts.settled = vec![
            (Delivery::Accepted, None, 3),
            (Delivery::Unknown, Some(Code::OutcomeUnknown), 1),
        ];
        now.times.queue.record(Duration::from_millis(7));
        now.token_age = Some(Duration::from_millis(1500));
        let page = exposition(&now, ExternalCounts::default());
        let mut typed = Vec::new();
        for line in page.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                typed.push(rest.split(' ').next().unwrap().to_owned());
            } else if !line.starts_with('#') {
                let name = line.split(['{', ' ']).next().unwrap();
                let family = typed.last().unwrap();
                assert!(name.starts_with(family.as_str()), "{line}");
                assert!(line.rsplit(' ').next().unwrap().parse::<f64>().is_ok());
            }
        }
        for line in [
            r#"cxone_dtmf_injections_total{delivery="accepted",code=""} 3"#,
            r#"cxone_dtmf_injections_total{delivery="unknown",code="ERR_DTMF_OUTCOME_UNKNOWN"} 1"#,
            r#"cxone_dtmf_queue_seconds_bucket{le="0.005"} 0"#,
            r#"cxone_dtmf_queue_seconds_bucket{le="0.01"} 1"#,
            r#"cxone_dtmf_queue_seconds_bucket{le="+Inf"} 1"#,
            "cxone_dtmf_queue_seconds_sum 0.007",
            "cxone_dtmf_token_age_seconds 1.5",
        ] {
            assert!(
                page.lines().any(|written| written == line),
                "{line}\n{page}"
            );
        }
    }
}

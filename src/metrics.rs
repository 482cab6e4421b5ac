//! The metrics as JavaScript sees them, and what it reports.

use serde_json::{Value, json};
use uuid::Uuid;

use super::times::millis;
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Error;
use cxone_dtmf_engine::metrics::{ExternalCounts, Snapshot, Times};

/// `MetricsSnapshot` of `index.d.ts` as JSON text, without what is counted on the other side.
pub fn snapshot_json(now: &Snapshot, external: ExternalCounts) -> String {
    let counts = &now.counts;
    let settled: u64 = counts.settled.iter().map(|(.., count)| count).sum();
    let accepted = counts.settled_as(Delivery::Accepted);
    let reported = counts.reported;
    json!({
        "injections": {
            "accepted": accepted,
            "refused": counts.settled_as(Delivery::Refused),
            "notSent": counts.settled_as(Delivery::NotSent),
            "unknown": counts.settled_as(Delivery::Unknown),
        },
        "byCode": counts.by_code(),
        "attempts": counts.attempts,
        "resends": counts.all_resends(),
        "waiting": now.waiting,
        "inFlight": now.in_flight,
        "locks": now.locks,
        "outboxBytes": external.outbox_bytes,
        "retryBudget": now.budget,
        "tokenRefreshes": external.token_refreshes,
        "tokenAgeMs": now.token_age.map(millis),
        "queuedMs": percentiles(&now.times.queue),
        "latencyMs": percentiles(&now.times.latency),
        "attemptMs": percentiles(&now.times.attempt),
        "recognition": {
            "byAcceptance": share(accepted, settled),
            "reported": {
                "injections": reported.injections,
                "digitsSent": reported.digits_sent,
                "digitsRecognised": reported.digits_recognised,
                "rate": share(reported.digits_recognised, reported.digits_sent),
            },
        },
        "auditFailures": external.audit_failures,
        "unmaskFailures": counts.unmask_failures,
        "fleet": now.fleet.map(|fleet| json!({
            "roundTrips": fleet.round_trips,
            "failures": fleet.failures,
            "leases": fleet.leases,
            "leaseWaits": fleet.waits,
            "leasesLost": fleet.leases_lost,
            "withoutLease": fleet.without_lease,
            "sharedTokens": fleet.shared_tokens,
            "ownSlots": fleet.own_slots,
        })),
    })
    .to_string()
}

fn percentiles(times: &Times) -> Value {
    let read = times.percentiles();
    json!({
        "count": read.count,
        "p50": millis(read.p50),
        "p90": millis(read.p90),
        "p99": millis(read.p99),
        "max": millis(read.max),
    })
}

/// `None`, and `null` in JavaScript, where there is no whole: there is no rate then.
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Reads the arguments of `reportRecognition`. A missing or ill-typed text is `None`, an ill-typed number NaN.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range was checked, and NaN is in no range"
)]
pub fn report(injection_id: Option<&str>, digits_recognised: f64) -> Result<(Uuid, u32), Error> {
    let id = injection_id
        .and_then(|text| Uuid::try_parse(text).ok())
        .ok_or_else(|| Error::invalid("injectionId must be the injectionId of an audit entry"))?;
    let lawful = (0.0..=f64::from(u32::MAX)).contains(&digits_recognised)
        && digits_recognised.fract() == 0.0;
    if !lawful {
        return Err(Error::invalid(
            "digitsRecognised must be how many digits were recognised, a whole number from 0",
        ));
    }
    Ok((id, digits_recognised as u32))
}

//! The metrics as JavaScript sees them, and what it reports.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::times::millis;
use cxone_dtmf_engine::error::Error;
use cxone_dtmf_engine::metrics::{self, DERIVED, Reading, Snapshot, Times};

/// `MetricsSnapshot` of `index.d.ts` as JSON text.
pub fn snapshot_json(now: &Snapshot) -> String {
    let mut snapshot = Map::new();
    for metric in metrics::all() {
        put(&mut snapshot, metric.json, value(metric.reading, now));
    }
    for derived in DERIVED {
        put(&mut snapshot, derived.json, Some((derived.read)(now)));
    }
    Value::Object(snapshot).to_string()
}

fn value(reading: Reading, now: &Snapshot) -> Option<Value> {
    match reading {
        Reading::Total(read) => Some(json!(read(&now.totals))),
        Reading::Fleet(read) => now.fleet.as_ref().map(|counts| json!(read(counts))),
        Reading::Labelled { json, .. } | Reading::Listed { json, .. } => Some(json(now)),
        Reading::Gauge(read) => Some(json!(read(now))),
        Reading::Age(read) => read(now).map(|age| json!(millis(age))),
        Reading::FleetAge(read) => (now.fleet.as_ref()).map(|_| json!(read(now).map(millis))),
        Reading::Times(read) => Some(percentiles(read(now))),
    }
}

/// Puts a value under a name, after the objects it is in. Without it the name is `null`, or the whole object it is in.
fn put(object: &mut Map<String, Value>, path: &str, value: Option<Value>) {
    match (path.split_once('.'), value) {
        (Some((name, rest)), Some(value)) => {
            let inner = object.entry(name).or_insert_with(|| json!({}));
            if let Value::Object(inner) = inner {
                put(inner, rest, Some(value));
            }
        }
        (Some((name, _)), None) => {
            object.insert(name.to_owned(), Value::Null);
        }
        (None, value) => {
            object.insert(path.to_owned(), value.unwrap_or_default());
        }
    }
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

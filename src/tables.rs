//! The tables of facts that the engine, JavaScript, the command line and the documentation share.

use napi_derive::napi;
use serde_json::{Value, json};

use super::options;
use super::outcome_fields::OUTCOME_FIELDS;
use cxone_dtmf_engine::audit::{AUDIT_FIELDS, Event};
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::metrics;

/// The tables as JSON text; `lib/tables.js` has their form.
#[napi(catch_unwind)]
#[must_use]
pub fn tables() -> String {
    json!({
        "options": options(),
        "errors": errors(),
        "metrics": metrics(),
        "outcome": outcome(),
        "audit": audit(),
    })
    .to_string()
}

fn options() -> Vec<Value> {
    let tables = options::tables().into_iter();
    let rows = tables.flat_map(|(section, options)| {
        let rows = options.into_iter();
        rows.flat_map(move |option| option.rows(section, ""))
    });
    rows.collect()
}

fn errors() -> Value {
    let codes = Code::ALL.into_iter().map(|code| {
        let deliveries = code.deliveries().iter().map(|delivery| delivery.as_str());
        json!({
            "code": code.as_str(),
            "type": code.type_name(),
            "when": code.when(),
            "deliveries": deliveries.collect::<Vec<_>>(),
            "advice": code.advice(),
            "exit": code.exit().code(),
        })
    });
    codes.collect()
}

fn metrics() -> Value {
    let metrics = metrics::all().map(|metric| {
        json!({
            "name": metric.full_name(),
            "help": metric.help,
            "unit": metric.unit,
            "kind": metric.kind(),
            "labels": metric.labels,
            "json": metric.json,
        })
    });
    metrics.collect()
}

fn outcome() -> Value {
    let fields = OUTCOME_FIELDS.iter().map(|field| {
        json!({
            "name": field.name,
            "json": field.name,
            "shown": field.shown,
            "doc": field.doc,
        })
    });
    fields.collect()
}

fn audit() -> Value {
    let fields = AUDIT_FIELDS.iter().map(|field| {
        let events = field.events.iter().map(|event| event.as_str());
        let shown = if field.events == Event::ALL {
            "always".to_owned()
        } else {
            events.collect::<Vec<_>>().join(", ")
        };
        json!({
            "name": field.name,
            "json": field.name,
            "shown": shown,
            "doc": field.doc,
        })
    });
    fields.collect()
}

//! The tables of facts that the engine, JavaScript, the command line and the documentation share.

use napi_derive::napi;
use serde_json::{Value, json};

use super::outcome_fields::OUTCOME_FIELDS;
use cxone_dtmf_engine::error::Code;

/// The tables as JSON text; `lib/tables.js` has their form.
#[napi(catch_unwind)]
#[must_use]
pub fn tables() -> String {
    json!({
        "errors": errors(),
        "outcome": outcome(),
    })
    .to_string()
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

fn outcome() -> Value {
    let fields = OUTCOME_FIELDS.iter().map(|field| {
        json!({
            "name": field.name,
            "json": field.shown.map(|_| field.name),
            "shown": field.shown,
            "doc": field.doc,
            "crosses": field.crosses,
        })
    });
    fields.collect()
}

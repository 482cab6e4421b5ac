//! The tables, in which each fact is written once, as JSON for documents, the command line and tests.

use napi_derive::napi;
use serde_json::{Value, json};

use super::options;

/// All tables, as JSON text.
#[napi(catch_unwind)]
#[must_use]
pub fn tables() -> String {
    json!({ "options": option_rows() }).to_string()
}

fn option_rows() -> Vec<Value> {
    let tables = options::tables().into_iter();
    let rows = tables.flat_map(|(section, options)| {
        let rows = options.into_iter();
        rows.flat_map(move |option| option.rows(section, ""))
            .collect::<Vec<_>>()
    });
    rows.collect()
}

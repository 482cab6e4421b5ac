//! What belongs to an injection, on its way in.

use napi_derive::napi;
use zeroize::Zeroizing;

use cxone_dtmf_engine::trace::Trace;

/// Copies digits that came as bytes into memory that is wiped. A byte that is no ASCII breaks the rule of digits at its place.
#[must_use]
pub fn copied(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(bytes.len()));
    let characters = bytes.iter().map(|byte| char::from(*byte));
    text.extend(characters.map(|found| if found.is_ascii() { found } else { '?' }));
    text
}

/// Whether these options of an injection keep their rules.
#[napi(catch_unwind)]
#[must_use]
pub fn is_trace_usable(traceparent: Option<String>, correlation_id: Option<String>) -> bool {
    Trace::new(traceparent.as_deref(), correlation_id.as_deref()).is_ok()
}

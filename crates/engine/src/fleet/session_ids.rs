//! Which session an id means, where another process has followed it.
//!
//! A session goes on under a new id with each answer to its poll, and the process that polls is the one that knows. A value is
//! the id that the session began with; ids are no secrets, and the names of the keys are digests as all others are.

use std::sync::LazyLock;
use std::time::Duration;

use super::script::Script;
use super::store::{Arg, Store, StoreError, Value};

/// How long an id is known after it was given. The platform gives the next one within a minute or two.
const KEPT: Duration = Duration::from_secs(3_600);

static PUBLISH: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("scripts/session_publish.lua")));
static FIND: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("scripts/session_find.lua")));

fn key(store: &Store, scope: &str, id: &str) -> String {
    let keys = store.keys();
    keys.of_call("session", &keys.call(scope, id))
}

/// Tells the other processes which session an id means.
pub(super) async fn publish(
    store: &Store,
    scope: &str,
    id: &str,
    first: &str,
) -> Result<(), StoreError> {
    let key = key(store, scope, id);
    let args = [Arg::Text(first), Arg::millis(KEPT)];
    store.run(&PUBLISH, &[&key], &args).await.map(drop)
}

/// The id that the session with this one began with, where another process has told it.
pub(super) async fn find(
    store: &Store,
    scope: &str,
    id: &str,
) -> Result<Option<String>, StoreError> {
    let key = key(store, scope, id);
    text(store.run(&FIND, &[&key], &[]).await?)
}

/// A text, or nothing.
pub(super) fn text(answer: Value) -> Result<Option<String>, StoreError> {
    match answer {
        Value::Nil | Value::Boolean(false) => Ok(None),
        Value::BulkString(bytes) => {
            let text = String::from_utf8(bytes);
            text.map(Some).map_err(|_| StoreError::Unreadable)
        }
        Value::SimpleString(text) => Ok(Some(text)),
        _ => Err(StoreError::Unreadable),
    }
}

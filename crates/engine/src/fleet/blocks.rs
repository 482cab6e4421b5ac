//! Calls, sessions and contacts that take nothing more until somebody says what became of an unknown outcome
//! (`afterUnknown: 'block'`), for all processes.
//!
//! All blocks of a call are in one hash, by their contact. A contact that is blocked has a key of its own besides, which names
//! its call: whoever resolves it may know no more than its id.

use std::sync::LazyLock;
use std::time::Duration;

use uuid::Uuid;

use super::keys::CallId;
use super::script::Script;
use super::session_ids::{self, text};
use super::store::{Arg, REQUEST_TTL, Store, StoreError, Value};
use crate::in_doubt::Recipient;

static ADD: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/block_add.lua")));
static FIND: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("scripts/block_find.lua")));
static LIFT: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("scripts/block_lift.lua")));

/// What parts the contacts of a scope from its calls, in the names of their keys. No id has a blank.
fn contacts_of(scope: &str) -> String {
    format!("contacts of {scope}")
}

fn key(store: &Store, call: &CallId) -> String {
    store.keys().of_call("blocks", call)
}

/// Nothing more goes to a recipient for so long.
pub(super) async fn add(
    store: &Store,
    recipient: &Recipient,
    injection: Uuid,
    lasts: Duration,
) -> Result<(), StoreError> {
    let Recipient {
        scope,
        call,
        contact,
    } = recipient;
    if let Some(contact) = contact {
        session_ids::publish(store, &contacts_of(scope), contact, call).await?;
    }
    let id = store.keys().call(scope, call);
    let (key, request) = (key(store, &id), store.new_request(id.tag));
    let injection = injection.to_string();
    let args = [
        Arg::Text(contact.as_deref().unwrap_or_default()),
        Arg::Text(&injection),
        Arg::millis(lasts),
        Arg::millis(REQUEST_TTL),
    ];
    store.run(&ADD, &[&key, &request], &args).await.map(drop)
}

/// The injection for which nothing goes to a recipient.
pub(super) async fn find(store: &Store, recipient: &Recipient) -> Result<Option<Uuid>, StoreError> {
    let key = key(store, &store.keys().call(&recipient.scope, &recipient.call));
    let contact = recipient.contact.as_deref();
    let args = [
        Arg::Number(u64::from(contact.is_none())),
        Arg::Text(contact.unwrap_or_default()),
    ];
    let found = text(store.run(&FIND, &[&key], &args).await?)?;
    let injection = found.map(|found| found.parse());
    injection.transpose().map_err(|_| StoreError::Unreadable)
}

/// It was found out what became of the call, session or contact with this id. Tells whether it was blocked.
pub(super) async fn lift(store: &Store, scope: &str, id: &str) -> Result<bool, StoreError> {
    let mut lifted = lift_in(store, scope, id, None, None).await?;
    let of_contact = session_ids::find(store, &contacts_of(scope), id).await?;
    if let Some(call) = of_contact {
        lifted |= lift_in(store, scope, &call, Some(id), None).await?;
    }
    Ok(lifted)
}

/// It was found out what became of an injection that blocks all of a call. Tells whether it did.
pub(super) async fn lift_of(
    store: &Store,
    scope: &str,
    call: &str,
    injection: Uuid,
) -> Result<bool, StoreError> {
    lift_in(store, scope, call, Some(""), Some(injection)).await
}

async fn lift_in(
    store: &Store,
    scope: &str,
    call: &str,
    contact: Option<&str>,
    injection: Option<Uuid>,
) -> Result<bool, StoreError> {
    let id = store.keys().call(scope, call);
    let (key, request) = (key(store, &id), store.new_request(id.tag));
    let injection = injection.map_or_else(String::new, |id| id.to_string());
    let args = [
        Arg::Number(u64::from(contact.is_none())),
        Arg::Text(contact.unwrap_or_default()),
        Arg::millis(REQUEST_TTL),
        Arg::Text(&injection),
    ];
    match store.run(&LIFT, &[&key, &request], &args).await? {
        Value::Int(lifted) => Ok(lifted > 0),
        _ => Err(StoreError::Unreadable),
    }
}

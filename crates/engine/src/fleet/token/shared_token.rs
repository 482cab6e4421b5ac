//! A token in the store, and which process may fetch the next one.

use std::sync::LazyLock;
use std::time::Duration;

use super::cipher::TokenCipher;
use super::identity::Identity;
use crate::fleet::keys::Keys;
use crate::fleet::script::Script;
use crate::fleet::store::{Arg, REQUEST_TTL, Store, StoreError, Value};

static LOOKUP: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/token_lookup.lua")));
static PUBLISH: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/token_publish.lua")));
static ABANDON: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/token_abandon.lua")));

/// The keys of a token.
pub(super) struct SharedToken {
    token: String,
    refresher: String,
    tag: u16,
}

/// The generation that a process had, and whether the platform refused it.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub generation: u64,
    pub refused: bool,
}

/// The reply to [`SharedToken::lookup`].
pub(super) enum Lookup {
    /// A token that is newer than the known one.
    Token {
        generation: u64,
        ciphertext: Vec<u8>,
        lifetime: Lifetime,
    },
    /// There is none, and the caller is to fetch it.
    Fetch { generation: u64 },
    /// There is none, and another process fetches it; for so long at most.
    Wait { most: Duration },
}

/// How long a token is valid.
#[derive(Clone, Copy)]
pub(super) struct Lifetime {
    /// How long it may be given out.
    pub left: Duration,
    /// How long it is valid after that.
    pub margin: Duration,
}

impl SharedToken {
    /// Processes with another secret have another key, so they do not disturb each other while one replaces the other.
    pub(super) fn new(keys: &Keys, identity: &Identity, cipher: &TokenCipher) -> Self {
        let id = keys.call(&format!("token {}", cipher.name()), &identity.name());
        Self {
            token: keys.of_call("token", &id),
            refresher: keys.of_call("refresher", &id),
            tag: id.tag,
        }
    }

    /// What the ciphertext of a generation is bound to.
    pub(super) fn associated_data(&self, generation: u64) -> String {
        format!("{}\n{generation}", self.token)
    }

    /// Looks for a token that is newer than the known one.
    pub(super) async fn lookup(
        &self,
        store: &Store,
        known: Known,
        refresher: &str,
        fetch_timeout: Duration,
    ) -> Result<Lookup, StoreError> {
        let args = [
            Arg::Number(known.generation),
            Arg::Number(u64::from(known.refused)),
            Arg::Text(refresher),
            Arg::millis(fetch_timeout),
        ];
        let request = store.keys().request(refresher, self.tag);
        let keys = [&*self.token, &self.refresher, &request];
        let Value::Array(reply) = store.run(&LOOKUP, &keys, &args).await? else {
            return Err(StoreError::Unreadable);
        };
        let duration = |millis: i64| Duration::from_millis(u64::try_from(millis).unwrap_or(0));
        match reply.as_slice() {
            [
                Value::Int(1),
                Value::Int(generation),
                Value::BulkString(ciphertext),
                Value::Int(left),
                Value::Int(margin),
            ] => Ok(Lookup::Token {
                generation: generation.unsigned_abs(),
                ciphertext: ciphertext.clone(),
                lifetime: Lifetime {
                    left: duration(*left),
                    margin: duration(*margin),
                },
            }),
            [Value::Int(2), Value::Int(generation)] => Ok(Lookup::Fetch {
                generation: generation.unsigned_abs(),
            }),
            [Value::Int(0), Value::Int(most)] => Ok(Lookup::Wait {
                most: duration(*most),
            }),
            _ => Err(StoreError::Unreadable),
        }
    }

    /// Stores a token, and lets the next process fetch.
    pub(super) async fn publish(
        &self,
        store: &Store,
        refresher: &str,
        generation: u64,
        ciphertext: &[u8],
        lifetime: Lifetime,
    ) -> Result<(), StoreError> {
        let args = [
            Arg::Text(refresher),
            Arg::millis(REQUEST_TTL),
            Arg::Number(generation),
            Arg::Bytes(ciphertext),
            Arg::millis(lifetime.left),
            Arg::millis(lifetime.margin),
        ];
        let request = store.keys().request(refresher, self.tag);
        let keys = [&*self.token, &self.refresher, &request];
        store.run(&PUBLISH, &keys, &args).await.map(drop)
    }

    /// Lets the next process fetch.
    pub(super) async fn abandon(&self, store: &Store, refresher: &str) -> Result<(), StoreError> {
        let request = store.keys().request(refresher, self.tag);
        let args = [Arg::Text(refresher), Arg::millis(REQUEST_TTL)];
        let keys = [&*self.refresher, &request];
        store.run(&ABANDON, &keys, &args).await.map(drop)
    }
}

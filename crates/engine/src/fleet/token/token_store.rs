//! Where the token of a fleet lies, and who may fetch the next one.

use std::sync::LazyLock;
use std::time::Duration;

use super::Identity;
use crate::fleet::keys::Keys;
use crate::fleet::script::Script;
use crate::fleet::store::{Arg, Store, StoreError, Value};

static ASK: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/token_ask.lua")));
static PUBLISH: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/token_publish.lua")));
static GIVE_UP: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/token_give_up.lua")));

/// The keys of one token.
pub(super) struct SharedTokenStore {
    token: String,
    refresher: String,
}

/// What the shelf has for one who asks.
pub(super) enum Lookup {
    /// A token that is newer than the asker's.
    Token {
        generation: u64,
        sealed: Vec<u8>,
        /// How long it may be given out.
        left: Duration,
        /// How long it is valid after that.
        margin: Duration,
    },
    /// None, and the asker is the one to fetch it.
    Fetch { generation: u64 },
    /// None, and another fetches it; for so long at most.
    Wait { most: Duration },
}

impl SharedTokenStore {
    pub fn new(keys: &Keys, identity: &Identity) -> Self {
        let id = keys.call("token", &identity.name());
        Self {
            token: keys.of_call("token", &id),
            refresher: keys.of_call("refresher", &id),
        }
    }

    /// What a sealed token of a generation is bound to.
    pub fn place(&self, generation: u64) -> String {
        format!("{}\n{generation}", self.token)
    }

    /// Asks for a token that is newer than `known`.
    pub async fn ask(
        &self,
        store: &Store,
        (known, refused): (u64, bool),
        asker: &str,
        patience: Duration,
    ) -> Result<Lookup, StoreError> {
        let args = [
            Arg::Number(known),
            Arg::Number(u64::from(refused)),
            Arg::Text(asker),
            Arg::millis(patience),
        ];
        let keys = [&*self.token, &self.refresher];
        let Value::Array(answer) = store.run(&ASK, &keys, &args).await? else {
            return Err(StoreError::Unreadable);
        };
        let duration = |millis: i64| Duration::from_millis(u64::try_from(millis).unwrap_or(0));
        match answer.as_slice() {
            [
                Value::Int(1),
                Value::Int(generation),
                Value::BulkString(sealed),
                Value::Int(left),
                Value::Int(margin),
            ] => Ok(Lookup::Token {
                generation: generation.unsigned_abs(),
                sealed: sealed.clone(),
                left: duration(*left),
                margin: duration(*margin),
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

    /// Lays a token there, and lets the next one fetch.
    pub async fn publish(
        &self,
        store: &Store,
        asker: &str,
        generation: u64,
        sealed: &[u8],
        (left, margin): (Duration, Duration),
    ) -> Result<(), StoreError> {
        let args = [
            Arg::Text(asker),
            Arg::Number(generation),
            Arg::Bytes(sealed),
            Arg::millis(left),
            Arg::millis(margin),
        ];
        let keys = [&*self.token, &self.refresher];
        store.run(&PUBLISH, &keys, &args).await.map(drop)
    }

    /// Lets the next one fetch.
    pub async fn give_up(&self, store: &Store, asker: &str) -> Result<(), StoreError> {
        let args = [Arg::Text(asker)];
        store
            .run(&GIVE_UP, &[&self.refresher], &args)
            .await
            .map(drop)
    }
}

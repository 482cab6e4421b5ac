//! What an unknown outcome leaves behind: the same digits are not sent again blindly, and with `afterUnknown: 'block'`
//! nothing is until it is resolved.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::engine::Engine;
use super::messages;
use super::turn::{NoTurn, WaitedFor};
use crate::api::Prepared;
use crate::config::AfterUnknown;
use crate::error::Error;
use crate::in_doubt::{Block, Doubt, Recipient, Unknown};
use crate::payload::{self, Sequence};

/// How many blocks the metrics list.
const LISTED: usize = 1_000;

impl Engine {
    /// Whom digits are meant for. `None` before the first discovery.
    pub(super) fn recipient(
        &self,
        call: &Arc<str>,
        contact: Option<&Arc<str>>,
    ) -> Option<Recipient> {
        Some(Recipient {
            scope: Arc::clone(self.scope.get()?),
            call: self.call_key(call),
            contact: contact.cloned(),
        })
    }

    /// Refuses digits that may have been pressed already, and any for a recipient that takes nothing more. Asked when
    /// they are submitted: what was queued before the outcome is not a repeat of it.
    pub(super) fn check_doubt(&self, prepared: &Prepared) -> Result<(), Error> {
        let in_doubt = self.parts.registry.in_doubt();
        if in_doubt.is_empty() {
            return Ok(());
        }
        let contact = prepared.asked.contact.as_ref();
        let Some(recipient) = self.recipient(&prepared.call, contact) else {
            return Ok(());
        };
        let guards = !self.config.repeat_guard.is_zero();
        let doubt = in_doubt.doubt(&recipient, &prepared.sequence, guards, Instant::now());
        Err(match doubt {
            None => return Ok(()),
            Some(Doubt::Repeat(first)) => {
                self.metrics.totals.repeats_guarded.count();
                messages::repeat(first)
            }
            Some(Doubt::Blocked(first)) => messages::blocked(first),
        })
    }

    /// Refuses digits for a recipient that takes nothing more because of an injection in another process. Asked in the turn:
    /// the process that blocks keeps the call until all others can know.
    pub(super) async fn check_blocks(
        &self,
        prepared: &Prepared,
        until: Instant,
    ) -> Result<(), NoTurn> {
        let recipient = self.recipient(&prepared.call, prepared.asked.contact.as_ref());
        let Some((fleet, recipient)) = self.parts.fleet.as_ref().zip(recipient) else {
            return Ok(());
        };
        let blocked = timeout_at(until, fleet.blocked(&recipient)).await;
        match blocked.map_err(|_| NoTurn::OutOfTime(WaitedFor::Fleet))?? {
            Some(first) => Err(messages::blocked(first).into()),
            None => Ok(()),
        }
    }

    /// Whether an unknown outcome blocks in other processes too, and is blocked by theirs.
    pub(super) fn blocks_elsewhere(&self) -> bool {
        self.parts.fleet.is_some() && self.config.after_unknown == AfterUnknown::Block
    }

    /// The block that an unknown outcome leaves in other processes.
    pub(super) async fn block_elsewhere(&self, injection: Uuid, recipient: &Recipient) {
        if let Some(fleet) = &self.parts.fleet {
            let lasts = self.config.block_unknown;
            fleet.block(recipient, injection, lasts).await;
        }
    }

    /// The same as [`resolve`](Self::resolve) in the other processes of the fleet. `calls` says whom injections were for.
    pub(super) async fn resolve_elsewhere(
        &self,
        id: Option<&str>,
        calls: &BTreeMap<Uuid, Arc<str>>,
    ) -> Result<bool, Error> {
        let id = payload::required_id("id", id.into())?;
        let Some((fleet, scope)) = self.parts.fleet.as_ref().zip(self.scope.get()) else {
            return Ok(false);
        };
        let injection = Uuid::try_parse(id).ok();
        let of_call = injection.and_then(|injection| Some((injection, calls.get(&injection)?)));
        match of_call {
            Some((injection, call)) => {
                let call = self.call_key(call);
                fleet.lift_block_of(scope, &call, injection).await
            }
            None => fleet.lift_blocks(scope, &self.call_key(&id.into())).await,
        }
    }

    /// Remembers an unknown outcome.
    pub(super) fn leave_in_doubt(&self, injection: Uuid, recipient: Recipient, digits: &Sequence) {
        let config = &self.config;
        let unknown = Unknown {
            injection,
            recipient,
            guard: config.repeat_guard,
            block: (config.after_unknown == AfterUnknown::Block).then_some(config.block_unknown),
            since: self.parts.clock.now(),
        };
        // What was submitted before is no repeat of what is told now.
        self.queue_submitted();
        let in_doubt = self.parts.registry.in_doubt();
        in_doubt.add(unknown, digits, Instant::now());
        in_doubt.wipe_in_time();
    }

    /// Digits were accepted.
    pub(super) fn not_in_doubt(&self, recipient: &Recipient, digits: &Sequence) {
        let in_doubt = self.parts.registry.in_doubt();
        if !in_doubt.is_empty() {
            in_doubt.accepted(recipient, digits, Instant::now());
        }
    }

    /// It was found out what became of the call, session, contact or injection with this id.
    pub(super) fn resolve(&self, id: Option<&str>) -> Result<bool, Error> {
        let id = payload::required_id("id", id.into())?;
        let in_doubt = self.parts.registry.in_doubt();
        let Some(scope) = self.scope.get() else {
            return Ok(false);
        };
        let id = self.call_key(&id.into());
        Ok(in_doubt.resolve(scope, &id, Instant::now()))
    }

    /// The injections because of which the call, session or contact with this id is in doubt, or that have it, with their calls.
    pub(super) fn in_doubt_of(&self, id: &str) -> BTreeMap<Uuid, Arc<str>> {
        let in_doubt = self.parts.registry.in_doubt();
        let id = self.call_key(&id.into());
        let scope = self.scope.get();
        scope.map_or_else(BTreeMap::new, |scope| {
            in_doubt.of(scope, &id, Instant::now())
        })
    }

    /// Blocks calls because of injections of which an earlier process did not say what became of them.
    pub(super) async fn block(&self, injections: Vec<(Uuid, Arc<str>)>) -> Result<(), Error> {
        if self.config.after_unknown != AfterUnknown::Block {
            return Err(Error::invalid(
                "blockInDoubt needs afterUnknown: 'block': without it nothing is blocked",
            ));
        }
        if self.scope.get().is_none() {
            self.base().await?;
        }
        for (injection, call) in injections {
            let Some(recipient) = self.recipient(&call, None) else {
                continue;
            };
            let block = Block {
                injection,
                recipient: recipient.clone(),
                since: self.parts.clock.now(),
                lasts: self.config.block_unknown,
            };
            (self.parts.registry.in_doubt()).block(block, Instant::now());
            self.block_elsewhere(injection, &recipient).await;
        }
        Ok(())
    }

    /// The call has ended.
    pub(super) fn forget_doubts(&self, call: &Arc<str>) {
        if let Some(call) = self.recipient(call, None) {
            (self.parts.registry.in_doubt()).ended(&call, Instant::now());
        }
    }

    /// What takes nothing more on the platform of this injector.
    pub(super) fn blocks(&self) -> (Vec<Block>, usize) {
        let in_doubt = self.parts.registry.in_doubt();
        let scope = self.scope.get();
        scope.map_or_else(Default::default, |scope| {
            in_doubt.blocks(scope, LISTED, Instant::now())
        })
    }
}

//! The work of one injection: its turn, its bursts and the pauses between them.

use std::sync::Arc;

use tokio::time::{Instant, sleep_until, timeout_at};

use super::{ActiveInjection, Injection};
use crate::api::Segment;
use crate::delivery::Delivery;
use crate::error::Error;
use crate::injector::messages;
use crate::injector::turn::{WaitLimits, take_turn};
use crate::outcome::Accepted;
use crate::retry::Progress;

impl Injection {
    pub(super) async fn press(&mut self, mut active: ActiveInjection) -> Result<Accepted, Error> {
        self.wait_for_turn(&mut active).await?;
        active.waiting = None;
        // Boxed, so that the thousands who may wait do not each keep room for the work to come.
        Box::pin(self.press_in_turn(&active)).await
    }

    async fn press_in_turn(&mut self, active: &ActiveInjection) -> Result<Accepted, Error> {
        self.granted = Some(Instant::now());
        self.fence = self.claim().and_then(|claim| claim.fence());
        tracing::debug!(
            injectionId = %self.injection_id,
            callId = &*active.prepared.call,
            segments = active.prepared.segments.len(),
            "the call is locked"
        );
        if !active.prepared.lead_in.is_zero() {
            let until = Instant::now() + active.prepared.lead_in;
            self.pause(active, until).await?;
        }
        self.mask_recording(active).await?;
        let mut segments = active.prepared.segments.iter();
        let Some(mut segment) = segments.next() else {
            return Err(messages::dropped());
        };
        loop {
            let accepted = self.send(active, segment).await?;
            let Some(next) = segments.next() else {
                return Ok(accepted);
            };
            // From here on a failure leaves half a sequence behind: the same digits must not be sent again.
            self.delivery = Delivery::Unknown;
            let played = Instant::now() + segment.playing + segment.pause;
            self.pause(active, played).await?;
            segment = next;
        }
    }

    async fn wait_for_turn(&mut self, active: &mut ActiveInjection) -> Result<(), Error> {
        let Some(ticket) = self.ticket.as_mut() else {
            return Err(messages::dropped());
        };
        let in_fleet = self.engine.parts.fleet.is_some() && !active.under_lock;
        if !ticket.is_waiting() && !in_fleet {
            self.cancel.check()?;
            return ticket.turn().await.map_err(messages::rejected);
        }
        let until = active.lock_until.min(active.deadline);
        let call = Arc::clone(&active.prepared.call);
        let limits = WaitLimits {
            until,
            end: active.deadline,
        };
        let turn = async {
            if in_fleet {
                take_turn(&self.engine, &call, ticket, &mut active.waiting, limits).await
            } else {
                let turn = timeout_at(until, ticket.turn()).await?;
                Ok(turn.map_err(messages::rejected))
            }
        };
        tokio::select! {
            biased;
            ended = self.cancel.waiting_ended() => Err(ended),
            turn = turn => match turn {
                Ok(turn) => turn,
                Err(_) if active.deadline <= active.lock_until.max(Instant::now()) => Err(messages::deadline()),
                Err(_) if active.under_lock => Err(messages::lock_timeout_under_lock(&active.prepared.call)),
                Err(_) => Err(messages::lock_timeout(&self.engine, &active.prepared.call)),
            },
        }
    }

    /// Sends one burst, again as far as the policy allows.
    async fn send(
        &mut self,
        active: &ActiveInjection,
        segment: &Segment,
    ) -> Result<Accepted, Error> {
        let mut progress = Progress::default();
        let mut new_connection = false;
        loop {
            self.playout.begin(segment);
            let attempted = self.attempt(active, segment, new_connection).await;
            // Until here a failure within the engine would have counted as unknown.
            self.witness = None;
            let failed = match attempted {
                Ok(accepted) => {
                    self.playout.accepted();
                    let uptime = self.engine.uptime();
                    self.engine.budget().give_back(uptime);
                    return Ok(accepted);
                }
                Err(failed) => failed,
            };
            if failed.failure.delivery == Delivery::Unknown {
                self.playout.taken();
            }
            self.delivery = self.delivery.max(failed.failure.delivery);
            new_connection = self.wait_to_resend(active, &mut progress, failed).await?;
        }
    }

    /// Masks the recording, where that was asked for.
    async fn mask_recording(&self, active: &ActiveInjection) -> Result<(), Error> {
        let Some(masking) = &self.masking else {
            return Ok(());
        };
        tokio::select! {
            biased;
            ended = self.interrupted() => Err(ended),
            masked = self.engine.mask(masking, active.deadline) => masked,
        }
    }

    /// Waits within a sequence.
    async fn pause(&self, active: &ActiveInjection, until: Instant) -> Result<(), Error> {
        if until >= active.deadline {
            return Err(messages::deadline());
        }
        tokio::select! {
            biased;
            ended = self.interrupted() => Err(ended),
            () = sleep_until(until) => Ok(()),
        }
    }

    /// Resolves when somebody ends the injection while nothing is in flight. Who closes the injector lets a sequence
    /// that has begun finish; a session that has ended takes no more of it.
    pub(super) async fn interrupted(&self) -> Error {
        if self.playout.is_midway() {
            self.cancel.sequence_ended().await
        } else {
            self.cancel.waiting_ended().await
        }
    }

    /// Whether the injection was ended in the same sense.
    pub(super) fn check_interrupted(&self) -> Result<(), Error> {
        if self.playout.is_midway() {
            self.cancel.check_sequence()
        } else {
            self.cancel.check()
        }
    }
}

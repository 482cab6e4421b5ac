//! The work of one injection: its turn, its bursts and the pauses between them.

use std::sync::Arc;

use tokio::time::{Instant, sleep_until, timeout_at};

use super::{Begun, Journey};
use crate::api::Burst;
use crate::delivery::Delivery;
use crate::error::Error;
use crate::injector::explanation;
use crate::injector::line::{Patience, take_turn};
use crate::outcome::Accepted;
use crate::retry::Progress;

impl Journey {
    pub(super) async fn press(&mut self, mut begun: Begun) -> Result<Accepted, Error> {
        self.wait_for_turn(&mut begun).await?;
        begun.waiting = None;
        // Boxed, so that the thousands who may wait do not each keep room for the work to come.
        Box::pin(self.press_in_turn(&begun)).await
    }

    async fn press_in_turn(&mut self, begun: &Begun) -> Result<Accepted, Error> {
        self.granted = Some(Instant::now());
        self.fence = self.claim().and_then(|claim| claim.fence());
        tracing::debug!(
            injectionId = %self.injection_id,
            callId = &*begun.prepared.call,
            bursts = begun.prepared.bursts.len(),
            "the call is locked"
        );
        if !begun.prepared.lead_in.is_zero() {
            let until = Instant::now() + begun.prepared.lead_in;
            self.pause(begun, until).await?;
        }
        self.mask_recording(begun).await?;
        let mut bursts = begun.prepared.bursts.iter();
        let Some(mut burst) = bursts.next() else {
            return Err(explanation::dropped());
        };
        loop {
            let accepted = self.send(begun, burst).await?;
            let Some(next) = bursts.next() else {
                return Ok(accepted);
            };
            // From here on a failure leaves half a sequence behind: the same digits must not be sent again.
            self.delivery = Delivery::Unknown;
            let played = Instant::now() + burst.playing + burst.pause;
            self.pause(begun, played).await?;
            burst = next;
        }
    }

    async fn wait_for_turn(&mut self, begun: &mut Begun) -> Result<(), Error> {
        let Some(place) = self.place.as_mut() else {
            return Err(explanation::dropped());
        };
        let in_fleet = self.engine.parts.fleet.is_some() && !begun.under_lock;
        if !place.is_waiting() && !in_fleet {
            self.cancel.check()?;
            return place.turn().await.map_err(explanation::dismissed);
        }
        let until = begun.lock_until.min(begun.deadline);
        let call = Arc::clone(&begun.prepared.call);
        let patience = Patience {
            until,
            end: begun.deadline,
        };
        let turn = async {
            if in_fleet {
                take_turn(&self.engine, &call, place, &mut begun.waiting, patience).await
            } else {
                let turn = timeout_at(until, place.turn()).await?;
                Ok(turn.map_err(explanation::dismissed))
            }
        };
        tokio::select! {
            biased;
            ended = self.cancel.waiting_ended() => Err(ended),
            turn = turn => match turn {
                Ok(turn) => turn,
                Err(_) if begun.deadline <= begun.lock_until.max(Instant::now()) => Err(explanation::deadline()),
                Err(_) if begun.under_lock => Err(explanation::lock_timeout_under_lock(&begun.prepared.call)),
                Err(_) => Err(explanation::lock_timeout(&self.engine, &begun.prepared.call)),
            },
        }
    }

    /// Sends one burst, again as far as the policy allows.
    async fn send(&mut self, begun: &Begun, burst: &Burst) -> Result<Accepted, Error> {
        let mut progress = Progress::default();
        let mut new_connection = false;
        loop {
            self.tones.begin(burst);
            let attempted = self.attempt(begun, burst, new_connection).await;
            // Until here a failure within the engine would have counted as unknown.
            self.witness = None;
            let failed = match attempted {
                Ok(accepted) => {
                    self.tones.accepted();
                    let uptime = self.engine.uptime();
                    self.engine.budget().give_back(uptime);
                    return Ok(accepted);
                }
                Err(failed) => failed,
            };
            if failed.verdict.delivery == Delivery::Unknown {
                self.tones.taken();
            }
            self.delivery = self.delivery.max(failed.verdict.delivery);
            new_connection = self.wait_to_resend(begun, &mut progress, failed).await?;
        }
    }

    /// Masks the recording, where that was asked for.
    async fn mask_recording(&self, begun: &Begun) -> Result<(), Error> {
        let Some(masking) = &self.masking else {
            return Ok(());
        };
        tokio::select! {
            biased;
            ended = self.interrupted() => Err(ended),
            masked = self.engine.mask(masking, begun.deadline) => masked,
        }
    }

    /// Waits within a sequence.
    async fn pause(&self, begun: &Begun, until: Instant) -> Result<(), Error> {
        if until >= begun.deadline {
            return Err(explanation::deadline());
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
        if self.tones.is_midway() {
            self.cancel.sequence_ended().await
        } else {
            self.cancel.waiting_ended().await
        }
    }

    /// Whether the injection was ended in the same sense.
    pub(super) fn check_interrupted(&self) -> Result<(), Error> {
        if self.tones.is_midway() {
            self.cancel.check_sequence()
        } else {
            self.cancel.check()
        }
    }
}

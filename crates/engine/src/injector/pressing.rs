//! What an injection does in its turn: its segments, the pauses between them and the mask around them.

use super::active::Active;
use super::attempt::SegmentAttempts;
use super::contact::ContactGuard;
use super::messages;
use super::playout::wait_behind;
use super::retry_loop;
use crate::api::Segment;
use crate::delivery::Delivery;
use crate::error::Error;
use crate::outcome::Accepted;

impl Active {
    /// Presses the digits.
    pub(super) async fn press(&mut self) -> Result<Accepted, Error> {
        let segments = std::mem::take(&mut self.request.prepared.segments);
        let prepared = &self.request.prepared;
        tracing::debug!(
            id = self.identity.id,
            injectionId = %self.identity.injection_id,
            callId = &*prepared.call,
            segments = segments.len(),
            "the call is locked"
        );
        if !prepared.lead_in.is_zero() {
            self.pause(prepared.lead_in).await?;
        }
        self.activate_contact().await?;
        self.reach_contact().await?;
        self.mask_recording().await?;
        let Some((last, before)) = segments.split_last() else {
            return Err(messages::dropped());
        };
        for segment in before {
            self.send(segment).await?;
            // From here on a failure leaves half a sequence behind: the same digits must not be sent again.
            self.log.delivery = Delivery::Unknown;
            let answered_in = self.log.attempt_time.unwrap_or_default();
            self.pause(wait_behind(segment, answered_in)).await?;
        }
        self.send(last).await
    }

    async fn send(&mut self, segment: &Segment) -> Result<Accepted, Error> {
        let active = self;
        retry_loop::run(SegmentAttempts { active, segment }).await
    }

    /// Masks the recording, where the caller asked for it.
    async fn mask_recording(&mut self) -> Result<(), Error> {
        let scope = self.scope();
        let Some(masking) = &mut self.masking else {
            return Ok(());
        };
        let contact = (self.identity.engine).contact_guard(&self.request)?;
        let masked = masking.mask(
            &self.identity.engine,
            contact.as_ref(),
            self.request.deadline,
        );
        let masked = ContactGuard::unless_ended(contact.as_ref(), masked);
        (self.identity.entry.cancel.guard(scope, masked).await???);
        self.is_masked = contact.is_some();
        Ok(())
    }
}

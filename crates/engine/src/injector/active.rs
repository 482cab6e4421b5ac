//! An injection that has its turn: its segments, the pauses between them and the mask around them.

use super::attempt::SegmentAttempts;
use super::ended::Ended;
use super::messages;
use super::pressing::Pressing;
use super::retry_loop;
use super::validated::Validated;
use crate::api::Segment;
use crate::delivery::Delivery;
use crate::error::Error;
use crate::outcome::Accepted;

pub(super) struct Active {
    pub(super) request: Validated,
    pub(super) pressing: Pressing,
}

impl Active {
    /// Presses the digits.
    pub(super) async fn press(&mut self) -> Result<Accepted, Error> {
        let Self { request, pressing } = self;
        let prepared = &request.prepared;
        tracing::debug!(
            id = pressing.identity.id,
            injectionId = %pressing.identity.injection_id,
            callId = &*prepared.call,
            segments = prepared.segments.len(),
            "the call is locked"
        );
        if !prepared.lead_in.is_zero() {
            pressing.pause(prepared.lead_in, request.deadline).await?;
        }
        mask_recording(request, pressing).await?;
        let Some((last, before)) = prepared.segments.split_last() else {
            return Err(messages::dropped());
        };
        for segment in before {
            send(request, pressing, segment).await?;
            // From here on a failure leaves half a sequence behind: the same digits must not be sent again.
            pressing.log.delivery = Delivery::Unknown;
            let played = segment.playing + segment.pause;
            pressing.pause(played, request.deadline).await?;
        }
        send(request, pressing, last).await
    }

    /// The injection has ended.
    pub(super) fn end(self, result: Result<Accepted, Error>) -> Ended {
        let Pressing {
            identity,
            hold,
            log,
            playout,
            masking,
            ..
        } = self.pressing;
        Ended::new(identity, Some(hold), log, &playout, masking, result)
    }

    /// Its future was dropped. What left by then may be carried out.
    pub(super) fn abandon(mut self) -> Ended {
        let mut error = messages::dropped();
        let witness = self.pressing.witness.take();
        if witness.is_some_and(|witness| !witness.revoke()) {
            self.pressing.log.attempts += 1;
            self.pressing.playout.taken();
            error.delivery = Delivery::Unknown;
        }
        let ended = self.end(Err(error));
        ended.begin_record();
        ended
    }
}

async fn send(
    request: &Validated,
    pressing: &mut Pressing,
    segment: &Segment,
) -> Result<Accepted, Error> {
    let attempts = SegmentAttempts {
        request,
        segment,
        pressing,
    };
    retry_loop::run(attempts).await
}

/// Masks the recording, where the caller asked for it.
async fn mask_recording(request: &Validated, pressing: &mut Pressing) -> Result<(), Error> {
    let scope = pressing.scope();
    let Some(masking) = &mut pressing.masking else {
        return Ok(());
    };
    let identity = &pressing.identity;
    let masked = masking.mask(&identity.engine, request.deadline);
    identity.cancel.guard(scope, masked).await?
}

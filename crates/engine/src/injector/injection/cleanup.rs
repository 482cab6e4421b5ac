//! What is left to do when the end of an injection was told: the tones play, and the recording is masked.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::time::{Instant, sleep_until};
use tracing::instrument::WithSubscriber as _;
use uuid::Uuid;

use crate::config::PlayoutMode;
use crate::event::Event;
use crate::injector::Engine;
use crate::injector::recording::Masking;
use crate::lock::LockTicket;

/// Keeps the places in line of an injection that has ended.
pub(super) struct Cleanup {
    pub engine: Arc<Engine>,
    pub id: u64,
    pub injection_id: Uuid,
    pub call: Option<Arc<str>>,
    /// In the line of the call, and in the manual lock it was under.
    pub tickets: (Option<LockTicket>, Option<Arc<LockTicket>>),
    /// When the tones have been played.
    pub quiet_from: Option<Instant>,
    /// The recording that may be masked.
    pub masking: Option<Masking>,
}

impl Cleanup {
    /// Begins it. Without anything to wait for the places are given up at once.
    pub fn begin(self) {
        let holds = self.quiet_from.is_some() && self.engine.config.playout == PlayoutMode::Hold;
        if self.masking.is_none() && !holds {
            return;
        }
        // Without a runtime the process is ending, and with it everything that could be waited for.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        runtime.spawn(self.run().with_current_subscriber());
    }

    /// The places are dropped last: what comes behind must not be unmasked by this one.
    async fn run(self) {
        if let Some(quiet_from) = self.quiet_from {
            sleep_until(quiet_from).await;
        }
        if let Some((masking, call)) = self.masking.as_ref().zip(self.call.as_ref()) {
            let unmasked = self.engine.unmask(masking).await;
            tracing::debug!(
                injectionId = %self.injection_id,
                done = unmasked.is_ok(),
                "unmasked the recording"
            );
            if unmasked.is_err() {
                self.engine.metrics.not_unmasked();
            }
            self.engine.parts.events.emit(Event::Unmasked {
                id: self.id,
                injection_id: self.injection_id,
                call: Arc::clone(call),
                failure: unmasked.err(),
            });
        }
        drop(self.tickets);
    }
}

//! The masks of the recordings of a session's contacts.

use tokio::time::{Instant, sleep_until, timeout_at};

use super::super::masking::MaskAsked;
use super::Session;

impl Session {
    /// Resolves when it can be told whether a mask that is asked for then is there.
    pub async fn mask_settled(&self, contact: &str) {
        loop {
            let settled = self
                .state()
                .masks
                .of(contact)
                .in_doubt_until(Instant::now());
            let Some(settled) = settled else {
                return;
            };
            sleep_until(settled).await;
        }
    }

    /// The mask of a contact's recording is about to be asked for.
    #[must_use]
    pub fn ask_mask(&self, contact: &str) -> MaskAsked {
        let mut state = self.state();
        let is_masked = state.contacts.is_masked(contact);
        state.masks.of(contact).ask(is_masked, Instant::now())
    }

    /// It is about to be taken away.
    pub fn clear_mask(&self, contact: &str) {
        self.state().masks.of(contact).clear(Instant::now());
    }

    /// Resolves when an event has said that the mask is there.
    pub async fn masked(&self, contact: &str, asked: MaskAsked) {
        loop {
            let clearing = self
                .state()
                .masks
                .of(contact)
                .clearing_until(Instant::now());
            let masked = self.wait(|state| {
                let is_masked = state.contacts.is_masked(contact);
                let mask = state.masks.of(contact);
                (mask.is_confirmed(asked, is_masked, Instant::now())).then_some(())
            });
            let Some(clearing) = clearing else {
                return masked.await;
            };
            // What was told before that moment may count after it.
            if timeout_at(clearing, masked).await.is_ok() {
                return;
            }
        }
    }
}

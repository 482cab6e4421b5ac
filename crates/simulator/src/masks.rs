//! Masks of recordings: asked for now, taking effect now or later.

use std::time::{Duration, Instant, SystemTime};

use http::StatusCode;

use super::agent::conflict;
use super::answer::Answer;
use super::contact_state::ContactState;
use super::decision::{Asking, Decision, Ending, Now};
use super::masking::Pending;
use super::published::{no_contact, taken, traced};
use super::record::MaskChange;
use super::route::MaskAction;
use super::script::Step;
use super::sessions::Addressed;
use super::state::State;

impl State {
    /// Checks a request to mask a recording, or to unmask it.
    pub(super) fn recording(
        &mut self,
        seq: u64,
        (session, contact, action): (&Addressed, &str, MaskAction),
        step: Option<&Step>,
        asking: &Asking<'_>,
        now: Now,
    ) -> Decision {
        let (wait, ending) = match step {
            None => {
                let checked = self.check_recording(session, contact, action, asking, now);
                let answer = checked.map_or_else(
                    |refusal| refusal,
                    |()| {
                        self.change_mask(seq, contact, action, now);
                        taken(StatusCode::ACCEPTED)
                    },
                );
                (Duration::ZERO, Ending::Answer(answer))
            }
            Some(step) => {
                if step.executes() {
                    self.change_mask(seq, contact, action, now);
                }
                let status = step.status_or(StatusCode::ACCEPTED);
                let answer = step.answer(status, || taken(status));
                (step.delay.unwrap_or_default(), Ending::of(step.cut, answer))
            }
        };
        traced(seq, wait, ending)
    }

    fn check_recording(
        &mut self,
        session: &Addressed,
        contact: &str,
        action: MaskAction,
        asking: &Asking<'_>,
        now: Now,
    ) -> Result<(), Answer> {
        self.check_token(asking, now.instant)?;
        self.check_live(session)?;
        let known = self.sessions.contact(&session.session, contact, now.wall);
        let state = known.ok_or_else(no_contact)?.state;
        match action {
            MaskAction::Unmask => Ok(()),
            MaskAction::Mask if !self.options.can_mask => {
                Err(conflict("Recordings cannot be masked here"))
            }
            MaskAction::Mask if state.hears() => Ok(()),
            MaskAction::Mask => Err(conflict("The contact hears nothing now")),
        }
    }

    /// A mask takes effect as the options say, an unmasking at once; neither overtakes what was asked for before.
    fn change_mask(&mut self, seq: u64, contact: &str, action: MaskAction, now: Now) {
        let masked = action == MaskAction::Mask;
        let due = match self.options.confirm_masks {
            true if masked => None,
            _ if masked => Some(now.instant + self.options.mask_delay),
            _ => Some(now.instant),
        };
        self.pending_masks.add(Pending {
            contact: contact.to_owned(),
            masked,
            due,
            request_seq: seq,
        });
        self.settle(now);
    }

    /// Carries out what is due.
    pub(super) fn settle(&mut self, now: Now) {
        while let Some((change, due)) = self.pending_masks.take_due(now.instant) {
            let wall = now.wall - now.instant.saturating_duration_since(due);
            let waited = due < now.instant || self.options.confirm_masks;
            self.take_effect(&change, due, wall, waited);
        }
    }

    fn take_effect(&mut self, change: &Pending, due: Instant, wall: SystemTime, waited: bool) {
        let (contact, masked) = (&change.contact, change.masked);
        let mut is_there = false;
        for session in self.sessions.handling(contact) {
            is_there = true;
            let state = session.contact(contact).map(|contact| contact.state);
            let next = match (state, masked) {
                (Some(ContactState::Active | ContactState::Joined), true) => ContactState::Masking,
                (Some(ContactState::Masking), false) => ContactState::Active,
                _ => continue,
            };
            session.enter(contact, next, wall);
        }
        // The recording of a contact that has gone meanwhile is over.
        if is_there || !waited {
            let at_ms = self.since_start(due);
            self.recordings.change(MaskChange {
                contact_id: contact.clone(),
                masked,
                at_ms,
                request_seq: Some(change.request_seq),
            });
        }
    }

    /// A test, or an event of one, says whether the contact is masked.
    pub(super) fn masked_by_test(&mut self, contact: &str, state: ContactState, now: Instant) {
        let masked = state == ContactState::Masking;
        let says_so = masked || state.hears();
        if says_so && self.recordings.is_masked(contact) != masked {
            let at_ms = self.since_start(now);
            self.recordings.change(MaskChange {
                contact_id: contact.to_owned(),
                masked,
                at_ms,
                request_seq: None,
            });
        }
    }
}

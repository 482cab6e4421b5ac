//! Digits for one contact of a followed session go only while that contact is the one that hears them.

use std::sync::Arc;

use tokio::time::{Instant, timeout_at};

use super::active::Active;
use super::control::NotAnswered;
use super::engine::Engine;
use super::messages;
use super::retry_loop::{self, Attempts, Failed, Retry};
use super::validated::Validated;
use crate::api::{Prepared, RequestTemplate};
use crate::auth::refuses_token;
use crate::error::{Code, Error};
use crate::fleet::MARGIN;
use crate::http::Witness;
use crate::retry::{Progress, Resend, is_too_early, is_transient};
use crate::sessions::{Hearing, InFlightGuard, MaskAsked, Reach, Session, Target};

/// How often a contact is brought into focus. The caller waits for it.
const ACTIVATION_ATTEMPTS: u32 = 3;

/// The contact that digits are for, in a session that is followed.
pub(super) struct ContactGuard {
    session: Arc<Session>,
    target: Target,
}

impl ContactGuard {
    /// Does something that a contact is waited for, as long as that is there.
    pub(super) async fn unless_ended<T>(
        guard: Option<&Self>,
        work: impl Future<Output = T>,
    ) -> Result<T, Error> {
        let Some(Self { session, target }) = guard else {
            return Ok(work.await);
        };
        tokio::select! {
            biased;
            () = session.ended(&target.contact) => Err(messages::contact_ended()),
            done = work => Ok(done),
        }
    }

    /// Resolves when an event has said that the contact does not hear what is pressed, and the request has not left.
    pub(super) async fn taken_back(guard: Option<&Self>, witness: &Witness) -> Error {
        if let Some(Self { session, target }) = guard {
            let reach = session.turned(target).await;
            if witness.revoke() {
                return not_reached(reach);
            }
        }
        std::future::pending().await
    }

    /// The mask of the contact's recording is about to be asked for, which is put off as long as nobody could tell when it
    /// is there.
    pub(super) async fn ask_mask(&self) -> MaskAsked {
        self.session.mask_settled(&self.target.contact).await;
        self.session.ask_mask(&self.target.contact)
    }

    /// Resolves when an event has said that it is there, or that the contact is not reached any more.
    pub(super) async fn masked(&self, asked: MaskAsked) -> Result<(), Error> {
        let Self { session, target } = self;
        tokio::select! {
            biased;
            reach = session.turned(target) => Err(not_reached(reach)),
            () = session.masked(&target.contact, asked) => Ok(()),
        }
    }

    /// A request may leave now, unless an event has said that the contact would not hear it. `None` where nothing is known at
    /// the moment.
    pub(super) fn leave(&self, witness: &Witness) -> Result<Option<InFlightGuard>, Error> {
        match self.session.leave(&self.target, witness) {
            Ok(leaving) => Ok(Some(leaving)),
            Err(Reach::NotKnown) => Ok(None),
            Err(reach) => Err(not_reached(reach)),
        }
    }
}

impl Engine {
    /// Refuses digits whose contact is not known well enough, or is gone already.
    pub(super) fn check_contact(&self, prepared: &Prepared) -> Result<(), Error> {
        let contact = prepared.asked.contact.as_ref();
        let followed = || self.is_followed(&prepared.call);
        if self.config.require_contact && (contact.is_none() || !followed()) {
            return Err(messages::contact_required(contact.is_some()));
        }
        let Some(contact) = contact else {
            return Ok(());
        };
        let session = self.session(&prepared.call);
        if prepared.recording.is_some() {
            if !prepared.unguarded && !followed() {
                return Err(messages::unguarded_mask());
            }
            let can_mask = session.as_ref().and_then(|session| session.can_mask());
            if can_mask == Some(false) {
                return Err(messages::cannot_mask());
            }
        }
        let reach = session.map(|session| session.reach(contact));
        match reach {
            Some(reach @ Reach::Against(Hearing::Ended)) => Err(not_reached(reach)),
            _ => Ok(()),
        }
    }

    /// The contact that digits are for, where its session is followed. An error where it was when they were asked for, and is
    /// not any more.
    pub(super) fn contact_guard(&self, request: &Validated) -> Result<Option<ContactGuard>, Error> {
        let prepared = &request.prepared;
        let Some(contact) = &prepared.asked.contact else {
            return Ok(None);
        };
        let session = self.session(&prepared.call);
        match session.map(|session| (session.reach(contact), session)) {
            Some((Reach::NotFollowed, _)) | None if request.was_followed => {
                Err(not_reached(Reach::NotFollowed))
            }
            Some((Reach::NotFollowed, _)) | None => Ok(None),
            Some((_, session)) => Ok(Some(ContactGuard {
                session,
                target: Target {
                    contact: Arc::clone(contact),
                    masked: false,
                },
            })),
        }
    }
}

impl Active {
    pub(super) fn contact_guard(&self) -> Result<Option<ContactGuard>, Error> {
        let mut guard = (self.identity.engine).contact_guard(&self.request)?;
        if let Some(guard) = &mut guard {
            guard.target.masked = self.is_masked;
        }
        Ok(guard)
    }

    /// Waits until it is known that the contact hears what is pressed.
    pub(super) async fn reach_contact(&self) -> Result<(), Error> {
        let Some(guard) = self.contact_guard()? else {
            return Ok(());
        };
        let until = self.reach_until();
        let known = guard.session.known(&guard.target.contact);
        match self.guard(timeout_at(until, known)).await? {
            Ok(Reach::Reached) => Ok(()),
            Ok(reach) => Err(not_reached(reach)),
            Err(_) => Err(not_reached(Reach::NotKnown)),
        }
    }

    /// Brings the contact into focus, where the caller asked for it and it is not.
    pub(super) async fn activate_contact(&mut self) -> Result<(), Error> {
        let Some(template) = self.request.prepared.activation.take() else {
            return Ok(());
        };
        let until = self.reach_until();
        let guard = self.contact_guard()?;
        if let Some(ContactGuard { session, target }) = &guard {
            let known = self.guard(timeout_at(until, session.known(&target.contact)));
            if matches!(known.await?, Ok(Reach::Reached)) {
                return Ok(());
            }
        }
        let activation = Activation {
            engine: &self.identity.engine,
            call: &self.request.prepared.call,
            template: &template,
            until,
        };
        if let Some(lock) = self.hold.fleet_lock() {
            // Another process may press by now.
            lock.ensure(self.identity.engine.config.timeout + MARGIN)
                .await?;
        }
        self.guard(retry_loop::run(activation)).await??;
        if let Some(ContactGuard { session, target }) = &guard {
            // What follows tells where it was in vain.
            let reached = timeout_at(until, session.reached(&target.contact));
            let _ = self.guard(reached).await?;
        }
        Ok(())
    }

    fn reach_until(&self) -> Instant {
        (Instant::now() + self.request.lock_wait).min(self.request.deadline)
    }
}

/// Why digits did not go to their contact.
fn not_reached(reach: Reach) -> Error {
    match reach {
        Reach::Against(Hearing::Ended) => messages::contact_ended(),
        Reach::Against(Hearing::Held) => {
            messages::not_in_focus("the contact is on hold: focus: true brings it into focus first")
        }
        Reach::Against(_) => messages::not_in_focus(
            "another contact is in focus: focus: true brings this one into focus first",
        ),
        Reach::Unmasked => messages::mask_gone(),
        Reach::NotFollowed => messages::not_in_focus("the session is not followed any more"),
        Reach::NotKnown | Reach::Reached => {
            messages::not_in_focus("no event has said in time who hears what is pressed")
        }
    }
}

/// One contact that is brought into focus, tried until it is answered with a success.
struct Activation<'a> {
    engine: &'a Engine,
    call: &'a str,
    template: &'a RequestTemplate,
    until: Instant,
}

impl Attempts for Activation<'_> {
    type Output = ();

    async fn attempt(&mut self, _: bool) -> Result<(), Failed> {
        let asking = (self.engine).ask((self.template, Some(self.call)), self.until, |_| ());
        match asking.await {
            Ok((answer, _)) if answer.status.is_success() => Ok(()),
            Ok((answer, token)) => {
                let status = answer.status.as_u16();
                let mut failed = self.engine.declined(&answer, token, Code::NotInFocus);
                failed.failure.resend = match status {
                    _ if refuses_token(&answer) => Resend::FreshToken,
                    _ if is_transient(status) || is_too_early(status) => Resend::Transient,
                    _ => Resend::Never,
                };
                Err(failed)
            }
            Err(NotAnswered { left, error }) => {
                let mut failed = Failed::not_sent(error);
                // Asking twice brings it there as well.
                if left.is_some() {
                    failed.failure.resend = Resend::Transient;
                }
                Err(failed)
            }
        }
    }

    fn plan(&mut self, progress: &mut Progress, failed: Failed) -> Result<Retry, Error> {
        let policy = self.engine.config.retry.policy(ACTIVATION_ATTEMPTS);
        let remaining = self.until.saturating_duration_since(Instant::now());
        (self.engine)
            .plan_control_retry(&policy, progress, failed, remaining)
            .map_err(messages::not_activated)
    }
}

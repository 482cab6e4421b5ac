//! What is in doubt, and what was found out of it: the part of `DtmfInjector` that also reads the audit log.

use std::collections::BTreeMap;
use std::sync::Arc;

use napi::bindgen_prelude::{spawn, spawn_blocking};
use napi_derive::napi;
use serde_json::{Value, json};
use uuid::Uuid;

use super::audit_check::in_doubt;
use super::injector::NativeInjector;
use cxone_dtmf_engine::audit::verify::{InDoubt, Report};
use cxone_dtmf_engine::audit::{AuditLog, Found, unread};
use cxone_dtmf_engine::error::{Code, Error};
use cxone_dtmf_engine::injector::Injector;

/// Injections and their calls.
type Injections = BTreeMap<Uuid, Arc<str>>;

#[napi]
impl NativeInjector {
    /// Takes what was found out of a call, session, contact or injection. It holds in this process when this returns; the
    /// promise `id` is settled when it does in the fleet and stands in the audit log, with whether it was in doubt.
    #[napi(catch_unwind)]
    pub fn resolve(&self, id: f64, name: Option<String>, outcome: Option<String>) {
        let outbox = Arc::clone(&self.outbox);
        match self.resolve_here(name.as_deref(), outcome.as_deref()) {
            Ok((here, injections, found)) => {
                let (injector, audit) = (self.injector.clone(), self.audit.clone());
                spawn(async move {
                    let written = match audit {
                        Some(audit) => audit.resolve(injections.clone(), found).await,
                        None => Ok(()),
                    };
                    let elsewhere = injector
                        .resolve_elsewhere(name.as_deref(), &injections)
                        .await;
                    let elsewhere = elsewhere.and_then(|there| written.map(|()| there));
                    outbox.settle(id, elsewhere.map(|there| Some(json!(here || there))));
                });
            }
            Err(error) => outbox.settle(id, Err(error)),
        }
    }

    /// Settles the promise `id` with the injections of which the audit log does not say what became of them, with how many
    /// there are beyond those, and with how many files could not be read. `blocks` blocks their calls too, and settles with an
    /// error where those are not all.
    #[napi(catch_unwind)]
    pub fn in_doubt(&self, id: f64, blocks: bool) {
        let outbox = Arc::clone(&self.outbox);
        let Some(audit) = self.audit.clone() else {
            let error = Error::invalid("there is no auditLog: it says what is in doubt");
            return outbox.settle(id, Err(error));
        };
        let injector = self.up_to_date().clone();
        spawn(async move {
            let found = listed(&injector, audit, blocks).await;
            outbox.settle(id, found.map(Some));
        });
    }
}

impl NativeInjector {
    /// Tells whether it was in doubt, the injections that it was, and what was found out of them.
    fn resolve_here(
        &self,
        name: Option<&str>,
        outcome: Option<&str>,
    ) -> Result<(bool, Injections, Found), Error> {
        let found = outcome.and_then(Found::from_word).ok_or_else(|| {
            Error::invalid(
                "outcome must be 'pressed' or 'not-pressed', what was found out of the digits",
            )
        })?;
        let injector = self.up_to_date();
        let mut injections = name
            .map(|name| injector.in_doubt_of(name))
            .unwrap_or_default();
        let listed = self
            .audit
            .as_ref()
            .zip(name)
            .map(|(audit, name)| audit.listed(name, injector.origin()));
        injections.extend(listed.into_iter().flatten());
        let here = injector.resolve(name)?;
        Ok((here || !injections.is_empty(), injections, found))
    }
}

async fn listed(injector: &Injector, audit: Arc<AuditLog>, blocks: bool) -> Result<Value, Error> {
    let report = spawn_blocking(move || audit.survey()).await;
    let report =
        report.map_err(|_| Error::not_sent(Code::Audit, "the audit log was not read"))??;
    if blocks {
        injector.block(on_platform(injector, &report)).await?;
        if let Some(error) = unread(&report) {
            return Err(error);
        }
    }
    let listed = |doubts: &[InDoubt], outcome: Option<&str>| -> Vec<Value> {
        let listed = doubts.iter().map(in_doubt);
        listed
            .map(|mut doubt| {
                if let Some(fields) = doubt.as_object_mut() {
                    fields.insert("outcome".to_owned(), json!(outcome));
                }
                doubt
            })
            .collect()
    };
    let all = [
        listed(&report.in_doubt, None),
        listed(&report.unknown, Some("unknown")),
    ]
    .concat();
    Ok(json!({
        "injections": all,
        "more": report.more_in_doubt,
        "skipped": report.skipped,
        "damages": report.damages,
    }))
}

/// The injections into calls of this platform.
fn on_platform(injector: &Injector, report: &Report) -> Vec<(Uuid, Arc<str>)> {
    let all = report.in_doubt.iter().chain(&report.unknown);
    let here = all.filter(|doubt| doubt.origin.is_empty() || doubt.origin == injector.origin());
    here.map(|doubt| (doubt.injection_id, doubt.call.as_str().into()))
        .collect()
}

//! What is made, kept and written for one injection.

use std::error::Error;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use cxone_dtmf_engine::Secret;
use cxone_dtmf_engine::api::{Params, Prepared, WireProfile as _, telephony_v2};
use cxone_dtmf_engine::audit::Seal;
use cxone_dtmf_engine::audit::{Chain, Head};
use cxone_dtmf_engine::audit::{Intent, Key};
use cxone_dtmf_engine::audit::{Record, Stamp};
use cxone_dtmf_engine::auth::Token;
use cxone_dtmf_engine::lock::{LockKey, LockTicket, Registry};
use cxone_dtmf_engine::origin::base_url;
use cxone_dtmf_engine::outcome::{Accepted, Outcome, ShownBody};
use cxone_dtmf_engine::payload;
use uuid::Uuid;

use super::repeat;

/// How many may wait for one call.
const WAITING: usize = 32;

/// Digits, type and pause against the rules.
pub(crate) fn validation(times: u64) -> Result<(), Box<dyn Error>> {
    repeat(times, |_| {
        Ok(payload::validate(
            "1234567890*#ABCD".into(),
            "RFC2833".into(),
            100.0.into(),
        )?)
    })
}

fn params() -> Params {
    telephony_v2::Params {
        call_id: "call-00001".into(),
        dtmf_string: "1234#".into(),
        telephony_provider_id: "provider-1".into(),
        line_id: "line-1".into(),
        dtmf_type: "RFC2833".into(),
        inter_digit_pause: 100.0.into(),
    }
    .pack()
}

fn prepared(profile: &telephony_v2::TelephonyV2) -> Result<Prepared, Box<dyn Error>> {
    let params = params();
    Ok(profile.prepare(params.call(telephony_v2::PARAMS)?, &params, false)?)
}

/// From the parameters of a caller to what can be sent.
pub(crate) fn preparation(times: u64) -> Result<(), Box<dyn Error>> {
    let profile = telephony_v2::TelephonyV2::default();
    repeat(times, |_| prepared(&profile))
}

/// The address and the headers of one attempt.
pub(crate) fn request(times: u64) -> Result<(), Box<dyn Error>> {
    let profile = telephony_v2::TelephonyV2::default();
    let base = base_url("apiUrl", "https://api.example.com")?;
    let prepared = prepared(&profile)?;
    let template = &prepared
        .segments
        .first()
        .ok_or("there is a request")?
        .template;
    let token = Token {
        value: Secret::new("a-token-of-some-length-0123456789-0123456789".to_owned()),
        generation: 1,
        tenant: None,
    };
    repeat(times, |_| {
        Ok((
            template.target.under(&base)?,
            profile.headers(&token, &template.body)?,
        ))
    })
}

/// The lines that injections of one call stand in, as every program has them.
fn key(calls: &[Arc<str>], n: u64, scope: &Arc<str>) -> LockKey {
    let index = usize::try_from(n).unwrap_or_default() % calls.len();
    LockKey::Call {
        scope: Arc::clone(scope),
        call: calls.get(index).map_or_else(|| "call".into(), Arc::clone),
    }
}

fn calls() -> (Vec<Arc<str>>, Arc<str>) {
    let calls = (0..64).map(|n| format!("call-{n}").into()).collect();
    (calls, "https://api.example.com".into())
}

/// Waits for a turn that has come.
fn take(ticket: &mut LockTicket) -> Result<(), Box<dyn Error>> {
    let turn = pin!(ticket.turn());
    match turn.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(())) => Ok(()),
        Poll::Ready(Err(_)) | Poll::Pending => Err("it is its turn".into()),
    }
}

/// A free lock is taken and given back.
pub(crate) fn free_lock(times: u64) -> Result<(), Box<dyn Error>> {
    let registry = Arc::new(Registry::default());
    let (calls, scope) = calls();
    repeat(times, |n| {
        let mut ticket = registry
            .enqueue(key(&calls, n, &scope), WAITING)
            .map_err(|_| "there is room")?;
        take(&mut ticket)
    })
}

/// One holds the lock and one waits; it is handed over and given back.
pub(crate) fn handed_over_lock(times: u64) -> Result<(), Box<dyn Error>> {
    let registry = Arc::new(Registry::default());
    let (calls, scope) = calls();
    repeat(times, |n| {
        let join = || {
            registry
                .enqueue(key(&calls, n, &scope), WAITING)
                .map_err(|_| "there is room")
        };
        let (mut holder, mut waiter) = (join()?, join()?);
        take(&mut holder)?;
        drop(holder);
        take(&mut waiter)
    })
}

/// What is written of one injection.
fn records() -> [Record; 2] {
    let intent = Intent {
        injection_id: Uuid::from_u128(7),
        origin: "https://api.example.com".into(),
        call: "call-00001".into(),
        attempt: 1,
        digits: 5,
        fence: None,
        remaining: Duration::from_secs(30),
    };
    let outcome = Outcome {
        id: 1,
        injection_id: intent.injection_id,
        call: Some(Arc::clone(&intent.call)),
        correlation_id: None,
        asked: None,
        timestamp: SystemTime::UNIX_EPOCH,
        queued: Duration::ZERO,
        latency: Duration::from_millis(80),
        attempt: Some(Duration::from_millis(79)),
        attempts: 1,
        playout: None,
        unmasking: false,
        logged: None,
        fence: None,
        result: Ok(Accepted {
            status: 202,
            body: String::new(),
            shown: ShownBody::Nothing,
            body_error: None,
        }),
    };
    [Record::Intent(intent), Record::Outcome(Arc::new(outcome))]
}

/// An intent and its outcome, written and sealed.
pub(crate) fn audit_records(times: u64) -> Result<(), Box<dyn Error>> {
    let key = Key::new(vec![7; 32])?;
    let seal = Arc::new(Seal::new(Some(&key)));
    let mut chain = Chain::resume(Uuid::from_u128(1), Head::default(), seal);
    let records = records();
    let mut lines = String::new();
    repeat(times, |n| {
        lines.clear();
        for record in &records {
            let stamp = Stamp {
                time: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
                elapsed: Duration::from_micros(n),
            };
            chain.append(record, stamp, &mut lines);
        }
        Ok(lines.len())
    })
}

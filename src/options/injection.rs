//! The options of single calls: of an injection, of a lock, of `close`.

use std::time::Duration;

use super::resend;
use cxone_dtmf_engine::config::InjectionOptions;
use cxone_dtmf_engine::error::Error;
use cxone_dtmf_engine::lock::LockId;
use cxone_dtmf_engine::trace::Trace;
use cxone_dtmf_options::Fields;

/// The settings of one injection. The lock comes as the number that JavaScript got for it.
pub fn injection(json: Option<&str>, lock: Option<u64>) -> Result<InjectionOptions, Error> {
    let lock = lock.map(LockId);
    let Some(json) = json else {
        return Ok(InjectionOptions {
            lock,
            ..InjectionOptions::default()
        });
    };
    let mut fields = Fields::parse("options", json)?;
    let (traceparent, correlation_id) =
        (fields.text("traceparent")?, fields.text("correlationId")?);
    let options = InjectionOptions {
        trace: Trace::new(traceparent.as_deref(), correlation_id.as_deref())?,
        max_attempts: fields.count("maxAttempts", 1)?,
        deadline: fields.millis("deadlineMs", 1)?,
        lock_timeout: fields.millis("lockTimeoutMs", 0)?,
        resend_when_unknown: resend::when_unknown(&mut fields)?,
        lock,
    };
    fields.finish()?;
    Ok(options)
}

/// The one setting of `acquireChannelLock`, `close` and the like.
pub fn time_out(json: Option<&str>) -> Result<Option<Duration>, Error> {
    let Some(json) = json else {
        return Ok(None);
    };
    let mut fields = Fields::parse("options", json)?;
    let time_out = fields.millis("timeoutMs", 0)?;
    fields.finish()?;
    Ok(time_out)
}

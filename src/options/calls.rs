//! The options of single calls: of an injection, of a lock, of `close`.

use std::time::Duration;

use cxone_dtmf_engine::config::InjectionOptions;
use cxone_dtmf_engine::error::Error;
use cxone_dtmf_engine::lock::LockId;
use cxone_dtmf_options::{Fields, OptionSpec, count, millis, options};

options! {
    /// The options of `acquireChannelLock` and `withChannelLock`.
    struct LockOptions {
        /// The bound on the wait; 0 does not wait.
        time_out: Option<Duration> = None => millis("timeoutMs", 0).default_doc("`lockTimeoutMs` of the injector");
        elsewhere {
            /// Ends the wait.
            "signal": "signal";
        }
    }
}

options! {
    /// The options of `close`.
    struct CloseOptions {
        /// How long to wait for what is in flight; 0 does not wait.
        time_out: Option<Duration> = None => millis("timeoutMs", 0).default_doc("`timeoutMs` of the injector");
    }
}

/// How many attempts `injectWithRetry` makes unless told otherwise: the tutorial's figure.
pub const DEFAULT_MAX_RETRIES: u32 = 3;

/// The settings of one injection. The lock comes as the number that JavaScript got for it.
pub fn injection(json: Option<&str>, lock: Option<u64>) -> Result<InjectionOptions, Error> {
    let read = read(json, |fields| Ok(InjectionOptions::default().over(fields)?))?;
    Ok(InjectionOptions {
        lock: lock.map(LockId),
        ..read.unwrap_or_default()
    })
}

/// The bound on the wait for a lock.
pub fn lock_time_out(json: Option<&str>) -> Result<Option<Duration>, Error> {
    let read = read(json, |fields| Ok(LockOptions::default().over(fields)?))?;
    Ok(read.and_then(|options| options.time_out))
}

/// The bound on the wait of `close`.
pub fn close_time_out(json: Option<&str>) -> Result<Option<Duration>, Error> {
    let read = read(json, |fields| Ok(CloseOptions::default().over(fields)?))?;
    Ok(read.and_then(|options| options.time_out))
}

/// Reads all options of a call, where there are any.
fn read<T>(
    json: Option<&str>,
    read: impl FnOnce(&mut Fields) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    let Some(json) = json else {
        return Ok(None);
    };
    let mut fields = Fields::parse("options", json)?;
    let options = read(&mut fields)?;
    fields.finish()?;
    Ok(Some(options))
}

/// The names of the options of an injection.
pub fn injection_names() -> Vec<String> {
    let options = InjectionOptions::options().into_iter();
    options.map(|option| option.name.to_owned()).collect()
}

pub(super) fn injection_table() -> Vec<OptionSpec> {
    InjectionOptions::options()
}

/// `maxRetries` stands for `maxAttempts` there.
pub(super) fn inject_with_retry_table() -> Vec<OptionSpec> {
    let doc = "The most attempts, the first included: the third parameter.";
    vec![count("maxRetries", 1).spec(&DEFAULT_MAX_RETRIES, doc)]
}

pub(super) fn lock_table() -> Vec<OptionSpec> {
    LockOptions::options()
}

pub(super) fn close_table() -> Vec<OptionSpec> {
    CloseOptions::options()
}

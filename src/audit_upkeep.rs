//! What is done to an audit log from outside: old files are removed, and a change of the key is announced.

use std::path::Path;

use serde_json::{Value, json};

use super::audit_check::unverifiable;
use cxone_dtmf_engine::audit::Key;
use cxone_dtmf_engine::audit::upkeep::{self, NotDone};
use cxone_dtmf_engine::audit::verify::Progress;
use cxone_dtmf_engine::error::Error;

/// Removes old files.
pub fn prune(
    directory: &str,
    keys: &[Key],
    before: &str,
    host: &str,
    progress: &Progress,
) -> Result<Value, Error> {
    let done = upkeep::prune(Path::new(directory), keys, before, host, progress);
    let done = done.map_err(|why| not_done(why, !keys.is_empty()))?;
    Ok(json!({ "files": done.files, "bytes": done.bytes, "inDoubt": done.in_doubt }))
}

/// Announces a key.
pub fn rekey(directory: &str, now: &[Key], next: &[Key], host: &str) -> Result<Value, Error> {
    let done = upkeep::rekey(Path::new(directory), now, next, host);
    done.map(|()| Value::Null)
        .map_err(|why| not_done(why, true))
}

fn not_done(why: NotDone, has_key: bool) -> Error {
    match why {
        NotDone::Unverifiable(why) => unverifiable(&why, has_key),
        NotDone::Altered => Error::invalid(
            "the log was altered, or too much is in doubt or was removed, so nothing was removed: run audit verify",
        ),
        NotDone::NoSuchKey => {
            Error::invalid("no file of the log is sealed with the key of --key-file")
        }
        NotDone::NotWritten(why) => Error::invalid(format!(
            "it cannot be written down, so nothing was changed: {why}"
        )),
        NotDone::NotRemoved(error) => Error::invalid(format!(
            "a file cannot be removed ({}): do it again when it can",
            error.kind()
        )),
    }
}

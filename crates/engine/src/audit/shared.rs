//! The logs of this process by their folder: injectors with the same folder write one chain, also from several
//! worker threads.

use std::collections::HashMap;
use std::path::{PathBuf, absolute};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use super::disk::RealDisk;
use super::options::Options;
use super::writer::Writer;
use crate::error::Error;

/// A log that is or was open.
type Slot = (Options, Weak<Writer>);

static LOGS: LazyLock<Mutex<HashMap<PathBuf, Slot>>> = LazyLock::new(Mutex::default);

/// The writer of the log in a folder, which is named in full.
pub(super) fn writer(mut options: Options) -> Result<(Options, Arc<Writer>), Error> {
    // Whatever the working directory becomes, the folder stays the same.
    options.directory = absolute(options.directory)
        .map_err(|_| Error::invalid("auditLog.directory must be a path"))?;
    let mut logs = LOGS.lock().unwrap_or_else(PoisonError::into_inner);
    logs.retain(|_, (_, writer)| writer.strong_count() > 0);
    if let Some((others, writer)) = logs.get(&options.directory)
        && let Some(writer) = writer.upgrade()
    {
        return if *others == options {
            Ok((options, writer))
        } else {
            Err(Error::invalid(
                "auditLog names a folder that another injector of this process uses with other settings: \
                 give both the same, or other folders",
            ))
        };
    }
    let writer = Writer::start(options.clone(), Arc::new(RealDisk)).map_err(|_| {
        Error::invalid("auditLog cannot be kept: the system starts no more threads")
    })?;
    let writer = Arc::new(writer);
    let slot = (options.clone(), Arc::downgrade(&writer));
    logs.insert(options.directory.clone(), slot);
    Ok((options, writer))
}

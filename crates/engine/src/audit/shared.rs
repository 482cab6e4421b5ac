//! The logs of this process by their place: injectors with the same place write one chain, also from several
//! worker threads.

use std::collections::HashMap;
use std::path::absolute;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;

use super::disk::RealDisk;
use super::fail_stop::FailStop;
use super::location::Location;
use super::options::Options;
use super::writer::Writer;
use crate::error::Error;

/// A log that is or was open.
struct Slot {
    options: Options,
    writer: Weak<Writer>,
    thread: JoinHandle<()>,
    /// Remembers which syncs failed, also for the log that is opened after this one.
    disk: FailStop,
}

static LOGS: LazyLock<Mutex<HashMap<Location, Slot>>> = LazyLock::new(Mutex::default);

/// The writer of the log at a place.
pub(super) fn writer(mut options: Options) -> Result<Arc<Writer>, Error> {
    options.location = in_full(options.location)?;
    let mut logs = LOGS.lock().unwrap_or_else(PoisonError::into_inner);
    let former = logs.remove(&options.location);
    if let Some(slot) = &former
        && let Some(writer) = slot.writer.upgrade()
    {
        let same = slot.options == options;
        logs.extend(former.map(|slot| (options.location, slot)));
        return if same {
            Ok(writer)
        } else {
            Err(Error::invalid(
                "auditLog names a place that another injector of this process uses with other settings: \
                 give both the same, or other places",
            ))
        };
    }
    let (after, disk) = former.map_or_else(
        || (None, FailStop::new(Arc::new(RealDisk))),
        |slot| (Some(slot.thread), slot.disk),
    );
    let (writer, thread) = Writer::start(options.clone(), disk.clone(), after).map_err(|_| {
        Error::invalid("auditLog cannot be kept: the system starts no more threads")
    })?;
    let writer = Arc::new(writer);
    let slot = Slot {
        writer: Arc::downgrade(&writer),
        thread,
        disk,
        options: options.clone(),
    };
    logs.insert(options.location, slot);
    Ok(writer)
}

/// Whatever the working directory becomes, the place stays the same.
fn in_full(location: Location) -> Result<Location, Error> {
    Ok(match location {
        Location::Directory(path) => {
            Location::Directory(absolute(path).map_err(|_| wrong("auditLog.directory"))?)
        }
        Location::File(path) => {
            let path = absolute(path).map_err(|_| wrong("auditLog.file"))?;
            if path.file_name().is_none() {
                return Err(wrong("auditLog.file"));
            }
            Location::File(path)
        }
    })
}

fn wrong(field: &str) -> Error {
    Error::invalid(format!("{field} must be a path"))
}

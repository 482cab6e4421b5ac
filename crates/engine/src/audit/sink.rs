//! The log as injectors use it, and what they hear when it cannot be written.

use std::collections::HashSet;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::timeout;
use uuid::Uuid;

use super::disk::Disk;
use super::fail_stop::FailStop;
use super::intent::Intent;
use super::notice::Observer;
use super::options::{Durability, OnFailure, Options};
use super::record::Record;
use super::shared;
use super::writer::Writer;
use crate::BoxFuture;
use crate::error::{Code, Error};
use crate::outcome::Outcome;

/// The longest wait for a record to be written: a disk that stands still must not hold up calls for ever.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(2);

/// Keeps the record. Neither method is given a digit.
///
/// What is to be recorded is on its way when a method returns, also if no caller waits for the end.
pub trait AuditSink: Send + Sync + 'static {
    /// Ends when the intent is safe. An error keeps the digits from being sent.
    fn intent(&self, intent: Intent) -> BoxFuture<'_, Result<(), Error>>;

    /// Ends when the outcome is safe, with `true`, or cannot be made so; it never changes the outcome.
    fn outcome(&self, outcome: Arc<Outcome>) -> BoxFuture<'_, bool>;
}

/// One user's share in a log. The log is closed with the last share.
pub struct AuditLog {
    writer: Mutex<Option<Arc<Writer>>>,
    durability: Durability,
    on_failure: OnFailure,
    /// Injections that went on without their intent being written.
    unrecorded: Mutex<HashSet<Uuid>>,
    unlogged: AtomicU64,
    /// Kept for as long as the share.
    _observer: Arc<dyn Observer>,
}

impl AuditLog {
    /// A share in the log of this process at that place, which is opened by the first.
    ///
    /// Nothing is read or written here: a place that cannot be written fails the injections.
    pub fn open(options: Options, observer: Arc<dyn Observer>) -> Result<Self, Error> {
        let (durability, on_failure) = (options.durability, options.on_failure);
        let writer = shared::writer(options)?;
        Ok(Self::share(writer, durability, on_failure, observer))
    }

    /// A log of one's own, on any disk.
    pub fn on(
        disk: Arc<dyn Disk>,
        options: Options,
        observer: Arc<dyn Observer>,
    ) -> io::Result<Self> {
        let (durability, on_failure) = (options.durability, options.on_failure);
        let (writer, _) = Writer::start(options, FailStop::new(disk), None)?;
        Ok(Self::share(
            Arc::new(writer),
            durability,
            on_failure,
            observer,
        ))
    }

    fn share(
        writer: Arc<Writer>,
        durability: Durability,
        on_failure: OnFailure,
        observer: Arc<dyn Observer>,
    ) -> Self {
        writer.tell(&observer);
        Self {
            writer: Mutex::new(Some(writer)),
            durability,
            on_failure,
            unrecorded: Mutex::default(),
            unlogged: AtomicU64::new(0),
            _observer: observer,
        }
    }

    /// How many injections were sent and ended without their record being complete.
    #[must_use]
    pub fn unlogged(&self) -> u64 {
        self.unlogged.load(Ordering::Relaxed)
    }

    /// Gives the share up. With the last one the log is closed; then this waits for it, but not for ever.
    pub async fn close(&self) {
        let Some(writer) = self.writer().take() else {
            return;
        };
        let mut ended = writer.ended();
        if Arc::into_inner(writer).is_some() {
            // An error says that the sender is gone, and with it the thread.
            let _ = timeout(MAX_WAIT, ended.changed()).await;
        }
    }

    /// Puts a record in the queue at once; what is returned waits for it as long as it may.
    fn write(&self, record: Record) -> impl Future<Output = Result<(), String>> + use<> {
        let written = match &*self.writer() {
            None => Err("it is closed".to_owned()),
            Some(writer) if self.durability == Durability::None => {
                writer.leave(record).map(|()| None)
            }
            Some(writer) => writer.write(record).map(Some),
        };
        async move {
            let Some(written) = written? else {
                return Ok(());
            };
            match timeout(MAX_WAIT, written).await {
                Ok(Ok(result)) => result,
                Ok(Err(_)) => Err("its thread has ended".to_owned()),
                Err(_) => Err("the disk does not answer: check it".to_owned()),
            }
        }
    }

    fn writer(&self) -> MutexGuard<'_, Option<Arc<Writer>>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unrecorded(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        self.unrecorded
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl AuditSink for AuditLog {
    fn intent(&self, intent: Intent) -> BoxFuture<'_, Result<(), Error>> {
        let id = intent.injection_id;
        let written = self.write(Record::Intent(intent));
        Box::pin(async move {
            match (written.await, self.on_failure) {
                (Ok(()), _) => Ok(()),
                (Err(why), OnFailure::Block) => Err(refused(&why)),
                (Err(_), OnFailure::Continue) => {
                    self.unrecorded().insert(id);
                    Ok(())
                }
            }
        })
    }

    fn outcome(&self, outcome: Arc<Outcome>) -> BoxFuture<'_, bool> {
        let id = outcome.injection_id;
        let was_sent = outcome.attempts > 0;
        let written = self.write(Record::Outcome(outcome));
        Box::pin(async move {
            let safe = written.await.is_ok();
            let logged = !self.unrecorded().remove(&id) && safe;
            self.unlogged
                .fetch_add(u64::from(was_sent && !logged), Ordering::Relaxed);
            logged
        })
    }
}

fn refused(why: &str) -> Error {
    let message = format!("the audit log cannot take the injection, so nothing was sent: {why}");
    Error::not_sent(Code::Audit, message).retryable(None)
}

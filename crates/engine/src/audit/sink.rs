//! The log as injectors use it, and what they hear when it cannot be written.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::iter;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::timeout;
use uuid::Uuid;

use super::disk::Disk;
use super::found::Found;
use super::intent::Intent;
use super::notice::Observer;
use super::options::{Durability, OnFailure, Options};
use super::record::Record;
use super::seal::Seal;
use super::shared;
use super::verify::{FileSource, Others, Progress, Report, verify};
use super::writer::Writer;
use crate::BoxFuture;
use crate::error::{Code, Error};
use crate::outcome::Outcome;

/// The longest wait for a record to be written: a disk that stands still must not hold up calls for ever.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(2);

/// The most injections that can be resolved by the log alone: twice as many as a survey lists.
const MAX_LISTED: usize = 40_000;

/// Keeps the record. Neither method is given a digit.
///
/// What is to be recorded is on its way when a method returns, also if no caller waits for the end.
pub trait AuditSink: Send + Sync + 'static {
    /// Ends when the intent is safe. An error keeps the digits from being sent.
    fn intent(&self, intent: Intent) -> BoxFuture<'_, Result<(), Error>>;

    /// Ends when the outcome is safe, with `true`, or cannot be made so; it never changes the outcome.
    fn outcome(&self, outcome: Arc<Outcome>) -> BoxFuture<'_, bool>;
}

/// An injection that can be resolved by the log alone.
#[derive(Clone)]
struct Listed {
    call: Arc<str>,
    /// The platform. Empty where any may be meant.
    origin: Arc<str>,
    /// It was resolved already, but the log does not have it.
    unwritten: bool,
}

/// One user's share in a log. The log is closed with the last share.
pub struct AuditLog {
    writer: Mutex<Option<Arc<Writer>>>,
    options: Options,
    /// Injections that went on without their intent being written.
    unrecorded: Mutex<HashSet<Uuid>>,
    unlogged: AtomicU64,
    /// What was listed last, and what could not be written down when it was resolved.
    listed: Mutex<BTreeMap<Uuid, Listed>>,
    /// Kept for as long as the share.
    _observer: Arc<dyn Observer>,
}

impl AuditLog {
    /// A share in the log of this process at that place, which is opened by the first.
    ///
    /// Nothing is read or written here: a place that cannot be written fails the injections.
    pub fn open(options: Options, observer: Arc<dyn Observer>) -> Result<Self, Error> {
        let (options, writer) = shared::writer(options)?;
        Ok(Self::share(writer, options, observer))
    }

    /// A log of one's own, on any disk.
    pub fn on(
        disk: Arc<dyn Disk>,
        options: Options,
        observer: Arc<dyn Observer>,
    ) -> io::Result<Self> {
        let writer = Writer::start(options.clone(), disk)?;
        Ok(Self::share(Arc::new(writer), options, observer))
    }

    fn share(writer: Arc<Writer>, options: Options, observer: Arc<dyn Observer>) -> Self {
        writer.tell(&observer);
        Self {
            writer: Mutex::new(Some(writer)),
            options,
            unrecorded: Mutex::default(),
            unlogged: AtomicU64::new(0),
            listed: Mutex::default(),
            _observer: observer,
        }
    }

    /// What all files in the folder say together. Blocks while they are read; nothing is written, and what cannot be
    /// read, or is sealed otherwise than by this log, is left out and counted.
    pub fn survey(&self) -> Result<Report, Error> {
        let keys: Vec<Seal> = self
            .options
            .key
            .as_ref()
            .map(|key| Seal::new(Some(key)))
            .into_iter()
            .collect();
        let files = FileSource::in_folder(&self.options.directory);
        let read = files
            .ok()
            .and_then(|files| verify(files, &keys, &[], Others::Skip, &Progress::default()).ok());
        let report = read.ok_or_else(|| {
            let message = "the folder of the audit log cannot be read: check owner and mode";
            Error::not_sent(Code::Audit, message)
        })?;
        let listed = report.in_doubt.iter().chain(&report.unknown);
        let listed = listed.map(|doubt| {
            let listed = Listed {
                call: doubt.call.as_str().into(),
                origin: doubt.origin.as_str().into(),
                unwritten: false,
            };
            (doubt.injection_id, listed)
        });
        let mut known = lock(&self.listed);
        known.retain(|_, listed| listed.unwritten);
        known.extend(listed);
        Ok(report)
    }

    /// The injection of the last [`survey`](Self::survey) with this id, or those of a call with it on the platform `origin`.
    /// So are those that [`resolve`](Self::resolve) could not write down.
    #[must_use]
    pub fn listed(&self, id: &str, origin: &str) -> BTreeMap<Uuid, Arc<str>> {
        let all = lock(&self.listed);
        let named = all.iter().filter(|(injection, listed)| {
            let here = listed.origin.is_empty() || *listed.origin == *origin;
            (here && *listed.call == *id) || Uuid::try_parse(id).as_ref() == Ok(injection)
        });
        named
            .map(|(injection, listed)| (*injection, Arc::clone(&listed.call)))
            .collect()
    }

    /// Writes down what was found out of injections. The error says why that is not in the log; until it is, they are
    /// [`listed`](Self::listed).
    pub async fn resolve(
        &self,
        injections: BTreeMap<Uuid, Arc<str>>,
        found: Found,
    ) -> Result<(), Error> {
        let mut left = injections.into_iter();
        while let Some((injection, call)) = left.next() {
            let resolved = Record::Resolved {
                injection,
                call: Arc::clone(&call),
                found,
            };
            if let Err(why) = self.write(resolved).await {
                self.keep(iter::once((injection, call)).chain(left));
                let message = format!(
                    "it is resolved, but the audit log cannot take that: {why}. Call resolve again when it can, by an injector \
                     that is open"
                );
                return Err(Error::not_sent(Code::Audit, message).retryable(None));
            }
            lock(&self.listed).remove(&injection);
        }
        Ok(())
    }

    /// Keeps what could not be written down for the next try.
    fn keep(&self, injections: impl Iterator<Item = (Uuid, Arc<str>)>) {
        let mut listed = lock(&self.listed);
        let room = MAX_LISTED.saturating_sub(listed.len());
        for (injection, call) in injections.take(room) {
            let origin = Arc::default();
            let kept = listed.entry(injection).or_insert(Listed {
                call,
                origin,
                unwritten: true,
            });
            kept.unwritten = true;
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
            Some(writer) if self.options.durability == Durability::None => {
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
        lock(&self.writer)
    }

    fn unrecorded(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        lock(&self.unrecorded)
    }
}

impl AuditSink for AuditLog {
    fn intent(&self, intent: Intent) -> BoxFuture<'_, Result<(), Error>> {
        let id = intent.injection_id;
        let written = self.write(Record::Intent(intent));
        Box::pin(async move {
            match (written.await, self.options.on_failure) {
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn refused(why: &str) -> Error {
    let message = format!("the audit log cannot take the injection, so nothing was sent: {why}");
    Error::not_sent(Code::Audit, message).retryable(None)
}

//! The thread that writes. A record that comes while the disk is busy waits for the next write together with others,
//! so that a slow disk costs each of them little.

use std::io;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Instant, SystemTime};

use tokio::sync::{oneshot, watch};

use super::disk::Disk;
use super::log::Log;
use super::lost::Lost;
use super::notice::Observer;
use super::options::Options;
use super::record::{Record, Stamp};

/// The most records that wait to be written. More than injections can be in flight, unless the disk stands still.
const MAX_QUEUE: usize = 4_096;

/// The most records of one write. It keeps the memory of a write in the hundreds of kilobytes.
const MAX_BATCH: usize = 1_024;

/// A record to write, and who waits for it.
struct Command {
    record: Record,
    /// No caller waits where durability is *none*.
    written: Option<oneshot::Sender<Result<(), String>>>,
}

/// Those who are told what happens. The log does not keep them.
type Observers = Mutex<Vec<Weak<dyn Observer>>>;

/// The way to the thread. The log is closed when the last one is dropped.
pub(super) struct Writer {
    commands: SyncSender<Command>,
    observers: Arc<Observers>,
    ended: watch::Receiver<()>,
    state: Arc<State>,
    options: Options,
}

/// What both ends know.
#[derive(Default)]
struct State {
    failing: AtomicBool,
    /// What found no place in the queue.
    dropped: Mutex<Lost>,
}

impl State {
    fn dropped(&self) -> MutexGuard<'_, Lost> {
        self.dropped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one waits for after asking for a record to be written.
pub(super) type Written = Result<oneshot::Receiver<Result<(), String>>, String>;

impl Writer {
    /// Starts the thread.
    pub(super) fn start(options: Options, disk: Arc<dyn Disk>) -> io::Result<Self> {
        let (commands, queue) = sync_channel(MAX_QUEUE);
        let (end, ended) = watch::channel(());
        let observers = Arc::<Observers>::default();
        let state = Arc::<State>::default();
        let writing = Writing {
            log: Log::new(options.clone(), disk),
            start: Instant::now(),
            observers: Arc::clone(&observers),
            state: Arc::clone(&state),
            options: options.clone(),
        };
        thread::Builder::new()
            .name("cxone-dtmf-audit".to_owned())
            .spawn(move || {
                writing.run(&queue);
                drop(end);
            })?;
        Ok(Self {
            commands,
            observers,
            ended,
            state,
            options,
        })
    }

    /// Tells this observer what happens from now on.
    pub(super) fn tell(&self, observer: &Arc<dyn Observer>) {
        self.observers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::downgrade(observer));
    }

    /// Puts a record in the queue, and waits for it to be written.
    pub(super) fn write(&self, record: Record) -> Written {
        let (written, waiting) = oneshot::channel();
        self.put(record, Some(written)).map(|()| waiting)
    }

    /// Puts a record in the queue. An error says that the records before it could not be written.
    pub(super) fn leave(&self, record: Record) -> Result<(), String> {
        // Asked first, as the thread may have failed with this one when it was put.
        let failing = self.state.failing.load(Ordering::Relaxed);
        self.put(record, None)?;
        if failing {
            Err("the records before it could not be written: check the disk".to_owned())
        } else {
            Ok(())
        }
    }

    fn put(
        &self,
        record: Record,
        written: Option<oneshot::Sender<Result<(), String>>>,
    ) -> Result<(), String> {
        match self.commands.try_send(Command { record, written }) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(Command { record, .. })) => {
                if self.options.misses(&record) {
                    self.state.dropped().add(&record);
                }
                Err(
                    "too many records wait for the disk: it is too slow, or stands still"
                        .to_owned(),
                )
            }
            Err(TrySendError::Disconnected(_)) => Err("its thread has ended".to_owned()),
        }
    }

    /// Fires when the thread has ended, after the last way to it is dropped.
    pub(super) fn ended(&self) -> watch::Receiver<()> {
        self.ended.clone()
    }
}

/// The inside of the thread.
struct Writing {
    log: Log,
    start: Instant,
    observers: Arc<Observers>,
    state: Arc<State>,
    options: Options,
}

impl Writing {
    fn run(mut self, queue: &Receiver<Command>) {
        loop {
            let first = match self.log.due_at() {
                None => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(due) => queue.recv_timeout(due.saturating_sub(self.start.elapsed())),
            };
            match first {
                Ok(first) => self.commit(queue, first),
                Err(RecvTimeoutError::Timeout) => self.log.tick(self.now()),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.notify();
        }
        self.log.lose(mem::take(&mut *self.state.dropped()));
        self.log.close(self.now());
        self.notify();
    }

    fn commit(&mut self, queue: &Receiver<Command>, first: Command) {
        let waiting = std::iter::once(first)
            .chain(queue.try_iter())
            .take(MAX_BATCH)
            .filter(|command| command.is_wanted(&self.options));
        let (records, written): (Vec<_>, Vec<_>) = waiting
            .map(|Command { record, written }| (record, written))
            .unzip();
        if records.is_empty() {
            return;
        }
        self.log.lose(mem::take(&mut *self.state.dropped()));
        let result = self.log.commit(&records, self.now());
        self.state.failing.store(result.is_err(), Ordering::Relaxed);
        for written in written.into_iter().flatten() {
            // Who has stopped waiting wrote down an outcome, or will.
            let _ = written.send(result.clone());
        }
    }

    fn now(&self) -> Stamp {
        Stamp {
            time: SystemTime::now(),
            elapsed: self.start.elapsed(),
        }
    }

    fn notify(&mut self) {
        let notices = self.log.take_notices();
        if notices.is_empty() {
            return;
        }
        let observers: Vec<Arc<dyn Observer>> = {
            let mut observers = self
                .observers
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            observers.retain(|observer| observer.strong_count() > 0);
            observers.iter().filter_map(Weak::upgrade).collect()
        };
        for notice in notices {
            for observer in &observers {
                observer.notice(&notice);
            }
        }
    }
}

impl Command {
    /// An intent that was refused, since nobody waited for it any longer, led to nothing. Everything else is written.
    fn is_wanted(&self, options: &Options) -> bool {
        let left = self
            .written
            .as_ref()
            .is_some_and(oneshot::Sender::is_closed);
        !left || options.misses(&self.record)
    }
}

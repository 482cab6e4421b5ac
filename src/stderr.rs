//! Lines for standard error, written on a thread of their own: whoever reads them may stop, and the engine must not.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How many lines may wait. With more, lines are dropped and counted.
const MOST_LINES: usize = 1024;

/// How long a line is waited for, so that one before the end of the process is not lost. Where that is not enough, no more are
/// waited for until all are written.
const PATIENCE: Duration = Duration::from_millis(50);

/// Takes lines.
pub struct Lines {
    sender: SyncSender<String>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// How many of those that were taken are not written yet.
    waiting: Mutex<usize>,
    written: Condvar,
    stalled: AtomicBool,
    dropped: AtomicU64,
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, usize> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    /// `None` where the system gives no thread.
    pub fn to(writer: impl Write + Send + 'static) -> Option<Self> {
        let (sender, lines) = sync_channel(MOST_LINES);
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let thread = thread::Builder::new().name("cxone-dtmf-log".to_owned());
        let started = thread.spawn(move || write_all(&own, &lines, writer));
        started.ok().map(|_| Self { sender, shared })
    }

    /// Writes a line, or drops it where too many wait.
    pub fn write(&self, line: String) {
        let mut waiting = self.shared.waiting();
        if self.sender.try_send(line).is_err() {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        *waiting += 1;
        if self.shared.stalled.load(Ordering::Relaxed) {
            return;
        }
        let written = &self.shared.written;
        let waited = written.wait_timeout_while(waiting, PATIENCE, |waiting| *waiting > 0);
        let (waiting, timed_out) = waited.unwrap_or_else(PoisonError::into_inner);
        self.shared
            .stalled
            .store(timed_out.timed_out(), Ordering::Relaxed);
        drop(waiting);
    }
}

/// Writes until nobody is left to send. A closed standard error is no reason to fail.
fn write_all(shared: &Shared, lines: &Receiver<String>, mut writer: impl Write) {
    for line in lines {
        let _ = writeln!(writer, "{line}");
        let dropped = shared.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            let _ = writeln!(writer, "cxone-dtmf: {dropped} lines were dropped");
        }
        let mut waiting = shared.waiting();
        *waiting = waiting.saturating_sub(1);
        if *waiting == 0 {
            shared.stalled.store(false, Ordering::Relaxed);
            shared.written.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    /// Writes nothing before it is allowed to.
    struct Gate {
        opened: Option<Receiver<()>>,
        written: Sender<Vec<u8>>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Some(opened) = self.opened.take() {
                opened.recv().unwrap();
            }
            self.written.send(bytes.to_vec()).unwrap();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn text(written: &Receiver<Vec<u8>>) -> String {
        String::from_utf8(written.iter().flatten().collect()).unwrap()
    }

    #[test]
    fn a_line_is_written_when_that_returns() {
        let (sender, written) = channel();
        let lines = Lines::to(Gate {
            opened: None,
            written: sender,
        })
        .unwrap();
        for number in 0..100 {
            lines.write(number.to_string());
            let line: Vec<u8> = written.try_iter().flatten().collect();
            assert_eq!(String::from_utf8(line).unwrap(), format!("{number}\n"));
        }
    }

    #[test]
    fn a_reader_that_stopped_stops_nobody_and_hears_how_many_it_missed() {
        let ((open, opened), (sender, written)) = (channel(), channel());
        let lines = Lines::to(Gate {
            opened: Some(opened),
            written: sender,
        })
        .unwrap();
        let many = MOST_LINES * 10;
        for number in 0..many {
            lines.write(number.to_string());
        }
        open.send(()).unwrap();
        drop(lines);
        let text = text(&written);
        let told: Vec<_> = text
            .lines()
            .filter(|line| line.contains("dropped"))
            .collect();
        let kept = text.lines().count() - told.len();
        assert!(kept >= MOST_LINES && text.starts_with("0\n"), "{kept}");
        let dropped = format!("cxone-dtmf: {} lines were dropped", many - kept);
        assert_eq!(told, [dropped]);
    }
}

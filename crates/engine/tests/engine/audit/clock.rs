//! The paused clock, beside a log that works on a thread of its own.

use std::sync::mpsc::{Sender, channel};

use tokio::task::spawn_blocking;

/// As long as it is kept, no time passes: whatever waits for the log waits until it answers, however slow the
/// machine is.
pub struct Still {
    _release: Sender<()>,
}

/// Tokio moves a paused clock on whenever its tasks are idle, also while another thread works; but not while a
/// blocking task runs.
pub fn still() -> Still {
    let (release, released) = channel();
    drop(spawn_blocking(move || released.recv()));
    Still { _release: release }
}

//! What ends the program.

use std::future::pending;
use std::io;
use std::thread;

use tokio::sync::oneshot;

/// Done at Ctrl-C or SIGTERM and, where that is wanted, at the end of standard input.
pub(crate) fn listen(until_stdin_ends: bool) -> io::Result<impl Future<Output = ()>> {
    let signal = signal()?;
    let stdin = until_stdin_ends.then(stdin_ends);
    Ok(async move {
        tokio::select! {
            () = signal => {}
            () = ended(stdin) => {}
        }
    })
}

async fn ended(stdin: Option<oneshot::Receiver<()>>) {
    match stdin {
        Some(stdin) => drop(stdin.await),
        None => pending().await,
    }
}

/// Reads standard input on a thread of its own, which does not keep the process alive.
fn stdin_ends() -> oneshot::Receiver<()> {
    let (end, ends) = oneshot::channel::<()>();
    thread::spawn(move || {
        // A pipe that breaks is an end as well.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        drop(end);
    });
    ends
}

#[cfg(unix)]
fn signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(windows)]
fn signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}

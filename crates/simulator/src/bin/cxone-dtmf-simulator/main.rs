//! The simulator as a program of its own, for tests in any language: it needs neither Node.js nor a compiler.
//!
//! Same options as `npx cxone-dtmf simulate`, and all others of the simulator in a file of JSON.

mod arguments;
mod introduction;
mod stop;

use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

use arguments::{Arguments, Run};
use cxone_dtmf_simulator::{CallOptions, SessionOptions, Simulator};
use introduction::Introduction;

/// Why the program ends without having run.
#[derive(Debug)]
enum Failure {
    /// The options are wrong, or the port is taken.
    Usage(String),
    /// Anything else.
    Io(io::Error),
}

impl Failure {
    const fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Io(_) => 1,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) => f.write_str(message),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn main() -> ExitCode {
    match execute() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // A closed standard error is no reason to panic.
            let _ = writeln!(io::stderr(), "cxone-dtmf-simulator: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

fn execute() -> Result<(), Failure> {
    match Arguments::read(std::env::args_os().skip(1))? {
        Arguments::Help => Ok(io::stdout().write_all(arguments::HELP.as_bytes())?),
        Arguments::Run(run) => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(serve(*run)),
    }
}

/// Runs the simulator until it is told to stop.
async fn serve(run: Run) -> Result<(), Failure> {
    // Before the address is known, so that a signal that follows it is not missed.
    let stop = stop::listen(run.until_stdin_ends)?;
    let introduction = Introduction::of(&run);
    let port = run.options.port;
    let simulator = Simulator::start(run.options).map_err(|error| cannot_listen(port, error))?;
    for call in &run.calls {
        simulator.add_call(call, CallOptions::default());
    }
    for (session, contact) in &run.sessions {
        let options = SessionOptions {
            contact_id: Some(contact.clone()),
            ..SessionOptions::default()
        };
        simulator.add_session(session, options);
    }
    let told = if run.json {
        introduction.json(simulator.url(), simulator.port())
    } else {
        introduction.text(simulator.url())
    };
    writeln!(io::stdout(), "{told}")?;
    stop.await;
    let seen = simulator.stats();
    simulator.stop();
    let _ = writeln!(
        io::stderr(),
        "Simulator stopped: {} requests, {} of them for tokens; {} executions, {} overlaps",
        seen.requests,
        seen.token_requests,
        seen.executions,
        seen.overlaps
    );
    Ok(())
}

fn cannot_listen(port: u16, error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::AddrInUse => Failure::Usage(format!(
            "port {port} is taken: choose another one, or --port 0 for a free one"
        )),
        io::ErrorKind::PermissionDenied => Failure::Usage(format!(
            "this user may not listen on port {port}: choose one above 1023, or --port 0"
        )),
        _ => Failure::Io(error),
    }
}

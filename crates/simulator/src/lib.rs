//! The stand-in for the platform: a small HTTP server for tests without an account.
//!
//! It knows tokens, calls, playing tones, rate limits and scripted faults, and keeps a journal of
//! every request and of every sequence it pressed. It shares no code with the engine (only the reader
//! of options), so that it cannot share its mistakes, and it runs on a thread and a runtime of its own,
//! so that a paused clock or a blocked engine does not stop it. The program `cxone-dtmf-simulator` runs
//! it without Node.js.
//!
//! ```no_run
//! use cxone_dtmf_simulator::{CallOptions, Simulator, SimulatorOptions};
//!
//! # fn main() -> std::io::Result<()> {
//! let simulator = Simulator::start(SimulatorOptions::default())?;
//! simulator.add_call("call-1", CallOptions::default());
//! // ... point the program under test at simulator.url() ...
//! assert_eq!(simulator.digits("call-1"), ["1234#"]);
//! # Ok(())
//! # }
//! ```
//!
//! | room | what |
//! |---|---|
//! | `options` | what can be set, and how it is read from JSON |
//! | `server`, `service`, `route`, `answer`, `answers` | sockets, the way of one request, addresses, answers |
//! | `state`, `arrival`, `decision`, `calls`, `dtmf` | what the platform knows and decides, without I/O and without clock |
//! | `published`, `session_dtmf`, `masks`, `agent`, `agent_request`, `discovery` | the same for the API that NICE publishes |
//! | `sessions`, `session`, `contacts`, `contact_state`, `masking`, `recordings` | the model behind it: who talks to whom, who is told what, what is masked |
//! | `control` | what a test does to it |
//! | `token`, `grants`, `issuing`, `id_token` | tokens: what they allow, what they are given for, how they are issued |
//! | `script`, `token_step`, `queue`, `rate`, `latency` | faults, limits and delays |
//! | `record`, `journal` | what came and what was pressed |

mod agent;
mod agent_request;
mod answer;
mod answers;
mod arrival;
mod calls;
mod contact_state;
mod contacts;
mod control;
mod decision;
mod discovery;
mod dtmf;
mod grants;
mod id_token;
mod issuing;
mod journal;
mod latency;
mod masking;
mod masks;
mod options;
mod published;
mod queue;
mod rate;
mod record;
mod recordings;
mod route;
mod script;
mod server;
mod service;
mod session;
mod session_dtmf;
mod sessions;
mod state;
mod token;
mod token_step;
mod wall;

use std::fmt;
use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

pub use calls::CallOptions;
pub use contact_state::ContactState;
pub use contacts::{ContactOptions, ContactRecord};
pub use cxone_dtmf_options::OptionError;
pub use latency::Latency;
pub use options::{SecondPoller, SimulatorOptions, Unknown};
pub use rate::{RateLimit, RetryAfterForm};
pub use record::{Execution, MaskChange, RequestKind, RequestRecord, Signal, Statistics};
pub use route::MaskAction;
pub use script::{Cut, Step};
pub use session::SessionEnd;
pub use sessions::{SessionOptions, SessionRecord};
pub use token_step::{Claim, TokenStep};

use server::Server;
use state::Shared;

/// A running simulator. It stops when it is dropped.
pub struct Simulator {
    shared: Arc<Shared>,
    server: Server,
    url: String,
}

impl Simulator {
    /// Starts the simulator and returns when it is listening on 127.0.0.1.
    ///
    /// It may be called inside and outside of an asynchronous runtime; it blocks for less than a few
    /// milliseconds. It fails when the port is taken or no thread can be started.
    pub fn start(options: SimulatorOptions) -> io::Result<Self> {
        let port = options.port;
        let shared = Arc::new(Shared::new(options.within_limits()));
        let server = Server::start(port, Arc::clone(&shared))?;
        let url = format!("http://127.0.0.1:{}", server.port());
        shared.lock().listens_at(&url);
        Ok(Self {
            shared,
            server,
            url,
        })
    }

    /// Serves a connection that the caller accepted, to its end: over TLS, or whatever else carries bytes.
    ///
    /// On the caller's runtime and thread. A scripted reset is an ordinary end here, and [`Simulator::stop`] does not
    /// end it: dropping the future does.
    pub fn serve<S>(&self, stream: S) -> impl Future<Output = ()> + use<S>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        server::serve_stream(stream, Arc::clone(&self.shared), Arc::default())
    }

    /// The base URL, for the token endpoint and for the API: `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// Makes a call known and live. A call that is known already, or ended, starts anew.
    pub fn add_call(&self, call_id: &str, options: CallOptions) {
        self.shared.lock().calls.add(call_id, options);
    }

    /// Ends a call: from now on it answers 404. What was pressed stays in the record.
    pub fn end_call(&self, call_id: &str) {
        self.shared.lock().calls.end(call_id);
    }

    /// Every change of the mask on the recording of a contact, oldest first, as far as they are still held.
    #[must_use]
    pub fn masks(&self, contact_id: &str) -> Vec<MaskChange> {
        self.shared.lock().recordings.changes(contact_id)
    }

    /// Whether the recording of a contact is masked now.
    #[must_use]
    pub fn is_masked(&self, contact_id: &str) -> bool {
        self.shared.lock().recordings.is_masked(contact_id)
    }

    /// The sequences pressed into one call, or into one session by whichever of its ids, oldest first, as far as the
    /// journal still holds them.
    #[must_use]
    pub fn digits(&self, call_id: &str) -> Vec<String> {
        let state = self.shared.lock();
        let id = state.sessions.addressed(call_id.to_owned()).session;
        state.journal.digits(&id)
    }

    /// Every request, oldest first, as far as the journal still holds them.
    #[must_use]
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.shared.lock().journal.requests()
    }

    /// Every sequence that was pressed, oldest first, as far as the journal still holds them.
    #[must_use]
    pub fn executions(&self) -> Vec<Execution> {
        self.shared.lock().executions()
    }

    /// The counters since the start.
    #[must_use]
    pub fn stats(&self) -> Statistics {
        self.shared.lock().statistics()
    }

    /// Appends steps for DTMF requests: of one call or session, or of any.
    ///
    /// Each matching request consumes one step; the steps of its call come before the common ones.
    /// It fails, and appends nothing, when a step contradicts itself; the error names the field.
    pub fn script(&self, steps: Vec<Step>, call_id: Option<&str>) -> Result<(), OptionError> {
        for (index, step) in steps.iter().enumerate() {
            step.check(&format!("steps[{index}]"))?;
        }
        self.shared.lock().scripts.add(steps, call_id);
        Ok(())
    }

    /// Appends steps for token requests. It fails, and appends nothing, when a step contradicts itself.
    pub fn script_token(&self, steps: Vec<TokenStep>) -> Result<(), OptionError> {
        for (index, step) in steps.iter().enumerate() {
            step.check(&format!("steps[{index}]"))?;
        }
        self.shared.lock().scripts.add_token(steps);
        Ok(())
    }

    /// Appends steps for requests that mask a recording, or that unmask one. *Executing* is changing the mask.
    /// It fails, and appends nothing, when a step contradicts itself.
    pub fn script_mask(&self, steps: Vec<Step>, action: MaskAction) -> Result<(), OptionError> {
        for (index, step) in steps.iter().enumerate() {
            step.check(&format!("steps[{index}]"))?;
        }
        self.shared.lock().scripts.add_mask(steps, action);
        Ok(())
    }

    /// Appends steps for requests for events. Such a request does not wait for an event.
    /// It fails, and appends nothing, when a step contradicts itself.
    pub fn script_events(&self, steps: Vec<Step>) -> Result<(), OptionError> {
        for (index, step) in steps.iter().enumerate() {
            step.check(&format!("steps[{index}]"))?;
        }
        self.shared.lock().scripts.add_events(steps);
        Ok(())
    }

    /// Makes every refresh token issued so far invalid.
    pub fn revoke_refresh_tokens(&self) {
        self.shared.lock().refresh_tokens.revoke();
    }

    /// Makes every token issued so far invalid: requests with one of them answer 401.
    pub fn revoke_tokens(&self) {
        self.shared.lock().tokens.revoke();
    }

    /// Stops listening, closes every connection and waits for the thread. The journal stays readable.
    /// Stopping twice is harmless.
    pub fn stop(&self) {
        self.server.stop();
    }
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

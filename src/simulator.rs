//! The simulator, started from JavaScript.

mod agents;

use napi::{Error, Result, Status};
use napi_derive::napi;
use serde::Serialize;
use serde_json::Value;

use cxone_dtmf_simulator::{
    CallOptions, MaskAction, OptionError, Simulator, SimulatorOptions, Step, TokenStep,
};

/// A running simulator. Lists and options cross as JSON; `lib/simulator.js` makes the objects.
///
/// An option that breaks a rule is an error with code `InvalidArg`; its message names the field.
#[napi]
pub struct NativeSimulator(Simulator);

#[napi]
impl NativeSimulator {
    /// Starts it and returns when it listens, within a few milliseconds.
    #[napi(constructor, catch_unwind)]
    pub fn new(options: String) -> Result<Self> {
        let options = SimulatorOptions::from_json(parse(&options)?).map_err(invalid)?;
        let port = options.port;
        Simulator::start(options).map(Self).map_err(|error| {
            let name = match error.kind() {
                std::io::ErrorKind::AddrInUse => "EADDRINUSE",
                std::io::ErrorKind::PermissionDenied => "EACCES",
                _ => "EIO",
            };
            Error::from_reason(format!("{name}: listen on 127.0.0.1:{port}: {error}"))
        })
    }

    /// The base URL.
    #[napi(getter, catch_unwind)]
    pub fn url(&self) -> String {
        self.0.url().to_owned()
    }

    /// The port.
    #[napi(getter, catch_unwind)]
    pub fn port(&self) -> u32 {
        u32::from(self.0.port())
    }

    /// Makes a call known and live.
    #[napi(catch_unwind)]
    pub fn add_call(&self, call_id: String, provider_id: Option<String>, line_id: Option<String>) {
        let options = CallOptions {
            provider_id,
            line_id,
        };
        self.0.add_call(&call_id, options);
    }

    /// Ends a call.
    #[napi(catch_unwind)]
    pub fn end_call(&self, call_id: String) {
        self.0.end_call(&call_id);
    }

    /// Appends steps for requests that mask (`unmask` false) or unmask.
    #[napi(catch_unwind)]
    pub fn script_mask(&self, steps: String, unmask: bool) -> Result<()> {
        let steps = Step::list_from_json(parse(&steps)?).map_err(invalid)?;
        let action = if unmask {
            MaskAction::Unmask
        } else {
            MaskAction::Mask
        };
        self.0.script_mask(steps, action).map_err(invalid)
    }

    /// Appends steps for requests for events.
    #[napi(catch_unwind)]
    pub fn script_events(&self, steps: String) -> Result<()> {
        let steps = Step::list_from_json(parse(&steps)?).map_err(invalid)?;
        self.0.script_events(steps).map_err(invalid)
    }

    /// Makes every refresh token issued so far invalid.
    #[napi(catch_unwind)]
    pub fn revoke_refresh_tokens(&self) {
        self.0.revoke_refresh_tokens();
    }

    /// The sequences pressed into one call, as a JSON array.
    #[napi(catch_unwind)]
    pub fn digits(&self, call_id: String) -> Result<String> {
        json(&self.0.digits(&call_id))
    }

    /// The requests, as a JSON array.
    #[napi(catch_unwind)]
    pub fn requests(&self) -> Result<String> {
        json(&self.0.requests())
    }

    /// The executions, as a JSON array.
    #[napi(catch_unwind)]
    pub fn executions(&self) -> Result<String> {
        json(&self.0.executions())
    }

    /// The counters, as a JSON object.
    #[napi(catch_unwind)]
    pub fn stats(&self) -> Result<String> {
        json(&self.0.stats())
    }

    /// Appends steps for DTMF requests.
    #[napi(catch_unwind)]
    pub fn script(&self, steps: String, call_id: Option<String>) -> Result<()> {
        let steps = Step::list_from_json(parse(&steps)?).map_err(invalid)?;
        self.0.script(steps, call_id.as_deref()).map_err(invalid)
    }

    /// Appends steps for token requests.
    #[napi(catch_unwind)]
    pub fn script_token(&self, steps: String) -> Result<()> {
        let steps = TokenStep::list_from_json(parse(&steps)?).map_err(invalid)?;
        self.0.script_token(steps).map_err(invalid)
    }

    /// Makes every token issued so far invalid.
    #[napi(catch_unwind)]
    pub fn revoke_tokens(&self) {
        self.0.revoke_tokens();
    }

    /// Stops listening and closes every connection; waits for the thread, under a millisecond.
    #[napi(catch_unwind)]
    pub fn stop(&self) {
        self.0.stop();
    }
}

fn parse(text: &str) -> Result<Value> {
    // The parser's own message may quote a value.
    serde_json::from_str(text).map_err(|_| Error::new(Status::InvalidArg, "options must be JSON"))
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|_| Error::from_reason("the journal cannot be written"))
}

fn invalid(error: OptionError) -> Error {
    Error::new(Status::InvalidArg, error.to_string())
}

//! What is to be measured.

use std::io::Read as _;
use std::time::Duration;

use serde::Deserialize;

use super::Failure;

/// Where the platform is, and the credentials for it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Credentials {
    pub auth_url: String,
    pub api_url: String,
    pub client_id: String,
    pub client_secret: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    credentials: Credentials,
    ca_bundle: Option<String>,
    #[serde(default = "one")]
    in_flight: usize,
    #[serde(default = "two")]
    seconds: f64,
    #[serde(default = "half")]
    warm_up_seconds: f64,
}

fn one() -> usize {
    1
}

fn two() -> f64 {
    2.0
}

fn half() -> f64 {
    0.5
}

/// One measurement.
pub(crate) struct Task {
    pub credentials: Credentials,
    pub ca_bundle: Option<String>,
    pub in_flight: usize,
    pub warm_up: Duration,
    pub measured: Duration,
}

/// Reads standard input and the arguments; also tells whether the figures are to be JSON.
pub(crate) fn read() -> Result<(Task, bool), Failure> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let mut input: Input = serde_json::from_str(&text)?;
    let mut json = false;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} takes a number"));
        match argument.as_str() {
            "--json" => json = true,
            "--in-flight" => input.in_flight = value()?.parse()?,
            "--seconds" => input.seconds = value()?.parse()?,
            _ => return Err("known are --in-flight <n>, --seconds <x> and --json".into()),
        }
    }
    let task = Task {
        credentials: input.credentials,
        ca_bundle: input.ca_bundle,
        in_flight: input.in_flight,
        warm_up: Duration::try_from_secs_f64(input.warm_up_seconds)?,
        measured: Duration::try_from_secs_f64(input.seconds)?,
    };
    Ok((task, json))
}

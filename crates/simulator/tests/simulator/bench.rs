//! A running simulator, and a client that is a bare socket.

use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use cxone_dtmf_simulator::{CallOptions, Cut, Simulator, SimulatorOptions, Step, TokenStep};
use serde_json::{Value, json};

pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What came back until the answer was complete or the connection ended.
#[derive(Debug)]
pub(crate) struct Seen {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The code of a refusal.
    pub(crate) fn error(&self) -> (u16, String) {
        (
            self.status,
            self.json()["error"].as_str().unwrap().to_owned(),
        )
    }
}

/// How an exchange ended without a whole answer.
#[derive(Debug, PartialEq)]
pub(crate) enum Broken {
    Closed,
    Reset,
    TimedOut,
    /// A status line and some of the announced body, then the end.
    Cut {
        status: u16,
        received: usize,
        announced: usize,
    },
}

pub(crate) struct Client(pub TcpStream);

impl Client {
    pub(crate) fn open(simulator: &Simulator) -> Self {
        Self::at(simulator.port())
    }

    pub(crate) fn at(port: u16) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    pub(crate) fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) {
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        self.0.write_all(&bytes).unwrap();
    }

    pub(crate) fn receive(&mut self) -> Result<Seen, Broken> {
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            let head_end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
            let head = head_end.map(|end| parse_head(&bytes[..end]));
            let mut progress = None;
            if let (Some(end), Some((status, headers))) = (head_end, head) {
                let body = bytes[end + 4..].to_vec();
                let announced = headers
                    .iter()
                    .find(|(name, _)| name == "content-length")
                    .map_or(0, |(_, value)| value.parse().unwrap());
                if body.len() >= announced {
                    return Ok(Seen {
                        status,
                        headers,
                        body,
                    });
                }
                progress = Some(Broken::Cut {
                    status,
                    received: body.len(),
                    announced,
                });
            }
            match self.0.read(&mut chunk) {
                Ok(0) => return Err(progress.unwrap_or(Broken::Closed)),
                Ok(count) => bytes.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                    return Err(progress.unwrap_or(Broken::Reset));
                }
                // Such as when the process was stopped and goes on.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    assert!(
                        matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
                        "{error}"
                    );
                    return Err(Broken::TimedOut);
                }
            }
        }
    }
}

pub(crate) fn parse_head(bytes: &[u8]) -> (u16, Vec<(String, String)>) {
    let text = std::str::from_utf8(bytes).unwrap();
    let mut lines = text.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    (status.parse().unwrap(), headers)
}

/// A running simulator with a token.
pub(crate) struct Bench {
    pub simulator: Simulator,
    pub token: String,
}

pub(crate) const FORM: &str =
    "grant_type=client_credentials&client_id=demo-client&client_secret=demo-secret";

pub(crate) fn ask_token(simulator: &Simulator, form: &str) -> Result<Seen, Broken> {
    let mut client = Client::open(simulator);
    let content_type = ("Content-Type", "application/x-www-form-urlencoded");
    client.send("POST", "/oauth/token", &[content_type], form.as_bytes());
    client.receive()
}

pub(crate) fn token_of(simulator: &Simulator, form: &str) -> String {
    let seen = ask_token(simulator, form).unwrap();
    seen.json()["access_token"].as_str().unwrap().to_owned()
}

pub(crate) fn path(call: &str) -> String {
    format!("/api/v2/telephony/providers/p1/lines/l1/calls/{call}/dtmf")
}

pub(crate) fn payload(digits: &str) -> String {
    json!({"dtmf": digits, "dtmfType": "RFC2833", "interDigitPause": 100}).to_string()
}

impl Bench {
    pub(crate) fn with(options: SimulatorOptions) -> Self {
        let simulator = Simulator::start(options).unwrap();
        let token = token_of(&simulator, FORM);
        simulator.add_call("c1", CallOptions::default());
        simulator.add_call("c2", CallOptions::default());
        Self { simulator, token }
    }

    pub(crate) fn new() -> Self {
        Self::with(SimulatorOptions::default())
    }

    pub(crate) fn send(&self, path: &str, body: &str) -> Client {
        let mut client = Client::open(&self.simulator);
        let bearer = format!("Bearer {}", self.token);
        client.send("POST", path, &[("Authorization", &bearer)], body.as_bytes());
        client
    }

    pub(crate) fn try_press(&self, call: &str, digits: &str) -> Result<Seen, Broken> {
        self.send(&path(call), &payload(digits)).receive()
    }

    pub(crate) fn press(&self, call: &str, digits: &str) -> Seen {
        self.try_press(call, digits).unwrap()
    }

    pub(crate) fn script(&self, step: Step) {
        self.simulator.script(vec![step], None).unwrap();
    }

    /// A token request that meets this step; what it asks with is not looked at.
    pub(crate) fn ask_scripted_token(&self, step: TokenStep) -> Result<Seen, Broken> {
        self.simulator.script_token(vec![step]).unwrap();
        ask_token(&self.simulator, "nothing of use")
    }

    pub(crate) fn cut(&self, cut: Cut) -> Result<Seen, Broken> {
        self.script(Step::cut(cut));
        self.try_press("c1", "77")
    }

    /// Waits for something that another thread is about to do.
    pub(crate) fn eventually(&self, what: &str, holds: impl Fn(&Simulator) -> bool) {
        let start = Instant::now();
        while !holds(&self.simulator) {
            assert!(start.elapsed() < PATIENCE, "{what}");
            thread::sleep(Duration::from_millis(1));
        }
    }

    pub(crate) fn last_request(&self) -> (Option<u16>, Option<Cut>) {
        let last = self.simulator.requests().pop().unwrap();
        (last.status, last.cut)
    }
}

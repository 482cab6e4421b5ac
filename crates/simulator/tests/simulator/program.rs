//! The program: the simulator without Node.js, started and stopped as a user does.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::bench::*;

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cxone-dtmf-simulator"));
    command
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A program that listens. It is killed when a test fails.
struct Running {
    child: Child,
    line: Value,
}

impl Running {
    fn start(args: &[&str]) -> Self {
        Self::of(program(args).spawn().unwrap())
    }

    /// Waits for the line that says where it listens.
    fn of(mut child: Child) -> Self {
        let mut line = String::new();
        let stdout = child.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        Self {
            line: serde_json::from_str(&line).unwrap(),
            child,
        }
    }

    fn send(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Seen {
        let port = self.line["port"].as_u64().unwrap();
        let mut client = Client::at(u16::try_from(port).unwrap());
        client.send("POST", path, headers, body.as_bytes());
        client.receive().unwrap()
    }

    /// The exit code and what standard error said.
    fn ended(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().unwrap();
        let mut told = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut told).unwrap();
        (status.code(), told)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn refused(args: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = program(args).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[test]
fn it_gives_a_token_takes_digits_and_ends_with_standard_input() {
    let mut program = Running::start(&["--json", "--until-stdin-ends", "--call", "c1"]);
    let credentials = &program.line["credentials"];
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        credentials["clientId"].as_str().unwrap(),
        credentials["clientSecret"].as_str().unwrap()
    );
    let seen = program.send("/oauth/token", &[], &form);
    let bearer = format!("Bearer {}", seen.json()["access_token"].as_str().unwrap());
    let headers = [("Authorization", bearer.as_str())];
    let seen = program.send(&path("c1"), &headers, &payload("98#"));
    assert_eq!(seen.status, 202);
    drop(program.child.stdin.take());
    let (code, told) = program.ended();
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("2 requests, 1 of them for tokens; 1 executions, 0 overlaps"));
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_with_0() {
    for signal in ["-INT", "-TERM"] {
        let program = Running::start(&["--json"]);
        assert_eq!(program.send("/", &[], "").status, 404, "it runs");
        let pid = program.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(sent.success());
        let (code, told) = program.ended();
        assert_eq!(code, Some(0), "{signal}: {told}");
    }
}

#[test]
fn options_come_from_standard_input_too_and_those_of_the_command_line_count_more() {
    let mut child = program(&[
        "--json",
        "--options",
        "-",
        "--client-id",
        "mine",
        "--port",
        "0",
    ])
    .spawn()
    .unwrap();
    let options = br#"{"port": 1, "clientSecret": "s3cret", "tenantId": "t", "autoCalls": true}"#;
    child.stdin.take().unwrap().write_all(options).unwrap();
    let running = Running::of(child);
    assert_eq!(running.line["credentials"]["clientId"], "mine");
    assert_eq!(running.line["accessKey"]["clientSecret"], "s3cret");
    assert_eq!(running.line["sessions"], Value::Array(Vec::new()));
}

#[test]
fn a_wrong_option_and_a_port_that_is_taken_end_it_with_2() {
    let (code, told) = refused(&["--time-scale", "-1"]);
    assert_eq!(code, Some(2));
    assert_eq!(
        told,
        "cxone-dtmf-simulator: options.timeScale must be a number from 0 to 100\n"
    );
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port().to_string();
    let (code, told) = refused(&["--port", &port]);
    assert_eq!(code, Some(2));
    assert!(told.contains("is taken"), "{told}");
}

#[test]
fn help_names_every_option() {
    let Output { status, stdout, .. } = program(&["--help"]).output().unwrap();
    let told = String::from_utf8(stdout).unwrap();
    assert_eq!(status.code(), Some(0));
    for option in ["--port", "--options", "--latency", "--json", "--help"] {
        assert!(told.contains(option), "{option}");
    }
}

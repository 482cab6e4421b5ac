//! Redis servers of a test: processes on free ports of 127.0.0.1, which keep nothing and end with the test.
//!
//! `redis-server` or `valkey-server`, version 6 or newer, has to be in the PATH, or named by `CXONE_DTMF_REDIS_SERVER`. A
//! test that breaks nothing may use
//! [`Served`], which takes the server that `REDIS_URL` names instead. Tests that need a server stand below a module
//! `on_redis`: `npm test` leaves those out, and says so, where there is none and none can be installed.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

pub mod resp;

use resp::{Client, Reply};

const PROGRAMS: [&str; 2] = ["redis-server", "valkey-server"];
const NOT_FOUND: &str = "neither redis-server nor valkey-server is in the PATH: install one, for example by `apt-get install redis-server`";

/// How long a server may take to start, or a cluster to agree.
const START: Duration = Duration::from_secs(30);
/// Another process may take the free port before the server does.
const PORTS_TO_TRY: usize = 5;

/// A server that the test started.
pub struct Redis {
    process: Option<Child>,
    port: u16,
    folder: PathBuf,
    arguments: Vec<String>,
}

impl Redis {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// With further arguments, such as `["--requirepass", "x"]`.
    pub fn start_with(arguments: &[&str]) -> Self {
        Self::start_where(arguments, |_| true).0
    }

    /// On a port of which something holds. With it comes the one that is 10,000 above.
    fn start_where(arguments: &[&str], holds: impl Fn(u16) -> bool) -> (Self, u16) {
        let arguments: Vec<_> = arguments.iter().map(|word| (*word).to_owned()).collect();
        for _ in 0..PORTS_TO_TRY {
            let port = std::iter::repeat_with(free_port).find(|port| holds(*port));
            let port = port.expect("there is always another");
            let mut redis = Self {
                process: None,
                port,
                folder: new_folder(),
                arguments: arguments.clone(),
            };
            if redis.run() {
                return (redis, port.wrapping_add(10_000));
            }
        }
        panic!("redis-server did not start: {arguments:?}");
    }

    /// A server that copies this one.
    pub fn replica(&self) -> Self {
        let port = self.port.to_string();
        let replica = Self::start_with(&[
            "--replicaof",
            "127.0.0.1",
            &port,
            "--repl-diskless-sync-delay",
            "0",
        ]);
        until("the replica follows", || {
            replica
                .ask(&["INFO", "replication"])
                .text()
                .contains("master_link_status:up")
        });
        replica
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Gives one command over a connection of its own.
    pub fn ask(&self, command: &[&str]) -> Reply {
        let mut client = self.connect();
        client
            .ask(command)
            .unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    pub fn connect(&self) -> Client {
        Client::connect(self.port).expect("the server listens")
    }

    /// Ends it at once, as a power failure does.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Starts it again on its port, with nothing in it.
    pub fn restart(&mut self) {
        self.kill();
        let end = Instant::now() + START;
        while !self.run() {
            assert!(
                Instant::now() < end,
                "redis-server did not start again on its port"
            );
        }
    }

    /// Stops the process where it stands: connections stay, and nothing is answered.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self
            .process
            .as_ref()
            .expect("the server runs")
            .id()
            .to_string();
        let sent = Command::new("kill").args([signal, &id]).status();
        assert!(sent.is_ok_and(|status| status.success()));
    }

    /// Whether it listens now. `false` when the process ended, as it does when its port is taken.
    fn run(&mut self) -> bool {
        let process = Command::new(program())
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no", "--dir"])
            .arg(&self.folder)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect(NOT_FOUND);
        let process = self.process.insert(process);
        let end = Instant::now() + START;
        while Instant::now() < end {
            // First the process: another server may answer on the port.
            if process.try_wait().expect("a process of ours").is_some() {
                return false;
            }
            // An error is an answer too: a password may be asked for.
            if Client::connect(self.port)
                .and_then(|mut client| client.ask(&["PING"]))
                .is_ok()
            {
                return process.try_wait().expect("a process of ours").is_none();
            }
            thread::sleep(Duration::from_millis(10));
        }
        false
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Three masters that share the slots.
pub struct Cluster {
    pub nodes: Vec<Redis>,
}

impl Cluster {
    pub fn start() -> Self {
        let nodes: Vec<_> = (0..3).map(|_| Self::node()).collect();
        for (at, (node, _)) in nodes.iter().enumerate() {
            let share = 16_384 / nodes.len() + 1;
            let own = at * share..16_384.min((at + 1) * share);
            let slots: Vec<_> = own.map(|slot| slot.to_string()).collect();
            let mut command = vec!["CLUSTER", "ADDSLOTS"];
            command.extend(slots.iter().map(String::as_str));
            node.ask(&command);
        }
        let ((first, bus), others) = nodes.split_first().expect("three of them");
        for (other, _) in others {
            let port = first.port.to_string();
            other.ask(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus.to_string()]);
        }
        for (node, _) in &nodes {
            until("the cluster agrees", || {
                let info = node.ask(&["CLUSTER", "INFO"]).text();
                info.contains("cluster_state:ok") && info.contains("cluster_size:3")
            });
        }
        Self {
            nodes: nodes.into_iter().map(|(node, _)| node).collect(),
        }
    }

    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(Redis::url).collect()
    }

    /// A node, and the port of its bus. By default that is 10,000 above its own, which may be no port.
    fn node() -> (Redis, u16) {
        if has_bus_port() {
            let bus = free_port();
            let arguments = [
                "--cluster-enabled",
                "yes",
                "--cluster-port",
                &bus.to_string(),
            ];
            return (Redis::start_with(&arguments), bus);
        }
        Redis::start_where(&["--cluster-enabled", "yes"], |port| {
            port.checked_add(10_000).is_some()
        })
    }
}

/// A server for a test that breaks nothing: the one that `REDIS_URL` names, or one of its own.
pub struct Served {
    pub url: String,
    /// Nobody else uses keys that begin with it.
    pub prefix: String,
    _own: Option<Redis>,
}

impl Served {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let own = env::var("REDIS_URL").is_err().then(Redis::start);
        Self {
            url: own
                .as_ref()
                .map_or_else(|| env::var("REDIS_URL").expect("it is set"), Redis::url),
            prefix: format!(
                "test-{}-{number}-{:x}",
                std::process::id(),
                fastrand::u32(..)
            ),
            _own: own,
        }
    }
}

fn program() -> String {
    if let Ok(named) = env::var("CXONE_DTMF_REDIS_SERVER") {
        return named;
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    let there = |name: &&str| env::split_paths(&folders).any(|folder| folder.join(name).is_file());
    PROGRAMS
        .into_iter()
        .find(|name| there(name))
        .expect(NOT_FOUND)
        .to_owned()
}

/// Whether the server was built with TLS, as those of distributions are. One that was not does not know the option, and
/// one that was refuses to listen nowhere.
pub fn speaks_tls() -> bool {
    let ended = Command::new(program())
        .args(["--port", "0", "--tls-port", "0"])
        .output()
        .expect(NOT_FOUND);
    let said = [ended.stdout, ended.stderr].concat();
    !String::from_utf8_lossy(&said).contains("Bad directive")
}

/// The first version whose clusters take a port of their own for the bus.
fn has_bus_port() -> bool {
    let said = Command::new(program())
        .arg("--version")
        .output()
        .expect(NOT_FOUND);
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let major = said
        .split(" v=")
        .nth(1)
        .and_then(|rest| rest.split('.').next());
    major
        .and_then(|major| major.parse::<u32>().ok())
        .is_some_and(|major| major >= 7)
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

fn new_folder() -> PathBuf {
    let name = format!(
        "cxone-dtmf-redis-{}-{:x}",
        std::process::id(),
        fastrand::u64(..)
    );
    let folder = env::temp_dir().join(name);
    fs::create_dir(&folder).expect("a folder");
    folder
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + START;
    while !holds() {
        assert!(Instant::now() < end, "in vain: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

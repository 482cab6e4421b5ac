//! A process that is killed while it writes loses nothing that it was told is safe.

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use cxone_dtmf_engine::audit::{AuditLog, AuditSink, Options, Rotation};
use tokio::task::JoinSet;

use super::clock::still;
use super::files::{Deaf, Folder, in_directory};
use super::records::{accepted, id, intent, outcome};

/// How often a process is killed. `AUDIT_KILLS` sets another number.
const KILLS: u64 = 50;

fn options(folder: &Path) -> Options {
    Options {
        // Files that are full after some milliseconds, so that it is killed between two of them too.
        rotation: Rotation {
            bytes: 8 * 1024,
            ..Rotation::default()
        },
        ..in_directory(folder)
    }
}

/// The process that is killed: it says what is safe, until it is killed or nobody listens.
#[test]
#[ignore = "the other tests start it"]
fn child() {
    let Ok(folder) = std::env::var("AUDIT_CHILD") else {
        return;
    };
    let first: u64 = std::env::var("AUDIT_FIRST").map_or(0, |first| first.parse().unwrap());
    let log = AuditLog::open(options(Path::new(&folder)), Arc::new(Deaf)).unwrap();
    let log = Arc::new(log);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let _clock = still();
        let mut writers = JoinSet::new();
        for writer in 0..8 {
            let log = Arc::clone(&log);
            writers.spawn(async move {
                for number in (first + writer..first + 1_000_000).step_by(8) {
                    log.intent(intent(number)).await.unwrap();
                    say(&format!("ack intent {number}"));
                    assert!(log.outcome(outcome(number, accepted())).await);
                    say(&format!("ack outcome {number}"));
                }
            });
        }
        writers.join_all().await;
    });
}

/// In one write, so that lines do not mix.
fn say(line: &str) {
    let mut output = std::io::stdout().lock();
    if writeln!(output, "{line}")
        .and_then(|()| output.flush())
        .is_err()
    {
        std::process::exit(0);
    }
}

/// Runs a process, kills it, and gives what it said is safe.
fn killed(folder: &Folder, first: u64, lifetime: Duration) -> Vec<(String, u64)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "audit::kill::child", "--ignored", "--nocapture"])
        .env("AUDIT_CHILD", &folder.0)
        .env("AUDIT_FIRST", first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut said = Vec::new();
    let mut line = String::new();
    let mut read = |line: &mut String| {
        line.clear();
        output.read_line(line).unwrap() > 0
    };
    // Its life begins when it writes.
    while read(&mut line) && !line.contains("ack ") {}
    let reader = thread::scope(|scope| {
        let reading = scope.spawn(|| {
            loop {
                // A line that breaks off was not said.
                if let Some(ack) = line
                    .strip_suffix('\n')
                    .and_then(|line| line.split_once("ack "))
                {
                    let (event, number) = ack.1.split_once(' ').unwrap();
                    said.push((event.to_owned(), number.parse().unwrap()));
                }
                if !read(&mut line) {
                    break;
                }
            }
        });
        thread::sleep(lifetime);
        // SIGKILL where there is one.
        child.kill().unwrap();
        reading.join()
    });
    child.wait().unwrap();
    reader.unwrap();
    said
}

/// What is written in the files.
fn there(folder: &Folder) -> HashSet<(String, String)> {
    let mut there = HashSet::new();
    for file in folder.files() {
        for line in fs::read_to_string(file).unwrap_or_default().lines() {
            let part = |name: &str| {
                line.split(name)
                    .nth(1)?
                    .split('"')
                    .next()
                    .map(str::to_owned)
            };
            if let (Some(event), Some(id)) = (part(r#""ev":""#), part(r#""inj":""#)) {
                there.insert((event, id));
            }
        }
    }
    there
}

#[tokio::test(start_paused = true)]
async fn nothing_that_was_acknowledged_is_lost_when_the_process_is_killed() {
    let _clock = still();
    let kills = std::env::var("AUDIT_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let mut rng = fastrand::Rng::with_seed(kills);
    let (mut acknowledged, mut torn) = (0, 0);
    // Some processes follow each other in one place, and then it is checked.
    for _ in 0..kills.div_ceil(5) {
        let folder = Folder::new();
        let mut safe = Vec::new();
        for process in 0..5 {
            let life = Duration::from_micros(rng.u64(0..12_000));
            let first = 1 + process * 1_000_000;
            let said = killed(&folder, first, life);
            assert!(!said.is_empty());
            safe.extend(said);
        }
        let log = AuditLog::open(options(&folder.0), Arc::new(Deaf)).unwrap();
        log.intent(intent(99)).await.unwrap();
        log.outcome(outcome(99, accepted())).await;
        log.close().await;
        let there = there(&folder);
        for (event, number) in &safe {
            let record = (event.clone(), id(*number).to_string());
            assert!(there.contains(&record), "{event} {number} is lost");
        }
        acknowledged += safe.len();
        let report = folder.check();
        torn += report
            .files
            .iter()
            .filter(|file| file.torn.is_some())
            .count();
        assert_eq!(
            report.damages, 0,
            "{:?} {:#?}",
            report.findings, report.files
        );
        assert!(report.files.iter().all(|file| !file.written));
    }
    eprintln!("{kills} kills, {acknowledged} acknowledged records, {torn} torn ends");
}

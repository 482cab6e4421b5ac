//! What the audit log costs: a record until it is on the disk, and the verification.
//!
//! `cargo bench --bench audit`. Beside the means of criterion, the latency of single records is printed, since
//! a mean hides the slow ones. The folder is that of `TMPDIR`: it should be on the disk that matters.

#![allow(
    clippy::expect_used,
    reason = "a measurement that cannot be made ends the program"
)]

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use cxone_dtmf_engine::audit::Log;
use cxone_dtmf_engine::audit::RealDisk;
use cxone_dtmf_engine::audit::Seal;
use cxone_dtmf_engine::audit::verify::{FileSource, Others, Progress, Verdict, verify};
use cxone_dtmf_engine::audit::{
    AuditLog, AuditSink, Intent, Key, Notice, Observer, Options, Rotation,
};
use cxone_dtmf_engine::audit::{Record, Stamp};
use cxone_dtmf_engine::outcome::{Accepted, Outcome, ShownBody};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use uuid::Uuid;

/// Records of the log that is verified.
const RECORDS: u64 = 200_000;

/// Rounds that are too few for percentiles say nothing.
const MIN_SAMPLES: usize = 1_000;

struct Deaf;

impl Observer for Deaf {
    fn notice(&self, _: &Notice) {}
}

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("cxone-dtmf-{}", Uuid::now_v7()));
        fs::create_dir(&path).expect("the folder can be made");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn options(folder: &Path) -> Options {
    let key = Key::new(vec![7; 32]).expect("the key is long enough");
    Options {
        key: Some(key),
        rotation: Rotation {
            bytes: u64::MAX,
            ..Rotation::default()
        },
        ..Options::at(folder)
    }
}

fn intent() -> Intent {
    Intent {
        injection_id: Uuid::now_v7(),
        origin: "https://api-na1.example.com".into(),
        call: "call-0123456789".into(),
        attempt: 1,
        digits: 6,
        fence: None,
        remaining: Duration::from_secs(15),
    }
}

/// An intent and its outcome.
fn pair() -> [Record; 2] {
    let intent = intent();
    let outcome = Outcome {
        id: 1,
        injection_id: intent.injection_id,
        call: Some(Arc::clone(&intent.call)),
        correlation_id: None,
        asked: None,
        timestamp: SystemTime::now(),
        queued: Duration::ZERO,
        latency: Duration::from_millis(80),
        attempt: None,
        attempts: 1,
        fence: None,
        playout: None,
        unmasking: false,
        logged: None,
        result: Ok(Accepted {
            status: 200,
            body: String::new(),
            shown: ShownBody::Nothing,
            body_error: None,
        }),
    };
    [Record::Intent(intent), Record::Outcome(Arc::new(outcome))]
}

/// So many wait at once, each for a record of its own; the time is that of a round, until the last has it.
fn append(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("the runtime starts");
    let mut group = criterion.benchmark_group("append and fsync");
    for waiters in [1, 32, 256] {
        let folder = Folder::new();
        let log = AuditLog::open(options(&folder.0), Arc::new(Deaf)).expect("the log opens");
        let log = Arc::new(log);
        let mut latencies = Vec::new();
        group.throughput(Throughput::Elements(waiters));
        group.bench_function(BenchmarkId::from_parameter(waiters), |bencher| {
            bencher.iter_custom(|rounds| {
                let (elapsed, measured) = runtime.block_on(measure(&log, waiters, rounds));
                latencies.extend(measured);
                elapsed
            });
        });
        runtime.block_on(log.close());
        if latencies.len() >= MIN_SAMPLES {
            print(waiters, latencies);
        }
    }
    group.finish();
}

async fn measure(log: &Arc<AuditLog>, waiters: u64, rounds: u64) -> (Duration, Vec<Duration>) {
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..waiters {
        let log = Arc::clone(log);
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            for _ in 0..rounds {
                let asked = Instant::now();
                log.intent(intent()).await.expect("the disk takes it");
                latencies.push(asked.elapsed());
            }
            latencies
        });
    }
    let latencies = tasks.join_all().await;
    (started.elapsed(), latencies.concat())
}

fn print(waiters: u64, mut latencies: Vec<Duration>) {
    latencies.sort_unstable();
    let at = |share: usize| latencies.get(latencies.len() * share / 1_000).copied();
    println!(
        "{waiters} waiters: p50 {:?}, p99 {:?}, p99.9 {:?} over {} records",
        at(500).unwrap_or_default(),
        at(990).unwrap_or_default(),
        at(999).unwrap_or_default(),
        latencies.len()
    );
}

fn verification(criterion: &mut Criterion) {
    let folder = Folder::new();
    let mut log = Log::new(options(&folder.0), Arc::new(RealDisk));
    let now = Stamp {
        time: SystemTime::now(),
        elapsed: Duration::ZERO,
    };
    for _ in 0..RECORDS / 1_000 {
        let records: Vec<Record> = (0..500).flat_map(|_| pair()).collect();
        log.commit(&records, now).expect("the disk takes it");
    }
    log.close(now);
    let keys = [Seal::new(options(&folder.0).key.as_ref())];
    let mut group = criterion.benchmark_group("verify");
    group
        .throughput(Throughput::Elements(RECORDS))
        .sample_size(20);
    group.bench_function("records", |bencher| {
        bencher.iter(|| {
            let sources = FileSource::all(&folder.0).expect("the folder is there");
            let report = verify(sources, &keys, &[], Others::Refuse, &Progress::default());
            let report = black_box(report).expect("the file can be read");
            assert_eq!(report.verdict(), Verdict::Intact);
        });
    });
    group.finish();
}

criterion_group!(benches, append, verification);
criterion_main!(benches);

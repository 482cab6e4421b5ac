//! The log as an injector uses it.

use std::io;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cxone_dtmf_engine::audit::verify::Verdict;
use cxone_dtmf_engine::audit::{
    AuditLog, AuditSink, Durability, Notice, Observer, OnFailure, Options,
};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use tokio::sync::Notify;

use super::clock::still;
use super::disk::{MemoryDisk, Operation};
use super::records::{accepted, check_disk, id, intent, options, outcome};

#[derive(Default)]
pub struct Told(Mutex<Vec<Notice>>, Notify);

impl Observer for Told {
    fn notice(&self, notice: &Notice) {
        self.0.lock().unwrap().push(notice.clone());
        self.1.notify_one();
    }
}

fn log_on(disk: &MemoryDisk, options: Options) -> (AuditLog, Arc<Told>) {
    let told = Arc::<Told>::default();
    let log = AuditLog::on(Arc::new(disk.clone()), options, told.clone()).unwrap();
    (log, told)
}

fn text(disk: &MemoryDisk) -> String {
    let files = disk.texts().into_iter();
    files
        .map(|file| String::from_utf8(file.1).unwrap())
        .collect()
}

fn full(operation: Operation) -> Option<io::Error> {
    (operation == Operation::Append).then(|| io::ErrorKind::StorageFull.into())
}

#[tokio::test(start_paused = true)]
async fn what_is_safe_is_on_the_disk_before_anybody_hears_of_it() {
    let _clock = still();
    let disk = MemoryDisk::default();
    let (log, told) = log_on(&disk, options());
    log.intent(intent(1)).await.unwrap();
    disk.power_failure(|_| 0);
    assert!(text(&disk).contains(&format!(r#""ev":"intent","inj":"{}""#, id(1))));
    assert!(
        text(&disk)
            .contains(r#""origin":"https://api.example.com","att":1,"len":"5-8","dl":15000"#)
    );
    assert!(log.outcome(outcome(1, accepted())).await);
    disk.power_failure(|_| 0);
    assert!(text(&disk).contains(r#""delivery":"accepted","status":204,"attempts":1,"ms":12"#));
    log.close().await;
    assert_eq!(check_disk(&disk, &[]).verdict(), Verdict::Intact);
    assert!(
        text(&disk)
            .trim_end()
            .lines()
            .last()
            .unwrap()
            .contains(r#""ev":"close""#)
    );
    assert!(matches!(
        told.0.lock().unwrap().as_slice(),
        [Notice::Anchor(_)]
    ));
    let error = log.intent(intent(2)).await.unwrap_err();
    assert_eq!(error.code, Code::Audit);
}

#[tokio::test(start_paused = true)]
async fn many_share_one_sync() {
    let _clock = still();
    let disk = MemoryDisk::default();
    let (begin, waits) = channel::<()>();
    let waits = Mutex::new(waits);
    let mut first = true;
    // The first sync takes until all others have come.
    disk.fail(move |operation| {
        if operation == Operation::Sync && std::mem::take(&mut first) {
            waits.lock().unwrap().recv().unwrap();
        }
        None
    });
    let (log, _) = log_on(&disk, options());
    // On its way already, before anybody waits.
    let waiting: Vec<_> = (0..256).map(|number| log.intent(intent(number))).collect();
    begin.send(()).unwrap();
    for written in waiting {
        written.await.unwrap();
    }
    let syncs = disk
        .operations()
        .iter()
        .filter(|done| **done == Operation::Sync)
        .count();
    assert!(syncs <= 3, "{syncs} syncs for 256 intents");
}

#[tokio::test(start_paused = true)]
async fn a_log_that_cannot_be_written_keeps_digits_from_leaving() {
    let _clock = still();
    let disk = MemoryDisk::default();
    disk.fail(full);
    let (log, told) = log_on(&disk, options());
    let error = log.intent(intent(1)).await.unwrap_err();
    assert_eq!(
        (error.code, error.delivery),
        (Code::Audit, Delivery::NotSent)
    );
    assert_eq!(
        error.message,
        "the audit log cannot take the injection, so nothing was sent: \
         the disk is full: make room, or move finished files elsewhere"
    );
    let mut refused = outcome(1, accepted());
    Arc::make_mut(&mut refused).attempts = 0;
    assert!(!log.outcome(refused).await);
    assert_eq!(log.unlogged(), 0, "nothing was sent");
    log.close().await;
    assert!(matches!(
        told.0.lock().unwrap().as_slice(),
        [Notice::Failed { .. }]
    ));
}

#[tokio::test(start_paused = true)]
async fn where_it_may_go_on_without_it_says_so() {
    let _clock = still();
    let disk = MemoryDisk::default();
    let options = Options {
        on_failure: OnFailure::Continue,
        ..options()
    };
    let (log, _) = log_on(&disk, options);
    log.intent(intent(1)).await.unwrap();
    disk.fail(full);
    log.intent(intent(2)).await.unwrap();
    disk.heal();
    // Its outcome is written, and its intent is not.
    assert!(!log.outcome(outcome(2, accepted())).await);
    assert!(log.outcome(outcome(1, accepted())).await);
    assert_eq!(log.unlogged(), 1);
    log.close().await;
    let report = check_disk(&disk, &[]);
    assert_eq!((report.verdict(), report.lost), (Verdict::Gap, 1));
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_stands_still_holds_nobody_up_for_ever() {
    let disk = MemoryDisk::default();
    let (stands, standing) = channel();
    let (begin, waits) = channel::<()>();
    let waits = Mutex::new(waits);
    disk.fail(move |operation| {
        if operation == Operation::Sync {
            let _ = stands.send(());
            let _ = waits.lock().unwrap().recv();
        }
        None
    });
    let (log, _) = log_on(&disk, options());
    let first = log.intent(intent(1));
    // No time passes before the disk stands still.
    standing.recv().unwrap();
    let started = tokio::time::Instant::now();
    let error = first.await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_secs(2));
    assert!(
        error
            .message
            .ends_with("the disk does not answer: check it")
    );
    // Nobody waits for these any more when the disk answers again, so they are not written.
    for number in 2..10 {
        log.intent(intent(number)).await.unwrap_err();
    }
    let _clock = still();
    let last = log.outcome(outcome(1, accepted()));
    drop(begin);
    assert!(last.await);
    log.close().await;
    let written = text(&disk);
    assert!((2..10).all(|number| !written.contains(&id(number).to_string())));
    assert!(written.contains(r#""ev":"outcome""#));
}

/// Far more than the queue takes: what finds no place, and what nobody waits for any longer, is there or is counted.
#[tokio::test(start_paused = true)]
async fn what_goes_on_while_the_disk_stands_still_is_written_later_or_is_a_gap() {
    const INJECTIONS: u64 = 5_000;
    let disk = MemoryDisk::default();
    let (stands, standing) = channel();
    let (begin, waits) = channel::<()>();
    let waits = Mutex::new(waits);
    disk.fail(move |operation| {
        if operation == Operation::Sync {
            let _ = stands.send(());
            let _ = waits.lock().unwrap().recv();
        }
        None
    });
    let options = Options {
        on_failure: OnFailure::Continue,
        ..options()
    };
    let (log, _) = log_on(&disk, options);
    let first = log.intent(intent(0));
    standing.recv().unwrap();
    let others: Vec<_> = (1..INJECTIONS)
        .map(|number| log.intent(intent(number)))
        .collect();
    // Their callers go on after two seconds.
    first.await.unwrap();
    for other in others {
        other.await.unwrap();
    }
    let _clock = still();
    let outcomes: Vec<_> = (0..INJECTIONS)
        .map(|number| log.outcome(outcome(number, accepted())))
        .collect();
    drop(begin);
    for outcome in outcomes {
        assert!(!outcome.await);
    }
    log.close().await;
    let written = text(&disk);
    let there = [r#""ev":"intent""#, r#""ev":"outcome""#]
        .map(|event| written.matches(event).count() as u64);
    let report = check_disk(&disk, &[]);
    // What has an intent, and an outcome that is lost, is in doubt.
    assert_eq!(report.verdict(), Verdict::InDoubt);
    assert!(there[0] >= 4_096, "{there:?}");
    assert_eq!(
        there[0] + there[1] + report.lost,
        2 * INJECTIONS,
        "{there:?}"
    );
    let [gap] = &report.gaps[..] else {
        panic!("{:?}", report.gaps)
    };
    assert_eq!(gap.ids, Some((id(0), id(INJECTIONS - 1))));
}

#[tokio::test(start_paused = true)]
async fn without_durability_nobody_waits() {
    let _clock = still();
    let disk = MemoryDisk::default();
    let (begin, waits) = channel::<()>();
    let waits = Mutex::new(waits);
    disk.fail(move |_| {
        let _ = waits.lock().unwrap().recv();
        None
    });
    let options = Options {
        durability: Durability::None,
        ..options()
    };
    let (log, _) = log_on(&disk, options);
    for number in 1..=3 {
        log.intent(intent(number)).await.unwrap();
        assert!(log.outcome(outcome(number, accepted())).await);
    }
    drop(begin);
    log.close().await;
    assert_eq!(check_disk(&disk, &[]).verdict(), Verdict::Intact);
    let written = text(&disk);
    for event in ["intent", "outcome"] {
        let event = format!(r#""ev":"{event}""#);
        assert_eq!(written.matches(&event).count(), 3, "{event}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_durability_a_lost_record_is_noticed_by_the_next() {
    let _clock = still();
    let disk = MemoryDisk::default();
    disk.fail(full);
    let options = Options {
        durability: Durability::None,
        ..options()
    };
    let (log, told) = log_on(&disk, options);
    log.intent(intent(1)).await.unwrap();
    told.1.notified().await;
    let error = log.intent(intent(2)).await.unwrap_err();
    assert_eq!(error.code, Code::Audit);
    assert!(!log.outcome(outcome(1, accepted())).await);
    assert_eq!(log.unlogged(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_outcome_is_written_although_nobody_waits_for_it() {
    let _clock = still();
    let disk = MemoryDisk::default();
    let (log, _) = log_on(&disk, options());
    log.intent(intent(1)).await.unwrap();
    drop(log.outcome(outcome(1, accepted())));
    log.close().await;
    assert_eq!(check_disk(&disk, &[]).verdict(), Verdict::Intact);
}

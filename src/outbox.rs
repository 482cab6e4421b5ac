//! The outbox: records on their way to JavaScript, in order, bounded in what crosses at once and in what waits.

use std::collections::VecDeque;
use std::mem::take;
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};

use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::yield_now;

use super::record::{Record, Settled, Text};
use cxone_dtmf_engine::error::Error;

/// How many records cross at once at most: JavaScript gets to other work between two batches.
const BATCH_RECORDS: usize = 256;

/// How many bytes cross at once at most, unless one record is longer: V8 takes strings of up to 512 MB, and one of 8 MB
/// is parsed in about 20 ms.
const BATCH_BYTES: usize = 8 << 20;

/// With as many bytes in the outbox nothing more is sent, since its answer would have to wait there too.
const FULL: usize = 64 << 20;

/// Records that JavaScript has not taken. They stay until it says that they have crossed.
pub struct Outbox {
    queue: Mutex<Queue>,
    /// The oldest batch, once it is on its way. Apart, so that JavaScript's thread copies it while others add records.
    crossing: Mutex<Batch>,
    has_room: Notify,
    wake: Box<dyn Fn() + Send + Sync>,
    this: Weak<Self>,
}

#[derive(Default)]
struct Queue {
    batches: VecDeque<Batch>,
    /// An older batch is on its way: JavaScript will ask for the next one.
    is_crossing: bool,
    bytes: usize,
}

/// Records that cross together. They are joined by the thread that adds them: JavaScript gets one text, and frees one.
#[derive(Default)]
struct Batch {
    /// Joined by commas.
    json: String,
    /// Of the records that have not crossed.
    spans: VecDeque<Span>,
}

/// Where a record is in its batch.
struct Span {
    start: usize,
    end: usize,
    /// Where the field begins that may be left out.
    long_at: Option<usize>,
}

impl Outbox {
    /// `wake` tells JavaScript to take a batch.
    pub fn new(this: Weak<Self>, wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            queue: Mutex::default(),
            crossing: Mutex::default(),
            has_room: Notify::new(),
            wake: Box::new(wake),
            this,
        }
    }

    /// Adds a record, and wakes JavaScript if it had nothing to take.
    pub fn push(&self, record: &impl Record) {
        let Ok(text) = record.text() else {
            return;
        };
        let was_empty = self.queue().push(&text);
        if was_empty {
            self.wake_soon();
        }
    }

    /// Settles the promise `id` of `lib/`.
    pub fn settle(&self, id: f64, result: Result<Option<Value>, Error>) {
        self.push(&Settled::of(id, &result));
    }

    /// The oldest records as the text of a JSON array. They stay until [`crossed`](Self::crossed).
    pub fn batch(&self) -> Option<String> {
        let crossing = self.crossing();
        let records = crossing.json.get(crossing.spans.front()?.start..)?;
        Some(format!("[{records}]"))
    }

    /// The oldest record alone. `short` leaves out what may be long.
    pub fn oldest(&self, short: bool) -> Option<String> {
        let crossing = self.crossing();
        let &Span {
            start,
            end,
            long_at,
        } = crossing.spans.front()?;
        match long_at {
            Some(long_at) if short => Some(format!("{}null]", crossing.json.get(start..long_at)?)),
            _ => crossing.json.get(start..end).map(str::to_owned),
        }
    }

    /// Forgets the oldest records, and wakes JavaScript again if there are more.
    pub fn crossed(&self, count: usize) {
        let mut crossing = self.crossing();
        let bytes = crossing.forget(count);
        let is_over = crossing.spans.is_empty();
        let crossed = is_over.then(|| take(&mut *crossing));
        let mut queue = self.queue();
        let was_full = queue.is_full();
        queue.bytes -= bytes;
        queue.is_crossing &= !is_over;
        let (has_more, is_full) = (!queue.is_empty(), queue.is_full());
        drop((queue, crossing));
        drop(crossed);
        if was_full && !is_full {
            self.has_room.notify_waiters();
        }
        if has_more {
            (self.wake)();
        }
    }

    /// How many bytes wait.
    pub fn bytes(&self) -> usize {
        self.queue().bytes
    }

    /// Waits until there is room for more answers.
    pub async fn room(&self) {
        loop {
            // Made before the look: it hears of room that comes after it.
            let room = self.has_room.notified();
            if !self.queue().is_full() {
                return;
            }
            room.await;
        }
    }

    /// On a thread of the engine, once everything that can go on there has gone on: one wake of JavaScript then
    /// takes more records. With 256 injections in flight that is a fifth more of them in the same time.
    fn wake_soon(&self) {
        match (Handle::try_current(), self.this.upgrade()) {
            (Ok(runtime), Some(this)) => {
                runtime.spawn(async move {
                    yield_now().await;
                    (this.wake)();
                });
            }
            _ => (self.wake)(),
        }
    }

    /// The batch that crosses: if there is none, the oldest.
    fn crossing(&self) -> MutexGuard<'_, Batch> {
        let mut crossing = self.crossing.lock().unwrap_or_else(PoisonError::into_inner);
        if crossing.spans.is_empty() {
            let mut queue = self.queue();
            if let Some(oldest) = queue.batches.pop_front() {
                queue.is_crossing = true;
                *crossing = oldest;
            }
        }
        crossing
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// Whether it was empty.
    fn push(&mut self, text: &Text) -> bool {
        let length = text.json.len();
        let was_empty = self.is_empty();
        if let Some(last) = (self.batches.back_mut()).filter(|last| last.has_room(length)) {
            last.push(text);
        } else {
            let mut batch = Batch::default();
            batch.push(text);
            self.batches.push_back(batch);
        }
        self.bytes += length;
        was_empty
    }

    /// Whether JavaScript has nothing to take.
    fn is_empty(&self) -> bool {
        self.batches.is_empty() && !self.is_crossing
    }

    const fn is_full(&self) -> bool {
        self.bytes >= FULL
    }
}

impl Batch {
    fn has_room(&self, length: usize) -> bool {
        self.spans.len() < BATCH_RECORDS && self.json.len() + length < BATCH_BYTES
    }

    /// Forgets the oldest records; how many bytes they had.
    fn forget(&mut self, count: usize) -> usize {
        let count = count.min(self.spans.len());
        let forgotten = self.spans.drain(..count);
        forgotten.map(|span| span.end - span.start).sum()
    }

    fn push(&mut self, text: &Text) {
        if !self.json.is_empty() {
            self.json.push(',');
        }
        let start = self.json.len();
        self.json.push_str(&text.json);
        self.spans.push_back(Span {
            start,
            end: self.json.len(),
            long_at: text.long_at.map(|at| start + at),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::json;
    use tokio::task::yield_now;

    use super::*;

    /// An outbox, and how often it has woken JavaScript.
    fn outbox() -> (Arc<Outbox>, Arc<AtomicUsize>) {
        let wakes = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&wakes);
        let outbox = Arc::new_cyclic(|this| {
            Outbox::new(this.clone(), move || {
                counted.fetch_add(1, Ordering::Relaxed);
            })
        });
        (outbox, wakes)
    }

    fn push(outbox: &Outbox, id: u32, bytes: usize) {
        outbox.settle(f64::from(id), Ok(Some(json!("x".repeat(bytes)))));
    }

    /// The ids of the next batch, which crosses.
    fn cross(outbox: &Outbox) -> Vec<u32> {
        let Some(batch) = outbox.batch() else {
            return Vec::new();
        };
        let records: Vec<Value> = serde_json::from_str(&batch).unwrap();
        outbox.crossed(records.len());
        let ids = records.iter().map(|record| record[1].to_string());
        ids.map(|id| id.trim_end_matches(".0").parse().unwrap())
            .collect()
    }

    #[test]
    fn batches_are_bounded_in_count_and_oldest_first() {
        let (outbox, _) = outbox();
        (0..600).for_each(|id| push(&outbox, id, 0));
        let batches: Vec<_> = (0..4).map(|_| cross(&outbox)).collect();
        let sizes: Vec<_> = batches.iter().map(Vec::len).collect();
        assert_eq!(sizes, [256, 256, 88, 0]);
        assert!(batches.concat().into_iter().eq(0..600));
    }

    #[test]
    fn batches_are_bounded_in_bytes_but_for_a_record_that_is_longer() {
        let (outbox, _) = outbox();
        push(&outbox, 0, BATCH_BYTES / 2 - 100);
        push(&outbox, 1, BATCH_BYTES / 2 - 100);
        push(&outbox, 2, BATCH_BYTES + 1);
        push(&outbox, 3, 0);
        assert_eq!(cross(&outbox), [0, 1]);
        assert_eq!(cross(&outbox), [2]);
        assert_eq!(cross(&outbox), [3]);
    }

    #[test]
    fn records_stay_until_they_have_crossed() {
        let (outbox, _) = outbox();
        push(&outbox, 0, 0);
        assert_eq!(outbox.batch(), outbox.batch());
        push(&outbox, 1, 0);
        outbox.crossed(1);
        assert_eq!(cross(&outbox), [1]);
        assert_eq!((outbox.batch(), outbox.bytes()), (None, 0));
        outbox.crossed(1);
        (0..3).for_each(|id| push(&outbox, id, 0));
        assert_eq!(cross(&outbox), [0, 1, 2], "together again");
    }

    #[test]
    fn one_wake_per_batch() {
        let (outbox, wakes) = outbox();
        (0..300).for_each(|id| push(&outbox, id, 0));
        let count = || wakes.load(Ordering::Relaxed);
        assert_eq!(count(), 1);
        cross(&outbox);
        assert_eq!(count(), 2, "there is a second batch");
        push(&outbox, 300, 0);
        cross(&outbox);
        assert_eq!(count(), 2, "all was taken");
        push(&outbox, 301, 0);
        assert_eq!(count(), 3);
    }

    #[test]
    fn the_oldest_record_can_cross_alone() {
        let (outbox, _) = outbox();
        assert_eq!(outbox.oldest(false), None);
        push(&outbox, 0, 3);
        push(&outbox, 1, 0);
        let oldest = r#"["settled",0.0,"xxx",null,null]"#;
        assert_eq!(outbox.oldest(false).as_deref(), Some(oldest));
        assert_eq!(outbox.oldest(true).as_deref(), Some(oldest));
        assert!(outbox.batch().is_some());
        outbox.crossed(1);
        assert_eq!(cross(&outbox), [1], "the rest of the batch");
    }

    #[tokio::test]
    async fn what_is_about_to_be_sent_waits_for_room() {
        let (outbox, _) = outbox();
        outbox.room().await;
        (0..10).for_each(|id| push(&outbox, id, BATCH_BYTES - 100));
        let waiter = Arc::clone(&outbox);
        let waiting = tokio::spawn(async move { waiter.room().await });
        for _ in 0..2 {
            yield_now().await;
            assert!(!waiting.is_finished());
            outbox.crossed(1);
        }
        waiting.await.unwrap();
    }
}

//! One answer for one waiter, as tokio's oneshot channel gives it, on loom's primitives.

use loom::sync::{Condvar, Mutex};

pub struct Slot<T> {
    answer: Mutex<Option<T>>,
    there: Condvar,
}

impl<T> Slot<T> {
    pub fn new() -> Self {
        Self {
            answer: Mutex::new(None),
            there: Condvar::new(),
        }
    }

    pub fn send(&self, answer: T) {
        let before = self.answer.lock().unwrap().replace(answer);
        assert!(before.is_none(), "a waiter was answered twice");
        self.there.notify_one();
    }

    /// Blocks the thread. An answer that never comes is a deadlock, which loom reports.
    pub fn wait(&self) -> T {
        let mut answer = self.answer.lock().unwrap();
        loop {
            if let Some(answer) = answer.take() {
                return answer;
            }
            answer = self.there.wait(answer).unwrap();
        }
    }
}

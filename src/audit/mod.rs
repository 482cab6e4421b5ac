//! The record: what is written down before the digits leave, and after the outcome is known.

use std::sync::Arc;

use uuid::Uuid;

use crate::BoxFuture;
use crate::error::Error;
use crate::outcome::Outcome;

/// Digits are about to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Names the injection.
    pub injection_id: Uuid,
    /// The call.
    pub call: Arc<str>,
    /// The attempt, counted from 1.
    pub attempt: u32,
}

/// Keeps the record. Neither method is given a digit.
pub trait AuditSink: Send + Sync + 'static {
    /// Returns when the intent is safe. An error keeps the digits from being sent.
    fn intent(&self, intent: Intent) -> BoxFuture<'_, Result<(), Error>>;

    /// Returns when the outcome is safe, or cannot be made so; it never changes the outcome.
    fn outcome(&self, outcome: Arc<Outcome>) -> BoxFuture<'_, ()>;
}

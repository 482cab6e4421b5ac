//! The way of an injection from its caller to the queue of its call.

mod queue;
mod submission;

pub use queue::{Begin, SubmitQueue};
pub use submission::{ReadOptions, Submission};

//! An injection from submission to outcome. The only room that knows the order:
//! validate → queue → turn → rate limit → token → intent → send → classify → retry → outcome → events.
//!
//! | file | what |
//! |---|---|
//! | [`injection`] | the way of one injection through its phases: read this first |
//! | `validated`, `queued`, `active`, `ended` | the phases |
//! | `pressing`, `attempt`, `answer` | the turn: mask, segments and pauses; one segment and its send; what became of it |
//! | `retry_loop`, `retries` | the loop that drives a policy; what the retries of one injector share |
//! | `turn`, `capacity` | tickets, the wait for a turn, what may wait at all |
//! | `manual_locks`, `acquisition` | locks that a program holds by hand |
//! | `control`, `recording`, `sessions` | requests without digits: masks, the events of a session |
//! | `outgoing`, `playout`, `messages` | requests with token and address; how long tones play; the sentences of errors |
//! | `engine`, `in_flight`, `identity` | what all work of one injector shares, what is under way, the names of an injection |
//! | `handle` | what a program holds |

mod acquisition;
mod active;
mod answer;
mod attempt;
mod capacity;
mod control;
mod ended;
mod engine;
mod handle;
mod identity;
mod in_flight;
mod injection;
mod manual_locks;
mod messages;
mod outgoing;
mod playout;
mod pressing;
mod queued;
mod recording;
mod retries;
mod retry_loop;
mod sessions;
mod turn;
mod validated;

pub use acquisition::Acquisition;
pub use engine::{Parts, Submissions};
pub use handle::Injector;
pub use injection::Injection;
pub use messages::channel_conflict;
pub use sessions::Follower;

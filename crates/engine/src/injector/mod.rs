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
//! | `scope`, `followed` | whose queues the calls are in, and the wait for the first discovery; sessions that are followed |
//! | `manual_locks`, `acquisition` | locks that a program holds by hand |
//! | `contact` | whom digits for one contact of a followed session reach, before they are sent and while they leave |
//! | `doubts` | what an unknown outcome leaves behind, and what is not sent for it |
//! | `control`, `recording`, `sessions`, `commands` | requests without digits: masks, the events of a session, its start and end |
//! | `shown_event` | what of an event may be shown |
//! | `versions` | which versions of the API answer |
//! | `outgoing`, `playout`, `messages` | requests with token and address; how long tones play; the sentences of errors |
//! | `engine`, `in_flight`, `identity` | what all work of one injector shares, what is under way, the names of an injection |
//! | `ascending` | what makes those names ascend |
//! | `handle` | what a program holds |

mod acquisition;
mod active;
mod answer;
mod ascending;
mod attempt;
mod capacity;
mod commands;
mod contact;
mod control;
mod doubts;
mod ended;
mod engine;
mod followed;
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
mod scope;
mod sessions;
mod shown_event;
mod turn;
mod validated;
mod versions;

pub use acquisition::Acquisition;
pub use commands::SessionOrder;
pub use engine::{Parts, Submissions};
pub use handle::Injector;
pub use injection::Injection;
pub(crate) use messages::dropped;
pub use sessions::Follower;
pub use versions::Versions;

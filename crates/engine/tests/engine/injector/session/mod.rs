//! What agent sessions add to the pipeline: tones that play after the answer, pauses, masked recordings and events
//! of a session. On the paused clock, so that times are exact.
//!
//! [`playout`] is the hold while tones play, [`pauses`] are sequences in several bursts, [`masking`] and [`unmasking`]
//! are of recordings, [`following`] is about the events of a session, [`law`] is what holds for any mix of faults.

mod confirmed;
mod contact;
mod following;
mod law;
mod masking;
mod pauses;
mod playout;
mod stage;
mod unmasking;

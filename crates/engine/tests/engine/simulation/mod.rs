//! The proof of "never dials twice": the real pipeline in worlds made from a seed, on a clock that costs no time.
//!
//! * [`plan`] draws a world from its seed, [`world`] plays it, [`program`] and [`scope`] press digits in it;
//! * [`faults`] are what can go wrong with one request and [`weather`] how often, [`platform`] and [`tokens`] are
//!   the two servers, [`sessions`] what one has beside digits and
//!   [`side`] the requests for that, [`contacts`] who is spoken to and [`moves`] what happens to them, [`clocks`] disagree;
//! * [`history`] is what happened, [`checker`] are the laws it must obey, [`tally`] what was met on the way;
//! * [`bugs`] are planted to show that the laws can be broken, [`run`] plays many worlds.
//!
//! `SIMULATION_SEED=n` plays that world, `SIMULATION_INJECTIONS=n` as many worlds as that takes;
//! `npm run simulate:long` plays a million injections.

mod bugs;
mod checker;
mod clocks;
mod contacts;
mod faults;
mod history;
mod injectors;
mod moves;
mod names;
mod plan;
mod platform;
mod program;
mod run;
mod scope;
mod sessions;
mod side;
mod tally;
mod tokens;
mod weather;
mod world;

use bugs::Bug;
use checker::Law;

#[test]
fn no_world_breaks_a_law() {
    run::Run::from_environment().play();
}

#[test]
fn a_seed_repeats_itself() {
    for seed in 1..=40 {
        let first = world::play(seed, Bug::None);
        let second = world::play(seed, Bug::None);
        for (first, second) in first.steps.iter().zip(&second.steps) {
            assert_eq!(first, second, "seed {seed}");
        }
        assert_eq!(first.steps.len(), second.steps.len(), "seed {seed}");
    }
}

/// How many worlds a planted bug may survive.
const PATIENCE: u64 = 200;

/// Plays worlds with a planted bug until one breaks the law that the bug is about.
#[track_caller]
fn is_caught(bug: Bug, law: Law) {
    let caught = (1..=PATIENCE).find(|seed| {
        let played = world::play(*seed, bug);
        played.violations.iter().any(|broken| broken.law == law)
    });
    println!("{bug:?} breaks {law:?} at seed {caught:?}");
    assert!(caught.is_some(), "{PATIENCE} worlds survived {bug:?}");
}

#[test]
fn resending_after_a_reset_is_caught() {
    is_caught(Bug::ResendOnReset, Law::Once);
    is_caught(Bug::ResendOnReset, Law::Delivery);
}

#[test]
fn resending_after_a_time_out_is_caught() {
    is_caught(Bug::ResendOnTimeout, Law::Once);
}

#[test]
fn a_lock_released_during_back_off_is_caught() {
    is_caught(Bug::LockReleasedDuringBackOff, Law::Order);
}

#[test]
fn a_lost_turn_is_caught() {
    is_caught(Bug::LostTurn, Law::NoTurnLost);
    is_caught(Bug::LostTurn, Law::NothingLeft);
}

#[test]
fn a_session_that_is_passed_on_at_once_is_caught() {
    is_caught(Bug::HoldReleasedAtOnce, Law::Tones);
}

#[test]
fn a_recording_that_is_unmasked_within_its_tones_is_caught() {
    is_caught(Bug::UnmaskedWithinTones, Law::Masked);
}

#[test]
fn a_recording_that_stays_masked_after_an_abort_is_caught() {
    is_caught(Bug::UnmaskForgotten, Law::Unmasked);
}

#[test]
fn a_burst_that_is_sent_again_midway_is_caught() {
    is_caught(Bug::BurstResent, Law::Parts);
    is_caught(Bug::BurstResent, Law::Once);
}

#[test]
fn pieces_in_another_order_are_caught() {
    is_caught(Bug::PiecesSwapped, Law::Heard);
}

#[test]
fn a_repeat_that_is_not_seen_is_caught() {
    is_caught(Bug::RepeatNotSeen, Law::Repeat);
}

#[test]
fn a_call_that_is_not_blocked_is_caught() {
    is_caught(Bug::NotBlocked, Law::Blocked);
}

#[test]
fn a_contact_that_is_looked_at_once_is_caught() {
    is_caught(Bug::FocusReadOnce, Law::Contact);
    is_caught(Bug::FocusReadOnce, Law::ContactGone);
}

#[test]
fn a_request_that_is_not_taken_back_is_caught() {
    is_caught(Bug::NotTakenBack, Law::Contact);
}

#[test]
fn events_that_are_known_late_are_caught() {
    is_caught(Bug::EventsAppliedLate, Law::Contact);
}

#[test]
fn ids_with_a_queue_each_are_caught() {
    is_caught(Bug::QueuePerId, Law::OneAtATime);
    is_caught(Bug::QueuePerId, Law::Order);
    is_caught(Bug::QueuePerId, Law::Tones);
    is_caught(Bug::QueuePerId, Law::NewestId);
}

#[test]
fn a_mask_that_is_not_waited_for_is_caught() {
    is_caught(Bug::MaskNotWaitedFor, Law::Masked);
}

#[test]
fn an_undercut_retry_after_is_caught() {
    is_caught(Bug::RetryAfterIgnored, Law::RetryAfter);
}

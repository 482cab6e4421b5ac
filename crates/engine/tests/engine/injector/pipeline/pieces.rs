//! A sequence that is longer than one request takes: in pieces, under one lock, in order, with the tones between them.

use std::sync::Arc;
use std::time::Duration;

use crate::support::{Act, Api, Kind, Platform, World, accepted, failed, ms};
use cxone_dtmf_engine::config::{Config, InjectionOptions};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::outcome::Outcome;
use cxone_dtmf_engine::rate_limit::RateLimit;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

for_each_api! {
    a_long_sequence_goes_out_in_order_and_nothing_between,
    the_tones_of_a_piece_are_waited_for,
    each_piece_books_a_slot_of_the_rate_limit,
    a_failure_midway_is_unknown_and_nothing_is_sent_again,
    an_abort_between_two_pieces_says_how_far_it_came,
    what_cannot_end_in_time_is_refused_before_anything_is_sent,
    without_split_a_long_sequence_is_refused,
    the_injector_can_split_by_default,
}

/// A digit more than a session takes at once: 11 and 10 there, and 11 and 10 here.
const LONG: &str = "401234567890123456789";
const PIECES: [&str; 2] = ["40123456789", "0123456789"];

/// Long enough for the time of any of these.
const DEADLINE: Duration = Duration::from_secs(60);

fn split() -> InjectionOptions {
    InjectionOptions {
        split: Some(true),
        deadline: Some(DEADLINE),
        max_attempts: 3,
        ..InjectionOptions::default()
    }
}

fn press(
    world: &World,
    id: u64,
    digits: &str,
    options: &InjectionOptions,
) -> JoinHandle<Arc<Outcome>> {
    let params = world.api.params("call", digits);
    tokio::spawn(world.injector.inject(id, params, options).run())
}

/// How long a piece of 11 digits takes at the usual length of a tone, and the guard behind it.
const fn usual(api: Api) -> Duration {
    match api {
        // Ten pauses of 100 ms between eleven tones.
        Api::TelephonyV2 => ms(11 * 120 + 10 * 100 + 250),
        Api::AgentSession | Api::SessionQuery => ms(11 * 240 + 250),
    }
}

async fn a_long_sequence_goes_out_in_order_and_nothing_between(api: Api) {
    let world = api.world(Platform::scripted([]), api.config());
    let long = press(&world, 1, LONG, &split());
    let behind = press(&world, 2, "7", &split());
    let outcome = long.await.unwrap();
    accepted(&outcome);
    assert_eq!(
        (outcome.attempts, outcome.asked.as_ref().unwrap().digits),
        (2, 21)
    );
    accepted(&behind.await.unwrap());
    assert_eq!(world.platform.pressed("call"), [PIECES[0], PIECES[1], "7"]);
    assert_eq!(world.platform.state.lock().unwrap().overlaps, 0);
}

async fn the_tones_of_a_piece_are_waited_for(api: Api) {
    let began = Instant::now();
    let world = api.world(Platform::scripted([]), api.config());
    accepted(&press(&world, 1, LONG, &split()).await.unwrap());
    let times = world.platform.times(Kind::Press, began);
    assert_eq!(times, [ms(0), ms(5) + usual(api)]);
    // An answer that took as long as the tones at their shortest came behind them.
    let shortest = ms(11 * 40 + 10 * 100);
    let began = Instant::now();
    let world = api.world(Platform::scripted([Act::slow(202, shortest)]), api.config());
    accepted(&press(&world, 1, LONG, &split()).await.unwrap());
    let times = world.platform.times(Kind::Press, began);
    let wait = if api == Api::TelephonyV2 {
        ms(250)
    } else {
        usual(api)
    };
    assert_eq!(times, [ms(0), shortest + wait]);
}

async fn each_piece_books_a_slot_of_the_rate_limit(api: Api) {
    let config = Config {
        rate_limit: Some(RateLimit {
            per_minute: Some(6),
            per_call_per_minute: None,
            burst: 1,
        }),
        ..api.config()
    };
    let began = Instant::now();
    let world = api.world(Platform::scripted([]), config);
    accepted(&press(&world, 1, LONG, &split()).await.unwrap());
    let times = world.platform.times(Kind::Press, began);
    assert!(times[1] >= Duration::from_secs(10), "{times:?}");
}

async fn a_failure_midway_is_unknown_and_nothing_is_sent_again(api: Api) {
    for act in [
        Act::status(409),
        Act::retry_after(429, "1"),
        Act::Silence { execute: false },
    ] {
        let what = format!("{act:?}");
        let platform = Platform::scripted([Act::status(202), act]);
        let world = api.world(platform, api.config());
        let outcome = press(&world, 1, LONG, &split()).await.unwrap();
        failed(&outcome, Code::OutcomeUnknown, Delivery::Unknown);
        let error = outcome.result.as_ref().unwrap_err();
        assert_eq!(error.digits_accepted, Some(11), "{what}");
        assert_eq!(world.platform.requests().len(), 2, "{what}");
    }
    // The first piece is sent again like a whole sequence.
    let platform = Platform::scripted([Act::retry_after(429, "1")]);
    let world = api.world(platform, api.config());
    accepted(&press(&world, 1, LONG, &split()).await.unwrap());
    assert_eq!(world.platform.pressed("call"), PIECES);
}

async fn an_abort_between_two_pieces_says_how_far_it_came(api: Api) {
    let world = api.world(Platform::scripted([]), api.config());
    let pressing = press(&world, 1, LONG, &split());
    sleep(ms(500)).await;
    world.injector.abort(1);
    let outcome = pressing.await.unwrap();
    failed(&outcome, Code::Aborted, Delivery::Unknown);
    let error = outcome.result.as_ref().unwrap_err();
    assert_eq!(error.digits_accepted, Some(11));
    assert_eq!(world.platform.pressed("call"), [PIECES[0]]);
}

async fn what_cannot_end_in_time_is_refused_before_anything_is_sent(api: Api) {
    let hasty = InjectionOptions {
        deadline: Some(ms(1_500)),
        ..split()
    };
    let world = api.world(Platform::scripted([]), api.config());
    let outcome = press(&world, 1, LONG, &hasty).await.unwrap();
    failed(&outcome, Code::Invalid, Delivery::NotSent);
    let error = outcome.result.as_ref().unwrap_err();
    assert!(error.message.contains("deadlineMs"), "{error}");
    assert!(world.platform.requests().is_empty());
}

async fn without_split_a_long_sequence_is_refused(api: Api) {
    let plain = InjectionOptions {
        split: None,
        ..split()
    };
    let world = api.world(Platform::scripted([]), api.config());
    let outcome = press(&world, 1, LONG, &plain).await.unwrap();
    failed(&outcome, Code::Invalid, Delivery::NotSent);
    let message = &outcome.result.as_ref().unwrap_err().message;
    let most = if api == Api::TelephonyV2 { 16 } else { 20 };
    let begins = format!("DTMF sequence exceeds maximum length of {most} characters");
    assert!(message.starts_with(&begins), "{message}");
    assert!(message.contains("split: true"), "{message}");
}

async fn the_injector_can_split_by_default(api: Api) {
    let config = Config {
        split: true,
        ..api.config()
    };
    let world = api.world(Platform::scripted([]), config);
    let by_default = InjectionOptions {
        split: None,
        ..split()
    };
    accepted(&press(&world, 1, LONG, &by_default).await.unwrap());
    let without = InjectionOptions {
        split: Some(false),
        ..split()
    };
    let outcome = press(&world, 2, LONG, &without).await.unwrap();
    failed(&outcome, Code::Invalid, Delivery::NotSent);
    assert_eq!(world.platform.pressed("call"), PIECES);
}

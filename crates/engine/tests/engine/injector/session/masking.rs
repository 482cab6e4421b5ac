//! A recording is masked before the first digit; without that nothing is sent.

use std::time::Duration;

use cxone_dtmf_engine::config::{Config, InjectionOptions, PlayoutMode};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::http::FaultKind;
use tokio::time::sleep;

use super::stage::{ANSWER, DIGIT, GUARD, Stage, attempts, config, lost, options, silence};
use crate::support::{Act, Kind, accepted, failed, ms};

/// From the answer to the end of the tones of `12`.
pub const TONES: Duration = DIGIT.saturating_mul(2).saturating_add(GUARD);

pub const UNSENT: Act = Act::Unsent(FaultKind::ConnectionRefused);

pub fn without_hold() -> Config {
    Config {
        playout: PlayoutMode::None,
        ..config()
    }
}

/// What was asked for, in order.
fn kinds(stage: &Stage) -> Vec<Kind> {
    let requests = stage.world.platform.requests();
    requests.iter().map(|seen| seen.kind).collect()
}

/// Nothing was pressed, and everything is as it was before.
async fn nothing_was_pressed(stage: &Stage, unmasked: bool) {
    sleep(ms(60_000)).await;
    assert!(stage.pressed().is_empty());
    // Twice where an answer never came: what was lost may be carried out late.
    let unmasks = stage.times(Kind::Unmask).len();
    assert!(if unmasked {
        (1..=2).contains(&unmasks)
    } else {
        unmasks == 0
    });
    assert_eq!(stage.unmasked().len(), usize::from(unmasked));
    assert!(!stage.is_masked());
    assert!(stage.world.registry.is_empty());
}

/// A kept connection may be dead, and what is lost with it is waited for.
#[tokio::test(start_paused = true)]
async fn masks_travel_on_connections_of_their_own() {
    let stage = Stage::new(config());
    accepted(&stage.press_masked(1, "12", &options()).await.unwrap());
    sleep(ms(60_000)).await;
    let requests = stage.world.platform.requests();
    let fresh: Vec<_> = requests
        .iter()
        .map(|seen| (seen.kind, seen.fresh_connection))
        .collect();
    assert_eq!(
        fresh,
        [
            (Kind::Mask, true),
            (Kind::Press, false),
            (Kind::Unmask, true)
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn it_is_masked_from_before_the_first_digit_until_after_the_last_tone() {
    for config in [config(), without_hold()] {
        let stage = Stage::new(config);
        let outcome = stage.press_masked(1, "W1,2", &options()).await.unwrap();
        accepted(&outcome);
        assert!(outcome.unmasking && stage.is_masked());
        assert!(stage.unmasked().is_empty());
        sleep(ms(2_000)).await;
        let mask = ms(1_000);
        let first = mask + ANSWER;
        let second = first + ANSWER + DIGIT + ms(500);
        assert_eq!(stage.times(Kind::Mask), [mask]);
        assert_eq!(stage.times(Kind::Press), [first, second]);
        assert_eq!(stage.times(Kind::Unmask), [second + ANSWER + DIGIT + GUARD]);
        assert_eq!(stage.unmasked(), [None]);
        assert!(!stage.is_masked() && stage.world.registry.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_one_is_not_unmasked_by_the_one_before() {
    for config in [config(), without_hold()] {
        let stage = Stage::new(config);
        let other = stage.beside(without_hold());
        let first = stage.press_masked(1, "12", &options());
        let second = other.press_masked(1, "34", &options());
        sleep(ms(1)).await;
        let third = stage.press(3, "56", &options());
        for task in [first, second, third] {
            accepted(&task.await.unwrap());
        }
        let turn = [Kind::Mask, Kind::Press, Kind::Unmask];
        assert_eq!(kinds(&stage)[..6], [turn, turn].concat());
        assert_eq!(kinds(&stage)[6..], [Kind::Press]);
        let whole = ANSWER + ANSWER + TONES + ANSWER;
        assert_eq!(stage.times(Kind::Mask), [ms(0), whole]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once_for_either_request() {
    for kind in [Kind::Mask, Kind::Unmask] {
        let stage = Stage::new(config()).plan(kind, [Act::status(401)]);
        accepted(&stage.press_masked(1, "12", &options()).await.unwrap());
        sleep(ms(5_000)).await;
        assert_eq!(stage.times(kind).len(), 2);
        assert_eq!(stage.unmasked(), [None]);
        let requests = stage.world.platform.requests();
        let tokens = requests.iter().filter(|seen| seen.kind == kind);
        let tokens: Vec<_> = tokens.map(|seen| seen.token.as_str()).collect();
        assert_eq!(tokens, ["Bearer token-1", "Bearer token-2"]);
    }
    let stage = Stage::new(config()).plan(Kind::Mask, [Act::status(401), Act::status(401)]);
    let outcome = stage.press_masked(1, "12", &options()).await.unwrap();
    failed(&outcome, Code::Mask, Delivery::NotSent);
    nothing_was_pressed(&stage, false).await;
}

#[tokio::test(start_paused = true)]
async fn without_a_mask_nothing_is_sent_and_nothing_unmasked() {
    for (acts, asked) in [
        (vec![Act::status(403)], 1),
        (vec![Act::status(404)], 1),
        (vec![Act::retry_after(429, "1"); 3], 3),
        (vec![UNSENT; 3], 0),
        (vec![UNSENT, Act::status(400)], 1),
    ] {
        let stage = Stage::new(config()).plan(Kind::Mask, acts);
        let outcome = stage.press_masked(1, "12", &attempts(3)).await.unwrap();
        failed(&outcome, Code::Mask, Delivery::NotSent);
        assert!(!outcome.unmasking);
        assert_eq!(stage.times(Kind::Mask).len(), asked);
        nothing_was_pressed(&stage, false).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_mask_of_unknown_outcome_is_ended() {
    for acts in [
        vec![lost(true); 3],
        vec![lost(false); 3],
        vec![Act::status(500); 3],
        // What comes after a doubt does not take it away.
        vec![lost(true), Act::status(403)],
        vec![lost(true), UNSENT, UNSENT],
        vec![lost(true), Act::status(401), Act::status(401)],
    ] {
        let stage = Stage::new(config()).plan(Kind::Mask, acts);
        let outcome = stage.press_masked(1, "12", &options()).await.unwrap();
        failed(&outcome, Code::Mask, Delivery::NotSent);
        assert!(outcome.unmasking);
        nothing_was_pressed(&stage, true).await;
    }
}

#[tokio::test(start_paused = true)]
async fn masking_is_tried_again_and_then_the_digits_follow() {
    let acts = [lost(true), Act::status(503)];
    let stage = Stage::new(config()).plan(Kind::Mask, acts);
    accepted(&stage.press_masked(1, "12", &options()).await.unwrap());
    assert_eq!(stage.times(Kind::Mask).len(), 3);
    assert_eq!(stage.pressed(), ["12"]);
}

#[tokio::test(start_paused = true)]
async fn masking_backs_off_where_the_platform_asks_for_no_wait() {
    let stage = Stage::new(config()).plan(Kind::Mask, vec![Act::retry_after(503, "0"); 3]);
    stage.press_masked(1, "12", &options()).await.unwrap();
    let times = stage.times(Kind::Mask);
    assert_eq!(times.len(), 3);
    assert!(times[2] > times[0] + ms(11), "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn who_is_aborted_while_masking_has_sent_nothing() {
    let stage = Stage::new(config()).plan(Kind::Mask, [silence(true)]);
    let task = stage.press_masked(1, "12", &options());
    sleep(ms(100)).await;
    assert!(stage.is_masked());
    stage.world.injector.abort(1);
    failed(&task.await.unwrap(), Code::Aborted, Delivery::NotSent);
    assert_eq!(stage.now(), ms(100));
    nothing_was_pressed(&stage, true).await;
    // At once, and again when the mask that was given up has had time to settle.
    assert_eq!(stage.times(Kind::Unmask), [ms(100), ms(5_100) + ANSWER]);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_masking() {
    let stage = Stage::new(config()).plan(Kind::Mask, [silence(true)]);
    let hurried = InjectionOptions {
        deadline: Some(ms(1_000)),
        ..options()
    };
    let outcome = stage.press_masked(1, "12", &hurried).await.unwrap();
    failed(&outcome, Code::Mask, Delivery::NotSent);
    assert_eq!(stage.now(), ms(1_000));
    nothing_was_pressed(&stage, true).await;
}

#[tokio::test(start_paused = true)]
async fn a_close_while_masking_ends_it() {
    let stage = Stage::new(config()).plan(Kind::Mask, [silence(true)]);
    let task = stage.press_masked(1, "12", &options());
    sleep(ms(100)).await;
    stage.world.injector.close(None).await;
    let settled = ms(100) + ANSWER + ms(5_000) + ANSWER;
    assert_eq!(stage.now(), settled, "it waits for the last unmask");
    failed(&task.await.unwrap(), Code::Closed, Delivery::NotSent);
    nothing_was_pressed(&stage, true).await;
}

//! A recording is unmasked when the tones have been played, whatever became of them and of their injector.

use cxone_dtmf_engine::config::InjectionOptions;
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use std::sync::Arc;
use tokio::time::{Instant, sleep};

use super::masking::{TONES, UNSENT, without_hold};
use super::stage::{ANSWER, Stage, config, lost, options, silence};
use crate::support::{
    Act, Api, Kind, Platform, SlowRecord, Tokens, World, accepted, failed, ms, under,
};

#[tokio::test(start_paused = true)]
async fn it_is_unmasked_whatever_became_of_the_digits() {
    for (act, delivery, quiet) in [
        (Act::status(409), Delivery::Refused, 2 * ANSWER),
        (UNSENT, Delivery::NotSent, ANSWER + ms(1)),
        (lost(true), Delivery::Unknown, 2 * ANSWER + TONES),
        (
            silence(true),
            Delivery::Unknown,
            ANSWER + ms(10_000) + TONES,
        ),
    ] {
        let stage = Stage::new(config()).plan(Kind::Press, [act]);
        let outcome = stage.press_masked(1, "12", &options()).await.unwrap();
        assert_eq!(outcome.delivery(), delivery);
        assert!(outcome.unmasking);
        sleep(ms(5_000)).await;
        assert_eq!(stage.times(Kind::Unmask), [quiet]);
        assert!(!stage.is_masked() && stage.world.registry.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn unmasking_is_tried_again_with_patience() {
    let acts = [
        Act::status(503),
        lost(false),
        UNSENT,
        Act::retry_after(429, "2"),
    ];
    let stage = Stage::new(config()).plan(Kind::Unmask, acts);
    accepted(&stage.press_masked(1, "12", &options()).await.unwrap());
    let next = stage.press(2, "3", &options());
    accepted(&next.await.unwrap());
    let times = stage.times(Kind::Unmask);
    // One of the five was never read, and one was lost: it has time to settle before the last.
    assert_eq!(times.len(), 5);
    assert!(times[4] >= times[3] + ms(5_000));
    assert!(
        times[3] >= times[2] + ms(2_000),
        "the wait that was asked for"
    );
    assert_eq!(stage.unmasked(), [None]);
    assert_eq!(stage.times(Kind::Press)[1], times[4] + ANSWER);
}

#[tokio::test(start_paused = true)]
async fn unmasking_is_given_up_and_told() {
    let bound = ms(30_000);
    let refused = || vec![Act::status(403)];
    let failing = || vec![Act::status(500); 100];
    let silent = || vec![silence(false); 100];
    for (acts, most, code) in [
        (refused(), 1, Code::Mask),
        (failing(), 20, Code::Mask),
        (silent(), 5, Code::Connect),
    ] {
        let stage = Stage::new(config()).plan(Kind::Unmask, acts);
        accepted(&stage.press_masked(1, "12", &options()).await.unwrap());
        let next = InjectionOptions {
            lock_timeout: Some(ms(60_000)),
            deadline: Some(ms(60_000)),
            ..options()
        };
        accepted(&stage.press(2, "3", &next).await.unwrap());
        let tried = stage.times(Kind::Unmask);
        assert!(
            (most.min(2)..=most).contains(&tried.len()),
            "{}",
            tried.len()
        );
        let quiet = 2 * ANSWER + TONES;
        assert!(stage.now() <= quiet + bound + ANSWER, "{:?}", stage.now());
        let [Some(failure)] = &stage.unmasked()[..] else {
            unreachable!("one event, which names a failure");
        };
        assert_eq!(failure.code, code);
        assert!(stage.is_masked());
    }
}

#[tokio::test(start_paused = true)]
async fn neither_settings_nor_the_platform_shorten_the_patience() {
    for act in [Act::retry_after(429, "60"), Act::status(503)] {
        let mut hasty = config();
        hasty.retry.base = ms(0);
        hasty.retry.cap = ms(0);
        let stage = Stage::new(hasty).plan(Kind::Unmask, vec![act; 100]);
        accepted(&stage.press_masked(1, "12", &options()).await.unwrap());
        stage.world.injector.close(None).await;
        let times = stage.times(Kind::Unmask);
        assert!((2..=20).contains(&times.len()), "{}", times.len());
        assert!(*times.last().unwrap() >= times[0] + ms(28_000), "{times:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_of_no_time_does_not_make_unmasking_a_flood() {
    for status in [429, 503] {
        let stage =
            Stage::new(config()).plan(Kind::Unmask, vec![Act::retry_after(status, "0"); 10_000]);
        accepted(&stage.press_masked(1, "12", &options()).await.unwrap());
        stage.world.injector.close(None).await;
        let tried = stage.times(Kind::Unmask).len();
        assert!((2..=40).contains(&tried), "{status}: {tried}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_may_expire_before_the_last_try_to_unmask() {
    let acts = [Act::retry_after(503, "60"), Act::status(401)];
    let stage = Stage::new(config()).plan(Kind::Unmask, acts);
    accepted(&stage.press_masked(1, "12", &options()).await.unwrap());
    stage.world.injector.close(None).await;
    assert!(!stage.is_masked());
}

#[tokio::test(start_paused = true)]
async fn a_conversation_that_is_over_needs_no_unmasking() {
    let stage = Stage::new(config()).plan(Kind::Unmask, [Act::status(404)]);
    accepted(&stage.press_masked(1, "12", &options()).await.unwrap());
    sleep(ms(5_000)).await;
    assert_eq!(stage.unmasked(), [None]);
    assert_eq!(stage.times(Kind::Unmask).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn close_waits_for_the_unmask_past_its_patience() {
    let slow = Act::slow(202, ms(3_000));
    let stage = Stage::new(config()).plan(Kind::Unmask, [slow]);
    accepted(&stage.press_masked(1, "12", &options()).await.unwrap());
    stage.world.injector.close(Some(ms(0))).await;
    assert_eq!(stage.now(), 2 * ANSWER + TONES + ms(3_000));
    assert_eq!(stage.unmasked(), [None]);
    assert!(!stage.is_masked());
}

#[tokio::test(start_paused = true)]
async fn close_waits_for_the_unmask_while_the_record_is_written() {
    let stage = Stage {
        world: World::recorded(
            Api::AgentSession,
            Platform::scripted([]),
            config(),
            Tokens::default(),
            Arc::default(),
            Some(Arc::new(SlowRecord(ms(5_000)))),
        ),
        began: Instant::now(),
    };
    let task = stage.press_masked(1, "12", &options());
    sleep(2 * ANSWER + ms(1)).await;
    stage.world.injector.close(Some(ms(0))).await;
    assert_eq!(stage.unmasked(), [None]);
    assert!(!stage.is_masked());
    accepted(&task.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn close_unmasks_what_it_gives_up_in_flight() {
    let stage = Stage::new(config()).plan(Kind::Press, [silence(true)]);
    let task = stage.press_masked(1, "12", &options());
    sleep(ms(100)).await;
    stage.world.injector.close(Some(ms(200))).await;
    failed(
        &task.await.unwrap(),
        Code::OutcomeUnknown,
        Delivery::Unknown,
    );
    assert_eq!(stage.now(), ms(300) + TONES + ANSWER);
    assert!(!stage.is_masked());
}

#[tokio::test(start_paused = true)]
async fn what_is_abandoned_is_unmasked_all_the_same() {
    let stage = Stage::new(config()).plan(Kind::Press, [silence(true)]);
    let task = stage.press_masked(1, "12", &options());
    sleep(ms(100)).await;
    stage.world.injector.abandon();
    failed(
        &task.await.unwrap(),
        Code::OutcomeUnknown,
        Delivery::Unknown,
    );
    sleep(ms(5_000)).await;
    assert_eq!(stage.times(Kind::Unmask), [ms(100) + TONES]);
    assert!(!stage.is_masked() && stage.world.registry.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_released_lock_is_passed_on_when_it_is_unmasked() {
    let stage = Stage::new(without_hold());
    let other = stage.beside(config());
    let lock = stage.lock().await;
    accepted(&stage.press_masked(1, "12", &under(lock)).await.unwrap());
    stage.world.injector.release_lock(lock).await;
    assert_eq!(stage.now(), 2 * ANSWER, "the release does not wait");
    accepted(&other.press(1, "3", &options()).await.unwrap());
    let turn = 2 * ANSWER + TONES + ANSWER;
    assert_eq!(stage.times(Kind::Press), [ANSWER, turn]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_injection_is_unmasked_at_every_stage() {
    let lead_in = ms(1_000);
    for (digits, after, asked, pressed) in [
        ("W12", ms(500), 0, 0),
        ("W12", lead_in + ms(2), 1, 0),
        ("W12", lead_in + ANSWER + ms(2), 1, 1),
        ("W12,3", lead_in + 2 * ANSWER + ms(100), 1, 1),
    ] {
        let stage = Stage::new(config());
        let task = stage.press_masked(1, digits, &options());
        sleep(after).await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        sleep(ms(10_000)).await;
        assert_eq!(stage.times(Kind::Mask).len(), asked, "{after:?}");
        assert_eq!(stage.unmasked(), vec![None; asked], "{after:?}");
        assert_eq!(stage.pressed().len(), pressed, "{after:?}");
        assert!(!stage.is_masked() && stage.world.registry.is_empty());
        if pressed > 0 {
            let unmasked = stage.times(Kind::Unmask)[0];
            let quiet = stage.world.platform.tones()[0].until - stage.began;
            assert!(unmasked >= quiet, "{after:?}: within the tones");
        }
    }
}

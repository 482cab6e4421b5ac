//! A session stays locked while its tones play, and nobody but who comes next waits for them.

use cxone_dtmf_engine::config::{Config, PlayoutMode};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use tokio::time::sleep;

use super::stage::{ANSWER, DIGIT, GUARD, Stage, attempts, config, lost, options, silence};
use crate::support::{Act, Kind, accepted, failed, ms, under};

/// What waits behind an unknown outcome goes on.
fn going_on() -> Config {
    Config {
        after_unknown: cxone_dtmf_engine::config::AfterUnknown::Continue,
        ..config()
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_sequence_begins_when_the_last_one_has_been_played() {
    let stage = Stage::new(config());
    let first = stage.press(1, "123", &options());
    let second = stage.press(2, "4", &options());
    let first = first.await.unwrap();
    accepted(&first);
    assert_eq!(
        stage.now(),
        ANSWER,
        "the caller does not wait for the tones"
    );
    assert_eq!(first.playout, Some(3 * DIGIT + GUARD));
    accepted(&second.await.unwrap());
    let turn = ANSWER + 3 * DIGIT + GUARD;
    assert_eq!(stage.times(Kind::Press), [ms(0), turn]);
}

#[tokio::test(start_paused = true)]
async fn the_length_of_the_tones_counts() {
    let stage = Stage::new(config());
    let mut params = crate::support::session("s", "12");
    params.tone_duration = 5_000.0.into();
    params.inter_digit_pause = 50.0.into();
    let injector = &stage.world.injector;
    let outcome = injector.inject(1, params.pack(), &options()).run().await;
    accepted(&outcome);
    accepted(&stage.press(2, "1", &options()).await.unwrap());
    let turn = ANSWER + 2 * ms(5_050) + GUARD;
    assert_eq!(stage.times(Kind::Press), [ms(0), turn]);
}

#[tokio::test(start_paused = true)]
async fn tones_that_may_be_playing_are_waited_for_too() {
    for (act, known) in [(lost(true), ANSWER), (silence(true), ms(10_000))] {
        let stage = Stage::new(going_on()).plan(Kind::Press, [act]);
        let first = stage.press(1, "12", &options());
        let second = stage.press(2, "3", &options());
        let first = first.await.unwrap();
        failed(&first, Code::OutcomeUnknown, Delivery::Unknown);
        assert_eq!((stage.now(), first.playout), (known, None));
        accepted(&second.await.unwrap());
        let turn = known + 2 * DIGIT + GUARD;
        assert_eq!(stage.times(Kind::Press), [ms(0), turn]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_comes_after_an_unknown_outcome_waits_for_the_tones_as_well() {
    let stage = Stage::new(config()).plan(Kind::Press, [lost(true)]);
    stage.press(1, "12", &options()).await.unwrap();
    // Asked for when the outcome was known to be unknown: it is not sent away.
    accepted(&stage.press(2, "3", &options()).await.unwrap());
    let turn = ANSWER + 2 * DIGIT + GUARD;
    assert_eq!(stage.times(Kind::Press), [ms(0), turn]);
}

#[tokio::test(start_paused = true)]
async fn after_a_refusal_nobody_waits() {
    for act in [
        Act::status(409),
        Act::Unsent(cxone_dtmf_engine::http::FaultKind::ConnectionRefused),
    ] {
        let stage = Stage::new(config()).plan(Kind::Press, [act]);
        let first = stage.press(1, "12", &options());
        let second = stage.press(2, "3", &options());
        let refused = first.await.unwrap();
        assert!(refused.delivery().safe_to_resend());
        let ended = stage.now();
        accepted(&second.await.unwrap());
        assert_eq!(stage.now(), ended + ANSWER);
    }
}

#[tokio::test(start_paused = true)]
async fn a_resend_that_the_caller_allowed_waits_for_what_may_be_playing() {
    let stage = Stage::new(config()).plan(Kind::Press, [lost(true)]);
    let again = cxone_dtmf_engine::config::InjectionOptions {
        resend_when_unknown: Some(cxone_dtmf_engine::retry::ResendWhenUnknown::Always),
        ..attempts(2)
    };
    accepted(&stage.press(1, "1234", &again).await.unwrap());
    let turn = ANSWER + 4 * DIGIT + GUARD;
    assert_eq!(stage.times(Kind::Press), [ms(0), turn]);
}

#[tokio::test(start_paused = true)]
async fn without_the_hold_the_next_one_follows_at_once() {
    let stage = Stage::new(Config {
        playout: PlayoutMode::None,
        ..config()
    });
    let first = stage.press(1, "123", &options());
    let second = stage.press(2, "4", &options());
    let first = first.await.unwrap();
    assert_eq!(
        first.playout,
        Some(3 * DIGIT + GUARD),
        "it is told all the same"
    );
    accepted(&second.await.unwrap());
    assert_eq!(stage.times(Kind::Press), [ms(0), ANSWER]);
    assert!(stage.world.registry.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_order_spans_injectors_while_tones_play() {
    let stage = Stage::new(config());
    let other = stage.beside(config());
    accepted(&stage.press(1, "12", &options()).await.unwrap());
    accepted(&other.press(1, "3", &options()).await.unwrap());
    let turn = ANSWER + 2 * DIGIT + GUARD;
    assert_eq!(stage.times(Kind::Press), [ms(0), turn]);
}

#[tokio::test(start_paused = true)]
async fn an_abort_in_flight_keeps_the_session_for_what_may_play() {
    let stage = Stage::new(going_on()).plan(Kind::Press, [silence(true)]);
    let first = stage.press(1, "12", &options());
    let second = stage.press(2, "3", &options());
    sleep(ms(100)).await;
    stage.world.injector.abort(1);
    failed(&first.await.unwrap(), Code::Aborted, Delivery::Unknown);
    assert_eq!(stage.now(), ms(100), "the caller hears at once");
    accepted(&second.await.unwrap());
    let turn = ms(100) + 2 * DIGIT + GUARD;
    assert_eq!(stage.times(Kind::Press), [ms(0), turn]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_injection_keeps_the_session_for_what_may_play() {
    let stage = Stage::new(going_on()).plan(Kind::Press, [silence(true)]);
    let first = stage.press(1, "12", &options());
    let second = stage.press(2, "3", &options());
    sleep(ms(100)).await;
    first.abort();
    accepted(&second.await.unwrap());
    let turn = ms(100) + 2 * DIGIT + GUARD;
    assert_eq!(stage.times(Kind::Press), [ms(0), turn]);
    let finished = stage.world.events.finished();
    failed(&finished[0], Code::OutcomeUnknown, Delivery::Unknown);
}

#[tokio::test(start_paused = true)]
async fn close_does_not_wait_for_tones_and_they_hold_the_session_all_the_same() {
    let stage = Stage::new(config());
    let other = stage.beside(config());
    accepted(&stage.press(1, "123", &options()).await.unwrap());
    stage.world.injector.close(None).await;
    assert_eq!(stage.now(), ANSWER);
    accepted(&other.press(1, "4", &options()).await.unwrap());
    let turn = ANSWER + 3 * DIGIT + GUARD;
    assert_eq!(stage.times(Kind::Press), [ms(0), turn]);
}

#[tokio::test(start_paused = true)]
async fn under_one_lock_sequences_wait_for_each_others_tones() {
    let stage = Stage::new(config());
    let lock = stage.lock().await;
    let first = stage.press(1, "123", &under(lock));
    let second = stage.press(2, "4", &under(lock));
    accepted(&first.await.unwrap());
    assert_eq!(stage.now(), ANSWER);
    accepted(&second.await.unwrap());
    let turn = ANSWER + 3 * DIGIT + GUARD;
    assert_eq!(stage.times(Kind::Press), [ms(0), turn]);
}

#[tokio::test(start_paused = true)]
async fn a_released_lock_is_passed_on_when_the_tones_have_been_played() {
    let stage = Stage::new(config());
    let other = stage.beside(config());
    let lock = stage.lock().await;
    accepted(&stage.press(1, "123", &under(lock)).await.unwrap());
    stage.world.injector.release_lock(lock).await;
    assert_eq!(
        stage.now(),
        ANSWER,
        "the release does not wait for the tones"
    );
    accepted(&other.press(1, "4", &options()).await.unwrap());
    let turn = ANSWER + 3 * DIGIT + GUARD;
    assert_eq!(stage.times(Kind::Press), [ms(0), turn]);
}

#[tokio::test(start_paused = true)]
async fn an_expired_lock_is_passed_on_when_the_tones_have_been_played() {
    let stage = Stage::new(Config {
        lock_hold: ms(300),
        ..config()
    });
    let other = stage.beside(config());
    let lock = stage.lock().await;
    accepted(&stage.press(1, "123", &under(lock)).await.unwrap());
    accepted(&other.press(1, "4", &options()).await.unwrap());
    let turn = ANSWER + 3 * DIGIT + GUARD;
    assert_eq!(stage.times(Kind::Press), [ms(0), turn]);
    assert_eq!(stage.world.injector.snapshot().locks, 0);
}

#[tokio::test(start_paused = true)]
async fn a_lock_is_granted_when_the_tones_have_been_played() {
    let stage = Stage::new(config());
    accepted(&stage.press(1, "123", &options()).await.unwrap());
    stage.lock().await;
    assert_eq!(stage.now(), ANSWER + 3 * DIGIT + GUARD);
}

#[tokio::test(start_paused = true)]
async fn other_sessions_are_not_held_up() {
    let stage = Stage::new(config());
    accepted(&stage.press(1, "123", &options()).await.unwrap());
    let params = crate::support::Api::AgentSession.params("other", "4");
    let injector = &stage.world.injector;
    let outcome = injector.inject(2, params, &options()).run().await;
    accepted(&outcome);
    assert_eq!(stage.times(Kind::Press), [ms(0), ANSWER]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_left_when_the_tones_have_been_played() {
    let stage = Stage::new(config());
    accepted(&stage.press(1, "123", &options()).await.unwrap());
    assert!(!stage.world.registry.is_empty());
    sleep(3 * DIGIT + GUARD + ms(1)).await;
    assert!(stage.world.registry.is_empty());
}

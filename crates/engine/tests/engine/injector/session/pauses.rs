//! A sequence with pauses goes out in bursts, under one lock and against one deadline. What fails midway is unknown,
//! and nothing of it is sent again.

use cxone_dtmf_engine::config::{Config, InjectionOptions};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::{Code, Error};
use cxone_dtmf_engine::outcome::Outcome;
use tokio::time::sleep;

use super::stage::{ANSWER, DIGIT, GUARD, Stage, attempts, config, lost, options, silence};
use crate::support::{Act, Kind, accepted, failed, ms};

/// The pauses of `,` and of `W`.
const SHORT: std::time::Duration = ms(500);
const LONG: std::time::Duration = ms(1_000);

fn error(outcome: &Outcome) -> &Error {
    outcome.result.as_ref().unwrap_err()
}

/// Unknown after so many accepted digits, of 6 in `12,34,56`.
#[track_caller]
fn failed_after(outcome: &Outcome, digits: u32) {
    failed(outcome, Code::OutcomeUnknown, Delivery::Unknown);
    let error = error(outcome);
    assert_eq!(error.digits_accepted, Some(digits), "{error}");
    assert!(!error.retryable, "{error}");
}

fn deadline(deadline: std::time::Duration) -> InjectionOptions {
    InjectionOptions {
        deadline: Some(deadline),
        ..attempts(3)
    }
}

#[tokio::test(start_paused = true)]
async fn bursts_follow_their_tones_and_pauses() {
    let stage = Stage::new(config());
    let outcome = stage.press(1, "wW12,W345w6WW", &options());
    let behind = stage.press(2, "7", &options());
    let outcome = outcome.await.unwrap();
    accepted(&outcome);
    let first = SHORT + LONG;
    let second = first + ANSWER + 2 * DIGIT + SHORT + LONG;
    let third = second + ANSWER + 3 * DIGIT + SHORT;
    assert_eq!(stage.now(), third + ANSWER);
    assert_eq!(outcome.attempts, 3);
    assert_eq!(
        outcome.playout,
        Some(DIGIT + 2 * LONG),
        "a longer pause is the guard"
    );
    accepted(&behind.await.unwrap());
    let next = third + ANSWER + DIGIT + 2 * LONG;
    assert_eq!(stage.times(Kind::Press), [first, second, third, next]);
    assert_eq!(stage.pressed(), ["12", "345", "6", "7"]);
}

#[tokio::test(start_paused = true)]
async fn nobody_presses_between_two_bursts() {
    let stage = Stage::new(config());
    let other = stage.beside(config());
    let first = stage.press(1, "1,2", &options());
    sleep(ms(10)).await;
    let second = other.press(2, "3", &options());
    accepted(&first.await.unwrap());
    accepted(&second.await.unwrap());
    assert_eq!(stage.pressed(), ["1", "2", "3"]);
    let turn = ANSWER + DIGIT + SHORT + ANSWER + DIGIT + GUARD;
    assert_eq!(stage.times(Kind::Press)[2], turn);
}

#[tokio::test(start_paused = true)]
async fn a_sequence_that_cannot_end_in_time_is_refused_before_anything_is_sent() {
    let needed = DIGIT + LONG;
    let stage = Stage::new(config());
    let outcome = stage.press(1, "1W2", &deadline(needed)).await.unwrap();
    failed(&outcome, Code::Invalid, Delivery::NotSent);
    assert!(error(&outcome).message.contains("deadlineMs"));
    assert!(stage.world.platform.requests().is_empty());
    assert_eq!(stage.now(), ms(0));
    let enough = needed + ANSWER + ms(50);
    accepted(&stage.press(2, "1W2", &deadline(enough)).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_lead_in_past_the_deadline_sends_nothing() {
    let stage = Stage::new(config());
    stage.press(1, "123", &options()).await.unwrap();
    // Its turn comes after the tones, and then the silence is too long.
    let late = stage.press(2, "W1", &deadline(ms(1_500))).await.unwrap();
    failed(&late, Code::Deadline, Delivery::NotSent);
    assert_eq!(stage.pressed(), ["123"]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_midway_is_unknown_and_nothing_is_sent_again() {
    let refused = cxone_dtmf_engine::http::FaultKind::ConnectionRefused;
    for act in [
        Act::status(409),
        Act::status(500),
        Act::retry_after(429, "1"),
        Act::Unsent(refused),
        lost(true),
        lost(false),
        silence(true),
    ] {
        let what = format!("{act:?}");
        for (after, accepted) in [(1, 2), (2, 4)] {
            let well = std::iter::repeat_n(Act::status(202), after);
            let stage = Stage::new(Config {
                atomic_server_errors: Some(true),
                ..config()
            });
            let stage = stage.plan(Kind::Press, well.chain([act.clone()]));
            let behind = stage.press(1, "12,34,56", &attempts(5));
            let queued = stage.press(2, "7", &attempts(5));
            failed_after(&behind.await.unwrap(), accepted);
            let sent = after + usize::from(!matches!(act, Act::Unsent(_)));
            assert_eq!(stage.times(Kind::Press).len(), sent, "{what}");
            let queued = queued.await.unwrap();
            failed(&queued, Code::AfterUnknown, Delivery::NotSent);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_midway_leaves_the_sequence_whole() {
    let acts = [Act::status(202), Act::status(401)];
    let stage = Stage::new(config()).plan(Kind::Press, acts);
    let outcome = stage.press(1, "12,34", &options()).await.unwrap();
    // A refused token is replaced once, at once: the pause stays what it was.
    accepted(&outcome);
    assert_eq!(stage.pressed(), ["12", "34"]);
}

#[tokio::test(start_paused = true)]
async fn the_first_burst_is_sent_again_like_a_whole_sequence() {
    let stage = Stage::new(config()).plan(Kind::Press, [Act::retry_after(429, "1")]);
    accepted(&stage.press(1, "1,2", &attempts(3)).await.unwrap());
    assert_eq!(stage.pressed(), ["1", "2"]);
    let stage = Stage::new(config()).plan(Kind::Press, [Act::status(409)]);
    let outcome = stage.press(1, "1,2", &attempts(3)).await.unwrap();
    failed(&outcome, Code::Conflict, Delivery::Refused);
    assert_eq!(error(&outcome).digits_accepted, Some(0));
}

#[tokio::test(start_paused = true)]
async fn who_sends_no_parts_hears_of_no_parts() {
    let stage = Stage::new(config()).plan(Kind::Press, [lost(true)]);
    let outcome = stage.press(1, ",12,", &options()).await.unwrap();
    failed(&outcome, Code::OutcomeUnknown, Delivery::Unknown);
    assert_eq!(error(&outcome).digits_accepted, None);
}

#[tokio::test(start_paused = true)]
async fn close_lets_a_sequence_finish_that_has_begun() {
    let stage = Stage::new(config());
    let begun = stage.press(1, "1W2", &options());
    let leading_in = {
        let params = crate::support::Api::AgentSession.params("other", "W1");
        tokio::spawn(stage.world.injector.inject(2, params, &options()).run())
    };
    sleep(ms(100)).await;
    stage.world.injector.close(None).await;
    accepted(&begun.await.unwrap());
    assert_eq!(stage.now(), ANSWER + DIGIT + LONG + ANSWER);
    failed(&leading_in.await.unwrap(), Code::Closed, Delivery::NotSent);
}

#[tokio::test(start_paused = true)]
async fn close_gives_up_a_sequence_when_its_patience_ends() {
    let stage = Stage::new(config());
    let begun = stage.press(1, "12W34", &options());
    sleep(ms(100)).await;
    stage.world.injector.close(Some(ms(200))).await;
    assert_eq!(stage.now(), ms(300));
    failed_after(&begun.await.unwrap(), 2);
    assert_eq!(stage.pressed(), ["12"]);
}

#[tokio::test(start_paused = true)]
async fn an_abort_midway_is_unknown_and_tells_how_far_it_came() {
    let stage = Stage::new(config());
    let begun = stage.press(1, "12W34", &options());
    sleep(ms(700)).await;
    stage.world.injector.abort(1);
    let outcome = begun.await.unwrap();
    failed(&outcome, Code::Aborted, Delivery::Unknown);
    assert_eq!(error(&outcome).digits_accepted, Some(2));
    assert_eq!(stage.now(), ms(700));
    sleep(ms(5_000)).await;
    assert_eq!(stage.pressed(), ["12"]);
    // Before the first digit an abort is as good as never having asked.
    let begun = stage.press(2, "W34", &options());
    sleep(ms(700)).await;
    stage.world.injector.abort(2);
    failed(&begun.await.unwrap(), Code::Aborted, Delivery::NotSent);
}

#[tokio::test(start_paused = true)]
async fn a_sequence_dropped_midway_is_unknown_and_tells_how_far_it_came() {
    let stage = Stage::new(config());
    let begun = stage.press(1, "12W34", &options());
    sleep(ms(700)).await;
    begun.abort();
    assert!(begun.await.unwrap_err().is_cancelled());
    let finished = stage.world.events.finished();
    failed_after(&finished[0], 2);
    sleep(ms(5_000)).await;
    assert_eq!(stage.pressed(), ["12"]);
    assert!(stage.world.registry.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_a_sequence_midway() {
    let stage = Stage::new(config()).plan(Kind::Press, [Act::slow(202, ms(1_000))]);
    let needed = 2 * DIGIT + LONG;
    let outcome = stage.press(1, "12W34", &deadline(needed + ms(500)));
    failed_after(&outcome.await.unwrap(), 2);
    assert_eq!(stage.pressed(), ["12"]);
}

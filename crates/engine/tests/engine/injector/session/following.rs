//! Who follows a session hears of its end, and sends everybody away who waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::{Code, Error};
use cxone_dtmf_engine::event::Event;
use cxone_dtmf_engine::http::FaultKind;
use tokio::time::{Instant, sleep};

use super::stage::{FOLLOWER, Stage, attempts, config, lost, options, silence};
use crate::support::{Act, Api, Kind, Platform, Tokens, World, accepted, failed, ms, under};

const POLL: Duration = ms(60_000);

const END: &str = r#"{"events":[{"Type":"AgentState"},{"Type":"AgentSessionEnd"}]}"#;

impl Stage {
    /// How many ends of the session were told, and how often it could not be heard.
    fn told(&self) -> (usize, usize) {
        let events = self.world.events.0.lock().unwrap();
        let ended = |event: &&Event| matches!(event, Event::SessionEnded { .. });
        let deaf = |event: &&Event| matches!(event, Event::SessionNotPolled { .. });
        (
            events.iter().filter(ended).count(),
            events.iter().filter(deaf).count(),
        )
    }
}

#[tokio::test(start_paused = true)]
async fn each_way_in_which_a_session_ends_is_heard() {
    for act in [
        Act::slow(409, ms(100)),
        // It was heard of before.
        Act::slow(404, ms(100)),
        Act::events(END, ms(100)),
    ] {
        let stage = Stage::new(config()).plan(Kind::NextEvent, [Act::slow(304, POLL), act]);
        let following = stage.follow();
        following.await.unwrap();
        assert_eq!(stage.now(), POLL + ms(100));
        assert_eq!(stage.told(), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_was_never_heard_of_has_not_ended() {
    let acts = [Act::status(404), Act::status(404)];
    let stage = Stage::new(config()).plan(Kind::NextEvent, acts);
    let lock = stage.lock().await;
    let following = stage.follow();
    let waiting = stage.press(2, "2", &options());
    sleep(ms(10_000)).await;
    assert_eq!(stage.told(), (0, 1), "trouble, and no end");
    assert!(!following.is_finished());
    stage.world.injector.release_lock(lock).await;
    accepted(&waiting.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn what_is_no_end_goes_on() {
    let events = r#"{"events":[{"Type":"AgentState"}]}"#;
    let acts = [Act::events(events, ms(500)), Act::slow(304, ms(500))];
    let stage = Stage::new(config()).plan(Kind::NextEvent, acts);
    let following = stage.follow();
    sleep(ms(1_100)).await;
    assert_eq!(stage.times(Kind::NextEvent), [ms(0), ms(500), ms(1_000)]);
    assert_eq!(stage.told(), (0, 0));
    assert!(!following.is_finished());
}

#[tokio::test(start_paused = true)]
async fn the_end_sends_those_in_line_away_whichever_injector_they_came_by() {
    let stage = Stage::new(config())
        .plan(Kind::NextEvent, [Act::slow(409, ms(1_000))])
        .plan(Kind::Press, [Act::slow(202, ms(2_000))]);
    let other = stage.beside(config());
    stage.follow();
    let in_flight = stage.press(1, "1", &options());
    sleep(ms(1)).await;
    let own = stage.press(2, "2", &options());
    let foreign = other.press(3, "3", &options());
    let injector = other.world.injector.clone();
    let locking = tokio::spawn(injector.acquire_lock(9, Some("s"), None).run());
    let elsewhere = Api::AgentSession.params("elsewhere", "4");
    let elsewhere = stage.world.injector.inject(4, elsewhere, &options());
    failed(&own.await.unwrap(), Code::CallEnded, Delivery::NotSent);
    failed(&foreign.await.unwrap(), Code::CallEnded, Delivery::NotSent);
    let lock = locking.await.unwrap().unwrap_err();
    assert_eq!(
        (lock.code, lock.delivery),
        (Code::CallEnded, Delivery::NotSent)
    );
    assert_eq!(stage.now(), ms(1_000));
    let elsewhere = elsewhere.run().await;
    accepted(&elsewhere);
    // What is in flight keeps its own answer.
    accepted(&in_flight.await.unwrap());
    assert_eq!(stage.pressed(), ["1"]);
}

#[tokio::test(start_paused = true)]
async fn the_end_sends_those_away_who_wait_while_tones_play() {
    let stage = Stage::new(config()).plan(Kind::NextEvent, [Act::slow(409, ms(100))]);
    stage.follow();
    accepted(&stage.press(1, "123", &options()).await.unwrap());
    let behind = stage.press(2, "4", &options());
    failed(&behind.await.unwrap(), Code::CallEnded, Delivery::NotSent);
    assert_eq!(stage.now(), ms(100));
}

#[tokio::test(start_paused = true)]
async fn nothing_more_of_a_sequence_is_pressed_when_the_session_has_ended() {
    let stage = Stage::new(config()).plan(Kind::NextEvent, [Act::slow(409, ms(100))]);
    stage.follow();
    let outcome = stage.press(1, "12W3", &options()).await.unwrap();
    failed(&outcome, Code::OutcomeUnknown, Delivery::Unknown);
    let error = outcome.result.as_ref().unwrap_err();
    assert_eq!(error.digits_accepted, Some(2));
    assert_eq!(stage.now(), ms(100));
    sleep(ms(10_000)).await;
    assert_eq!(stage.pressed(), ["12"]);
}

#[tokio::test(start_paused = true)]
async fn the_end_sends_those_in_back_off_away() {
    let stage = Stage::new(config())
        .plan(Kind::NextEvent, [Act::slow(409, ms(1_000))])
        .plan(Kind::Press, [Act::retry_after(429, "9")]);
    stage.follow();
    let task = stage.press(1, "1", &attempts(3));
    failed(&task.await.unwrap(), Code::CallEnded, Delivery::Refused);
    assert_eq!(stage.now(), ms(1_000));
}

#[tokio::test(start_paused = true)]
async fn the_end_sends_those_under_a_manual_lock_away() {
    let stage = Stage::new(config())
        .plan(Kind::NextEvent, [Act::slow(409, ms(1_000))])
        .plan(Kind::Press, [Act::slow(202, ms(2_000))]);
    stage.follow();
    let lock = stage.lock().await;
    let in_flight = stage.press(1, "1", &under(lock));
    let waiting = stage.press(2, "2", &under(lock));
    failed(&waiting.await.unwrap(), Code::CallEnded, Delivery::NotSent);
    assert_eq!(stage.now(), ms(1_000));
    accepted(&in_flight.await.unwrap());
    stage.world.injector.release_lock(lock).await;
}

#[tokio::test(start_paused = true)]
async fn the_end_keeps_digits_from_being_sent_while_the_recording_is_masked() {
    let active = r#"[{"Type":"CallContactEvent","ContactID":"c","Status":"Active"}]"#;
    let stage = Stage::new(config())
        .plan(
            Kind::NextEvent,
            [Act::events(active, ms(0)), Act::slow(409, ms(0))],
        )
        .plan(Kind::Mask, [silence(true)]);
    stage.follow();
    let task = stage.press_masked(1, "1", &options());
    failed(&task.await.unwrap(), Code::CallEnded, Delivery::NotSent);
    assert_eq!(stage.now(), ms(100));
    sleep(ms(100)).await;
    assert!(stage.pressed().is_empty() && !stage.is_masked());
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_at_once_and_once() {
    let acts = [Act::status(401), Act::slow(304, ms(500)), Act::status(401)];
    let stage = Stage::new(config()).plan(Kind::NextEvent, acts);
    stage.follow();
    sleep(ms(1_000)).await;
    let tokens = stage.world.platform.requests();
    let tokens: Vec<_> = tokens.iter().map(|seen| seen.token.as_str()).collect();
    let second = "Bearer token-2";
    assert_eq!(tokens, ["Bearer token-1", second, second, "Bearer token-3"]);
    assert_eq!(stage.told(), (0, 0));

    let acts = [Act::status(401), Act::status(401)];
    let stage = Stage::new(config()).plan(Kind::NextEvent, acts);
    stage.follow();
    sleep(ms(1_100)).await;
    assert_eq!(stage.told(), (0, 1), "refused twice, it backs off");
}

#[tokio::test(start_paused = true)]
async fn trouble_is_told_once_and_polled_for_ever_less() {
    for act in [
        Act::status(500),
        Act::status(403),
        Act::status(401),
        lost(false),
        Act::Unsent(FaultKind::ConnectionRefused),
    ] {
        let polled = Arc::new(AtomicUsize::new(0));
        let (counted, trouble) = (Arc::clone(&polled), act.clone());
        let platform = Platform::choosing(move |seen| {
            counted.fetch_add(1, Ordering::Relaxed);
            (seen.kind == Kind::NextEvent).then(|| trouble.clone())
        });
        let stage = Stage::before(platform, config());
        stage.follow();
        sleep(ms(600_000)).await;
        assert_eq!(stage.told(), (0, 1), "{act:?}");
        // On average half of 30 s lies between two; without a growing pause it would be half of one.
        let polled = polled.load(Ordering::Relaxed);
        assert!(
            (20..80).contains(&polled),
            "{act:?}: {polled} in ten minutes"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn trouble_that_comes_back_is_told_again() {
    let acts = [Act::status(500), Act::slow(304, ms(500)), Act::status(500)];
    let stage = Stage::new(config()).plan(Kind::NextEvent, acts);
    stage.follow();
    sleep(ms(5_000)).await;
    assert_eq!(stage.told(), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_answers_at_once_is_not_flooded() {
    for act in [Act::slow(304, ms(0)), Act::events("[]", ms(0))] {
        let platform =
            Platform::choosing(move |seen| (seen.kind == Kind::NextEvent).then(|| act.clone()));
        let stage = Stage::before(platform, config());
        stage.follow();
        sleep(ms(10_050)).await;
        assert_eq!(stage.times(Kind::NextEvent).len(), 101, "ten a second");
    }
}

#[tokio::test(start_paused = true)]
async fn an_abort_and_a_close_end_the_following_at_once() {
    for abort in [true, false] {
        let stage = Stage::new(config());
        let following = stage.follow();
        sleep(ms(100)).await;
        if abort {
            stage.world.injector.abort(FOLLOWER);
        } else {
            stage.world.injector.close(None).await;
        }
        following.await.unwrap();
        assert_eq!(stage.now(), ms(100));
        assert_eq!(stage.told(), (0, 0), "nobody knows that it ended");
    }
}

#[tokio::test(start_paused = true)]
async fn a_follower_that_never_runs_keeps_nothing_open() {
    let stage = Stage::new(config());
    drop(
        stage
            .world
            .injector
            .follow(FOLLOWER, Some("s"), false)
            .unwrap(),
    );
    stage.world.injector.close(None).await;
    assert_eq!(stage.now(), ms(0));
    let late = stage.world.injector.follow(FOLLOWER, Some("s"), false);
    assert_eq!(late.err().unwrap().code, Code::Closed);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_followed_is_refused() {
    let stage = Stage::new(config());
    for session in [None, Some(""), Some("a/b")] {
        let refused = stage.world.injector.follow(FOLLOWER, session, false);
        assert_eq!(refused.err().unwrap().code, Code::Invalid);
    }
    let api = Api::TelephonyV2;
    let world = api.world(Platform::scripted([]), api.config());
    let refused = world.injector.follow(FOLLOWER, Some("s"), false);
    assert_eq!(refused.err().unwrap().code, Code::Invalid);
}

#[tokio::test(start_paused = true)]
async fn not_polled_says_whether_it_is_worth_trying_again() {
    let tokens = Tokens::default();
    let wrong = Error::not_sent(Code::Auth, "wrong secret").with_retry_after(ms(7_000));
    tokens.failures.lock().unwrap().push_back(wrong);
    let stage = Stage {
        world: World::with_tokens(Api::AgentSession, Platform::scripted([]), config(), tokens),
        began: Instant::now(),
    };
    stage.follow();
    sleep(ms(50)).await;
    let events = stage.world.events.0.lock().unwrap();
    let Some(Event::SessionNotPolled { error, .. }) = events.first() else {
        unreachable!("it is told");
    };
    assert!(!error.retryable);
    assert_eq!(error.retry_after, Some(ms(7_000)));
}

/// What cannot be read may say that somebody else is in focus by now.
#[tokio::test(start_paused = true)]
async fn events_that_cannot_be_read_count_as_not_heard() {
    let active = r#"[{"Type":"CallContactEvent","ContactID":"c","Status":"Active"}]"#;
    for unreadable in ["<html>sorry</html>", "{\"events\":[{\"Type\":"] {
        let stage = Stage::new(config()).plan(
            Kind::NextEvent,
            [
                Act::events(active, ms(0)),
                Act::events(unreadable, ms(0)),
                Act::events(unreadable, ms(0)),
                Act::slow(304, POLL),
            ],
        );
        stage.follow();
        sleep(ms(150)).await;
        assert_eq!(stage.told(), (0, 1), "{unreadable}");
        let sessions = stage.world.injector.snapshot().sessions.0;
        assert!(!sessions[0].is_heard, "{unreadable}");
    }
}

/// A slow answer of one poll must not undo what a later one said.
#[tokio::test(start_paused = true)]
async fn those_who_follow_one_session_poll_one_after_the_other_and_all_hear_it() {
    let renewed = r#"{"sessionId":"s-2","events":[{"Type":"AgentState"}]}"#;
    let stage = Stage::new(config()).plan(
        Kind::NextEvent,
        [Act::events(renewed, ms(400)), Act::slow(304, POLL)],
    );
    let other = stage.beside(config());
    stage.follow();
    other.follow();
    sleep(ms(300)).await;
    assert_eq!(stage.times(Kind::NextEvent).len(), 1);
    sleep(ms(300)).await;
    let polls = stage.world.platform.requests();
    let ids: Vec<_> = polls.iter().map(|seen| seen.call.as_str()).collect();
    assert_eq!(ids, ["s", "s-2"]);
    for stage in [&stage, &other] {
        let events = stage.world.events.0.lock().unwrap();
        let heard = |event: &&Event| matches!(event, Event::Session { .. });
        assert_eq!(events.iter().filter(heard).count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_sequence_that_has_begun_ends_while_it_closes() {
    let active = r#"[{"Type":"CallContactEvent","ContactID":"c","Status":"Active"}]"#;
    let stage = Stage::new(config()).plan(
        Kind::NextEvent,
        [Act::events(active, ms(0)), Act::slow(304, POLL)],
    );
    let following = stage.follow();
    sleep(ms(150)).await;
    let pressing = stage.press_to(("s", "c"), 1, "1W2", &options());
    sleep(ms(500)).await;
    stage.world.injector.close(None).await;
    accepted(&pressing.await.unwrap());
    assert_eq!(stage.pressed(), ["1", "2"]);
    following.await.unwrap();
}

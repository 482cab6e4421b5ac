//! Digits for a contact of a followed session go only while that contact hears them; and a session is one, whatever its id.

use std::sync::Arc;
use std::time::Duration;

use cxone_dtmf_engine::config::{Config, InjectionOptions};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::outcome::Outcome;
use cxone_dtmf_engine::payload::Value;
use serde_json::json;
use tokio::time::sleep;

use super::stage::{
    ANSWER, DIGIT, FOLLOWER, GUARD, Stage, attempts, config, events, options, tells,
};
use crate::support::{Act, Kind, Platform, accepted, failed, ms, session, under};

/// The contact that digits are for.
const TO_A: (&str, &str) = ("s", "a");

/// So long after its poll.
const SOON: Duration = ms(100);

fn patient(lock_timeout: Duration) -> InjectionOptions {
    InjectionOptions {
        lock_timeout: Some(lock_timeout),
        ..options()
    }
}

fn unsent(outcome: &Outcome, code: Code) {
    failed(outcome, code, Delivery::NotSent);
    assert_eq!(outcome.attempts, 0);
}

/// A followed session whose polls are answered so, the one after the other.
async fn told(polls: impl IntoIterator<Item = Act>) -> Stage {
    let stage = Stage::new(config()).plan(Kind::NextEvent, polls);
    stage.follow();
    sleep(ms(1)).await;
    stage
}

/// One whose contact `a` is spoken to.
async fn spoken_to(then: impl IntoIterator<Item = Act>) -> Stage {
    let mut polls = vec![events(ms(0), None, [tells("a", "Active")])];
    polls.extend(then);
    told(polls).await
}

impl Stage {
    /// The digits that were pressed, by whatever id of the session.
    fn pressed_in_order(&self) -> Vec<String> {
        let tones = self.world.platform.tones();
        tones.into_iter().map(|tones| tones.digits).collect()
    }

    /// The addresses of requests of one kind, without what they all begin with.
    fn sessions_asked(&self, kind: Kind) -> Vec<String> {
        let requests = self.world.platform.requests();
        let of_kind = requests.iter().filter(|seen| seen.kind == kind);
        let session = |path: &str| path.split('/').nth(5).map(str::to_owned);
        of_kind.filter_map(|seen| session(&seen.path)).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn digits_wait_until_an_event_says_who_hears_them() {
    let stage = told([events(ms(700), None, [tells("a", "Active")])]).await;
    accepted(&stage.press_to(TO_A, 1, "1", &options()).await.unwrap());
    assert_eq!(stage.times(Kind::Press), [ms(700)]);
}

#[tokio::test(start_paused = true)]
async fn they_wait_no_longer_than_for_their_turn() {
    let stage = told([]).await;
    let outcome = stage.press_to(TO_A, 1, "1", &patient(ms(3_000))).await;
    unsent(&outcome.unwrap(), Code::NotInFocus);
    assert_eq!(stage.now(), ms(3_001));
    // With no patience they go when it is known already, and not else.
    let outcome = stage.press_to(TO_A, 2, "2", &patient(ms(0))).await;
    unsent(&outcome.unwrap(), Code::NotInFocus);
    assert_eq!(stage.now(), ms(3_001));
    let stage = spoken_to([]).await;
    accepted(&stage.press_to(TO_A, 3, "3", &patient(ms(0))).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn who_does_not_hear_them_is_not_sent_any() {
    for (against, code) in [
        (vec![tells("a", "Holding")], Code::NotInFocus),
        (vec![tells("a", "Dialing")], Code::NotInFocus),
        (vec![tells("b", "Active")], Code::NotInFocus),
        (vec![tells("b", "Masking")], Code::NotInFocus),
        (vec![tells("a", "Disconnected")], Code::CallEnded),
        (vec![json!({"Type": "AgentSessionEnd"})], Code::CallEnded),
    ] {
        let stage = spoken_to([events(SOON, None, against.clone())]).await;
        sleep(ms(1_000)).await;
        let outcome = stage.press_to(TO_A, 1, "1", &options()).await.unwrap();
        unsent(&outcome, code);
        assert_eq!(stage.now(), ms(1_001), "{against:?}");
        assert!(stage.pressed().is_empty() && stage.world.registry.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_brought_back_hears_them_again() {
    let stage = spoken_to([
        events(SOON, None, [tells("b", "Active")]),
        events(SOON, None, [tells("a", "Active"), tells("b", "Holding")]),
    ])
    .await;
    sleep(ms(250)).await;
    let early = stage.press_to(TO_A, 1, "1", &options()).await.unwrap();
    unsent(&early, Code::NotInFocus);
    sleep(ms(200)).await;
    accepted(&stage.press_to(TO_A, 2, "2", &options()).await.unwrap());
    let other = stage.press_to(("s", "b"), 3, "3", &options());
    unsent(&other.await.unwrap(), Code::NotInFocus);
}

#[tokio::test(start_paused = true)]
async fn who_was_transferred_hears_them_under_the_new_id_only() {
    for earlier in ["ParentContactID", "MasterID"] {
        let mut moved = tells("a2", "Active");
        moved[earlier] = "a".into();
        let stage = spoken_to([events(SOON, None, [moved])]).await;
        sleep(ms(200)).await;
        let old = stage.press_to(TO_A, 1, "1", &options()).await.unwrap();
        unsent(&old, Code::CallEnded);
        accepted(
            &stage
                .press_to(("s", "a2"), 2, "2", &options())
                .await
                .unwrap(),
        );
    }
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_for_one_that_hangs_up_are_sent_away_at_once() {
    let stage = spoken_to([events(ms(900), None, [tells("a", "Disconnected")])])
        .await
        .plan(
            Kind::Press,
            [Act::slow(202, ms(2_000)), Act::retry_after(429, "9")],
        );
    let holder = stage.press_to(("s", "b"), 1, "1", &options());
    let holder_was_refused = stage.press(2, "2", &options());
    let waiting = stage.press_to(TO_A, 3, "3", &options());
    let later = stage.press_to(TO_A, 4, "4", &options());
    unsent(&holder.await.unwrap(), Code::NotInFocus);
    for task in [waiting, later] {
        unsent(&task.await.unwrap(), Code::CallEnded);
        assert_eq!(stage.now(), SOON + ms(900));
    }
    accepted(&holder_was_refused.await.unwrap());

    // In its back-off, and within its sequence.
    for (acts, digits, delivery) in [
        (vec![Act::retry_after(429, "9")], "12", Delivery::Refused),
        (vec![], "1W2", Delivery::Unknown),
    ] {
        let stage = spoken_to([events(ms(400), None, [tells("a", "Disconnected")])]).await;
        let stage = stage.plan(Kind::Press, acts);
        let task = stage.press_to(TO_A, 1, digits, &attempts(3));
        let outcome = task.await.unwrap();
        assert_eq!(outcome.delivery(), delivery, "{:?}", outcome.result);
        assert_eq!(stage.now(), SOON + ms(400));
        sleep(ms(20_000)).await;
        assert_eq!(stage.times(Kind::Press).len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_a_sequence_is_not_pressed_for_somebody_else() {
    for against in [tells("a", "Holding"), tells("b", "Active")] {
        let stage = spoken_to([events(ms(400), None, [against])]).await;
        let outcome = stage.press_to(TO_A, 1, "1W2", &options()).await.unwrap();
        failed(&outcome, Code::OutcomeUnknown, Delivery::Unknown);
        let error = outcome.result.as_ref().unwrap_err();
        assert_eq!(error.digits_accepted, Some(1));
        sleep(ms(10_000)).await;
        assert_eq!(stage.pressed(), ["1"]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_while_it_was_followed_does_not_go_unguarded() {
    let stage = spoken_to([])
        .await
        .plan(Kind::Press, [Act::slow(202, ms(500))]);
    let first = stage.press(1, "1", &options());
    let waiting = stage.press_to(TO_A, 2, "2", &options());
    sleep(ms(100)).await;
    stage.world.injector.abort(FOLLOWER);
    sleep(ms(1)).await;
    let unguarded = stage.press_to(TO_A, 3, "3", &options());
    accepted(&first.await.unwrap());
    unsent(&waiting.await.unwrap(), Code::NotInFocus);
    // Nobody has promised anything of this one.
    accepted(&unguarded.await.unwrap());
    assert_eq!(stage.pressed(), ["1", "3"]);
}

#[tokio::test(start_paused = true)]
async fn while_nothing_can_be_heard_nothing_goes() {
    let stage = spoken_to([
        Act::slow(503, ms(900)),
        // Whatever it says.
        Act::slow(304, ms(500)),
    ])
    .await;
    accepted(&stage.press_to(TO_A, 1, "1", &options()).await.unwrap());
    sleep(ms(1_100)).await;
    let deaf = stage.press_to(TO_A, 2, "2", &options());
    accepted(&deaf.await.unwrap());
    let asked_again = stage.times(Kind::NextEvent)[2];
    assert_eq!(stage.times(Kind::Press)[1], asked_again + ms(500));
}

#[tokio::test(start_paused = true)]
async fn after_trouble_it_is_known_soon_whether_events_can_be_heard() {
    // Nothing happens, so each poll is kept as long as it may be.
    let stage = spoken_to([Act::slow(503, ms(0))]).await;
    sleep(ms(1_000)).await;
    accepted(&stage.press_to(TO_A, 1, "1", &options()).await.unwrap());
    // The longest back-off, and one short poll.
    assert!(stage.now() < ms(2_500), "{:?}", stage.now());
    sleep(ms(120_000)).await;
    assert!(
        stage.times(Kind::NextEvent).len() < 7,
        "the others are long"
    );
}

#[tokio::test(start_paused = true)]
async fn who_leaves_while_another_polls_takes_no_hearing_away() {
    let stage = spoken_to([events(ms(9_000), None, [tells("a", "Holding")])]).await;
    sleep(ms(2_000)).await;
    let other = stage.beside(config());
    let following = other.follow();
    sleep(ms(1)).await;
    following.abort();
    let _ = following.await;
    let left = stage.now();
    accepted(&stage.press_to(TO_A, 1, "1", &options()).await.unwrap());
    assert!(
        stage.now() < left + ms(100),
        "without waiting for the next answer"
    );
    // Whoever presses is guarded, whoever follows.
    sleep(ms(9_000)).await;
    for world in [&stage, &other] {
        let outcome = world.press_to(TO_A, 2, "2", &options()).await.unwrap();
        unsent(&outcome, Code::NotInFocus);
    }
}

#[tokio::test(start_paused = true)]
async fn who_leaves_during_its_poll_may_take_events_along() {
    // The answer that nobody takes over, and the next.
    let stage = spoken_to([events(ms(500), None, []), Act::slow(304, ms(300))]).await;
    let other = stage.beside(config());
    let following = other.follow();
    sleep(ms(1)).await;
    assert_eq!(stage.times(Kind::NextEvent).len(), 2, "the other polls");
    following.abort();
    let _ = following.await;
    accepted(&stage.press_to(TO_A, 1, "1", &options()).await.unwrap());
    let asked_again = stage.times(Kind::NextEvent)[2];
    assert_eq!(stage.times(Kind::Press)[0], asked_again + ms(300));
}

/// A platform whose connections take a while before they want the digits.
async fn slowly_connecting(then: impl IntoIterator<Item = Act>) -> Stage {
    let platform = Arc::new(Platform {
        connecting: ms(300),
        ..Platform::default()
    });
    let stage = Stage::before(platform, config());
    stage.world.platform.plan(
        Kind::NextEvent,
        [events(ms(0), None, [tells("a", "Active")])],
    );
    let stage = stage.plan(Kind::NextEvent, then);
    stage.follow();
    sleep(ms(1)).await;
    stage
}

#[tokio::test(start_paused = true)]
async fn a_request_is_taken_back_before_it_has_left() {
    for (against, code) in [
        (tells("a", "Holding"), Code::NotInFocus),
        (tells("b", "Active"), Code::NotInFocus),
        (tells("a", "Disconnected"), Code::CallEnded),
    ] {
        let stage = slowly_connecting([events(SOON, None, [against])]).await;
        let outcome = stage.press_to(TO_A, 1, "1", &attempts(3)).await.unwrap();
        unsent(&outcome, code);
        assert_eq!(stage.now(), SOON + SOON, "at once");
        sleep(ms(10_000)).await;
        assert!(stage.pressed().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn after_it_has_left_it_keeps_its_own_answer() {
    for against in [tells("a", "Holding"), tells("a", "Disconnected")] {
        let stage = spoken_to([events(SOON, None, [against])])
            .await
            .plan(Kind::Press, [Act::slow(202, ms(2_000))]);
        let outcome = stage.press_to(TO_A, 1, "1", &options()).await.unwrap();
        accepted(&outcome);
        assert_eq!(stage.now(), ms(2_001));
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_back_may_go_when_its_contact_is_there_again_at_once() {
    // One answer tells of both: what counts is how it is when all of it was heard.
    let both = [tells("a", "Holding"), tells("a", "Active")];
    let stage = slowly_connecting([events(SOON, None, both)]).await;
    accepted(&stage.press_to(TO_A, 1, "1", &options()).await.unwrap());
    assert_eq!(stage.now(), ms(301) + ANSWER);
}

fn to_a_in_focus() -> cxone_dtmf_engine::api::Params {
    let mut params = session("s", "1");
    params.contact_id = "a".into();
    params.focus = Value::Flag(true);
    params.pack()
}

#[tokio::test(start_paused = true)]
async fn focus_brings_a_contact_there_first() {
    let stage = spoken_to([
        events(SOON, None, [tells("b", "Active")]),
        events(ms(400), None, [tells("a", "Active"), tells("b", "Holding")]),
    ])
    .await;
    sleep(ms(200)).await;
    accepted(&stage.begin(1, to_a_in_focus(), &options()).await.unwrap());
    assert_eq!(stage.times(Kind::Activate), [ms(201)]);
    // An accepted request has not been carried out yet.
    assert_eq!(stage.times(Kind::Press), [SOON + SOON + ms(400)]);
    // Who is there already is left alone.
    sleep(ms(10_000)).await;
    accepted(&stage.begin(2, to_a_in_focus(), &options()).await.unwrap());
    assert_eq!(stage.times(Kind::Activate).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_cannot_be_brought_there_is_sent_nothing() {
    for (acts, asked, code) in [
        (vec![Act::status(403)], 1, Code::NotInFocus),
        (vec![Act::status(503); 3], 3, Code::NotInFocus),
        (
            vec![Act::status(401), Act::status(401)],
            2,
            Code::NotInFocus,
        ),
        // It is answered, and never comes.
        (vec![], 1, Code::NotInFocus),
    ] {
        let polls = [events(SOON, None, [tells("a", "Holding")])];
        let stage = spoken_to(polls).await.plan(Kind::Activate, acts);
        sleep(ms(200)).await;
        let task = stage.begin(1, to_a_in_focus(), &patient(ms(15_000)));
        unsent(&task.await.unwrap(), code);
        assert_eq!(stage.times(Kind::Activate).len(), asked);
        assert!(stage.pressed().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_hangs_up_is_not_brought_there() {
    let stage = spoken_to([
        events(SOON, None, [tells("a", "Holding")]),
        events(ms(400), None, [tells("a", "Disconnected")]),
    ])
    .await;
    sleep(ms(200)).await;
    let outcome = stage.begin(1, to_a_in_focus(), &options()).await.unwrap();
    unsent(&outcome, Code::CallEnded);
    assert_eq!(stage.now(), SOON + SOON + ms(400));
}

#[tokio::test(start_paused = true)]
async fn where_contacts_are_required_digits_need_one_in_a_followed_session() {
    let config = Config {
        require_contact: true,
        ..config()
    };
    let stage = Stage::new(config).plan(
        Kind::NextEvent,
        [events(ms(0), None, [tells("a", "Active")])],
    );
    let nobody_follows = stage.press_to(TO_A, 1, "1", &options());
    unsent(&nobody_follows.await.unwrap(), Code::Invalid);
    let following = stage.follow();
    let no_contact = stage.press(2, "2", &options());
    unsent(&no_contact.await.unwrap(), Code::Invalid);
    accepted(&stage.press_to(TO_A, 3, "3", &options()).await.unwrap());
    following.abort();
    let _ = following.await;
    let not_any_more = stage.press_to(TO_A, 4, "4", &options());
    unsent(&not_any_more.await.unwrap(), Code::Invalid);
}

/// A session that has gone on as `s2` and `s3`.
async fn renewed() -> Stage {
    spoken_to([events(SOON, Some("s2"), []), events(SOON, Some("s3"), [])]).await
}

#[tokio::test(start_paused = true)]
async fn all_ids_of_a_session_are_one_queue_and_the_newest_is_asked_with() {
    let stage = renewed().await;
    let other = stage.beside(config());
    sleep(ms(400)).await;
    let from = stage.now();
    let tasks = [
        stage.press_to(("s2", "a"), 1, "1", &options()),
        other.press_to(("s", "a"), 2, "2", &options()),
        stage.press_to(("s3", "a"), 3, "3", &options()),
        other.press_to(("s2", "a"), 4, "4", &options()),
    ];
    for task in tasks {
        accepted(&task.await.unwrap());
    }
    let turn = ANSWER + DIGIT + GUARD;
    let turns = [0, 1, 2, 3].map(|turns| from + turn * turns);
    assert_eq!(stage.times(Kind::Press), turns);
    assert_eq!(stage.pressed_in_order(), ["1", "2", "3", "4"]);
    assert_eq!(stage.sessions_asked(Kind::Press), ["s3"; 4]);
    assert_eq!(
        stage.sessions_asked(Kind::NextEvent),
        ["s", "s", "s2", "s3"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_manual_lock_is_on_the_session_by_whatever_id() {
    let stage = renewed().await;
    let lock = stage.lock().await;
    sleep(ms(400)).await;
    let outside = stage.press_to(("s3", "a"), 1, "1", &options());
    for (id, session) in (2..).zip(["s", "s2", "s3"]) {
        let within = stage.press_to((session, "a"), id, "2", &under(lock));
        accepted(&within.await.unwrap());
    }
    let elsewhere = stage.press_to(("x", "a"), 5, "5", &under(lock));
    unsent(&elsewhere.await.unwrap(), Code::Lock);
    assert!(!outside.is_finished());
    stage.world.injector.release_lock(lock).await;
    accepted(&outside.await.unwrap());
    // By the newest id it keeps those out who use the first.
    let injector = &stage.world.injector;
    let acquired = injector.acquire_lock(1_001, Some("s3"), None).run().await;
    let waiting = stage.press_to(TO_A, 6, "6", &patient(ms(1_000)));
    unsent(&waiting.await.unwrap(), Code::LockTimeout);
    injector.release_lock(acquired.unwrap()).await;
}

#[tokio::test(start_paused = true)]
async fn what_waits_by_an_id_that_is_told_later_joins_the_queue_of_the_session() {
    let polls = [
        events(ms(0), None, [tells("a", "Active")]),
        events(ms(400), Some("s2"), []),
    ];
    let stage = told(polls).await.plan(
        Kind::Press,
        [Act::slow(202, ms(5_000)), Act::slow(202, ms(500))],
    );
    let ahead = stage.press(1, "1", &options());
    sleep(ms(1)).await;
    // Nobody knows yet that it is the same session.
    let other = stage.begin(2, session("s2", "2").pack(), &options());
    let waiting = stage.begin(3, session("s2", "3").pack(), &options());
    sleep(ms(600)).await;
    let behind = stage.begin(4, session("s2", "4").pack(), &options());
    for task in [ahead, other, waiting, behind] {
        accepted(&task.await.unwrap());
    }
    // The one that waited behind number 2 goes on behind what the queue of the session has by then.
    assert_eq!(stage.pressed_in_order(), ["1", "2", "4", "3"]);
    let of_4 = ms(1) + ms(5_000) + DIGIT + GUARD;
    let of_3 = of_4 + ANSWER + DIGIT + GUARD;
    assert_eq!(stage.times(Kind::Press), [ms(1), ms(2), of_4, of_3]);
    assert_eq!(stage.sessions_asked(Kind::Press), ["s", "s2", "s2", "s2"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_held_back_is_asked_for_by_the_newest_id() {
    let polls = [
        events(ms(500), Some("s2"), []),
        events(ms(500), Some("s3"), [tells("a", "Active")]),
    ];
    let stage = told(polls).await;
    accepted(&stage.press_to(TO_A, 1, "1", &options()).await.unwrap());
    assert_eq!(stage.sessions_asked(Kind::Press), ["s3"]);
    // Nothing can be heard when the second attempt begins.
    let polls = [
        events(ms(0), None, [tells("a", "Active")]),
        Act::slow(503, ms(500)),
        events(ms(2_000), Some("s2"), []),
    ];
    let stage = told(polls)
        .await
        .plan(Kind::Press, [Act::retry_after(429, "1")]);
    accepted(&stage.press_to(TO_A, 1, "1", &attempts(2)).await.unwrap());
    assert_eq!(stage.sessions_asked(Kind::Press), ["s", "s2"]);
}

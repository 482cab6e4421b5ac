//! In a followed session a mask is there when an event has said so: an accepted request is not yet one that was carried out.

use std::time::Duration;

use cxone_dtmf_engine::api::Params;
use cxone_dtmf_engine::config::{Config, InjectionOptions};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::payload::Value;
use serde_json::json;
use tokio::time::sleep;

use super::stage::{ANSWER, DIGIT, GUARD, Stage, config, events, options, tells};
use crate::support::{Act, Kind, accepted, failed, ms, session};

fn masked(digits: &str) -> Params {
    let mut params = session("s", digits);
    params.contact_id = "a".into();
    params.mask_recording = Value::Flag(true);
    params.pack()
}

/// A followed session whose contact `a` is spoken to. What it is told then comes so long after the last.
async fn followed(config: Config, then: impl IntoIterator<Item = Act>) -> Stage {
    let mut polls = vec![events(ms(0), None, [tells("a", "Active")])];
    polls.extend(then);
    let stage = Stage::new(config).plan(Kind::NextEvent, polls);
    stage.follow();
    sleep(ms(1)).await;
    stage
}

fn state(after: u64, status: &str) -> Act {
    events(ms(after), None, [tells("a", status)])
}

fn waiting_for_masks(mask_timeout: u64) -> Config {
    Config {
        mask_timeout: ms(mask_timeout),
        ..config()
    }
}

/// How long one digit keeps the session once it was accepted.
const TONES: Duration = DIGIT.saturating_add(GUARD);

#[tokio::test(start_paused = true)]
async fn digits_wait_for_the_event_that_tells_the_mask() {
    // Another event of the contact is none.
    let polls = [state(200, "Active"), state(700, "Masking")];
    let stage = followed(config(), polls).await;
    accepted(&stage.begin(1, masked("1"), &options()).await.unwrap());
    assert_eq!(stage.times(Kind::Mask), [ms(1)]);
    assert_eq!(stage.times(Kind::Press), [ms(100 + 200 + 700)]);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_comes_before_the_answer_counts() {
    let stage = followed(config(), [state(0, "Masking")]).await;
    let stage = stage.plan(Kind::Mask, [Act::slow(202, ms(2_000))]);
    accepted(&stage.begin(1, masked("1"), &options()).await.unwrap());
    assert_eq!(stage.times(Kind::Press), [ms(2_001)]);
}

#[tokio::test(start_paused = true)]
async fn a_mask_that_is_never_told_is_taken_away_and_nothing_is_pressed() {
    let stage = followed(waiting_for_masks(1_000), []).await;
    let outcome = stage.begin(1, masked("1"), &options()).await.unwrap();
    failed(&outcome, Code::Mask, Delivery::NotSent);
    assert!(outcome.unmasking);
    assert_eq!(stage.now(), ms(1) + ANSWER + ms(1_000));
    sleep(ms(20_000)).await;
    assert!(stage.pressed().is_empty());
    assert_eq!(stage.times(Kind::Unmask), [ms(1) + ANSWER + ms(1_000)]);
    assert_eq!(stage.unmasked(), [None]);
}

#[tokio::test(start_paused = true)]
async fn after_one_that_came_too_late_the_next_is_asked_for_when_all_is_quiet() {
    let polls = [
        state(300, "Active"),
        // Of the first, and its end: told when the second has been asked for, were it asked for at once.
        state(1_500, "Masking"),
        state(1_500, "Active"),
        state(8_000, "Masking"),
    ];
    let stage = followed(waiting_for_masks(1_000), polls).await;
    let first = stage.begin(1, masked("1"), &options()).await.unwrap();
    failed(&first, Code::Mask, Delivery::NotSent);
    accepted(&stage.begin(2, masked("2"), &options()).await.unwrap());
    let cleared = ms(1) + ANSWER + ms(1_000);
    assert_eq!(stage.times(Kind::Mask), [ms(1), cleared + ms(10_000)]);
    assert_eq!(
        stage.times(Kind::Press),
        [ms(100 + 300 + 1_500 + 1_500 + 8_000)]
    );
    // Who has no time for that has asked for nothing.
    let stage = followed(waiting_for_masks(1_000), []).await;
    let first = stage.begin(1, masked("1"), &options()).await.unwrap();
    failed(&first, Code::Mask, Delivery::NotSent);
    let hurried = InjectionOptions {
        deadline: Some(ms(3_000)),
        ..options()
    };
    let outcome = stage.begin(2, masked("2"), &hurried).await.unwrap();
    failed(&outcome, Code::Mask, Delivery::NotSent);
    assert!(!outcome.unmasking);
    assert_eq!(stage.times(Kind::Mask).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_that_the_contact_left_before_is_taken_away_at_once() {
    for (status, code) in [
        ("Holding", Code::NotInFocus),
        ("Disconnected", Code::CallEnded),
    ] {
        let stage = followed(config(), [state(300, status)]).await;
        let outcome = stage.begin(1, masked("1"), &options()).await.unwrap();
        failed(&outcome, code, Delivery::NotSent);
        assert_eq!(stage.now(), ms(400));
        sleep(ms(20_000)).await;
        assert_eq!(stage.times(Kind::Unmask).len(), 1);
        assert!(stage.pressed().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn where_nothing_can_be_masked_nothing_is_asked_for() {
    let start = json!({"Type": "AgentSessionStart", "CanMask": "False"});
    let polls = [events(ms(0), None, [start, tells("a", "Active")])];
    let stage = followed(config(), polls).await;
    sleep(ms(200)).await;
    let outcome = stage.begin(1, masked("1"), &options()).await.unwrap();
    failed(&outcome, Code::Mask, Delivery::NotSent);
    assert!(!outcome.unmasking && stage.times(Kind::Mask).is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_somebody_who_follows_a_mask_has_to_be_trusted_explicitly() {
    let stage = Stage::new(config());
    let outcome = stage.begin(1, masked("1"), &options()).await.unwrap();
    failed(&outcome, Code::Invalid, Delivery::NotSent);
    accepted(&stage.press_masked(2, "2", &options()).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn the_mask_of_the_one_before_is_not_taken_for_ones_own() {
    // The first is told at 200 and cleared at `cleared`; the events of that come late, and so does the second mask.
    let cleared = ms(200) + ANSWER + TONES;
    let polls = [
        state(100, "Masking"),
        // Told once more, while it is taken away.
        state(700, "Masking"),
        state(700, "Active"),
        state(700, "Masking"),
    ];
    let stage = followed(config(), polls).await;
    let first = stage.begin(1, masked("1"), &options());
    let second = stage.begin(2, masked("2"), &options());
    accepted(&first.await.unwrap());
    accepted(&second.await.unwrap());
    assert_eq!(stage.times(Kind::Unmask)[0], cleared);
    assert_eq!(stage.times(Kind::Mask), [ms(1), cleared + ANSWER]);
    assert_eq!(stage.times(Kind::Press), [ms(200), ms(100 + 100 + 2_100)]);
}

#[tokio::test(start_paused = true)]
async fn nor_is_it_when_its_contact_was_on_hold_meanwhile() {
    let polls = [
        state(100, "Masking"),
        // While it is taken away, which is told later.
        events(
            ms(600),
            None,
            [tells("a", "Holding"), tells("a", "Masking")],
        ),
        state(1_000, "Active"),
        state(500, "Masking"),
    ];
    let stage = followed(config(), polls).await;
    accepted(&stage.begin(1, masked("1"), &options()).await.unwrap());
    sleep(ms(700)).await;
    accepted(&stage.begin(2, masked("2"), &options()).await.unwrap());
    assert_eq!(stage.times(Kind::Press), [ms(200), ms(200 + 600 + 1_500)]);
}

#[tokio::test(start_paused = true)]
async fn a_mask_that_somebody_else_has_set_counts() {
    let stage = followed(config(), [state(0, "Masking")]).await;
    sleep(ms(200)).await;
    accepted(&stage.begin(1, masked("1"), &options()).await.unwrap());
    assert_eq!(stage.times(Kind::Press), [ms(201) + ANSWER]);
}

#[tokio::test(start_paused = true)]
async fn an_unmask_that_is_never_told_is_not_waited_for_for_ever() {
    // Only the masks are told: the platform says nothing of what is in between.
    let polls = [state(100, "Masking"), state(1_500, "Masking")];
    let stage = followed(waiting_for_masks(15_000), polls).await;
    accepted(&stage.begin(1, masked("1"), &options()).await.unwrap());
    accepted(&stage.begin(2, masked("2"), &options()).await.unwrap());
    let unmasked = ms(200) + ANSWER + TONES;
    assert_eq!(stage.times(Kind::Press)[1], unmasked + ms(10_000));
}

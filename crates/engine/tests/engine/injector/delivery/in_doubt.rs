//! Rows 11b, 12 and 16 to 18: the server read the request, and nobody knows what became of it.

use std::sync::Arc;

use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::outcome::Outcome;
use tokio::task::JoinHandle;

use super::script::Cut;
use super::stage::{End, House, Scene, accepted, attempts, hasty, unknown};
use super::table::{ALL, HTTP2, Row, play, row};
use crate::support::{ms, until};

/// Nothing is sent again, whatever the attempts allow.
fn doubt(name: &'static str, cut: Cut) -> Row {
    row(name, &[cut], unknown(1), unknown(1))
}

#[tokio::test]
async fn rows_12_16_and_17_a_doubt_is_never_sent_again() {
    play(vec![
        doubt("12", Cut::status(408)),
        doubt("16", Cut::Silence).timed(|config| &mut config.timeout),
        doubt("16: deadline", Cut::Silence).timed(|config| &mut config.deadline),
        doubt("17: FIN", Cut::Fin),
        doubt("17: RST", Cut::Rst),
        doubt("17: malformed", Cut::Nonsense),
        doubt("17: stream reset", Cut::ResetStream).over(HTTP2),
        doubt("17: GOAWAY", Cut::GoAwayAfter).over(HTTP2),
    ])
    .await;
}

#[tokio::test]
async fn a_doubt_is_sent_again_where_the_user_takes_the_risk() {
    let again = |name, cut| row(name, &[cut], unknown(1), accepted(2)).resending();
    play(vec![
        again("12", Cut::status(408)),
        again("16", Cut::Silence).timed(|config| &mut config.timeout),
        again("17: FIN", Cut::Fin),
        again("17: RST", Cut::Rst),
        again("15: 502", Cut::status(502)),
    ])
    .await;
}

#[tokio::test]
async fn row_11b_a_refusal_after_a_doubt_makes_nothing_known() {
    let after = |name, status| {
        let cuts = [Cut::Fin, Cut::status(status)];
        row(name, &cuts, unknown(1), unknown(2)).resending()
    };
    play(vec![
        after("11b", 409),
        after("11b: 403", 403),
        after("11b: 404", 404),
    ])
    .await;
}

/// An injection whose request the server has read and never answers.
async fn in_flight(scene: &Scene) -> JoinHandle<Arc<Outcome>> {
    let task = tokio::spawn(scene.stage.inject(7, &attempts(3)).run());
    until("the request is read", || scene.read().len() == 1).await;
    task
}

/// How an injection can be ended from outside.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Abort,
    Close,
    Abandon,
    Drop,
}

#[tokio::test]
async fn row_18_what_is_given_up_in_flight_is_in_doubt() {
    let aborted = End(Some(Code::Aborted), Delivery::Unknown, 1);
    for (house, wire) in House::each_over(ALL) {
        for kept in [false, true] {
            for (ending, end) in [
                (Ending::Abort, aborted),
                (Ending::Close, unknown(1)),
                (Ending::Abandon, unknown(1)),
                (Ending::Drop, unknown(1)),
            ] {
                let scene = Scene::set(&house, (wire, kept), &[Cut::Silence], hasty()).await;
                let task = in_flight(&scene).await;
                let injector = &scene.stage.injector;
                // Behind the doubt nothing may be pressed, on whatever connection.
                let behind = tokio::spawn(scene.stage.inject(8, &attempts(3)).run());
                match ending {
                    Ending::Abort => injector.abort(7),
                    Ending::Close => injector.close(Some(ms(20))).await,
                    Ending::Abandon => injector.abandon(),
                    Ending::Drop => task.abort(),
                }
                let returned = task.await.ok();
                let what = format!("18: {ending:?} over {wire:?}, kept: {kept}");
                let finished = scene.stage.events.finished();
                let outcome = finished.iter().rfind(|outcome| outcome.id == 7).unwrap();
                assert!(returned.is_none_or(|returned| returned == *outcome));
                scene.ended(&what, outcome, end);
                assert_eq!(
                    behind.await.unwrap().delivery(),
                    Delivery::NotSent,
                    "{what}"
                );
                tokio::time::sleep(ms(20)).await;
                assert_eq!(scene.read().len(), 1, "{what}: sent again");
                assert!(scene.stage.registry.is_empty(), "{what}");
            }
        }
    }
}

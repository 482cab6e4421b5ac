//! Row 19: what the server accepted is accepted, whatever becomes of the answer's body.

use cxone_dtmf_engine::error::BodyError;

use super::script::Cut;
use super::stage::{House, Scene, accepted, attempts, hasty};
use super::table::{ALL, play, row};
use crate::support::ms;

#[tokio::test]
async fn row_19_a_lost_body_is_no_lost_acceptance() {
    for (house, wire) in House::each_over(ALL) {
        for (cut, why) in [
            (Cut::ACCEPT, None),
            (Cut::PartOfBody, Some(BodyError::Cut)),
            (Cut::StallingBody, Some(BodyError::Cut)),
            (Cut::LongBody, Some(BodyError::TooLarge)),
        ] {
            let mut config = hasty();
            config.timeout = ms(1_000);
            let scene = Scene::set(&house, (wire, true), &[cut], config).await;
            let outcome = scene.stage.press(&attempts(3)).await;
            scene.ended(&format!("{cut:?} over {wire:?}"), &outcome, accepted(1));
            let accepted = outcome.result.as_ref().unwrap();
            assert_eq!((accepted.status, accepted.body_error), (202, why));
            assert_eq!(accepted.body.is_empty(), why.is_some());
        }
    }
}

#[tokio::test]
async fn row_19_nothing_of_it_is_sent_again() {
    let once = |name, cut| row(name, &[cut], accepted(1), accepted(1));
    play(vec![
        once("19: whole", Cut::ACCEPT),
        once("19: cut", Cut::PartOfBody).resending(),
        once("19: stalls", Cut::StallingBody).timed(|config| &mut config.timeout),
        once("19: too large", Cut::LongBody).resending(),
    ])
    .await;
}

//! Rows 6 to 11 and 13 to 15: the server says what became of the request.

use std::time::Instant;

use cxone_dtmf_engine::config::Config;
use cxone_dtmf_engine::error::Code;
use tokio::task::JoinSet;

use super::script::{Cut, Wire, bearer};
use super::stage::{House, Scene, accepted, attempts, hasty, refused, unknown};
use super::table::{ALL, HTTP2, Row, play, row};
use crate::support::ms;

const AFTER_A_SECOND: Option<(&str, &str)> = Some(("retry-after", "1"));

#[tokio::test]
async fn row_6_a_request_that_was_not_processed_is_sent_again_at_once() {
    play(vec![
        row("6", &[Cut::RefuseStream], accepted(2), accepted(2)).over(HTTP2),
        row("6: GOAWAY", &[Cut::GoAwayBefore], accepted(2), accepted(2)).over(HTTP2),
        // Twice at once, then only as often as attempts allow.
        row(
            "6: for ever",
            &[Cut::RefuseStream; 9],
            refused(Code::Server, 3),
            refused(Code::Server, 5),
        )
        .over(HTTP2),
    ])
    .await;
}

#[tokio::test]
async fn rows_7_and_8_haste_is_waited_out() {
    let mut waits = JoinSet::new();
    for (house, wire) in House::each_over(ALL) {
        waits.spawn(haste(house.clone(), wire, 429, Code::RateLimited));
        waits.spawn(haste(house, wire, 503, Code::Server));
    }
    waits.join_all().await;
}

async fn haste(house: House, wire: Wire, status: u16, code: Code) {
    let cuts = [Cut::Answer(status, AFTER_A_SECOND)];
    // The promise of an atomic server is not needed here.
    let config = Config {
        atomic_server_errors: Some(false),
        ..hasty()
    };
    for kept in [false, true] {
        let what = format!("{status} over {wire:?}, kept: {kept}");
        let scene = Scene::set(&house, (wire, kept), &cuts, config.clone()).await;
        let outcome = scene.stage.press(&attempts(1)).await;
        scene.ended(&what, &outcome, refused(code, 1));
        let error = outcome.result.as_ref().unwrap_err();
        assert_eq!(error.retry_after, Some(ms(1_000)), "{what}");

        let scene = Scene::set(&house, (wire, kept), &cuts, config.clone()).await;
        let began = Instant::now();
        let outcome = scene.stage.press(&attempts(2)).await;
        scene.ended(&what, &outcome, accepted(2));
        assert!(began.elapsed() >= ms(1_000), "{what}: sent too early");
    }
}

#[tokio::test]
async fn row_9_a_refused_token_is_replaced_once() {
    let twice = [Cut::status(401); 2];
    play(vec![
        row("9", &[Cut::status(401)], accepted(2), accepted(2)),
        row(
            "9: twice",
            &twice,
            refused(Code::Auth, 2),
            refused(Code::Auth, 2),
        ),
    ])
    .await;
    for (house, wire) in House::each_over(ALL) {
        let scene = Scene::set(&house, (wire, true), &[Cut::status(401)], hasty()).await;
        scene.stage.press(&attempts(1)).await;
        assert_eq!(*scene.stage.tokens.generation.lock().unwrap(), 2);
        if wire != Wire::Http2 {
            let read = scene.read();
            let tokens: Vec<_> = read.iter().map(bearer).collect();
            assert!(tokens == [Some("token-1"), Some("token-2")], "{wire:?}");
        }
    }
}

#[tokio::test]
async fn row_10_a_misdirected_request_goes_once_over_another_connection() {
    let house = House::new();
    for status in [421, 425] {
        let twice = [Cut::status(status); 2];
        let rejected = |taken| refused(Code::Rejected, taken);
        play(vec![
            row("10", &[Cut::status(status)], rejected(1), accepted(2)),
            row("10: twice", &twice, rejected(1), rejected(2)),
        ])
        .await;
        for &wire in ALL {
            for kept in [false, true] {
                let cuts = [Cut::status(status)];
                let scene = Scene::set(&house, (wire, kept), &cuts, hasty()).await;
                scene.stage.press(&attempts(2)).await;
                let sockets: Vec<_> = scene.read().iter().map(|read| read.connection).collect();
                assert_eq!(sockets, [0, 1], "{status} over {wire:?}, kept: {kept}");
            }
        }
    }
}

/// Refused for good: more attempts change nothing.
fn last(name: &'static str, cut: Cut, code: Code) -> Row {
    row(name, &[cut], refused(code, 1), refused(code, 1))
}

#[tokio::test]
async fn rows_11_13_and_14_a_refusal_is_final() {
    let elsewhere = Some(("location", "/elsewhere"));
    play(vec![
        last("11", Cut::status(409), Code::Conflict),
        last("13: 400", Cut::status(400), Code::Rejected),
        last("13: 403", Cut::status(403), Code::Forbidden),
        last("13: 404", Cut::status(404), Code::Rejected),
        last("13: 413", Cut::status(413), Code::Rejected),
        last("13: 422", Cut::status(422), Code::Rejected),
        last("14: 302", Cut::Answer(302, elsewhere), Code::Rejected),
        last("14: 307", Cut::Answer(307, elsewhere), Code::Rejected),
        last("14: 308", Cut::Answer(308, elsewhere), Code::Rejected),
    ])
    .await;
}

#[tokio::test]
async fn row_15_server_errors_are_refused_only_where_that_is_promised() {
    let mut rows = Vec::new();
    for status in [500, 502, 503, 504, 520] {
        let cuts = [Cut::status(status)];
        rows.push(
            row("15: no promise", &cuts, unknown(1), unknown(1))
                .with(|config| config.atomic_server_errors = Some(false)),
        );
        let promised = matches!(status, 500 | 503);
        let (alone, with_more) = if promised {
            (refused(Code::Server, 1), accepted(2))
        } else {
            (unknown(1), unknown(1))
        };
        rows.push(row("15: atomic", &cuts, alone, with_more));
    }
    play(rows).await;
}

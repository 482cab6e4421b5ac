//! The law of the rate limit.

use super::*;

/// On a call of its own, under a rate limit.
fn limited(injection: Injection) -> What {
    let call = usize::try_from(injection).unwrap();
    let limited = true;
    What::Asked(
        injection,
        Ask {
            call,
            limited,
            ..ASK
        },
    )
}

/// The end of one that waited so long for its turn.
fn all_well_after(injection: Injection, queued: Duration) -> Vec<What> {
    let mut ended = all_well(injection, 1);
    for what in &mut ended {
        if let What::Finished { queued: it, .. } = what {
            *it = queued;
        }
    }
    ended
}

/// Two that were asked for one after the other; the later one is sent first, six seconds after the earlier one was asked for.
fn overtaking(queued: Duration) -> Vec<Vec<What>> {
    let asked = vec![limited(1), limited(2)];
    let first = [accepted(2, 1), all_well(2, 1)].concat();
    let then = [accepted(1, 2), all_well_after(1, queued)].concat();
    vec![asked, first, then]
}

#[test]
fn who_has_its_call_is_not_overtaken() {
    assert_eq!(laws_broken(&overtaking(ms(0))), [Law::Slots]);
    // The later one is sent in the third second of the history.
    assert_eq!(laws_broken(&overtaking(ms(1_975))), [Law::Slots]);
}

#[test]
fn who_waits_for_its_call_or_a_token_may_be() {
    assert_eq!(laws_broken(&overtaking(ms(1_980))), []);
    let mut waits = overtaking(ms(0));
    waits[0].push(What::TokenAsked(0));
    assert_eq!(laws_broken(&waits), []);
    let unlimited = vec![vec![asked(1), What::Asked(2, Ask { call: 2, ..ASK })]];
    let waits = [unlimited, overtaking(ms(0)).split_off(1)].concat();
    assert_eq!(laws_broken(&waits), []);
}

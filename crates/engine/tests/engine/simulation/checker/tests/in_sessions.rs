//! The same for the laws of sessions.

use super::*;

/// Digits in two bursts, whose tones play for three and a half seconds.
const IN_SESSION: Ask = Ask {
    segments: 2,
    playing: ms(3_500),
    holds: true,
    ..ASK
};

fn in_session(injection: Injection, ask: Ask) -> Vec<What> {
    vec![What::Asked(injection, ask)]
}

/// The same steps, of a later burst.
fn of_part(steps: Vec<What>, later: u32) -> Vec<What> {
    let later = |mut what| {
        if let What::Sent { part, .. } = &mut what {
            *part = later;
        }
        what
    };
    steps.into_iter().map(later).collect()
}

/// An end that tells of accepted digits, or that the recording will be unmasked.
fn telling(end: Vec<What>, accepted: Option<u32>, owes: bool) -> Vec<What> {
    let told = |mut what| {
        if let What::Finished {
            digits_accepted,
            unmasking,
            ..
        } = &mut what
        {
            (*digits_accepted, *unmasking) = (accepted, owes);
        }
        what
    };
    end.into_iter().map(told).collect()
}

/// The end of something that waited for its call until it was sent.
fn after_a_wait(end: Vec<What>) -> Vec<What> {
    let waited = |mut what| {
        if let What::Finished { queued, .. } = &mut what {
            *queued = Duration::from_secs(8);
        }
        what
    };
    end.into_iter().map(waited).collect()
}

fn recording(masked: bool) -> Vec<What> {
    vec![What::Recording {
        call: 0,
        contact: 0,
        masked,
    }]
}

fn unmasked(failed: bool) -> Vec<What> {
    let injection = 1;
    vec![What::Unmasked { injection, failed }]
}

/// Two bursts with the time between them that their tones need.
fn two_bursts() -> Vec<What> {
    let between = vec![What::TokenAsked(0); 2];
    [accepted(1, 1), between, of_part(accepted(1, 2), 1)].concat()
}

const MASKED: Ask = Ask {
    contact: Some(0),
    segments: 1,
    masked: true,
    ..IN_SESSION
};

/// A token source may have asked twice: that is how time passes here.
fn laws_broken_in_session(parts: &[Vec<What>]) -> Vec<Law> {
    let mut found = laws_broken(parts);
    found.retain(|law| *law != Law::SingleFlight);
    found
}

#[test]
fn lawful_sessions_break_none() {
    let wait = || vec![What::TokenAsked(0); 2];
    let owing = || telling(all_well(1, 1), None, true);
    let ended = vec![What::SessionEnded {
        injector: 0,
        call: 0,
    }];
    let midway = telling(
        end(1, Delivery::Unknown, Some(Code::OutcomeUnknown), 2).to_vec(),
        Some(6),
        false,
    );
    let one = || in_session(1, IN_SESSION);
    for lawful in [
        vec![one(), two_bursts(), all_well(1, 2)],
        vec![
            one(),
            accepted(1, 1),
            wait(),
            of_part(throttled(1, 2), 1),
            midway,
        ],
        vec![
            in_session(1, MASKED),
            recording(true),
            accepted(1, 1),
            owing(),
            recording(false),
            unmasked(false),
        ],
        vec![
            in_session(1, MASKED),
            recording(true),
            accepted(1, 1),
            owing(),
            unmasked(true),
        ],
        vec![
            one(),
            accepted(1, 1),
            ended,
            wait(),
            of_part(accepted(1, 2), 1),
            all_well(1, 2),
        ],
    ] {
        assert_eq!(laws_broken_in_session(&lawful), [], "{lawful:?}");
    }
}

#[test]
fn each_law_of_sessions_can_be_broken() {
    let owing = || telling(all_well(1, 1), None, true);
    let one = || in_session(1, IN_SESSION);
    let masked = || in_session(1, MASKED);
    let second = || of_part(lost(1, 2), 1);
    let midway = |digits| {
        telling(
            end(1, Delivery::Unknown, Some(Code::OutcomeUnknown), 2).to_vec(),
            digits,
            false,
        )
    };
    let heard = || {
        vec![What::SessionEnded {
            injector: 0,
            call: 0,
        }]
    };
    let begun = vec![sent(1, 1), handed_over(1, 1)];
    let rest = vec![executed(1, 1), answered(1, 1, 202)];
    let foreign = Ask { injector: 1, ..ASK };
    #[rustfmt::skip]
    let broken = [
        (Law::Parts, vec![one(), accepted(1, 1), second(), midway(Some(12))]),
        (Law::Parts, vec![one(), accepted(1, 1), second(), midway(None)]),
        (Law::Parts, vec![one(), accepted(1, 1), second(), of_part(accepted(1, 3), 1), all_well(1, 3)]),
        (Law::Parts, vec![one(), accepted(1, 1), of_part(throttled(1, 2), 1), of_part(accepted(1, 3), 1), all_well(1, 3)]),
        (Law::Parts, vec![one(), of_part(accepted(1, 1), 1), accepted(1, 2), all_well(1, 2)]),
        (Law::Once, vec![one(), accepted(1, 1), second(), of_part(accepted(1, 3), 1), all_well(1, 3)]),
        (Law::Delivery, vec![one(), accepted(1, 1), all_well(1, 1)]),
        (Law::Delivery, vec![one(), accepted(1, 1), of_part(throttled(1, 2), 1),
            telling(end(1, Delivery::Refused, Some(Code::RateLimited), 2).to_vec(), Some(6), false)]),
        (Law::Tones, vec![one(), accepted(1, 1), vec![sent(1, 2), executed(1, 2)]]),
        (Law::Tones, vec![masked(), accepted(1, 1), vec![sent(1, 2), executed(1, 2)]]),
        (Law::Masked, vec![masked(), accepted(1, 1), owing(), unmasked(false)]),
        (Law::Masked, vec![masked(), recording(true), recording(false), accepted(1, 1), owing(), unmasked(false)]),
        (Law::Masked, vec![masked(), recording(true), accepted(1, 1), recording(false), owing(), unmasked(false)]),
        (Law::Unmasked, vec![masked(), recording(true), accepted(1, 1), owing()]),
        (Law::Unmasked, vec![masked(), recording(true), accepted(1, 1), owing(), unmasked(false)]),
        (Law::Unmasked, vec![masked(), recording(true), accepted(1, 1), all_well(1, 1), recording(false), unmasked(false)]),
        (Law::CallEnded, vec![vec![asked(1)], heard(), accepted(1, 1), all_well(1, 1)]),
        (Law::CallEnded, vec![vec![asked(1)], throttled(1, 1), heard(), accepted(1, 2), all_well(1, 2)]),
        (Law::CallEnded, vec![vec![asked(1), What::Asked(2, foreign)], begun, heard(), rest, all_well(1, 1), accepted(2, 2), after_a_wait(all_well(2, 1))]),
    ];
    for (law, history) in broken {
        let found = laws_broken(&history);
        assert!(found.contains(&law), "{law:?}: {found:?} by {history:?}");
    }
}

#[test]
fn the_far_side_hears_whole_beginnings() {
    let one = || in_session(1, IN_SESSION);
    let wait = || vec![What::TokenAsked(0); 2];
    let swapped = [of_part(accepted(1, 1), 1), wait(), accepted(1, 2)].concat();
    let torn = [
        accepted(1, 1),
        wait(),
        accepted(2, 2),
        wait(),
        of_part(accepted(1, 3), 1),
    ];
    for broken in [
        vec![one(), swapped, all_well(1, 2)],
        vec![
            one(),
            in_session(2, IN_SESSION),
            torn.concat(),
            all_well(1, 2),
        ],
    ] {
        assert!(laws_broken_in_session(&broken).contains(&Law::Heard));
    }
}

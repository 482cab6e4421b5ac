//! The promise of the package as one law over the rooms that keep it: what an attempt came to, what that
//! means, and whether it is made again. However attempts end, digits that may have been pressed are not
//! sent again unless the caller allowed exactly that.
//!
//! What "may have been pressed" means is written here a second time, from the text of the contract and not
//! from the code, so that a slip in one of the two shows.

use std::time::Duration;

use cxone_dtmf_engine::api::agent_session::AgentSession;
use cxone_dtmf_engine::api::telephony_v2::TelephonyV2;
use cxone_dtmf_engine::api::{AttemptResult, Classification, DeliveryPolicy, WireProfile};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Untrusted;
use cxone_dtmf_engine::http::FaultKind;
use cxone_dtmf_engine::retry::{
    Budget, Decision, Policy, Progress, ResendWhenUnknown, UnknownCause,
};
use proptest::prelude::*;

use crate::support::cases;

const FAULTS: [FaultKind; 10] = [
    FaultKind::NameLookup,
    FaultKind::ConnectionRefused,
    FaultKind::ConnectTimeout,
    FaultKind::TlsHandshake,
    FaultKind::Certificate(Untrusted::UnknownIssuer),
    FaultKind::Proxy(None),
    FaultKind::Setup,
    FaultKind::TimedOut,
    FaultKind::ConnectionLost,
    FaultKind::StreamRefused,
];

fn facts() -> impl Strategy<Value = AttemptResult> {
    let status = prop_oneof![
        100_u16..600,
        prop::sample::select(vec![
            200, 202, 401, 408, 421, 425, 429, 500, 501, 502, 503, 504
        ]),
    ];
    let answer = (status, prop::option::of(0_u64..20), any::<bool>());
    prop_oneof![
        answer.prop_map(|(status, wait, token_refused)| AttemptResult::Answered {
            status,
            retry_after: wait.map(Duration::from_secs),
            token_refused,
        }),
        (prop::sample::select(&FAULTS[..]), any::<bool>())
            .prop_map(|(fault, handed_over)| AttemptResult::Failed { fault, handed_over }),
    ]
}

fn terms() -> impl Strategy<Value = DeliveryPolicy> {
    let named = UnknownCause::NAMED.map(|(_, cause)| cause).to_vec();
    let resend = prop_oneof![
        3 => Just(ResendWhenUnknown::Never),
        1 => Just(ResendWhenUnknown::Always),
        2 => prop::sample::subsequence(named, 0..7).prop_map(ResendWhenUnknown::For),
    ];
    (any::<bool>(), resend).prop_map(
        |(atomic_server_errors, resend_when_unknown)| DeliveryPolicy {
            atomic_server_errors,
            resend_when_unknown,
        },
    )
}

#[derive(Debug, PartialEq)]
enum Pressed {
    Yes,
    No,
    /// Nobody knows; the name under which a caller may allow to send again all the same.
    Perhaps(Option<&'static str>),
}

#[expect(
    clippy::match_same_arms,
    reason = "the rows of the contract, in their order"
)]
fn pressed(facts: &AttemptResult, atomic: bool) -> Pressed {
    let (status, retry_after) = match *facts {
        // An HTTP/2 stream that the server refused was not processed (RFC 9113 section 8.7).
        AttemptResult::Failed {
            fault: FaultKind::StreamRefused,
            ..
        } => return Pressed::No,
        AttemptResult::Failed {
            handed_over: false, ..
        } => return Pressed::No,
        AttemptResult::Failed {
            fault: FaultKind::TimedOut,
            ..
        } => return Pressed::Perhaps(Some("timeout")),
        AttemptResult::Failed { .. } => return Pressed::Perhaps(Some("connection-lost")),
        AttemptResult::Answered {
            status,
            retry_after,
            ..
        } => (status, retry_after),
    };
    match (status, retry_after) {
        (200..=299, _) => Pressed::Yes,
        (408, _) => Pressed::Perhaps(Some("408")),
        (300..=499, _) => Pressed::No,
        (500, _) if !atomic => Pressed::Perhaps(Some("500")),
        (503, None) if !atomic => Pressed::Perhaps(Some("503")),
        (500 | 503, _) => Pressed::No,
        (502, _) => Pressed::Perhaps(Some("502")),
        (504, _) => Pressed::Perhaps(Some("504")),
        _ => Pressed::Perhaps(None),
    }
}

fn allowed(cause: Option<&str>, terms: &DeliveryPolicy) -> bool {
    match &terms.resend_when_unknown {
        ResendWhenUnknown::Never => false,
        ResendWhenUnknown::Always => true,
        ResendWhenUnknown::For(causes) => UnknownCause::NAMED
            .iter()
            .any(|(name, named)| Some(*name) == cause && causes.contains(named)),
    }
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn digits_that_may_have_been_pressed_are_not_sent_again(
        attempts in prop::collection::vec(facts(), 1..12),
        terms in terms(),
        session in any::<bool>(),
        max_attempts in 1_u32..8,
        remaining in prop_oneof![Just(Duration::from_secs(3600)), (0_u64..30).prop_map(Duration::from_secs)],
        seed in any::<u64>(),
    ) {
        let profile: &dyn WireProfile = if session { &AgentSession::default() } else { &TelephonyV2::default() };
        let policy = Policy { max_attempts, ..Policy::default() };
        let mut progress = Progress::default();
        let mut budget = Budget::default();
        let mut rng = fastrand::Rng::with_seed(seed);
        for facts in attempts {
            let classification = profile.classify(&facts, &terms);
            let pressed = pressed(&facts, terms.atomic_server_errors);
            let Classification::Failed(failure) = classification else {
                prop_assert_eq!(pressed, Pressed::Yes, "{:?} is told as accepted", facts);
                break;
            };
            let told = match failure.delivery {
                Delivery::Accepted => false,
                Delivery::Unknown => matches!(pressed, Pressed::Perhaps(_)),
                Delivery::Refused | Delivery::NotSent => pressed == Pressed::No,
            };
            prop_assert!(told, "{:?} is told as {:?}", facts, failure.delivery);
            let decision = policy.decide(
                &mut progress, &failure, remaining, Some((&mut budget, Duration::ZERO)), &mut rng,
            );
            let Decision::Again { delay, .. } = decision else { break };
            match pressed {
                Pressed::Yes => prop_assert!(false, "{:?} is sent again", facts),
                Pressed::Perhaps(cause) => prop_assert!(allowed(cause, &terms), "{:?} is sent again", facts),
                Pressed::No => {}
            }
            prop_assert!(delay < remaining);
            if let AttemptResult::Answered { retry_after: Some(asked), .. } = facts {
                prop_assert!(delay >= asked, "the wait that was asked for is undercut");
            }
        }
    }
}

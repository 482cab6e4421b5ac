//! What holds whatever the wire format, on the paused clock.
//!
//! [`attempts`] is the way of one injection and [`calls`] of many, [`endings`] is what ends at the same moment as
//! something else, [`pieces`] is a sequence in several requests, [`rate_limit`] the limit
//! on our side.

use cxone_dtmf_engine::config::InjectionOptions;

/// Makes a test for each wire format from each of these functions.
macro_rules! for_each_api {
    ($($law:ident,)*) => {
        mod telephony_v2 {
            $(#[tokio::test(start_paused = true)]
            async fn $law() {
                super::$law(crate::support::Api::TelephonyV2).await;
            })*
        }

        mod agent_session {
            $(#[tokio::test(start_paused = true)]
            async fn $law() {
                super::$law(crate::support::Api::AgentSession).await;
            })*
        }
    };
}

mod attempts;
mod calls;
mod endings;
mod pieces;
mod rate_limit;

fn attempts(max: u32) -> InjectionOptions {
    InjectionOptions {
        max_attempts: max,
        ..InjectionOptions::default()
    }
}

//! How the injectors of a world are set.

use cxone_dtmf_engine::config::{AfterUnknown, Config, PlayoutMode, RetryConfig};
use cxone_dtmf_engine::rate_limit::RateLimit;
use fastrand::Rng;

use super::faults::{ms, pick};
use super::plan::InjectorPlan;

/// More in flight than a world has injections.
pub const MANY: usize = 256;

impl InjectorPlan {
    pub fn draw(rng: &mut Rng, atomic: bool) -> Self {
        let base = *pick(rng, &[ms(1), ms(50), ms(200), ms(200)]);
        let config = Config {
            timeout: *pick(rng, &[ms(500), ms(2_000), ms(10_000)]),
            deadline: *pick(rng, &[ms(2_000), ms(10_000), ms(30_000), ms(30_000)]),
            lock_timeout: *pick(rng, &[ms(1_000), ms(20_000), ms(20_000)]),
            lock_hold: *pick(rng, &[ms(100), ms(1_000), ms(60_000)]),
            max_waiting_per_call: *pick(rng, &[2, 32, 32]),
            max_waiting: *pick(rng, &[3, 10_000, 10_000]),
            max_in_flight: *pick(rng, &[1, 2, MANY]),
            retry: RetryConfig {
                base,
                cap: *pick(rng, &[base, ms(500), ms(4_000)]).max(&base),
                budget: *pick(rng, &[0, 60, 500, 500, 500]),
            },
            atomic_server_errors: Some(atomic),
            after_unknown: *pick(
                rng,
                &[
                    AfterUnknown::RejectQueued,
                    AfterUnknown::RejectQueued,
                    AfterUnknown::RejectQueued,
                    AfterUnknown::Continue,
                    AfterUnknown::Block,
                ],
            ),
            block_unknown: *pick(rng, &[ms(200), ms(2_000), ms(300_000)]),
            repeat_guard: *pick(rng, &[ms(0), ms(1_000), ms(30_000), ms(30_000)]),
            playout: *pick(
                rng,
                &[
                    PlayoutMode::Hold,
                    PlayoutMode::Hold,
                    PlayoutMode::Hold,
                    PlayoutMode::None,
                ],
            ),
            mask_timeout: *pick(rng, &[ms(500), ms(5_000), ms(5_000), ms(15_000)]),
            seed: Some(rng.u64(..)),
            ..Config::default()
        };
        // Of its own, so that the other choices stay what they are.
        let own = &mut Rng::with_seed(config.seed.unwrap_or_default());
        let config = Config {
            rate_limit: (own.u8(0..3) == 0).then(|| RateLimit {
                per_minute: Some(*pick(own, &[30, 120, 600])),
                per_call_per_minute: None,
                burst: *pick(own, &[1, 1, 3]),
            }),
            ..config
        };
        Self {
            config,
            source: rng.usize(0..2),
            audited: rng.bool(),
        }
    }
}

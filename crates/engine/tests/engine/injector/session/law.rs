//! What holds for any mix of faults, aborts and drops in one session.

use std::time::Duration;

use cxone_dtmf_engine::config::{AfterUnknown, Config, InjectionOptions, PlayoutMode};
use cxone_dtmf_engine::http::FaultKind;
use proptest::prelude::*;
use tokio::runtime::Builder;
use tokio::time::sleep;

use super::stage::{Stage, attempts, config, lost, silence};
use crate::support::{Act, Kind, cases, ms};

/// Longer than anything here can take.
const LONG: Duration = ms(600_000);

#[derive(Clone, Copy, Debug)]
enum Fate {
    Awaited,
    AbortedAfter(Duration),
    DroppedAfter(Duration),
}

#[derive(Clone, Copy, Debug)]
struct Wish {
    masked: bool,
    segments: usize,
    attempts: u32,
    fate: Fate,
    /// The time until the next one is asked for.
    pause: Duration,
}

impl Wish {
    /// Digits that tell whether they are to be masked.
    fn digits(self) -> String {
        let segment = if self.masked { "11" } else { "22" };
        vec![segment; self.segments].join(",")
    }
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => Just(Act::status(202)),
        1 => prop::sample::select(vec![401, 403, 404, 409, 500, 503]).prop_map(Act::status),
        1 => Just(Act::retry_after(429, "1")),
        1 => Just(Act::Unsent(FaultKind::ConnectionRefused)),
        1 => any::<bool>().prop_map(lost),
        1 => any::<bool>().prop_map(silence),
        1 => Just(Act::slow(202, ms(2_000))),
    ]
}

const fn is_404(act: &Act) -> bool {
    matches!(act, Act::Answer { status: 404, .. })
}

fn wish() -> impl Strategy<Value = Wish> {
    let soon = || (0_u64..1_500).prop_map(ms);
    let fate = prop_oneof![
        4 => Just(Fate::Awaited),
        1 => soon().prop_map(Fate::AbortedAfter),
        1 => soon().prop_map(Fate::DroppedAfter),
    ];
    let numbers = (1_usize..4, 1_u32..4);
    (any::<bool>(), numbers, fate, soon()).prop_map(
        |(masked, (segments, attempts), fate, pause)| Wish {
            masked,
            segments,
            attempts,
            fate,
            pause,
        },
    )
}

async fn play(stage: &Stage, wishes: &[Wish]) {
    for (id, wish) in (1..).zip(wishes) {
        let options = InjectionOptions {
            deadline: Some(LONG),
            lock_timeout: Some(LONG),
            ..attempts(wish.attempts)
        };
        let digits = wish.digits();
        let task = if wish.masked {
            stage.press_masked(id, &digits, &options)
        } else {
            stage.press(id, &digits, &options)
        };
        let injector = stage.world.injector.clone();
        match wish.fate {
            Fate::Awaited => {}
            Fate::AbortedAfter(soon) => {
                tokio::spawn(async move {
                    sleep(soon).await;
                    injector.abort(id);
                });
            }
            Fate::DroppedAfter(soon) => {
                tokio::spawn(async move {
                    sleep(soon).await;
                    task.abort();
                });
            }
        }
        sleep(wish.pause).await;
    }
    sleep(LONG).await;
    stage.world.injector.close(None).await;
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn masked_tones_are_never_recorded_and_tones_never_overlap(
        wishes in prop::collection::vec(wish(), 1..6),
        presses in prop::collection::vec(act(), 0..10),
        masks in prop::collection::vec(act(), 0..6),
        unmasks in prop::collection::vec(act().prop_filter("404: the conversation is over", |act| !is_404(act)), 0..12),
        hold in any::<bool>(),
    ) {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let config = Config {
                playout: if hold { PlayoutMode::Hold } else { PlayoutMode::None },
                after_unknown: AfterUnknown::Continue,
                seed: Some(1),
                ..config()
            };
            let stage = Stage::new(config)
                .plan(Kind::Press, presses)
                .plan(Kind::Mask, masks)
                .plan(Kind::Unmask, unmasks);
            play(&stage, &wishes).await;
            let platform = &stage.world.platform;
            let tones = platform.tones();
            for pair in tones.windows(2).filter(|_| hold) {
                prop_assert!(pair[1].from >= pair[0].until, "tones overlap");
            }
            for tone in tones.iter().filter(|tone| tone.digits.starts_with('1')) {
                let unmasked = platform.times(Kind::Unmask, stage.began);
                let within = |at: &Duration| {
                    let at = stage.began + *at;
                    at > tone.from && at < tone.until
                };
                prop_assert!(platform.is_masked("c", tone.from), "pressed while it is recorded");
                prop_assert!(!unmasked.iter().any(within), "unmasked within the tones");
            }
            let told = stage.unmasked();
            let owed = stage.world.events.finished();
            let owed = owed.iter().filter(|outcome| outcome.unmasking).count();
            prop_assert_eq!(told.len(), owed, "each masking is told to have ended");
            let failed = told.iter().any(Option::is_some);
            prop_assert!(!stage.is_masked() || failed, "left masked, and nobody was told");
            prop_assert!(stage.world.registry.is_empty(), "a line is left behind");
            Ok(())
        })?;
    }
}

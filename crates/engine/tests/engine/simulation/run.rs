//! Plays many worlds, on all processors.

use std::env;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use super::bugs::Bug;
use super::checker::Violation;
use super::history::Step;
use super::tally::Tally;
use super::world;

/// The injections of every `cargo test`.
const INJECTIONS: u64 = 20_000;

/// So many injections are enough to meet everything that must be met.
const ENOUGH: u64 = 20_000;

/// How often a long run tells where it is.
const REPORTS: u64 = 200;

pub struct Run {
    first_seed: u64,
    injections: u64,
    /// Lines for a program: `progress …` on the way and `report …` at the end.
    for_machines: bool,
}

struct Broken {
    seed: u64,
    violations: Vec<Violation>,
    steps: Vec<Step>,
}

impl Run {
    /// `SIMULATION_SEED` alone means one world.
    pub fn from_environment() -> Self {
        let number = |name: &str| {
            let text = env::var(name).ok()?;
            Some(
                text.parse()
                    .unwrap_or_else(|_| panic!("{name} must be a whole number")),
            )
        };
        let seed = number("SIMULATION_SEED");
        let injections = number("SIMULATION_INJECTIONS");
        Self {
            first_seed: seed.unwrap_or(1),
            injections: injections.unwrap_or(if seed.is_some() { 1 } else { INJECTIONS }),
            for_machines: env::var_os("SIMULATION_LINES").is_some(),
        }
    }

    /// Panics with the seed when a world breaks a law.
    pub fn play(&self) {
        let began = Instant::now();
        let next = AtomicU64::new(self.first_seed);
        let total = Mutex::new(Tally::default());
        let broken = Mutex::new(None);
        let threads = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| self.play_some(&next, &total, &broken));
            }
        });
        let total = total.into_inner().unwrap();
        if self.for_machines {
            println!("report {}", total.json());
        } else {
            println!("{total}{:.1} s", began.elapsed().as_secs_f64());
        }
        if let Some(broken) = broken.into_inner().unwrap() {
            panic!("{}", broken.story());
        }
        let missing = total.missing();
        assert!(
            total.injections < ENOUGH || missing.is_empty(),
            "the worlds are too quiet, they never showed: {missing:?}"
        );
    }

    fn play_some(&self, next: &AtomicU64, total: &Mutex<Tally>, broken: &Mutex<Option<Broken>>) {
        while broken.lock().unwrap().is_none() && total.lock().unwrap().injections < self.injections
        {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let played = world::play(seed, Bug::None);
            self.add(&mut total.lock().unwrap(), played.tally);
            if !played.violations.is_empty() {
                let found = Broken {
                    seed,
                    violations: played.violations,
                    steps: played.steps,
                };
                broken.lock().unwrap().get_or_insert(found);
            }
        }
    }

    fn add(&self, total: &mut Tally, world: Tally) {
        let part = |done: u64| done * REPORTS / self.injections.max(1);
        let before = part(total.injections);
        total.add(world);
        if self.for_machines && part(total.injections) > before {
            println!("progress {} {}", total.injections, self.injections);
        }
    }
}

impl Broken {
    /// What went wrong, what happened on that call, and how to see it again.
    fn story(&self) -> String {
        let mut lines = vec![format!("the world of seed {} breaks the law", self.seed)];
        lines.extend(self.violations.iter().map(|broken| format!("  {broken}")));
        if let Some(first) = self.violations.first() {
            lines.push("what concerns the first of them:".to_owned());
            let steps = first.concerned(&self.steps);
            let step =
                |step: &&Step| format!("  {:>10.3} s  {:?}", step.at.as_secs_f64(), step.what);
            lines.extend(steps.iter().map(step));
        }
        lines.push(format!(
            "again: SIMULATION_SEED={} cargo test --test engine simulation\n",
            self.seed
        ));
        lines.join("\n")
    }
}

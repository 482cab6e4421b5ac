//! The hot functions of the engine, one at a time, for `npm run bench:instructions`, which counts their instructions.
//!
//! `instructions` lists them, `instructions <name> <times>` runs one so many times. The same arguments always run the
//! same instructions, as near as the addresses of memory allow: no clock, no network, no seed from outside.

mod rules;
mod work;

use std::error::Error;
use std::hint::black_box;

/// One function, so many times.
type Work = fn(u64) -> Result<(), Box<dyn Error>>;

/// What is counted, in the order of an injection's way.
const WORK: [(&str, Work); 9] = [
    ("validation", work::validation),
    ("preparation", work::preparation),
    ("address and headers", work::request),
    ("lock, free", work::free_lock),
    ("lock, handed over", work::handed_over_lock),
    ("rate limit", rules::rate_limit),
    ("judgement", rules::classification),
    ("resend decision", rules::resend),
    ("audit records", work::audit_records),
];

/// Does something so many times, and lets the compiler leave nothing out.
fn repeat<T>(
    times: u64,
    mut once: impl FnMut(u64) -> Result<T, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    for n in 0..times {
        black_box(once(black_box(n))?);
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let Some(wanted) = arguments.next() else {
        for (name, _) in WORK {
            println!("{name}");
        }
        return Ok(());
    };
    let times = arguments.next().ok_or("how many times?")?.parse()?;
    let (_, work) = WORK
        .iter()
        .find(|(name, _)| *name == wanted)
        .ok_or("there is no such work")?;
    work(times)
}

//! The first three lines are digits, a secret and how they are written, the rest is the answer of a platform.
#![no_main]

use cxone_dtmf_fuzz::answer::check;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    match check(data) {
        Some(_) => Corpus::Keep,
        None => Corpus::Reject,
    }
});

//! The first line is a secret, the second names the encodings that are applied to it, the rest is the text around it.
#![no_main]

use cxone_dtmf_fuzz::secrets::check;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    match check(data) {
        Some(()) => Corpus::Keep,
        None => Corpus::Reject,
    }
});

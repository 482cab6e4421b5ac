//! The pipeline before the tutorial's API.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic fails the test"
)]

mod pipeline;
mod support;

use support::Api;

const API: Api = Api::TelephonyV2;

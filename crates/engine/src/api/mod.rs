//! Wire profiles: how a request looks, and what each answer means for the digits.
//!
//! A profile is one folder or file here behind [`WireProfile`]. No other room knows a wire format.

pub mod agent_session;
mod classification;
mod client_headers;
mod details;
mod params;
mod prepared;
mod profile;
mod response;
pub mod telephony_v2;
mod template;
mod wiped;

pub use classification::{AttemptResult, Classification, DeliveryPolicy};
pub use client_headers::ClientHeaders;
pub use params::{Params, Words};
pub use prepared::{Playing, Prepared, Recording, Segment};
pub use profile::{SessionAnswer, SessionStatus, WireProfile};
pub use response::{body_text, response};
pub use template::{RequestTemplate, Target};

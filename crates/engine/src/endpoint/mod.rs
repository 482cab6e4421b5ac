//! Where the requests of an injector go: to an address of the configuration, or to the one that the platform tells.

mod allowed_hosts;
mod configured;
mod discovered;
mod seam;

pub use allowed_hosts::AllowedHosts;
pub use configured::Configured;
pub use discovered::Discovered;
pub use seam::Endpoint;

//! The stand-in for the platform.

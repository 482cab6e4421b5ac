//! The simulator, started from JavaScript.

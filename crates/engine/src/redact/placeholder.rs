//! The text that stands for a hidden one.

/// What stands in place of digits and secrets. Its length says nothing of theirs.
pub const PLACEHOLDER: &str = "*****";

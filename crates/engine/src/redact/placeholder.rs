//! The one text that hides others.

/// What stands in place of digits and secrets. Its length says nothing of theirs.
pub const PLACEHOLDER: &str = "*****";

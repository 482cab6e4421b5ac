//! The names of the files of a log.

use uuid::Uuid;

/// Begins and ends the names of files.
const PREFIX: &str = "audit-";
const EXTENSION: &str = ".jsonl";

/// A name that no file has, and that comes after those of files made before (`UUIDv7`, RFC 9562 §5.7).
pub(super) fn new_name() -> String {
    format!("{PREFIX}{}{EXTENSION}", Uuid::now_v7())
}

/// Whether a file of that name is one of a log.
pub(super) fn is_name(name: &str) -> bool {
    let id = name
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.strip_suffix(EXTENSION));
    id.is_some_and(|id| {
        id.parse()
            .is_ok_and(|parsed: Uuid| parsed.to_string() == id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_told_from_others() {
        let name = new_name();
        assert!(is_name(&name));
        for other in [
            "audit-7.jsonl".to_owned(),
            name.to_uppercase(),
            name.replace(".jsonl", ".1.jsonl"),
            name.replace('-', ""),
            format!("../{name}"),
            format!("{name}.bak"),
        ] {
            assert!(!is_name(&other), "{other}");
        }
    }
}

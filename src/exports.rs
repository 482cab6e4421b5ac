//! Reads the sources of this crate: an exported function without `catch_unwind` would end the process when it panics.

use std::fs;
use std::path::{Path, PathBuf};

/// The exported functions of a source: the name, and whether panics are caught.
fn exported(source: &str) -> Vec<(&str, bool)> {
    let mut found = Vec::new();
    let mut lines = source.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let Some(arguments) = line.strip_prefix("#[napi") else {
            continue;
        };
        // Other attributes and comments may stand between.
        let mut items = lines
            .by_ref()
            .filter(|line| line.starts_with("pub ") || line.starts_with("impl "));
        let function = items.next().and_then(|item| item.strip_prefix("pub fn "));
        if let Some(name) = function.and_then(|item| item.split(['(', '<']).next()) {
            found.push((name, arguments.contains("catch_unwind")));
        }
    }
    found
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                sources(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn every_exported_function_catches_panics() {
    let mut count = 0;
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let source = fs::read_to_string(&path).unwrap();
        for (name, is_guarded) in exported(&source) {
            assert!(
                is_guarded,
                "{name} of {} has no catch_unwind",
                path.display()
            );
            count += 1;
        }
    }
    assert!(count > 40, "only {count} were found");
}

#[test]
fn a_function_without_it_is_found() {
    // Written so that this sample is not taken for an export of this file.
    let source = "
        @napi]
        pub struct A(u8);

        @napi]
        impl A {
            @napi(getter)]
            #[must_use]
            /// One.
            pub fn one(&self) {}

            @napi(catch_unwind, getter)]
            pub fn two(&self) {}
        }"
    .replace('@', "#[");
    assert_eq!(exported(&source), [("one", false), ("two", true)]);
}

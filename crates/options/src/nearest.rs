//! The known name that a misspelt one was probably meant to be.

/// A longer name is no slip of the finger, and comparing it would take time.
const LONGEST: usize = 64;

/// The nearest of the known names: a third of the longer name may differ, capitals do not count.
pub(crate) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    if name.len() > LONGEST {
        return None;
    }
    let name = name.to_lowercase();
    let distances = known.iter().map(|known| {
        let distance = strsim::damerau_levenshtein(&name, &known.to_lowercase());
        (distance, *known)
    });
    let (distance, nearest) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= name.len().max(nearest.len()) / 3).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 5] = ["timeoutMs", "leaseMs", "perMinute", "apiUrl", "api"];

    #[test]
    fn slips_and_forgotten_units_are_recognised() {
        for (name, meant) in [
            ("timeoutMS", "timeoutMs"),
            ("tiemoutMs", "timeoutMs"),
            ("timeout", "timeoutMs"),
            ("lease", "leaseMs"),
            ("perMinutes", "perMinute"),
            ("apiURL", "apiUrl"),
        ] {
            assert_eq!(nearest(name, &KNOWN), Some(meant), "{name}");
        }
    }

    #[test]
    fn other_words_are_not_guessed_at() {
        for name in [
            "headers",
            "digits",
            "",
            "x",
            "retries",
            &"timeoutMs".repeat(100),
        ] {
            assert_eq!(nearest(name, &KNOWN), None, "{name}");
        }
        assert_eq!(nearest("timeoutMs", &[]), None);
    }
}

//! The version in the path of the API.

use crate::error::Error;

/// A version such as `v23.0`. Several are live on a tenant at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(String);

impl Version {
    /// Reads the option `apiVersion`: `v`, 1 to 3 digits, a dot, 1 or 2 digits.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let parts = text.strip_prefix('v').and_then(|rest| rest.split_once('.'));
        let digits = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if parts.is_some_and(|(major, minor)| digits(major, 3) && digits(minor, 2)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::invalid(
                "apiVersion must be a version as in the path of the API, for example 'v23.0'",
            ))
        }
    }

    /// The version as it stands in the path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Version {
    /// The version that NICE's own agent SDK calls for this operation (25.1 and 26.2).
    fn default() -> Self {
        Self("v23.0".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_pass() {
        for text in ["v23.0", "v2.0", "v134.12"] {
            assert_eq!(Version::parse(text).unwrap().as_str(), text);
        }
        for text in [
            "", "23.0", "v23", "v.0", "v23.", "v2300.0", "v23.000", "v23.0/x", "v../x", "V23.0",
            "v23.0 ", "v²3.0",
        ] {
            assert!(Version::parse(text).is_err(), "{text}");
        }
    }
}

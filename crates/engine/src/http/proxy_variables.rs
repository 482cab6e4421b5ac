//! What the environment says of proxies.

use std::fmt;

use http::Uri;

use super::no_proxy::Destination;

/// The variables that have a say; of two forms the one in capitals counts first.
const VARIABLES: [&str; 9] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "REQUEST_METHOD",
];

/// What the environment says of proxies at one moment. Empty variables count as not set.
///
/// It is read once, on the thread that may change the environment: reading it later, on another thread,
/// races with `setenv` (POSIX.1-2017 `getenv`: need not be thread-safe).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ProxyVariables(Vec<(&'static str, String)>);

impl ProxyVariables {
    /// `variable` reads the environment.
    #[must_use]
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = VARIABLES.into_iter().filter_map(|name| {
            variable(name)
                .filter(|value| !value.trim().is_empty())
                .map(|value| (name, value))
        });
        Self(set.collect())
    }

    fn first(&self, names: [&str; 2]) -> Option<(&'static str, &str)> {
        names.into_iter().find_map(|wanted| {
            self.0
                .iter()
                .find(|(name, _)| *name == wanted)
                .map(|(name, value)| (*name, value.as_str()))
        })
    }

    pub(super) fn https(&self) -> Option<(&'static str, &str)> {
        self.first(["HTTPS_PROXY", "https_proxy"])
    }

    pub(super) fn http(&self) -> Option<(&'static str, &str)> {
        // In a CGI program a request header `Proxy:` arrives as HTTP_PROXY (CVE-2016-5385).
        self.first(["HTTP_PROXY", "http_proxy"])
            .filter(|_| self.first(["REQUEST_METHOD"; 2]).is_none())
    }

    pub(super) fn all(&self) -> Option<(&'static str, &str)> {
        self.first(["ALL_PROXY", "all_proxy"])
    }

    pub(super) fn exceptions(&self) -> Option<&str> {
        self.first(["NO_PROXY", "no_proxy"])
            .map(|(_, listed)| listed)
    }

    /// The variable that names a proxy for this address.
    pub(super) fn naming(&self, uri: &Uri) -> Option<&'static str> {
        let destination = Destination::of(uri)?;
        let except = self.exceptions().unwrap_or_default();
        if destination.stays_here() || destination.is_excepted(except) {
            return None;
        }
        let own = if destination.https {
            self.https()
        } else {
            self.http()
        };
        own.or_else(|| self.all()).map(|(name, _)| name)
    }
}

impl fmt::Debug for ProxyVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values may hold passwords.
        f.debug_set()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

#[cfg(test)]
impl ProxyVariables {
    pub(super) fn set(variables: &[(&str, &str)]) -> Self {
        Self::read(|name| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naming(variables: &[(&str, &str)], url: &str) -> Option<&'static str> {
        ProxyVariables::set(variables).naming(&url.parse().expect("valid"))
    }

    #[test]
    fn the_variable_that_would_have_counted_is_named() {
        let https = ("https_proxy", "p.test");
        let http = ("HTTP_PROXY", "p.test");
        let all = ("ALL_PROXY", "p.test");
        for (variables, url, expected) in [
            (&[https, http, all][..], "https://api.test", Some(https.0)),
            (&[https, http, all], "http://api.test", Some(http.0)),
            (&[http, all], "https://api.test", Some(all.0)),
            (&[http], "https://api.test", None),
            (&[https], "https://127.0.0.1", None),
            (&[https], "https://localhost", None),
            (&[https, ("NO_PROXY", "*")], "https://api.test", None),
            (&[https, ("no_proxy", "a, .TEST")], "https://api.test", None),
            (&[https, ("NO_PROXY", "api.test")], "https://api.test", None),
            (
                &[https, ("NO_PROXY", "pi.test,,. 192.0.2.0/24")],
                "https://api.test",
                Some(https.0),
            ),
        ] {
            assert_eq!(naming(variables, url), expected, "{variables:?} {url}");
        }
    }

    #[test]
    fn what_is_empty_or_not_to_be_believed_names_nothing() {
        assert_eq!(naming(&[("HTTPS_PROXY", " ")], "https://api.test"), None);
        let cgi = [
            ("HTTP_PROXY", "http://evil.test"),
            ("REQUEST_METHOD", "GET"),
        ];
        assert_eq!(naming(&cgi, "http://api.test"), None);
    }

    #[test]
    fn debug_shows_names_only() {
        let variables = ProxyVariables::set(&[("HTTPS_PROXY", "http://u:hunter2@proxy.test")]);
        assert_eq!(format!("{variables:?}"), r#"{"HTTPS_PROXY"}"#);
    }
}

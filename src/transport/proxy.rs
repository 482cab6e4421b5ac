//! Which proxy the requests go through, if any.

use std::fmt;

use reqwest::{NoProxy, Proxy};
use url::Url;

use crate::error::Error;

/// Never sent through a proxy: plain http is allowed to these hosts because it stays on the machine.
const LOOPBACK: &str = "127.0.0.0/8,::1,localhost";

/// The variables that name a proxy; the form in capitals counts first.
const VARIABLES: [&str; 6] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// Where requests go through. Requests to this machine never go through a proxy.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum ProxyChoice {
    /// Straight to the host, whatever the environment says.
    #[default]
    None,
    /// Through this http or https proxy; the address may hold a user name and a password.
    Url(String),
    /// As `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say, or their forms in lower case.
    Env,
}

impl fmt::Debug for ProxyChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            // The address may hold a password.
            Self::Url(_) => "Url([redacted])",
            Self::Env => "Env",
        })
    }
}

/// Whether a proxy variable is set, to say so when a connection fails and the variable was not used.
///
/// `variable` reads the environment.
#[must_use]
pub fn is_named_by(variable: impl Fn(&str) -> Option<String>) -> bool {
    VARIABLES
        .iter()
        .any(|name| variable(name).is_some_and(|value| !value.trim().is_empty()))
}

impl ProxyChoice {
    /// The proxies for the client, the one that is asked first in front.
    pub(super) fn proxies(
        &self,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Vec<Proxy>, Error> {
        match self {
            Self::None => Ok(Vec::new()),
            Self::Url(text) => Ok(vec![
                Proxy::all(address("proxy", text)?)
                    .map_err(|_| refusal("proxy"))?
                    .no_proxy(NoProxy::from_string(LOOPBACK)),
            ]),
            Self::Env => environment(variable),
        }
    }
}

fn environment(variable: impl Fn(&str) -> Option<String>) -> Result<Vec<Proxy>, Error> {
    let first = |upper: &'static str, lower: &'static str| {
        [upper, lower].into_iter().find_map(|name| {
            variable(name)
                .filter(|value| !value.trim().is_empty())
                .map(|value| (name, value))
        })
    };
    let except = first("NO_PROXY", "no_proxy").map_or_else(
        || LOOPBACK.to_owned(),
        |(_, listed)| format!("{LOOPBACK},{listed}"),
    );
    // In a CGI program a request header `Proxy:` arrives as HTTP_PROXY (CVE-2016-5385).
    let http = first("HTTP_PROXY", "http_proxy").filter(|_| variable("REQUEST_METHOD").is_none());
    let makers: [fn(Url) -> reqwest::Result<Proxy>; 3] = [Proxy::https, Proxy::http, Proxy::all];
    let found = [
        first("HTTPS_PROXY", "https_proxy"),
        http,
        first("ALL_PROXY", "all_proxy"),
    ];
    makers
        .into_iter()
        .zip(found)
        .filter_map(|(make, found)| found.map(|(name, text)| (make, name, text)))
        .map(|(make, name, text)| {
            make(address(name, &text)?)
                .map(|proxy| proxy.no_proxy(NoProxy::from_string(&except)))
                .map_err(|_| refusal(name))
        })
        .collect()
}

/// `host:port` without a scheme means http, as other programs read these variables.
fn address(name: &'static str, text: &str) -> Result<Url, Error> {
    let text = text.trim();
    let url = if text.contains("://") {
        Url::parse(text)
    } else {
        Url::parse(&format!("http://{text}"))
    };
    url.ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| refusal(name))
}

fn refusal(name: &'static str) -> Error {
    Error::invalid(format!(
        "{name} must be the http or https address of a proxy"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(set: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        move |name| {
            set.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn none_ignores_the_environment() {
        let environment = reader(&[("HTTPS_PROXY", "http://proxy.test:3128")]);
        assert!(is_named_by(&environment));
        let proxies = ProxyChoice::None.proxies(environment).expect("valid");
        assert!(proxies.is_empty());
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        let environment = reader(&[("HTTPS_PROXY", " "), ("https_proxy", "proxy.test:3128")]);
        let proxies = ProxyChoice::Env.proxies(environment).expect("valid");
        assert_eq!(proxies.len(), 1);
        assert!(!is_named_by(reader(&[("HTTPS_PROXY", "")])));
    }

    #[test]
    fn http_proxy_is_not_believed_in_a_cgi_program() {
        let environment = reader(&[
            ("HTTP_PROXY", "http://evil.test"),
            ("REQUEST_METHOD", "GET"),
        ]);
        assert!(
            ProxyChoice::Env
                .proxies(environment)
                .expect("valid")
                .is_empty()
        );
    }

    #[test]
    fn a_bad_address_is_named_and_not_repeated() {
        for text in [
            "socks5://u:hunter2@proxy.test",
            "http://",
            "ftp://hunter2",
            "hunter2 x",
        ] {
            let error = ProxyChoice::Url(text.to_owned())
                .proxies(|_| None)
                .expect_err("invalid");
            assert!(error.message.starts_with("proxy "), "{error}");
            assert!(!error.message.contains("hunter2"), "{error}");
        }
        let error = ProxyChoice::Env
            .proxies(reader(&[("all_proxy", "socks5://hunter2@proxy.test")]))
            .expect_err("invalid");
        assert!(error.message.starts_with("all_proxy "), "{error}");
        assert!(!error.message.contains("hunter2"), "{error}");
    }

    #[test]
    fn debug_shows_no_password() {
        let choice = ProxyChoice::Url("http://u:hunter2@proxy.test".to_owned());
        assert_eq!(format!("{choice:?}"), "Url([redacted])");
    }
}

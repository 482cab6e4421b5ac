//! Which proxy the requests go through, if any.

use std::fmt;

use http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use url::Url;

use super::message::FaultKind;
use super::no_proxy::Destination;
use super::proxy_variables::ProxyVariables;
use crate::error::{Code, Error};

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

/// What proxies have to do with requests to one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyUse {
    /// None is used, and none is named anywhere.
    None,
    /// They go through one.
    Used,
    /// They go straight, although this variable of the environment names a proxy.
    Unused(&'static str),
}

impl ProxyUse {
    /// Adds to the error of a connection that failed what proxies have to do with it.
    #[must_use]
    pub fn explain(self, fault: FaultKind, mut error: Error) -> Error {
        if error.code != Code::Connect {
            return error;
        }
        match self {
            // The failure of a proxy as such names it already.
            Self::Used if !matches!(fault, FaultKind::Proxy(_)) => error
                .message
                .to_mut()
                .push_str("; it went through a proxy: check that too"),
            Self::Unused(variable) => {
                let note = format!("; {variable} is set but not used: pass proxy: 'env'");
                error.message.to_mut().push_str(&note);
            }
            Self::None | Self::Used => {}
        }
        error
    }
}

/// The one decision, for the traffic and for what is said of it.
pub(super) struct Proxies {
    matcher: Matcher,
    except: String,
}

impl Proxies {
    /// The proxy that has a say for this address.
    pub(super) fn of(&self, uri: &Uri) -> Option<Intercept> {
        let destination = Destination::of(uri)?;
        let goes_straight = destination.stays_here() || destination.is_excepted(&self.except);
        (!goes_straight)
            .then(|| self.matcher.intercept(uri))
            .flatten()
    }
}

impl ProxyChoice {
    /// What tells the proxy of an address; `None` where no proxy has a say at all.
    pub(super) fn proxies(&self, variables: &ProxyVariables) -> Result<Option<Proxies>, Error> {
        match self {
            Self::None => Ok(None),
            Self::Url(text) => {
                let proxy = address("proxy", text)?;
                Ok(Some(Proxies {
                    matcher: Matcher::builder().all(String::from(proxy)).build(),
                    except: String::new(),
                }))
            }
            Self::Env => environment(variables),
        }
    }
}

fn environment(variables: &ProxyVariables) -> Result<Option<Proxies>, Error> {
    let read = |found: Option<(&'static str, &str)>| {
        found
            .map(|(name, text)| address(name, text).map(String::from))
            .transpose()
    };
    let (https, http) = (read(variables.https())?, read(variables.http())?);
    // Not even read where it has no say: it often names a SOCKS proxy, for programs that know no other variable.
    let all = variables
        .all()
        .filter(|_| https.is_none() || http.is_none());
    let all = read(all)?;
    if https.is_none() && http.is_none() && all.is_none() {
        return Ok(None);
    }
    Ok(Some(Proxies {
        matcher: Matcher::builder()
            .https(https.unwrap_or_default())
            .http(http.unwrap_or_default())
            .all(all.unwrap_or_default())
            .build(),
        except: variables.exceptions().unwrap_or_default().to_owned(),
    }))
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
        // The connector cannot parse some hosts that a URL may have: the proxy would be passed by.
        .filter(|url| Uri::try_from(url.as_str()).is_ok())
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

    fn set(variables: &[(&str, &str)]) -> ProxyVariables {
        ProxyVariables::set(variables)
    }

    /// Whether a proxy has a say for an address.
    fn says(choice: &ProxyChoice, variables: &ProxyVariables, address: &str) -> bool {
        let proxies = choice.proxies(variables).expect("valid");
        let address = address.parse().expect("address");
        proxies.is_some_and(|proxies| proxies.of(&address).is_some())
    }

    #[test]
    fn none_ignores_the_environment() {
        let variables = set(&[("HTTPS_PROXY", "http://proxy.test:3128")]);
        assert!(!says(&ProxyChoice::None, &variables, "https://api.test/"));
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        let variables = set(&[("HTTPS_PROXY", " "), ("https_proxy", "proxy.test:3128")]);
        assert!(says(&ProxyChoice::Env, &variables, "https://api.test/"));
        assert!(!says(&ProxyChoice::Env, &variables, "http://api.test/"));
    }

    #[test]
    fn http_proxy_is_not_believed_in_a_cgi_program() {
        let variables = [
            ("HTTP_PROXY", "http://evil.test"),
            ("REQUEST_METHOD", "GET"),
        ];
        assert!(!says(
            &ProxyChoice::Env,
            &set(&variables),
            "http://api.test/"
        ));
    }

    #[test]
    fn a_socks_proxy_for_all_is_no_obstacle_where_it_has_no_say() {
        let all = ("ALL_PROXY", "socks5://proxy.test");
        let both = [("HTTPS_PROXY", "p.test"), ("HTTP_PROXY", "p.test"), all];
        for address in ["https://api.test/", "http://api.test/"] {
            assert!(says(&ProxyChoice::Env, &set(&both), address));
        }
        assert!(ProxyChoice::Env.proxies(&set(&[both[0], all])).is_err());
    }

    #[test]
    fn errors_of_connecting_say_it() {
        let told = |used: ProxyUse, code, fault| {
            let error = used.explain(fault, Error::not_sent(code, "m"));
            error.message.into_owned()
        };
        let unused = ProxyUse::Unused("ALL_PROXY");
        let lookup = FaultKind::NameLookup;
        assert_eq!(
            told(unused, Code::Connect, lookup),
            "m; ALL_PROXY is set but not used: pass proxy: 'env'"
        );
        assert!(told(ProxyUse::Used, Code::Connect, lookup).contains("a proxy"));
        assert_eq!(
            told(ProxyUse::Used, Code::Connect, FaultKind::Proxy(None)),
            "m"
        );
        assert_eq!(told(ProxyUse::None, Code::Connect, lookup), "m");
        assert_eq!(told(unused, Code::OutcomeUnknown, lookup), "m");
    }

    #[test]
    fn a_bad_address_is_named_and_not_repeated() {
        for text in [
            "socks5://u:hunter2@proxy.test",
            "http://",
            "ftp://hunter2",
            "hunter2 x",
            "http://hunter2`b:3128",
        ] {
            let error = ProxyChoice::Url(text.to_owned())
                .proxies(&ProxyVariables::default())
                .err()
                .expect("invalid");
            assert!(error.message.starts_with("proxy "), "{error}");
            assert!(!error.message.contains("hunter2"), "{error}");
        }
        let error = ProxyChoice::Env
            .proxies(&set(&[("all_proxy", "socks5://hunter2@proxy.test")]))
            .err()
            .expect("invalid");
        assert!(error.message.starts_with("all_proxy "), "{error}");
        assert!(!error.message.contains("hunter2"), "{error}");
    }

    #[test]
    fn debug_shows_no_password() {
        let choice = ProxyChoice::Url("http://u:hunter2@proxy.test".to_owned());
        assert_eq!(format!("{choice:?}"), "Url([redacted])");
    }
}

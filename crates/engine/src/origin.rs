//! The addresses of the configuration, and what they may be.

use http::Uri;
use http::uri::Authority;
use url::{Host, Url};

use crate::error::Error;

/// The most hosts that an option can name.
pub const MAX_HOSTS: usize = 32;

/// Hosts that an option names.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Vec<(Host, Option<u16>)>);

impl Hosts {
    /// Reads the option `field`: exact hosts, with a port or for all ports.
    pub fn new(field: &str, entries: &[String]) -> Result<Self, Error> {
        if entries.len() > MAX_HOSTS {
            return Err(Error::invalid(format!(
                "{field} must not have more than {MAX_HOSTS} entries"
            )));
        }
        let hosts = entries.iter().enumerate().map(|(index, entry)| {
            host_and_port(entry).ok_or_else(|| {
                Error::invalid(format!(
                    "{field}[{index}] must be a host name or host:port, without scheme, path or wildcard; an IPv6 address goes in brackets"
                ))
            })
        });
        Ok(Self(hosts.collect::<Result<_, _>>()?))
    }

    /// Whether none is named.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the host of an address is one of them, with its port where one was named.
    #[must_use]
    pub fn contain(&self, url: &Url) -> bool {
        self.0.iter().any(|(host, port)| {
            url.host().is_some_and(|wanted| wanted == *host)
                && (port.is_none() || *port == url.port_or_known_default())
        })
    }
}

/// Reads it as a URL does, so that both forms of a name are compared alike.
fn host_and_port(text: &str) -> Option<(Host, Option<u16>)> {
    let only_host_and_port = !text.is_empty()
        && !text.ends_with(':')
        && !text.contains(|c: char| "/\\?#@*%".contains(c) || c.is_whitespace() || c.is_control());
    if !only_host_and_port {
        return None;
    }
    // A port that is the scheme's own is dropped when parsed: with the other scheme it is seen.
    let http = Url::parse(&format!("http://{text}")).ok()?;
    let https = Url::parse(&format!("https://{text}")).ok()?;
    Some((http.host()?.to_owned(), http.port().or(https.port())))
}

/// Reads a base address: https, or plain http to this machine; no user, query or fragment.
///
/// Trailing slashes are dropped. `field` is the name that errors give.
pub fn base_url(field: &str, text: &str) -> Result<Url, Error> {
    base_url_allowing(field, text, &Hosts::default())
}

/// The same, with plain http allowed to these hosts too: what goes there can be read on the way.
pub fn base_url_allowing(field: &str, text: &str, insecure: &Hosts) -> Result<Url, Error> {
    let invalid = |rule: &str| Error::invalid(format!("{field} {rule}"));
    let mut url = Url::parse(text)
        .map_err(|_| invalid("must be an absolute URL, for example https://api.example.com"))?;
    if url.cannot_be_a_base() || url.host().is_none() {
        return Err(invalid("must be an absolute URL with a host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("must not contain a user name or a password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("must not contain a query or a fragment"));
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) || insecure.contain(&url) => {}
        "http" => {
            return Err(invalid(
                "must use https: plain http is allowed only to this machine (127.0.0.0/8, ::1, localhost) and to hosts named in insecureHosts",
            ));
        }
        _ => return Err(invalid("must use https")),
    }
    // URLs allow more characters in a host than requests can name (RFC 3986 §3.2.2).
    if Authority::try_from(url.authority()).is_err() {
        return Err(invalid(
            "must have a host name of letters, digits, hyphens and dots",
        ));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// The same address as requests carry it.
pub fn request_uri(url: &Url) -> Result<Uri, Error> {
    Uri::try_from(url.as_str()).map_err(|_| Error::invalid("the address cannot be requested"))
}

/// Whether the host names this machine, without a name lookup.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The domains of the platform. An address of it is below one of them.
pub const PLATFORM_DOMAINS: [&str; 3] =
    ["niceincontact.com", "nice-incontact.com", "nicecxone.com"];

/// The domains of its sovereign and government clouds, which are addresses themselves too (Cognigy's extension and cxone-mcp).
pub const SOVEREIGN_DOMAINS: [&str; 5] = [
    "nicecxone-sov1.au",
    "nicecxone-sov1.eu",
    "nicecxone-sov1.uk",
    "nicecxone-sov2.uk",
    "nicecxone-gov.com",
];

/// An address of the platform, on the usual port. A URL's host is in lower case and ASCII already.
#[must_use]
pub fn is_of_platform(url: &Url) -> bool {
    let Some(Host::Domain(host)) = url.host() else {
        return false;
    };
    let below = |domain: &str| {
        host.strip_suffix(domain)
            .and_then(|rest| rest.strip_suffix('.'))
            .is_some_and(|label| !label.is_empty())
    };
    let mut all = PLATFORM_DOMAINS.iter().chain(&SOVEREIGN_DOMAINS);
    let is_known = SOVEREIGN_DOMAINS.contains(&host) || all.any(|domain| below(domain));
    is_known && url.port().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_no_request_can_name_is_refused() {
        let error = base_url("apiUrl", "https:`/example.com/base").unwrap_err();
        assert_eq!(
            error.message,
            "apiUrl must have a host name of letters, digits, hyphens and dots"
        );
    }

    #[test]
    fn trailing_slashes_are_dropped_and_paths_are_kept() {
        let url = base_url("apiUrl", "https://api.example.com/base//").unwrap();
        assert_eq!(url.as_str(), "https://api.example.com/base");
    }

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for allowed in [
            "http://127.0.0.1:1",
            "http://127.9.9.9",
            "http://[::1]:8",
            "http://localhost:3",
        ] {
            assert!(base_url("apiUrl", allowed).is_ok(), "{allowed}");
        }
        for refused in [
            "http://10.0.0.1",
            "http://localhost.example.com",
            "http://128.0.0.1",
            "ftp://127.0.0.1",
            "http://[::2]",
        ] {
            assert!(base_url("apiUrl", refused).is_err(), "{refused}");
        }
    }

    fn allows(entry: &str, url: &str) -> bool {
        let insecure = Hosts::new("insecureHosts", &[entry.to_owned()]).unwrap();
        base_url_allowing("apiUrl", url, &insecure).is_ok()
    }

    #[test]
    fn named_hosts_may_be_reached_by_plain_http() {
        for (entry, url) in [
            ("mock.internal", "http://mock.internal"),
            ("mock.internal", "http://mock.internal:8080/base"),
            ("Mock.Internal", "http://mock.INTERNAL"),
            ("mock.internal:8080", "http://mock.internal:8080"),
            ("mock.internal:80", "http://mock.internal"),
            ("10.0.0.1", "http://10.0.0.1:3"),
            ("[fd00::1]:8", "http://[fd00:0::1]:8"),
            ("bücher.internal", "http://xn--bcher-kva.internal"),
        ] {
            assert!(allows(entry, url), "{entry} {url}");
        }
        for (entry, url) in [
            ("mock.internal", "http://mock.internal.example.com"),
            ("mock.internal", "http://a.mock.internal"),
            ("mock.internal", "ftp://mock.internal"),
            ("mock.internal", "http://u:p@mock.internal"),
            ("mock.internal:8080", "http://mock.internal"),
            ("mock.internal:443", "http://mock.internal"),
            ("mock.internal:80", "http://mock.internal:8080"),
            ("10.0.0.1", "http://10.0.0.11"),
        ] {
            assert!(!allows(entry, url), "{entry} {url}");
        }
    }

    #[test]
    fn an_insecure_host_is_exact_and_nothing_more() {
        for entry in [
            "",
            " a",
            "a b",
            "*",
            "*.internal",
            "http://a",
            "a/",
            "a/b",
            "u@a",
            "a?b",
            "a#b",
            "a:",
            "a:x",
            "a:99999",
            "fd00::1",
            "a\n",
            "a%41",
            "a\\b",
        ] {
            let error = Hosts::new(
                "insecureHosts",
                &["ok.internal".to_owned(), entry.to_owned()],
            )
            .map(|_| entry)
            .unwrap_err();
            assert!(
                error.message.starts_with("insecureHosts[1] must be"),
                "{error}"
            );
        }
        let many = vec!["a".to_owned(); MAX_HOSTS + 1];
        assert!(Hosts::new("insecureHosts", &many[1..]).is_ok());
        assert!(Hosts::new("insecureHosts", &many).is_err());
    }

    #[test]
    fn errors_name_the_field_and_never_the_value() {
        for text in [
            "nonsense-value",
            "https://user:pw@nonsense-value",
            "https://nonsense-value/?a",
            "https://nonsense-value/#a",
            "data:nonsense-value",
        ] {
            let error = base_url("authUrl", text).unwrap_err();
            assert!(error.message.starts_with("authUrl "), "{}", error.message);
            assert!(
                !error.message.contains("nonsense-value"),
                "{}",
                error.message
            );
        }
    }
}

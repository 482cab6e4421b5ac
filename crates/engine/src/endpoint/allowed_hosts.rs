//! Which addresses tokens and digits may go to when the platform names one. Pure policy.

use url::Url;

use crate::origin::{Hosts, is_loopback, is_of_platform};

/// The addresses that a discovery may lead to.
#[derive(Clone, Debug)]
pub struct AllowedHosts {
    named: Hosts,
    loopback: bool,
}

impl AllowedHosts {
    /// `named` are those of the option `discoverHosts`. This machine is allowed only where tokens come from it too.
    #[must_use]
    pub fn new(named: Hosts, auth_url: &Url) -> Self {
        Self {
            named,
            loopback: is_loopback(auth_url),
        }
    }

    /// Whether all of them are those of the platform.
    #[must_use]
    pub const fn are_of_platform(&self) -> bool {
        !self.loopback && self.named.is_empty()
    }

    /// The address as a base, or the rule that it breaks, to be read behind its name. The address itself is not repeated.
    pub fn check(&self, address: &str) -> Result<Url, &'static str> {
        let mut url = Url::parse(address).map_err(|_| "is no absolute URL")?;
        let plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if !plain {
            return Err("has a user, a query or a fragment");
        }
        let on_this_machine = is_loopback(&url);
        if on_this_machine && !self.loopback {
            return Err("is on this machine, and the token endpoint is not");
        }
        if url.scheme() != "https" && !(url.scheme() == "http" && on_this_machine) {
            return Err("is not https");
        }
        if !(on_this_machine || self.named.contain(&url) || is_of_platform(&url)) {
            return Err(
                "is outside the domains of NICE; if it is yours, name its host in discoverHosts",
            );
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::{PLATFORM_DOMAINS, SOVEREIGN_DOMAINS};
    use proptest::prelude::*;

    fn allowed(named: &[&str], auth_url: &str) -> AllowedHosts {
        let named: Vec<_> = named.iter().map(|host| (*host).to_owned()).collect();
        let hosts = Hosts::new("discoverHosts", &named).unwrap();
        AllowedHosts::new(hosts, &auth_url.parse().unwrap())
    }

    fn of_platform() -> AllowedHosts {
        allowed(&[], "https://cxone.niceincontact.com")
    }

    #[test]
    fn the_domains_of_the_platform_pass() {
        for (address, base) in [
            (
                "https://api-na1.niceincontact.com",
                "https://api-na1.niceincontact.com/",
            ),
            (
                "https://API-NA1.NICEINCONTACT.COM/",
                "https://api-na1.niceincontact.com/",
            ),
            (
                "https://api.eu.nicecxone.com:443/x//",
                "https://api.eu.nicecxone.com/x",
            ),
            (
                "https://na1.nice-incontact.com",
                "https://na1.nice-incontact.com/",
            ),
        ] {
            assert_eq!(
                of_platform().check(address).unwrap().as_str(),
                base,
                "{address}"
            );
        }
    }

    #[test]
    fn nothing_else_does() {
        for address in [
            "",
            "api-na1.niceincontact.com",
            "http://api-na1.niceincontact.com",
            "ftp://api-na1.niceincontact.com",
            "https://niceincontact.com",
            "https://.niceincontact.com",
            "https://evilniceincontact.com",
            "https://api.evilniceincontact.com",
            "https://niceincontact.com.evil.example",
            "https://api.niceincontact.com.evil.example",
            "https://api.niceincontact.com.",
            "https://api.niceincontact.com:8443",
            "https://api.niceincontact.com@evil.example",
            "https://user:pass@api.niceincontact.com",
            "https://evil.example/.niceincontact.com",
            "https://evil.example\\\\.niceincontact.com",
            "https://evil.example#.niceincontact.com",
            "https://api.niceincontact.com?x=1",
            "https://api.niceincontact.com#x",
            "https://api.niceıncontact.com",
            "https://127.0.0.1",
            "http://localhost:80",
            "https://[::1]",
            "https://10.0.0.1",
        ] {
            assert!(of_platform().check(address).is_err(), "{address}");
        }
    }

    #[test]
    fn sovereign_clouds_pass_bare_too_and_what_looks_like_them_does_not() {
        for domain in SOVEREIGN_DOMAINS {
            for address in [
                format!("https://{domain}"),
                format!("https://api-x1.{domain}/base/"),
                format!("https://a.b.{}:443", domain.to_uppercase()),
            ] {
                assert!(of_platform().check(&address).is_ok(), "{address}");
            }
            for address in [
                format!("https://evil{domain}"),
                format!("https://evil-{domain}"),
                format!("https://{domain}."),
                format!("https://.{domain}"),
                format!("https://api.{domain}."),
                format!("https://{domain}.evil.example"),
                format!("https://{domain}:8443"),
                format!("https://{domain}@evil.example"),
                format!("https://user@{domain}"),
                format!("http://{domain}"),
                format!("https://evil.example/{domain}"),
            ] {
                assert!(of_platform().check(&address).is_err(), "{address}");
            }
        }
    }

    #[test]
    fn named_hosts_pass_with_their_port() {
        let hosts = allowed(
            &["api.example.com", "b.example:8443"],
            "https://auth.example.com",
        );
        assert!(hosts.check("https://api.example.com:9000").is_ok());
        assert!(hosts.check("https://b.example:8443").is_ok());
        for address in [
            "https://b.example",
            "https://x.api.example.com",
            "http://api.example.com",
        ] {
            assert!(hosts.check(address).is_err(), "{address}");
        }
    }

    #[test]
    fn this_machine_passes_only_where_tokens_come_from_it() {
        let here = allowed(&[], "http://127.0.0.1:8080");
        assert!(here.check("http://127.0.0.1:9090").is_ok());
        assert!(here.check("https://localhost").is_ok());
        assert!(here.check("http://api.niceincontact.com").is_err());
        assert!(here.check("https://api.niceincontact.com").is_ok());
        let named = allowed(&["localhost"], "https://auth.example.com");
        assert!(named.check("https://localhost").is_err());
    }

    proptest! {
        /// Whatever is written, what passes is below a domain of the platform, over https, on its usual port.
        #[test]
        fn no_way_of_writing_gets_out(
            before in "[a-z0-9./:@#?\\\\%-]{0,20}",
            domain in prop::sample::select([&PLATFORM_DOMAINS[..], &SOVEREIGN_DOMAINS].concat()),
            behind in "[a-z0-9./:@#?\\\\%-]{0,20}",
        ) {
            if let Ok(url) = of_platform().check(&format!("https://{before}{domain}{behind}")) {
                let host = url.host_str().unwrap();
                let mut all = PLATFORM_DOMAINS.iter().chain(&SOVEREIGN_DOMAINS);
                let below = all.any(|domain| host.ends_with(&format!(".{domain}")));
                prop_assert!(below || SOVEREIGN_DOMAINS.contains(&host), "{host}");
                prop_assert_eq!((url.scheme(), url.port()), ("https", None));
                prop_assert!(url.username().is_empty() && url.query().is_none());
            }
        }
    }
}

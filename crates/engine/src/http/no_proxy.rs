//! Which hosts `NO_PROXY` names. No standard says how to read it, so this takes the union of what Node.js documents
//! (`http.Agent`, `proxyEnv`), undici, proxy-from-env and curl read: to go straight is what the entry was written for.

use std::net::IpAddr;

use http::Uri;
use http::uri::Scheme;
use ipnet::IpNet;
use url::Host;

/// Whither a request goes.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    host: Host<String>,
    port: u16,
    pub(super) https: bool,
}

impl Destination {
    pub(super) fn of(uri: &Uri) -> Option<Self> {
        let https = uri.scheme() == Some(&Scheme::HTTPS);
        Some(Self {
            host: Host::parse(uri.host()?).ok()?,
            port: uri.port_u16().unwrap_or(if https { 443 } else { 80 }),
            https,
        })
    }

    /// Whether requests never leave the machine, and so never go through a proxy.
    pub(super) fn stays_here(&self) -> bool {
        match &self.host {
            Host::Domain(name) => {
                let name = without_root(name);
                name == "localhost" || name.ends_with(".localhost")
            }
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.to_canonical().is_loopback(),
        }
    }

    fn address(&self) -> Option<IpAddr> {
        match self.host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.to_canonical()),
        }
    }

    /// Whether one of the entries names it. They are separated by commas and blanks.
    pub(super) fn is_excepted(&self, list: &str) -> bool {
        list.split(|character: char| character == ',' || character.is_whitespace())
            .filter(|entry| !entry.is_empty())
            .any(|entry| self.is_named(entry))
    }

    fn is_named(&self, entry: &str) -> bool {
        if self.is_named_by_host(entry) {
            return true;
        }
        let Some((host, port)) = entry.rsplit_once(':') else {
            return false;
        };
        port.parse() == Ok(self.port) && self.is_named_by_host(host)
    }

    fn is_named_by_host(&self, entry: &str) -> bool {
        match (&self.host, self.address()) {
            _ if entry == "*" => true,
            (Host::Domain(name), _) => is_below(without_root(name), entry),
            (_, Some(address)) => holds(entry, address),
            _ => false,
        }
    }
}

/// A name may end in the dot of the root (RFC 1034 §3.1).
fn without_root(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// `name`, `.name` and `*.name` are the name and all below it; `*name` is whatever ends so.
fn is_below(host: &str, entry: &str) -> bool {
    let stem = without_root(entry).trim_start_matches(['*', '.']);
    // Written as addresses have it: small letters, and IDNA for others (RFC 5890).
    let Ok(Host::Domain(stem)) = Host::parse(stem) else {
        return false;
    };
    let any_end = entry.starts_with('*') && !entry.starts_with("*.");
    host.strip_suffix(stem.as_str())
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.') || any_end)
}

/// An address, a block of addresses, or the first and the last of several.
fn holds(entry: &str, address: IpAddr) -> bool {
    let read = |text: &str| {
        let text = text.trim_start_matches('[').trim_end_matches(']');
        text.parse::<IpAddr>()
            .ok()
            .map(|address| address.to_canonical())
    };
    if let Some((base, bits)) = entry.split_once('/') {
        let bits = bits.trim_end_matches(']').parse().ok();
        let block = read(base)
            .zip(bits)
            .map(|(base, bits)| IpNet::new(base, bits));
        return matches!(block, Some(Ok(block)) if block.contains(&address));
    }
    if let Some((first, last)) = entry.split_once('-') {
        let ends = read(first).zip(read(last));
        return ends.is_some_and(|(first, last)| {
            first.is_ipv4() == address.is_ipv4() && (first..=last).contains(&address)
        });
    }
    read(entry) == Some(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn to(address: &str) -> Destination {
        Destination::of(&address.parse().expect("an address")).expect("a host")
    }

    #[test]
    fn names() {
        for (entry, named, others) in [
            (
                "api.test",
                &["api.test", "a.api.test", "API.TEST", "api.test.:443"][..],
                &["xapi.test", "test", "api.test.x"][..],
            ),
            (".api.test", &["api.test", "a.b.api.test"], &["xapi.test"]),
            ("*.api.test", &["api.test", "a.api.test"], &["xapi.test"]),
            (
                "*api.test",
                &["api.test", "xapi.test", "x.api.test"],
                &["api.test.x"],
            ),
            ("API.Test.", &["api.test"], &[]),
            ("bücher.test", &["xn--bcher-kva.test"], &["bcher.test"]),
            (
                "api.test:8443",
                &["api.test:8443", "a.api.test:8443"],
                &["api.test", "api.test:443"],
            ),
            (
                "*.api.test:443",
                &["api.test", "a.api.test:443"],
                &["a.api.test:8443"],
            ),
            ("*", &["api.test", "192.0.2.1", "[2001:db8::1]:8"], &[]),
            ("*:8443", &["api.test:8443"], &["api.test"]),
            (
                "a.test,  b.test\tc.test\n,,",
                &["a.test", "b.test", "c.test"],
                &["d.test"],
            ),
            ("http://api.test", &[], &["api.test"]),
            (". .. *.", &[], &["api.test"]),
        ] {
            for host in named {
                assert!(
                    to(&format!("https://{host}/")).is_excepted(entry),
                    "{entry} {host}"
                );
            }
            for host in others {
                assert!(
                    !to(&format!("https://{host}/")).is_excepted(entry),
                    "{entry} {host}"
                );
            }
        }
    }

    #[test]
    fn addresses() {
        for (entry, named, others) in [
            (
                "192.0.2.7",
                &["192.0.2.7", "192.0.2.7:8", "[::ffff:192.0.2.7]"][..],
                &["192.0.2.70", "2.7.test"][..],
            ),
            ("192.0.2.7:8443", &["192.0.2.7:8443"], &["192.0.2.7"]),
            (
                "192.0.2.0/29",
                &["192.0.2.0", "192.0.2.7"],
                &["192.0.2.8", "[2001:db8::1]"],
            ),
            ("192.0.2.0/33", &[], &["192.0.2.0"]),
            (
                "192.0.2.9-192.0.2.11",
                &["192.0.2.9", "192.0.2.10", "192.0.2.11"],
                &["192.0.2.8", "192.0.2.12", "[2001:db8::1]"],
            ),
            ("192.0.2.11-192.0.2.9", &[], &["192.0.2.10"]),
            (
                "2001:db8::1",
                &["[2001:db8::1]", "[2001:DB8:0::1]:8443"],
                &["[2001:db8::2]"],
            ),
            ("[2001:db8::1]", &["[2001:db8::1]"], &["[2001:db8::2]"]),
            (
                "[2001:db8::1]:8443",
                &["[2001:db8::1]:8443"],
                &["[2001:db8::1]"],
            ),
            (
                "2001:db8::/32",
                &["[2001:db8:1::1]"],
                &["[2001:db9::1]", "192.0.2.1"],
            ),
            ("[2001:db8::]/32", &["[2001:db8:1::1]"], &["[2001:db9::1]"]),
            ("[2001:db8::/32]", &["[2001:db8:1::1]"], &["[2001:db9::1]"]),
            (
                "2001:db8::1-2001:db8::5",
                &["[2001:db8::3]"],
                &["[2001:db8::6]"],
            ),
        ] {
            for host in named {
                assert!(
                    to(&format!("https://{host}/")).is_excepted(entry),
                    "{entry} {host}"
                );
            }
            for host in others {
                assert!(
                    !to(&format!("https://{host}/")).is_excepted(entry),
                    "{entry} {host}"
                );
            }
        }
    }

    #[test]
    fn the_usual_port_is_that_of_the_scheme() {
        assert!(to("http://api.test/").is_excepted("api.test:80"));
        assert!(!to("http://api.test/").is_excepted("api.test:443"));
        assert!(to("https://api.test/").is_excepted("api.test:443"));
    }

    #[test]
    fn this_machine() {
        for host in [
            "localhost",
            "a.localhost",
            "localhost.",
            "127.8.9.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(to(&format!("https://{host}/")).stays_here(), "{host}");
        }
        for host in ["localhost.test", "128.0.0.1", "[::2]"] {
            assert!(!to(&format!("https://{host}/")).stays_here(), "{host}");
        }
    }

    proptest! {
        #[test]
        fn a_list_names_what_one_of_its_entries_does(
            entries in proptest::collection::vec("[a-c*.]{0,4}(:[0-9]{1,3})?", 0..5), host in "[a-c]{1,2}(\\.[a-c]{1,2}){0,2}",
        ) {
            let to = to(&format!("https://{host}/"));
            let any = entries.iter().any(|entry| to.is_excepted(entry));
            prop_assert_eq!(to.is_excepted(&entries.join(",")), any);
            prop_assert_eq!(to.is_excepted(&entries.join(" ")), any);
        }
    }
}

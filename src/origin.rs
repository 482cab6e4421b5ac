//! The addresses of the configuration, and what they may be.

use url::{Host, Url};

use crate::error::Error;

/// Reads a base address: https, or plain http to this machine; no user, query or fragment.
///
/// Trailing slashes are dropped. `field` is the name that errors give.
pub fn base_url(field: &str, text: &str) -> Result<Url, Error> {
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
        "http" if is_loopback(&url) => {}
        "http" => {
            return Err(invalid(
                "must use https: plain http is allowed only to this machine (127.0.0.0/8, ::1, localhost)",
            ));
        }
        _ => return Err(invalid("must use https")),
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// Whether the host names this machine without asking anybody.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

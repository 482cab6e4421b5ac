//! A request of a profile before it has a base address and a token.

use std::fmt;

use bytes::Bytes;
use http::uri::Authority;
use http::{Method, Uri};
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use crate::error::Error;

/// A request below any base address. `Debug` shows neither address nor body.
#[derive(Clone)]
pub struct RequestTemplate {
    /// The HTTP method.
    pub method: Method,
    /// The address below the base.
    pub target: Target,
    /// The body, empty where there is none. It is wiped when the last clone is dropped.
    pub body: Bytes,
}

impl fmt::Debug for RequestTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestTemplate")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// An address below a base: path segments, each of which stays one segment, and a query.
#[derive(Clone, Default)]
pub struct Target {
    /// The segments with a slash before each; `None` when one of them is no segment.
    path: Option<String>,
    query: Vec<(&'static str, Zeroizing<String>)>,
}

impl Target {
    /// The path of these segments. Ids among them have passed [`crate::payload::check_id`].
    #[must_use]
    pub fn path<'a>(segments: impl IntoIterator<Item = &'a str>) -> Self {
        let mut path = Some(String::with_capacity(96));
        for segment in segments {
            path = path
                .filter(|_| crate::payload::check_id("segment", segment).is_ok())
                .map(|path| path + "/" + segment);
        }
        Self {
            path,
            query: Vec::new(),
        }
    }

    /// The same with one more parameter. It is percent-encoded, `#` and `*` too.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, Zeroizing::new(value.into())));
        self
    }

    /// The whole address. Checked, since another address would send the digits elsewhere.
    pub fn under(&self, base: &Url) -> Result<Uri, Error> {
        let path = self.path.as_deref().ok_or_else(invalid_address)?;
        let below = base.as_str().trim_end_matches('/');
        let mut address = String::with_capacity(below.len() + path.len() + 64);
        address.push_str(below);
        address.push_str(path);
        if !self.query.is_empty() {
            address.push('?');
            let begin = address.len();
            let mut pairs = form_urlencoded::Serializer::for_suffix(&mut address, begin);
            for (name, value) in &self.query {
                pairs.append_pair(name, value);
            }
        }
        let uri = Uri::try_from(address).map_err(|_| invalid_address())?;
        // Checked ids and a checked base make nothing else. If they did, it would not be sent.
        let goes_where_it_should = uri.scheme_str() == Some(base.scheme())
            && uri.authority().map(Authority::as_str) == Some(base.authority())
            && uri.path().strip_suffix(path) == Some(base.path().trim_end_matches('/'));
        if goes_where_it_should {
            Ok(uri)
        } else {
            Err(invalid_address())
        }
    }
}

fn invalid_address() -> Error {
    Error::invalid("the ids and the base URL do not make a valid address")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn base(text: &str) -> Url {
        crate::origin::base_url("apiUrl", text).unwrap()
    }

    #[test]
    fn a_base_path_is_kept_and_digits_are_encoded() {
        let target = Target::path(["send", "x"]).with("digits", "1*#A");
        let url = target
            .under(&base("https://gateway.example.com/cxone/"))
            .unwrap();
        assert_eq!(
            url,
            "https://gateway.example.com/cxone/send/x?digits=1*%23A"
        );
    }

    #[test]
    fn a_segment_that_a_url_drops_is_an_error() {
        for id in ["..", ".", ""] {
            let target = Target::path(["a", id, "b"]);
            assert!(
                target.under(&base("https://api.example.com")).is_err(),
                "{id:?}"
            );
        }
    }

    #[test]
    fn neither_address_nor_body_show_in_debug() {
        let template = RequestTemplate {
            method: Method::POST,
            target: Target::path(["canary"]).with("canary", "canary"),
            body: Bytes::from_static(b"canary"),
        };
        assert!(!format!("{template:?}").contains("canary"));
    }

    proptest! {
        #[test]
        fn an_address_stays_below_its_base(
            ids in prop::collection::vec("[A-Za-z0-9._~:@+=-]{1,8}", 1..5),
            digits in "[0-9*#A-D]{1,20}",
        ) {
            let base = base("https://api.example.com/below");
            let target = Target::path(ids.iter().map(String::as_str)).with("digits", digits.clone());
            if let Ok(url) = target.under(&base) {
                let path = format!("/below/{}", ids.join("/"));
                prop_assert_eq!(url.path(), path.as_str());
                let url = Url::parse(&url.to_string()).unwrap();
                prop_assert_eq!(url.path(), path.as_str());
                prop_assert_eq!(url.origin(), base.origin());
                let read: Vec<_> = url.query_pairs().collect();
                prop_assert_eq!(&read[..], &[("digits".into(), digits.into())][..]);
            } else {
                prop_assert!(ids.iter().any(|id| matches!(id.as_str(), "." | "..")));
            }
        }
    }
}

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
    /// `None` when one of the segments is none.
    path: Option<Path>,
    query: Vec<(&'static str, Zeroizing<String>)>,
}

/// Segments with a slash before each.
#[derive(Clone, Default)]
struct Path {
    begin: String,
    /// The id of a session, which may have another one by the time it is asked for.
    session: String,
    end: String,
}

impl Path {
    fn parts(&self) -> [&str; 3] {
        [&self.begin, &self.session, &self.end]
    }
}

impl Target {
    /// The path of these segments. Ids among them have passed [`crate::payload::check_id`].
    #[must_use]
    pub fn path<'a>(segments: impl IntoIterator<Item = &'a str>) -> Self {
        let path = joined(segments).map(|begin| Path {
            begin,
            ..Path::default()
        });
        Self {
            path,
            query: Vec::new(),
        }
    }

    /// The same path with the id of a session and further segments behind it.
    #[must_use]
    pub fn in_session<'a>(self, session: &str, below: impl IntoIterator<Item = &'a str>) -> Self {
        let added = joined([session]).zip(joined(below));
        let path = self.path.zip(added).map(|(path, (session, end))| Path {
            session,
            end,
            ..path
        });
        Self { path, ..self }
    }

    /// The same in a session that has another id by now.
    #[must_use]
    pub fn renamed(&self, session: &str) -> Self {
        let mut renamed = self.clone();
        let Some(path) = renamed
            .path
            .as_mut()
            .filter(|path| !path.session.is_empty())
        else {
            return renamed;
        };
        match joined([session]) {
            Some(session) => path.session = session,
            None => renamed.path = None,
        }
        renamed
    }

    /// The same with one more parameter. It is percent-encoded, `#` and `*` too.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, Zeroizing::new(value.into())));
        self
    }

    /// The whole address. Checked, since another address would send the digits elsewhere.
    pub fn under(&self, base: &Url) -> Result<Uri, Error> {
        let path = self.path.as_ref().ok_or_else(invalid_address)?.parts();
        let below = base.as_str().trim_end_matches('/');
        let mut address = String::with_capacity(below.len() + path.len() + 64);
        address.push_str(below);
        address.extend(path);
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
            && without(uri.path(), path) == Some(base.path().trim_end_matches('/'));
        if goes_where_it_should {
            Ok(uri)
        } else {
            Err(invalid_address())
        }
    }
}

fn joined<'a>(segments: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut path = String::with_capacity(96);
    for segment in segments {
        crate::payload::check_id("segment", segment).ok()?;
        path.push('/');
        path.push_str(segment);
    }
    Some(path)
}

/// A path without these parts at its end.
fn without<'a>(path: &'a str, parts: [&str; 3]) -> Option<&'a str> {
    let mut from_behind = parts.into_iter().rev();
    from_behind.try_fold(path, str::strip_suffix)
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
    fn a_session_has_another_id_later() {
        let target = Target::path(["sessions"]).in_session("s1", ["send"]);
        let address = |target: Target| target.under(&base("https://api.example.com/x"));
        let uri = "https://api.example.com/x/sessions";
        let first = address(target.clone()).unwrap();
        assert_eq!(first.to_string(), format!("{uri}/s1/send"));
        let renamed = address(target.renamed("s2")).unwrap();
        assert_eq!(renamed.to_string(), format!("{uri}/s2/send"));
        assert!(address(target.renamed("..")).is_err());
        let without = Target::path(["sessions"]);
        assert_eq!(address(without.renamed("s2")).unwrap(), uri);
        assert!(address(without.in_session("a/b", ["send"])).is_err());
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

//! A request of a profile before it has a base address and a token.

use std::fmt;

use bytes::Bytes;
use http::Method;
use url::Url;
use zeroize::Zeroizing;

use crate::error::Error;

/// What is asked for, below whichever base. `Debug` shows neither address nor body.
#[derive(Clone)]
pub struct Draft {
    /// The HTTP method.
    pub method: Method,
    /// The address below the base.
    pub target: Target,
    /// The body, empty where there is none. It is wiped when the last clone is dropped.
    pub body: Bytes,
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// An address below a base: path segments, each of which stays one segment, and a query.
#[derive(Clone, Default)]
pub struct Target {
    segments: Vec<String>,
    query: Vec<(&'static str, Zeroizing<String>)>,
}

impl Target {
    /// The path of these segments. Ids among them have passed [`crate::dtmf::check_id`].
    #[must_use]
    pub fn path<'a>(segments: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            segments: segments.into_iter().map(str::to_owned).collect(),
            query: Vec::new(),
        }
    }

    /// The same with one more parameter. It is percent-encoded, `#` and `*` too.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, Zeroizing::new(value.into())));
        self
    }

    /// The whole address. Checked, since a segment that a URL drops would send the digits elsewhere.
    pub fn under(&self, base: &Url) -> Result<Url, Error> {
        let mut url = base.clone();
        let before = segments(&url);
        {
            let mut path = url.path_segments_mut().map_err(|()| wrong())?;
            path.pop_if_empty().extend(&self.segments);
        }
        // `extend` drops dot segments. The ids were checked, so this cannot happen.
        let goes_where_it_should = segments(&url) == before + self.segments.len()
            && url.origin() == base.origin()
            && self
                .segments
                .last()
                .is_some_and(|last| url.path().ends_with(last));
        if !goes_where_it_should {
            return Err(wrong());
        }
        if !self.query.is_empty() {
            let mut pairs = url.query_pairs_mut();
            for (name, value) in &self.query {
                pairs.append_pair(name, value);
            }
        }
        Ok(url)
    }
}

fn segments(url: &Url) -> usize {
    url.path_segments().map_or(0, |segments| {
        segments.filter(|segment| !segment.is_empty()).count()
    })
}

fn wrong() -> Error {
    Error::invalid("the ids and the base URL do not make a valid address")
}

/// Text of a body that is wiped.
pub(super) struct Wiped(pub(super) Zeroizing<String>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
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
            url.as_str(),
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
        let draft = Draft {
            method: Method::POST,
            target: Target::path(["canary"]).with("canary", "canary"),
            body: Bytes::from_static(b"canary"),
        };
        assert!(!format!("{draft:?}").contains("canary"));
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
                prop_assert_eq!(url.origin(), base.origin());
                let read: Vec<_> = url.query_pairs().collect();
                prop_assert_eq!(&read[..], &[("digits".into(), digits.into())][..]);
            } else {
                prop_assert!(ids.iter().any(|id| matches!(id.as_str(), "." | "..")));
            }
        }
    }
}

//! The transports of one JavaScript realm.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use cxone_dtmf_engine::clock::WallClock;
use cxone_dtmf_engine::error::Error;
use cxone_dtmf_engine::http::{ControlTransport, DigitsTransport, HttpOptions, ProxyVariables};
use cxone_dtmf_engine::tls::text_of;

/// The most pairs of transports that are kept while they are not in use. One holds its roots (some 100 KB), and
/// connections for as long as those may be idle.
const MAX_KEPT: usize = 8;

/// The transports of one set of settings.
#[derive(Clone)]
pub struct Pair {
    /// Carries digits.
    pub digits: Arc<DigitsTransport>,
    /// Carries everything else.
    pub control: Arc<ControlTransport>,
}

impl Pair {
    fn new(options: HttpOptions, variables: ProxyVariables) -> Result<Self, Error> {
        let wall = WallClock::system();
        let digits = DigitsTransport::in_environment(options, variables, wall)?;
        let digits = Arc::new(digits);
        let control = Arc::new(ControlTransport::beside(Arc::clone(&digits)));
        Ok(Self { digits, control })
    }
}

/// Transports by their settings. Objects with equal settings share connections and read the roots once, so
/// that a program may make an injector per request.
pub struct Transports {
    extra_ca: Option<String>,
    kept: Mutex<VecDeque<Kept>>,
}

struct Kept {
    options: HttpOptions,
    variables: ProxyVariables,
    pair: Pair,
}

impl Transports {
    /// Reads the file of `NODE_EXTRA_CA_CERTS`, once, as Node.js does. Like there, a file that cannot be opened is
    /// passed over: it only narrows what is trusted, and Node.js itself warns of it.
    pub fn new() -> Self {
        let bytes =
            std::env::var_os("NODE_EXTRA_CA_CERTS").and_then(|path| std::fs::read(path).ok());
        Self::trusting(bytes.map(|bytes| text_of(&bytes).into_owned()))
    }

    fn trusting(extra_ca: Option<String>) -> Self {
        Self {
            extra_ca,
            kept: Mutex::default(),
        }
    }

    /// The text of the file that `NODE_EXTRA_CA_CERTS` names.
    pub fn extra_ca(&self) -> Option<String> {
        self.extra_ca.clone()
    }

    /// The transports with these settings.
    pub fn with(&self, options: HttpOptions) -> Result<Pair, Error> {
        self.find(options, variables())
    }

    fn find(&self, options: HttpOptions, variables: ProxyVariables) -> Result<Pair, Error> {
        let options = HttpOptions {
            extra_ca: self.extra_ca.clone(),
            ..options
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let position = kept
            .iter()
            .position(|kept| kept.options == options && kept.variables == variables);
        let found = if let Some(found) = position.and_then(|position| kept.remove(position)) {
            found
        } else {
            Kept {
                pair: Pair::new(options.clone(), variables.clone())?,
                options,
                variables,
            }
        };
        let pair = found.pair.clone();
        // The one that was not asked for longest is at the back.
        kept.push_front(found);
        kept.truncate(MAX_KEPT);
        Ok(pair)
    }
}

fn variables() -> ProxyVariables {
    ProxyVariables::read(|name| std::env::var(name).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cxone_dtmf_engine::http::ProxyChoice;
    use std::time::Duration;

    fn within(millis: u64) -> HttpOptions {
        HttpOptions {
            connect_timeout: Duration::from_millis(millis),
            ..HttpOptions::default()
        }
    }

    fn proxied(by: &str) -> ProxyVariables {
        ProxyVariables::read(|name| (name == "HTTPS_PROXY").then(|| by.to_owned()))
    }

    #[test]
    fn equal_settings_share_and_others_do_not() {
        let transports = Transports::trusting(None);
        let none = ProxyVariables::default();
        let find = |options, variables| transports.find(options, variables).unwrap().digits;
        let first = find(within(1), none.clone());
        let same = find(within(1), none.clone());
        assert!(Arc::ptr_eq(&first, &same));
        for (options, variables) in [
            (within(2), none.clone()),
            (within(1), proxied("p.test")),
            (
                HttpOptions {
                    proxy: ProxyChoice::Url("http://p.test".to_owned()),
                    ..within(1)
                },
                none.clone(),
            ),
        ] {
            let other = find(options, variables);
            assert!(!Arc::ptr_eq(&first, &other));
        }
        let again = find(within(1), none);
        assert!(Arc::ptr_eq(&first, &again));
    }

    #[test]
    fn the_one_that_was_not_asked_for_longest_goes() {
        let transports = Transports::trusting(None);
        let find = |millis| {
            transports
                .find(within(millis), ProxyVariables::default())
                .unwrap()
                .digits
        };
        let oldest = Arc::downgrade(&find(1));
        let wanted = Arc::downgrade(&find(2));
        for millis in 3..=8 {
            find(millis);
        }
        assert!(oldest.upgrade().is_some());
        find(2);
        find(9);
        assert!(oldest.upgrade().is_none());
        assert!(wanted.upgrade().is_some());
    }

    #[test]
    fn what_cannot_be_made_is_not_kept() {
        let transports = Transports::trusting(None);
        let options = HttpOptions {
            ca_bundle: Some("none".to_owned()),
            ..HttpOptions::default()
        };
        assert!(transports.find(options, ProxyVariables::default()).is_err());
        assert_eq!(transports.kept.lock().unwrap().len(), 0);
    }
}

//! Each test of a transport runs over both of them.

use std::sync::Arc;

use cxone_dtmf_engine::http::{ControlTransport, DigitsTransport, HttpOptions, Transport};

use crate::support::{Identity, http_transport};

/// Which of the two transports a test runs over.
#[derive(Clone, Copy, Debug)]
pub enum Over {
    Digits,
    Control,
}

impl Over {
    pub fn plain(self) -> Box<dyn Transport> {
        self.with(HttpOptions::default())
    }

    pub fn trusting(self, identity: &Identity) -> Box<dyn Transport> {
        self.with(HttpOptions {
            ca_bundle: Some(identity.pem()),
            ..HttpOptions::default()
        })
    }

    pub fn with(self, options: HttpOptions) -> Box<dyn Transport> {
        self.made_of(http_transport(options))
    }

    pub fn made_of(self, digits: DigitsTransport) -> Box<dyn Transport> {
        match self {
            Self::Digits => Box::new(digits),
            Self::Control => Box::new(ControlTransport::beside(Arc::new(digits))),
        }
    }
}

/// Makes two tests of each function, one for each transport. Those after `threads:` run on two threads.
macro_rules! over_both {
    ($($single:ident),+ $(; threads: $($threaded:ident),+)? $(,)?) => {
        over_both!(@ digits Digits, $($single),+ $(; $($threaded),+)?);
        over_both!(@ control Control, $($single),+ $(; $($threaded),+)?);
    };
    (@ $module:ident $over:ident, $($single:ident),+ $(; $($threaded:ident),+)?) => {
        mod $module {
            use crate::http::over::Over;
            $(
                #[tokio::test]
                async fn $single() {
                    super::$single(Over::$over).await;
                }
            )+
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $threaded() {
                    super::$threaded(Over::$over).await;
                }
            )+)?
        }
    };
}
pub(super) use over_both;

//! Renewing a token by refresh tokens, where the endpoint gives them.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::exchange::Failed;
use super::{Grant, Granted};
use crate::BoxFuture;
use crate::Secret;
use crate::error::Error;

/// A grant whose tokens can be renewed.
pub(super) trait Renewable: Send + Sync + 'static {
    /// Asks with the credentials.
    fn begin(&self) -> BoxFuture<'_, Result<Granted, Failed>>;

    /// Asks with a refresh token.
    fn renew<'a>(&'a self, refresh_token: &'a Secret) -> BoxFuture<'a, Result<Granted, Failed>>;
}

/// Uses each refresh token once, and the credentials when there is none or it is refused.
pub struct Renewing<G> {
    grant: G,
    last: Mutex<Last>,
}

/// What the last answer left behind.
#[derive(Default)]
struct Last {
    refresh_token: Option<Secret>,
    tenant: Option<Arc<str>>,
}

impl<G> Renewing<G> {
    /// A grant that has not been asked yet.
    pub fn new(grant: G) -> Self {
        Self {
            grant,
            last: Mutex::default(),
        }
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A renewal need not name the tenant again: it stays the same.
    fn remember(&self, mut granted: Granted) -> Granted {
        let mut last = self.last();
        last.refresh_token.clone_from(&granted.refresh_token);
        if granted.tenant.is_some() {
            last.tenant.clone_from(&granted.tenant);
        }
        granted.tenant.clone_from(&last.tenant);
        granted
    }
}

impl<G: Renewable> Grant for Renewing<G> {
    fn request(&self) -> BoxFuture<'_, Result<Granted, Error>> {
        Box::pin(async move {
            let refresh_token = self.last().refresh_token.take();
            if let Some(refresh_token) = refresh_token {
                match self.grant.renew(&refresh_token).await {
                    Ok(granted) => return Ok(self.remember(granted)),
                    Err(Failed { error, left: false }) => {
                        // It was not used, so it still serves.
                        self.last().refresh_token = Some(refresh_token);
                        return Err(error);
                    }
                    Err(Failed { error, .. }) if error.retryable => return Err(error),
                    // Refused: it ran out, or was used. The credentials decide.
                    Err(_) => {}
                }
            }
            let granted = self.grant.begin().await.map_err(|failed| failed.error)?;
            Ok(self.remember(granted))
        })
    }
}

impl<G> fmt::Debug for Renewing<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewing").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::time::Duration;

    use super::*;
    use crate::error::Code;

    /// Answers by script, and writes down how it was asked.
    #[derive(Default)]
    struct Script {
        answers: Mutex<VecDeque<Result<Granted, Failed>>>,
        asked: Mutex<Vec<String>>,
    }

    impl Script {
        fn answer(&self, asked: String) -> BoxFuture<'_, Result<Granted, Failed>> {
            self.asked.lock().unwrap().push(asked);
            let answer = self.answers.lock().unwrap().pop_front().unwrap();
            Box::pin(async move { answer })
        }
    }

    impl Renewable for Script {
        fn begin(&self) -> BoxFuture<'_, Result<Granted, Failed>> {
            self.answer("credentials".to_owned())
        }

        fn renew<'a>(&'a self, token: &'a Secret) -> BoxFuture<'a, Result<Granted, Failed>> {
            self.answer(token.expose().to_owned())
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "an answer of the script")]
    fn granted(refresh_token: Option<&str>, tenant: Option<&str>) -> Result<Granted, Failed> {
        Ok(Granted {
            access_token: Secret::new("t".to_owned()),
            lifetime: Duration::from_secs(60),
            refresh_token: refresh_token.map(|token| Secret::new(token.to_owned())),
            tenant: tenant.map(Arc::from),
        })
    }

    fn failed(retryable: bool, left: bool) -> Result<Granted, Failed> {
        let mut error = Error::not_sent(Code::Auth, "no");
        error.retryable = retryable;
        Err(Failed { error, left })
    }

    async fn play(answers: Vec<Result<Granted, Failed>>, times: usize) -> Vec<String> {
        let renewing = Renewing::new(Script::default());
        *renewing.grant.answers.lock().unwrap() = answers.into();
        for _ in 0..times {
            let _ = renewing.request().await;
        }
        let asked = renewing.grant.asked.lock().unwrap();
        asked.clone()
    }

    #[tokio::test]
    async fn each_refresh_token_is_used_once() {
        let answers = vec![
            granted(Some("r1"), None),
            granted(Some("r2"), None),
            granted(None, None),
            granted(None, None),
        ];
        assert_eq!(
            play(answers, 4).await,
            ["credentials", "r1", "r2", "credentials"]
        );
    }

    #[tokio::test]
    async fn a_refused_one_gives_way_to_the_credentials_at_once() {
        let answers = vec![
            granted(Some("r1"), None),
            failed(false, true),
            granted(Some("r2"), None),
            granted(None, None),
        ];
        assert_eq!(
            play(answers, 3).await,
            ["credentials", "r1", "credentials", "r2"]
        );
    }

    #[tokio::test]
    async fn one_that_was_not_used_is_kept_and_one_in_doubt_is_not() {
        let answers = vec![
            granted(Some("r1"), None),
            failed(true, false),
            failed(false, false),
            failed(true, true),
            granted(None, None),
        ];
        assert_eq!(
            play(answers, 5).await,
            ["credentials", "r1", "r1", "r1", "credentials"]
        );
    }

    #[tokio::test]
    async fn the_tenant_stays_when_a_renewal_does_not_name_it() {
        let renewing = Renewing::new(Script::default());
        *renewing.grant.answers.lock().unwrap() =
            vec![granted(Some("r1"), Some("t-1")), granted(None, None)].into();
        renewing.request().await.unwrap();
        let renewed = renewing.request().await.unwrap();
        assert_eq!(renewed.tenant.as_deref(), Some("t-1"));
        assert!(!format!("{renewing:?}").contains("r1"));
    }
}

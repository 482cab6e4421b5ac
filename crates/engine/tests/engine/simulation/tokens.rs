//! The token endpoint: grants, fails and stalls as the weather is, and knows which tokens are good.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cxone_dtmf_engine::BoxFuture;
use cxone_dtmf_engine::Secret;
use cxone_dtmf_engine::auth::{Grant, Granted, TokenObserver};
use cxone_dtmf_engine::error::{Code, Error};
use fastrand::Rng;
use tokio::time::sleep;

use super::faults::{ms, pick};
use super::history::{History, What};

/// The tokens of all sources of a world, by number. The text of a token is its number.
#[derive(Default)]
pub struct Issued(Mutex<HashMap<u64, Duration>>);

impl Issued {
    fn issue(&self, until: Duration) -> u64 {
        let mut all = self.0.lock().unwrap();
        // Revoked tokens stay, so that no number comes back.
        let number = all.len() as u64 + 1;
        all.insert(number, until);
        number
    }

    pub fn is_good(&self, token: u64, now: Duration) -> bool {
        let all = self.0.lock().unwrap();
        all.get(&token).is_some_and(|until| now < *until)
    }

    pub fn revoke_all(&self) {
        let mut all = self.0.lock().unwrap();
        all.values_mut().for_each(|until| *until = Duration::ZERO);
    }
}

/// One client of the token endpoint.
pub struct Endpoint {
    pub source: usize,
    pub issued: Arc<Issued>,
    pub history: History,
    pub rng: Mutex<Rng>,
}

impl Grant for Endpoint {
    fn request(&self) -> BoxFuture<'_, Result<Granted, Error>> {
        Box::pin(async move {
            self.history.note(What::TokenAsked(self.source));
            let (takes, lifetime, weather) = {
                let rng = &mut *self.rng.lock().unwrap();
                let takes = *pick(rng, &[ms(0), ms(0), ms(5), ms(100), ms(1_000), ms(5_000)]);
                let lifetime = *pick(rng, &[0, 2, 10, 40, 300, 3_600]);
                (takes, Duration::from_secs(lifetime), rng.u8(0..20))
            };
            sleep(takes).await;
            let result = match weather {
                0 => Err(Error::not_sent(Code::Connect, "unreachable").retryable(None)),
                1 => Err(Error::not_sent(Code::Auth, "busy").retryable(Some(ms(3_000)))),
                2 => Err(Error::not_sent(Code::Auth, "failed").retryable(None)),
                3 => Err(Error::not_sent(Code::Auth, "refused")),
                _ => {
                    let until = self.history.now() + lifetime;
                    let number = self.issued.issue(until);
                    Ok(Granted {
                        access_token: Secret::new(number.to_string()),
                        lifetime,
                        refresh_token: None,
                        tenant: None,
                    })
                }
            };
            let error = result.as_ref().err();
            self.history.note(What::TokenEnded {
                source: self.source,
                failed: error.is_some(),
                retry_after: error.and_then(|error| error.retry_after),
            });
            result
        })
    }
}

/// Nobody listens.
pub struct Deaf;

impl TokenObserver for Deaf {
    fn refreshed(&self) {}
    fn refresh_failed(&self, _: &Error) {}
}

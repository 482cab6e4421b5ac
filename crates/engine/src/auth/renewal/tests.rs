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
        tenant: tenant.map(|id| {
            Arc::new(Tenant {
                id: Some(id.into()),
                ..Tenant::default()
            })
        }),
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
    assert_eq!(renewed.tenant.unwrap().id.as_deref(), Some("t-1"));
    assert!(!format!("{renewing:?}").contains("r1"));
}

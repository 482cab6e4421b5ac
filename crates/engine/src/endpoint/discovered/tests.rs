//! Discovery on a stopped clock, with a transport that answers by script.

use std::collections::VecDeque;
use std::sync::Mutex as StdMutex;
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use tokio::time::{advance, sleep};

use super::*;
use crate::Secret;
use crate::clock::WallClock;
use crate::http::{Fault, FaultKind, Request, Transport};
use crate::origin::Hosts;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const AUTH: &str = "https://cxone.niceincontact.com/auth/token";
const GOOD: &str = r#"{"api_endpoint":"https://api-na1.niceincontact.com/","area":"na1"}"#;

type Scripted = Result<(u16, &'static str), FaultKind>;

#[derive(Default)]
struct Script {
    answers: StdMutex<VecDeque<Scripted>>,
    asked: StdMutex<Vec<Request>>,
}

impl Transport for Script {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Fault>> {
        self.asked.lock().unwrap().push(request);
        let next = self.answers.lock().unwrap().pop_front();
        Box::pin(async move {
            sleep(Duration::from_millis(100)).await;
            let (status, body) = next
                .unwrap_or(Ok((200, GOOD)))
                .map_err(|kind| Fault { kind })?;
            let mut headers = HeaderMap::new();
            if status == 429 {
                headers.insert("retry-after", HeaderValue::from_static("90"));
            }
            Ok(Answer {
                status: StatusCode::from_u16(status).unwrap(),
                headers,
                body: AnswerBody::Whole(Bytes::from_static(body.as_bytes())),
            })
        })
    }
}

fn stage(answers: impl Into<VecDeque<Scripted>>) -> (Arc<Script>, Discovered) {
    let script = Arc::new(Script::default());
    *script.answers.lock().unwrap() = answers.into();
    let auth_url: Url = AUTH.parse().unwrap();
    let connection = Connection {
        transport: script.clone(),
        timeout: Duration::from_secs(5),
        clock: WallClock::from_fn(|| SystemTime::UNIX_EPOCH),
    };
    let allowed = AllowedHosts::new(Hosts::default(), &auth_url);
    (script, Discovered::new(connection, &auth_url, allowed))
}

fn token(tenant: Option<&str>) -> Token {
    of_tenant(tenant.map(|id| Tenant {
        id: Some(id.to_owned()),
        ..Tenant::default()
    }))
}

fn of_tenant(tenant: Option<Tenant>) -> Token {
    Token {
        value: Secret::new("canary".to_owned()),
        generation: 1,
        tenant: tenant.map(Arc::new),
    }
}

#[tokio::test(start_paused = true)]
async fn the_question_names_the_tenant_and_carries_no_token() {
    let (script, discovered) = stage([]);
    let base = discovered.base(&token(Some("t-1"))).await.unwrap();
    assert_eq!(base.as_str(), "https://api-na1.niceincontact.com/");
    let asked = script.asked.lock().unwrap();
    assert_eq!(
        asked[0].uri,
        "https://cxone.niceincontact.com/.well-known/cxone-configuration?tenantId=t-1"
    );
    assert_eq!(asked[0].method, Method::GET);
    assert!(!asked[0].headers.contains_key("authorization"));
    assert!(!format!("{:?}", asked[0].headers).contains("canary"));
}

#[tokio::test(start_paused = true)]
async fn one_question_serves_everybody_for_an_hour() {
    let (script, discovered) = stage([]);
    let token = token(Some("t-1"));
    let (a, b, c) = tokio::join!(
        discovered.base(&token),
        discovered.base(&token),
        discovered.base(&token)
    );
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    advance(FRESH_FOR.saturating_sub(Duration::from_secs(1))).await;
    discovered.base(&token).await.unwrap();
    assert_eq!(script.asked.lock().unwrap().len(), 1);
    advance(Duration::from_secs(2)).await;
    discovered.base(&token).await.unwrap();
    assert_eq!(script.asked.lock().unwrap().len(), 2);
    discovered.base(&self::token(Some("t-2"))).await.unwrap();
    assert_eq!(script.asked.lock().unwrap().len(), 3, "another tenant");
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_to_all_and_pauses() {
    let (script, discovered) = stage([Ok((503, "")), Ok((429, "")), Err(FaultKind::NameLookup)]);
    let token = token(Some("t-1"));
    let (first, second) = tokio::join!(discovered.base(&token), discovered.base(&token));
    for error in [first.unwrap_err(), second.unwrap_err()] {
        assert_eq!((error.code, error.retryable), (Code::Auth, true));
        assert!(error.retry_after <= Some(FIRST_PAUSE));
    }
    assert_eq!(script.asked.lock().unwrap().len(), 1);
    advance(FIRST_PAUSE).await;
    let throttled = discovered.base(&token).await.unwrap_err();
    assert_eq!(throttled.retry_after, Some(Duration::from_secs(90)));
    advance(Duration::from_secs(91)).await;
    let unreachable = discovered.base(&token).await.unwrap_err();
    assert!(unreachable.message.contains("could not be reached"));
    advance(Duration::from_secs(5)).await;
    assert!(discovered.base(&token).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_takes_nothing_from_the_others() {
    let (script, discovered) = stage([]);
    let token = token(Some("t-1"));
    let gives_up = tokio::time::timeout(Duration::from_millis(10), discovered.base(&token));
    assert!(gives_up.await.is_err());
    assert!(discovered.base(&token).await.is_ok());
    assert_eq!(script.asked.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn passing_trouble_does_not_take_away_a_known_address() {
    let (script, discovered) = stage([Ok((200, GOOD)), Ok((503, "")), Ok((404, ""))]);
    let token = token(Some("t-1"));
    discovered.base(&token).await.unwrap();
    advance(FRESH_FOR).await;
    assert!(discovered.base(&token).await.is_ok());
    assert_eq!(script.asked.lock().unwrap().len(), 2);
    advance(LONGEST_PAUSE).await;
    assert!(
        discovered.base(&token).await.is_err(),
        "a final answer does"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_is_said_without_the_address() {
    for (answer, why, retryable) in [
        ((404, "{}"), "does not know the tenant", false),
        ((302, ""), "answered 302", false),
        ((500, ""), "answered 500", true),
        ((200, "<html>"), "has no api_endpoint", false),
        ((200, r#"{"api_endpoint":7}"#), "has no api_endpoint", false),
        (
            (200, r#"{"api_endpoint":"https://canary.example"}"#),
            "outside the domains of NICE",
            false,
        ),
    ] {
        let (_, discovered) = stage([Ok(answer)]);
        let error = discovered.base(&token(Some("t-1"))).await.unwrap_err();
        assert!(error.message.contains(why), "{error}");
        assert_eq!((error.code, error.retryable), (Code::Auth, retryable));
        assert!(!format!("{error:?}").contains("canary"));
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_tenant_the_area_is_asked() {
    let (script, discovered) = stage([]);
    assert!(discovered.base(&token(None)).await.is_ok());
    let asked = script.asked.lock().unwrap()[0].uri.clone();
    assert_eq!(
        asked,
        "https://cxone.niceincontact.com/.well-known/cxone-configuration"
    );
    for status in [400, 404] {
        let (_, discovered) = stage([Ok((status, ""))]);
        let error = discovered.base(&token(None)).await.unwrap_err();
        assert!(error.message.contains("no token names a tenant"), "{error}");
        assert!(!error.retryable);
    }
    let (_, busy) = stage([Ok((429, ""))]);
    assert!(busy.base(&token(None)).await.unwrap_err().retryable);
}

#[tokio::test(start_paused = true)]
async fn the_issuer_is_asked_where_it_is_allowed() {
    for (issuer, host) in [
        (
            "https://cxone-gov.niceincontact.com",
            "cxone-gov.niceincontact.com",
        ),
        ("https://nicecxone-sov1.eu/", "nicecxone-sov1.eu"),
        ("https://na1.nicecxone.com/auth/realm", "na1.nicecxone.com"),
        ("https://evil.example", "cxone.niceincontact.com"),
        ("https://evilnicecxone-gov.com", "cxone.niceincontact.com"),
        (
            "https://nicecxone-gov.com@evil.example",
            "cxone.niceincontact.com",
        ),
        ("http://nicecxone-gov.com", "cxone.niceincontact.com"),
        ("http://127.0.0.1:80", "cxone.niceincontact.com"),
        ("https://nicecxone-gov.com?x", "cxone.niceincontact.com"),
        ("nicecxone-gov.com", "cxone.niceincontact.com"),
    ] {
        let (script, discovered) = stage([]);
        let tenant = Tenant {
            id: Some("t-1".to_owned()),
            issuer: Some(issuer.to_owned()),
            resource_server: None,
        };
        discovered.base(&of_tenant(Some(tenant))).await.unwrap();
        let asked = script.asked.lock().unwrap()[0].uri.clone();
        let expected = format!("https://{host}/.well-known/cxone-configuration?tenantId=t-1");
        assert_eq!(asked, *expected, "{issuer}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_that_came_with_the_token_needs_no_question() {
    let came = |address: &str| {
        of_tenant(Some(Tenant {
            id: Some("t-1".to_owned()),
            issuer: None,
            resource_server: Some(address.to_owned()),
        }))
    };
    let (script, discovered) = stage([]);
    for (address, base) in [
        (
            "https://api-c7.nice-incontact.com/InContactAPI/",
            "https://api-c7.nice-incontact.com/",
        ),
        (
            "https://api-c7.nice-incontact.com/inContactAPI",
            "https://api-c7.nice-incontact.com/",
        ),
        (
            "https://api-c7.nicecxone.com/x/incontactapi/",
            "https://api-c7.nicecxone.com/x",
        ),
        (
            "https://api-c7.nicecxone.com/x-incontactapi",
            "https://api-c7.nicecxone.com/x-incontactapi",
        ),
    ] {
        let found = discovered.base(&came(address)).await.unwrap();
        assert_eq!(found.as_str(), base);
    }
    for address in [
        "https://canary.example/InContactAPI/",
        "",
        "http://api-c7.nicecxone.com",
    ] {
        let error = discovered.base(&came(address)).await.unwrap_err();
        assert_eq!((error.code, error.retryable), (Code::Auth, false));
        assert!(
            error.message.contains(": resource_server_base_uri is"),
            "{error}"
        );
        assert!(!error.message.contains("canary"));
    }
    assert!(script.asked.lock().unwrap().is_empty());
}

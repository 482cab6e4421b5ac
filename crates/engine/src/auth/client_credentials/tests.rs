use super::*;
use crate::Secret;
use crate::clock::WallClock;
use crate::error::Code;
use crate::http::{Answer, AnswerBody, Fault, FaultKind, Request, Transport};
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use http::{Method, StatusCode};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

struct OneAnswer {
    answer: Result<(u16, AnswerBody), FaultKind>,
    retry_after: Option<&'static str>,
    seen: Mutex<Vec<Request>>,
}

impl Transport for OneAnswer {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Fault>> {
        self.seen.lock().unwrap().push(request);
        let mut headers = HeaderMap::new();
        if let Some(text) = self.retry_after {
            headers.insert("retry-after", HeaderValue::from_static(text));
        }
        let answer = match self.answer.clone() {
            Ok((status, body)) => Ok(Answer {
                status: StatusCode::from_u16(status).unwrap(),
                headers,
                body,
            }),
            Err(kind) => Err(Fault { kind }),
        };
        Box::pin(async move { answer })
    }
}

fn grant(answer: Result<(u16, AnswerBody), FaultKind>) -> (Arc<OneAnswer>, ClientCredentials) {
    let transport = Arc::new(OneAnswer {
        answer,
        retry_after: None,
        seen: Mutex::default(),
    });
    let grant = credentials(Arc::clone(&transport));
    (transport, grant)
}

fn credentials(transport: Arc<OneAnswer>) -> ClientCredentials {
    ClientCredentials {
        connection: Connection {
            transport,
            timeout: Duration::from_secs(5),
            clock: WallClock::from_fn(|| SystemTime::UNIX_EPOCH),
        },
        url: "https://auth.example/oauth/token".parse().unwrap(),
        client: Client {
            id: "id & co".to_owned(),
            secret: Secret::new("s=ecret+\u{e9}".to_owned()).into(),
            authentication: ClientAuthentication::Body,
        },
        scope: "a:b c".to_owned(),
    }
}

fn whole(body: &'static str) -> AnswerBody {
    AnswerBody::Whole(Bytes::from_static(body.as_bytes()))
}

#[tokio::test]
async fn request_is_the_form_of_the_grant() {
    let (transport, grant) = grant(Ok((200, whole(r#"{"access_token":"t","expires_in":60}"#))));
    let granted = grant.request().await.unwrap();
    assert_eq!(granted.access_token.expose(), "t");
    assert_eq!(granted.lifetime, Duration::from_secs(60));

    let seen = transport.seen.lock().unwrap();
    let request = &seen[0];
    assert_eq!(seen.len(), 1);
    assert_eq!(request.method, Method::POST);
    assert_eq!(request.uri, "https://auth.example/oauth/token");
    assert_eq!(request.timeout, Duration::from_secs(5));
    assert_eq!(
        request.body,
        "grant_type=client_credentials&client_id=id+%26+co&client_secret=s%3Decret%2B%C3%A9&scope=a%3Ab+c"
    );
    let header = |name| request.headers.get(name).unwrap().to_str().unwrap();
    assert_eq!(header(CONTENT_TYPE), "application/x-www-form-urlencoded");
    assert_eq!(header(ACCEPT), "application/json");
    assert_eq!(
        header(USER_AGENT),
        format!("cxone-dtmf/{}", env!("CARGO_PKG_VERSION"))
    );
}

/// Answers at once, after loading for a while.
struct Slow(Duration);

impl Transport for Slow {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Fault>> {
        assert_eq!(request.timeout, Duration::from_secs(5));
        Box::pin(async {
            Err(Fault {
                kind: FaultKind::NameLookup,
            })
        })
    }

    fn ready(&self) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(self.0))
    }

    fn proxy_use(&self, _: &http::Uri) -> crate::http::ProxyUse {
        crate::http::ProxyUse::Unused("HTTPS_PROXY")
    }
}

#[tokio::test(start_paused = true)]
async fn loading_has_a_bound_of_its_own_and_an_unused_proxy_is_told() {
    for (loading, waited) in [(3, 3), (3600, 5)] {
        let mut grant = credentials(grant(Err(FaultKind::Setup)).0);
        grant.connection.transport = Arc::new(Slow(Duration::from_secs(loading)));
        let started = tokio::time::Instant::now();
        let error = grant.request().await.unwrap_err();
        assert_eq!(started.elapsed(), Duration::from_secs(waited));
        assert_eq!(error.code, Code::Connect);
        assert!(
            error
                .message
                .ends_with("; HTTPS_PROXY is set but not used: pass proxy: 'env'"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn empty_scope_is_left_out() {
    let (transport, mut grant) = grant(Ok((200, whole(r#"{"access_token":"t"}"#))));
    grant.scope = " ".to_owned();
    grant.request().await.unwrap();
    let seen = transport.seen.lock().unwrap();
    assert!(!String::from_utf8_lossy(&seen[0].body).contains("scope"));
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_told_apart() {
    let (_, cut) = grant(Ok((200, AnswerBody::Cut)));
    let (_, large) = grant(Ok((200, AnswerBody::TooLarge)));
    let (_, text) = grant(Ok((200, whole("<html>"))));
    for (grant, retryable) in [(cut, true), (large, false), (text, false)] {
        let error = grant.request().await.unwrap_err();
        assert_eq!((error.code, error.retryable), (Code::Auth, retryable));
        assert_eq!(error.response, None);
    }
    let (_, refused) = grant(Ok((503, AnswerBody::Cut)));
    let error = refused.request().await.unwrap_err();
    assert!(error.retryable && error.response.is_some());
}

#[tokio::test]
async fn faults_and_dates_reach_the_error() {
    let (_, unreachable) = grant(Err(FaultKind::NameLookup));
    assert_eq!(unreachable.request().await.unwrap_err().code, Code::Connect);
    let busy = credentials(Arc::new(OneAnswer {
        answer: Ok((429, whole(""))),
        retry_after: Some("Thu, 01 Jan 1970 00:00:09 GMT"),
        seen: Mutex::default(),
    }));
    let error = busy.request().await.unwrap_err();
    assert_eq!(error.retry_after, Some(Duration::from_secs(9)));
}

#[tokio::test]
async fn no_secret_shows_in_any_error_or_debug_text() {
    let echo = r#"{"error":"invalid_client","error_description":"s=ecret+\u00e9 and s%3Decret%2B%C3%A9","access_token":"s=ecret+\u00e9"}"#;
    for status in [200, 201, 302, 400, 401, 403, 500] {
        let (_, grant) = grant(Ok((status, whole(echo))));
        let shown = format!("{:?} {grant:?}", grant.request().await);
        assert!(
            !shown.contains("ecret+") && !shown.contains("ecret%"),
            "{shown}"
        );
    }
}

#[test]
fn token_url_completes_the_address() {
    for (auth, token) in [
        ("https://a.example", "https://a.example/oauth/token"),
        ("https://a.example/", "https://a.example/oauth/token"),
        ("https://a.example/oauth", "https://a.example/oauth/token"),
        (
            "https://a.example/oauth///",
            "https://a.example/oauth/token",
        ),
        (
            "https://a.example/oauth/token",
            "https://a.example/oauth/token",
        ),
        (
            "https://a.example/oauth/token//",
            "https://a.example/oauth/token",
        ),
        (
            "https://a.example:8443/x/",
            "https://a.example:8443/x/oauth/token",
        ),
        (
            "https://a.example/x/oauth",
            "https://a.example/x/oauth/token",
        ),
        (
            "https://a.example/myoauth",
            "https://a.example/myoauth/oauth/token",
        ),
        (
            "https://a.example/a%2Fb?q=1#f",
            "https://a.example/a%2Fb/oauth/token",
        ),
    ] {
        assert_eq!(token_url(&auth.parse().unwrap()).as_str(), token, "{auth}");
    }
}

//! What the HTTP client below this package does when nothing else is done: the bare loop of `npm run bench`.
//!
//! One prepared request with the bytes that the package sends, sent over and over on kept connections, each answer read
//! to its end. No validation, no lock, no resends, no entries, no JavaScript: what is slower than this is slower for
//! something that it does.
//!
//! The task comes as JSON on standard input: `{"credentials":…,"caBundle":…,"inFlight":32,"warmUpSeconds":1,"seconds":2}`.
//! `--in-flight` and `--seconds` stand over it; `--json` prints the figures as the bench reads them.

mod figures;
mod task;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Request, StatusCode};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;

use figures::{Figures, Taken, processor_time};
use task::{Credentials, Task};

type Failure = Box<dyn Error + Send + Sync>;

/// The TLS of the package, rustls with ring, and its settings of connections.
fn client(ca_bundle: Option<&str>) -> Result<Client, Failure> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca_bundle.unwrap_or_default().as_bytes()) {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .tcp_nodelay(true)
        .user_agent("cxone-dtmf/0.0.0")
        .build()?)
}

/// The request of every injection, with a token in it.
async fn template(client: &Client, credentials: &Credentials) -> Result<Request, Failure> {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_id", &credentials.client_id)
        .append_pair("client_secret", &credentials.client_secret)
        .append_pair("scope", "telephony:call:control telephony:line:readwrite")
        .finish();
    let answer = client
        .post(format!("{}/oauth/token", credentials.auth_url))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await?;
    let granted: Value = serde_json::from_slice(&answer.bytes().await?)?;
    let token = granted
        .get("access_token")
        .and_then(Value::as_str)
        .ok_or("the platform gave no token")?;
    let address = "api/v2/telephony/providers/provider-1/lines/line-1/calls/call-00000/dtmf";
    Ok(client
        .post(format!("{}/{address}", credentials.api_url))
        .header(ACCEPT, "application/json")
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .header(CONTENT_TYPE, "application/json")
        .body(r#"{"dtmf":"1234#","dtmfType":"RFC2833","interDigitPause":100}"#)
        .build()?)
}

/// What all lanes look at.
#[derive(Default)]
struct Phase {
    measuring: AtomicBool,
    over: AtomicBool,
}

/// Sends one request after the other. Returns how many were taken, and those that were measured.
async fn lane(
    client: Client,
    template: Request,
    phase: Arc<Phase>,
) -> Result<(u64, Vec<Taken>), Failure> {
    let mut acknowledged = 0;
    let mut times = Vec::new();
    while !phase.over.load(Ordering::Relaxed) {
        let request = template
            .try_clone()
            .ok_or("a body that is no stream is cloned")?;
        let started = Instant::now();
        let answer = client.execute(request).await?;
        let status = answer.status();
        answer.bytes().await?;
        if status != StatusCode::ACCEPTED {
            return Err(format!("the platform answered {status}").into());
        }
        acknowledged += 1;
        if phase.measuring.load(Ordering::Relaxed) {
            times.push(Taken::since(started));
        }
    }
    Ok((acknowledged, times))
}

async fn measure(task: Task) -> Result<Figures, Failure> {
    let client = client(task.ca_bundle.as_deref())?;
    let template = template(&client, &task.credentials).await?;
    let phase = Arc::new(Phase::default());
    let lanes: Vec<_> = (0..task.in_flight)
        .map(|_| {
            let template = template
                .try_clone()
                .ok_or("a body that is no stream is cloned")?;
            Ok(tokio::spawn(lane(
                client.clone(),
                template,
                Arc::clone(&phase),
            )))
        })
        .collect::<Result<_, Failure>>()?;

    tokio::time::sleep(task.warm_up).await;
    let (started, processor) = (Instant::now(), processor_time());
    phase.measuring.store(true, Ordering::Relaxed);
    tokio::time::sleep(task.measured).await;
    phase.measuring.store(false, Ordering::Relaxed);
    let (elapsed, processor_after) = (started.elapsed(), processor_time());
    phase.over.store(true, Ordering::Relaxed);

    let mut acknowledged = 0;
    let mut times = Vec::new();
    for lane in lanes {
        let (taken, measured) = lane.await??;
        acknowledged += taken;
        times.extend(measured);
    }
    let spent = processor_after
        .zip(processor)
        .map(|(after, before)| after.saturating_sub(before));
    Ok(Figures::new(acknowledged, times, (started, elapsed), spent))
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (task, json) = task::read()?;
    let figures = measure(task).await?;
    if json {
        println!("{}", serde_json::to_string(&figures)?);
    } else {
        println!("{figures}");
    }
    Ok(())
}

//! Tokens of the tutorial's API: grants, refusals, scripted answers.

use std::thread;
use std::time::Duration;

use cxone_dtmf_options::Secret;
use cxone_dtmf_simulator::{Claim, Cut, Simulator, SimulatorOptions, Step, TokenStep};
use serde_json::{Value, json};

use crate::bench::*;

#[test]
fn a_token_answer_says_what_was_granted() {
    let simulator = Simulator::start(SimulatorOptions::default()).unwrap();
    let form = format!("{FORM}&scope=telephony%3Acall%3Acontrol");
    let seen = ask_token(&simulator, &form).unwrap();
    assert_eq!(seen.status, 200);
    assert_eq!(seen.header("cache-control"), Some("no-store"));
    let body = seen.json();
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 3600);
    assert_eq!(body["scope"], "telephony:call:control");
    assert_ne!(body["access_token"], token_of(&simulator, &form));
}

#[test]
fn token_refusals() {
    let simulator = Simulator::start(SimulatorOptions {
        client_id: "mine".to_owned(),
        client_secret: Secret::new("s3cret".to_owned()),
        ..SimulatorOptions::default()
    })
    .unwrap();
    let good = "grant_type=client_credentials&client_id=mine&client_secret=s3cret";
    assert_eq!(ask_token(&simulator, good).unwrap().status, 200);
    for (form, status, code) in [
        (FORM.to_owned(), 401, "invalid_client"),
        (good.replace("s3cret", "other"), 401, "invalid_client"),
        (
            good.replace("client_credentials", "password"),
            400,
            "unsupported_grant_type",
        ),
        (
            format!("{good}&scope=telephony:nothing"),
            400,
            "invalid_scope",
        ),
        (
            json!({"grant_type": "client_credentials"}).to_string(),
            400,
            "invalid_request",
        ),
    ] {
        let seen = ask_token(&simulator, &form).unwrap();
        assert_eq!(seen.error(), (status, code.to_owned()), "{form}");
    }
    let journal = format!("{:?}", simulator.requests());
    assert!(!journal.contains("s3cret") && !journal.contains("demo-secret"));
}

#[test]
fn a_token_expires_and_can_be_revoked() {
    let bench = Bench::with(SimulatorOptions {
        token_lifetime: Duration::from_millis(1),
        ..SimulatorOptions::default()
    });
    thread::sleep(Duration::from_millis(5));
    let seen = bench.press("c1", "1");
    assert_eq!(seen.error(), (401, "invalid_token".to_owned()));
    assert!(
        seen.header("www-authenticate")
            .unwrap()
            .starts_with("Bearer")
    );

    let bench = Bench::new();
    assert_eq!(bench.press("c1", "1").status, 202);
    bench.simulator.revoke_tokens();
    assert_eq!(bench.press("c1", "2").status, 401);
    assert_eq!(bench.simulator.digits("c1"), ["1"]);
}

#[test]
fn token_answers_are_scripted() {
    let bench = Bench::new();
    let script = |step| bench.ask_scripted_token(step);

    let lying = script(TokenStep {
        expires_in: Claim::Literal(json!("soon")),
        access_token: Claim::Literal(json!("literal")),
        scope: Claim::Literal(json!("other:scope")),
        ..TokenStep::default()
    });
    assert_eq!(
        lying.unwrap().json(),
        json!({
            "access_token": "literal",
            "token_type": "Bearer",
            "expires_in": "soon",
            "scope": "other:scope",
        })
    );
    let literal = Bench {
        token: "literal".to_owned(),
        ..Bench::new()
    };
    assert_eq!(
        literal.press("c1", "1").status,
        401,
        "unknown to another simulator"
    );

    let bare = script(TokenStep {
        expires_in: Claim::Omitted,
        scope: Claim::Omitted,
        ..TokenStep::default()
    });
    let bare = bare.unwrap().json();
    assert_eq!(bare.as_object().unwrap().len(), 2);

    let malformed = script(TokenStep {
        malformed: true,
        ..TokenStep::default()
    });
    let malformed = malformed.unwrap();
    assert_eq!(malformed.status, 200);
    assert!(serde_json::from_slice::<Value>(&malformed.body).is_err());
}

#[test]
fn token_requests_are_refused_and_cut() {
    let bench = Bench::new();
    let script = |step| {
        bench.ask_scripted_token(TokenStep {
            step,
            ..TokenStep::default()
        })
    };
    assert_eq!(script(Step::status(503)).unwrap().status, 503);
    assert!(script(Step::cut(Cut::BeforeRead)).is_err());
    assert_eq!(script(Step::cut(Cut::Reset)).unwrap_err(), Broken::Reset);
    assert_eq!(
        script(Step::cut(Cut::AfterExecute)).unwrap_err(),
        Broken::Closed
    );
    assert!(matches!(
        script(Step::cut(Cut::Truncate)),
        Err(Broken::Cut { status: 200, .. })
    ));
    assert_eq!(
        ask_token(&bench.simulator, FORM).unwrap().status,
        200,
        "the script is used up"
    );
    assert_eq!(bench.simulator.stats().token_requests, 7);
}

#[test]
fn a_literal_token_is_valid_with_its_own_scope() {
    let mut bench = Bench::new();
    for (scope, status) in [("telephony:call:control", 202), ("other", 403)] {
        let step = TokenStep {
            access_token: Claim::Literal(json!("literal")),
            scope: Claim::Literal(json!(scope)),
            ..TokenStep::default()
        };
        bench.simulator.script_token(vec![step]).unwrap();
        bench.token = token_of(&bench.simulator, FORM);
        assert_eq!(bench.press("c1", "1").status, status);
    }
}

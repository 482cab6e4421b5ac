use super::*;

fn call_of(path: &str) -> Option<String> {
    match route(path) {
        Route::Dtmf(target) => Some(target.call),
        _ => None,
    }
}

#[test]
fn the_ids_are_decoded_segment_by_segment() {
    let path = "/api/v2/telephony/providers/p%201/lines/%C3%A4/calls/a%2Fb%3F+c/dtmf";
    assert_eq!(
        route(path),
        Route::Dtmf(Target {
            provider: "p 1".to_owned(),
            line: "ä".to_owned(),
            call: "a/b?+c".to_owned(),
        })
    );
}

#[test]
fn the_published_addresses_take_any_version() {
    for (path, expected) in [
        (
            "/incontactapi/services/v23.0/agent-sessions/s%201/send-dtmf",
            Route::SessionDtmf("s 1".to_owned()),
        ),
        (
            "/inContactAPI/services/v34.0/agent-sessions/s/get-next-event",
            Route::NextEvent("s".to_owned()),
        ),
        (
            "/incontactapi/services/v2.0/agent-sessions/s/interactions/c/mask",
            Route::Recording("s".to_owned(), "c".to_owned(), MaskAction::Mask),
        ),
        (
            "/incontactapi/services/v2.0/agent-sessions/s/interactions/c/unmask",
            Route::Recording("s".to_owned(), "c".to_owned(), MaskAction::Unmask),
        ),
        (
            "/incontactapi/services/23.0/agent-sessions/s/interactions/c/mask",
            Route::Unknown,
        ),
        (
            "/incontactapi/services/v23/agent-sessions/s/interactions/c/mask",
            Route::Unknown,
        ),
        (
            "/incontactapi/services/v23.0/agent-sessions/s/interactions/c/dance",
            Route::Unknown,
        ),
        (
            "/incontactapi/services/v23.0/agent-sessions/s/interactions/c/mask/x",
            Route::Unknown,
        ),
        // Nobody's session.
        (
            "/incontactapi/services/v23.0/interactions/c/mask",
            Route::Unknown,
        ),
        (
            "/incontactapi/services/v23.0/agent-sessions//send-dtmf",
            Route::Unknown,
        ),
    ] {
        assert_eq!(route(path), expected, "{path}");
    }
}

#[test]
fn what_an_agents_program_asks_for_has_an_address_each() {
    let (s, c) = (|| "s".to_owned(), || "c".to_owned());
    let below = "/InContactAPI/services/v23.0";
    for (path, method, expected) in [
        ("agent-sessions", "POST", AgentRequest::Start),
        ("agent-sessions/join", "POST", AgentRequest::Join),
        ("agent-sessions/s", "DELETE", AgentRequest::End(s())),
        (
            "agent-sessions/s/agent-phone/dial",
            "POST",
            AgentRequest::Leg(s(), LegAction::Dial),
        ),
        (
            "agent-sessions/s/agent-phone/end",
            "POST",
            AgentRequest::Leg(s(), LegAction::End),
        ),
        (
            "agent-sessions/s/interactions/c/activate",
            "POST",
            AgentRequest::Contact(s(), c(), ContactAction::Activate),
        ),
        ("interactions/c/signal", "POST", AgentRequest::Signal(c())),
        ("business-unit", "GET", AgentRequest::BusinessUnit),
        (
            "agents/4711/agent-settings",
            "GET",
            AgentRequest::Settings("4711".to_owned()),
        ),
    ] {
        assert_eq!(expected.method(), method, "{path}");
        assert_eq!(route(&format!("{below}/{path}")), Route::Agent(expected));
    }
    let whoami = route("/inContactAuthorizationServer/token/whoami");
    assert_eq!(whoami, Route::Agent(AgentRequest::WhoAmI));
}

#[test]
fn everything_else_is_unknown() {
    let base = "/api/v2/telephony/providers/p/lines/l/calls/c/dtmf";
    assert_eq!(call_of(base).as_deref(), Some("c"));
    for path in [
        format!("{base}/"),
        format!("{base}/x"),
        format!("/v1{base}"),
        base.replace("/c/", "//"),
        base.replace("/c/", "/%/"),
        base.replace("/c/", "/%+1/"),
        base.replace("/c/", "/%ff/"),
        base.replace("lines", "line"),
        "/oauth/token/".to_owned(),
        "/OAuth/token".to_owned(),
        "/".to_owned(),
    ] {
        assert_eq!(route(&path), Route::Unknown, "{path}");
    }
}

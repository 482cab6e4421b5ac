//! Checks token requests, and issues tokens in the words of the endpoint.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};

use super::answer::Answer;
use super::answers::{no_store, too_large};
use super::decision::{Decision, Ending, Now, Payload};
use super::grants;
use super::id_token;
use super::route::TokenEndpoint;
use super::state::State;
use super::token::grant;
use super::token_step::{Claim, TokenStep};

impl State {
    /// Checks a token request and says how it ends.
    pub(super) fn token(
        &mut self,
        endpoint: TokenEndpoint,
        step: Option<&TokenStep>,
        (authorization, payload): (Option<&str>, &Payload),
        now: Now,
    ) -> Decision {
        let Some(step) = step else {
            let granted = match payload {
                Payload::TooLarge => Err(too_large()),
                Payload::Whole(body) if endpoint == TokenEndpoint::Tutorial => {
                    grant(body, &self.options)
                }
                Payload::Whole(body) => {
                    let request = (authorization, body.as_ref());
                    grants::check(endpoint, request, &self.options, &mut self.refresh_tokens)
                        .map(|()| self.options.scopes.join(" "))
                }
            };
            let answer = granted.map_or_else(no_store, |scope| {
                self.issue(endpoint, &scope, &TokenStep::default(), now)
            });
            return Decision {
                wait: Duration::ZERO,
                ending: Ending::Answer(answer),
            };
        };
        let scope = self.options.scopes.join(" ");
        let status = step.step.status_or(StatusCode::OK);
        let mut answer = step
            .step
            .answer(status, || self.issue(endpoint, &scope, step, now));
        if step.malformed {
            answer.body = Bytes::from_static(b"{\"access_token\":");
        }
        Decision {
            wait: step.step.delay.unwrap_or_default(),
            ending: Ending::of(step.step.cut, no_store(answer)),
        }
    }

    /// Issues a token and makes the answer that carries it, in the words of the endpoint.
    fn issue(
        &mut self,
        endpoint: TokenEndpoint,
        scope: &str,
        step: &TokenStep,
        Now { instant, wall }: Now,
    ) -> Answer {
        let lifetime = self.options.token_lifetime;
        let expires = instant + lifetime;
        let scope = match &step.scope {
            Claim::Literal(Value::String(literal)) => literal,
            _ => scope,
        };
        let token = match &step.access_token {
            Claim::Literal(Value::String(literal)) => {
                self.tokens.accept(literal, scope, instant, expires);
                literal.clone()
            }
            _ => self.tokens.issue(scope, instant, expires),
        };
        let published = endpoint != TokenEndpoint::Tutorial;
        let refresh_token =
            (published && self.options.refresh_tokens).then(|| self.refresh_tokens.issue().into());
        let id_token = published.then(|| id_token::id_token(&self.options, &self.url, wall).into());
        let refresh_lifetime = Some(REFRESH_LIFETIME.into());
        let seconds = lifetime.as_secs();
        let usual = |claim: &Claim, usual: Option<Value>| match claim {
            Claim::Usual => usual,
            Claim::Omitted => None,
            Claim::Literal(value) => Some(value.clone()),
        };
        let names = TokenNames::of(endpoint);
        let claims = [
            (
                Some(names.token),
                usual(&step.access_token, Some(token.into())),
            ),
            (Some("token_type"), Some("Bearer".into())),
            (
                Some(names.lifetime),
                usual(&step.expires_in, Some(seconds.into())),
            ),
            (
                Some("scope"),
                usual(&step.scope, (!published).then(|| scope.into())),
            ),
            (
                Some(names.refresh_token),
                usual(&step.refresh_token, refresh_token),
            ),
            (names.refresh_lifetime, refresh_lifetime),
            (names.id_token, usual(&step.id_token, id_token)),
        ];
        let body: Map<String, Value> = claims
            .into_iter()
            .filter_map(|(name, value)| Some((name?.to_owned(), value?)))
            .collect();
        no_store(Answer::json(StatusCode::OK, &body))
    }
}

/// How long a refresh token is said to serve, in seconds.
const REFRESH_LIFETIME: u64 = 7_200;

/// The names that an endpoint has for what it gives; `None` where it does not say it.
struct TokenNames {
    token: &'static str,
    lifetime: &'static str,
    refresh_token: &'static str,
    refresh_lifetime: Option<&'static str>,
    id_token: Option<&'static str>,
}

impl TokenNames {
    const fn of(endpoint: TokenEndpoint) -> Self {
        match endpoint {
            TokenEndpoint::Refresh => Self {
                token: "token",
                lifetime: "tokenExpirationTimeSec",
                refresh_token: "refreshToken",
                refresh_lifetime: Some("refreshTokenExpirationTimeSec"),
                id_token: Some("id_token"),
            },
            TokenEndpoint::RegionalRefresh => Self {
                token: "accessToken",
                lifetime: "accessTokenExpiry",
                refresh_token: "refreshToken",
                refresh_lifetime: None,
                id_token: None,
            },
            TokenEndpoint::Tutorial | TokenEndpoint::Form | TokenEndpoint::AccessKey => Self {
                token: "access_token",
                lifetime: "expires_in",
                refresh_token: "refresh_token",
                refresh_lifetime: None,
                id_token: Some("id_token"),
            },
        }
    }
}

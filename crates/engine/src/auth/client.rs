//! A registered application, and how it shows a token endpoint that it is the one (RFC 6749 §2.3.1).

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;
use url::form_urlencoded::byte_serialize;
use zeroize::Zeroizing;

use super::credential::Credential;
use crate::Secret;
use crate::error::Error;

/// A client. `Debug` shows neither half. `S` is [`Secret`] for the time of one request.
#[derive(Clone)]
pub struct Client<S = Credential> {
    /// Its id. Not a secret, but nothing shows it either.
    pub id: String,
    /// Its secret.
    pub secret: S,
    /// Where both go.
    pub authentication: ClientAuthentication,
}

/// Where a token endpoint looks for id and secret. NICE registers an application for one of the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// Among the fields of the form, as the tutorial does: `client_secret_post`.
    #[default]
    Body,
    /// In the header `Authorization`: `client_secret_basic`, the only one of NICE's discovery document.
    Basic,
}

impl ClientAuthentication {
    /// The values and their names in options.
    pub const NAMED: [(&'static str, Self); 2] = [("body", Self::Body), ("basic", Self::Basic)];

    const fn other(self) -> &'static str {
        match self {
            Self::Body => "basic",
            Self::Basic => "body",
        }
    }
}

impl Client {
    /// The client with its secret of the moment.
    pub(super) async fn current(&self) -> Result<Client<Secret>, Error> {
        Ok(Client {
            id: self.id.clone(),
            secret: self.secret.current().await?,
            authentication: self.authentication,
        })
    }
}

impl Client<Secret> {
    /// Its fields of a form, which leaves those without a value out.
    pub(super) fn fields(&self) -> [(&'static str, &str); 2] {
        let (id, secret) = match self.authentication {
            ClientAuthentication::Body => (&*self.id, self.secret.expose()),
            ClientAuthentication::Basic => ("", ""),
        };
        [("client_id", id), ("client_secret", secret)]
    }

    /// Its `Authorization`, where it has one.
    pub(super) fn authorization(&self) -> Option<HeaderValue> {
        match self.authentication {
            ClientAuthentication::Body => None,
            ClientAuthentication::Basic => {
                let encoded = Zeroizing::new(BASE64_STANDARD.encode(&*self.form_encoded()));
                let value = Zeroizing::new(format!("Basic {}", *encoded));
                let mut value = HeaderValue::try_from(&**value).ok()?;
                value.set_sensitive(true);
                Some(value)
            }
        }
    }

    /// Both halves, form-encoded so that a colon in one of them cannot be taken for the one between them.
    fn form_encoded(&self) -> Zeroizing<String> {
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        Zeroizing::new(format!(
            "{}:{}",
            encoded(&self.id),
            *Zeroizing::new(encoded(self.secret.expose()))
        ))
    }

    /// The error with the other way to authenticate in it, where the endpoint refused the client by 401 (RFC 6749 §5.2).
    pub(super) fn advise(&self, mut error: Error) -> Error {
        let is_refused = error.response.as_ref().is_some_and(|response| {
            response.status == 401 && response.data.get("error") == Some(&"invalid_client".into())
        });
        if is_refused {
            let advice = format!(
                "{}; if they are right, try clientAuthentication: '{}'",
                error.message,
                self.authentication.other()
            );
            error.message = advice.into();
        }
        error
    }
}

impl<S> fmt::Debug for Client<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("authentication", &self.authentication)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Code, Details, Response};

    fn client(authentication: ClientAuthentication) -> Client<Secret> {
        Client {
            id: "an app:1".to_owned(),
            secret: Secret::new("p+q/é:%".to_owned()),
            authentication,
        }
    }

    #[test]
    fn basic_is_form_encoded_before_base64_and_leaves_the_form_alone() {
        let client = client(ClientAuthentication::Basic);
        let header = client.authorization().unwrap();
        assert!(header.is_sensitive());
        let text = header.to_str().unwrap().strip_prefix("Basic ").unwrap();
        let pair = BASE64_STANDARD.decode(text).unwrap();
        assert_eq!(pair, b"an+app%3A1:p%2Bq%2F%C3%A9%3A%25");
        assert_eq!(client.fields(), [("client_id", ""), ("client_secret", "")]);
    }

    #[test]
    fn the_body_has_both_as_they_are_and_there_is_no_header() {
        let client = client(ClientAuthentication::Body);
        assert_eq!(client.authorization(), None);
        assert_eq!(
            client.fields(),
            [("client_id", "an app:1"), ("client_secret", "p+q/é:%")]
        );
    }

    #[test]
    fn only_a_401_for_the_client_is_advised_on() {
        let error = |status, code: &str| {
            Error::not_sent(Code::Auth, "no").with_response(Some(Response {
                status,
                headers: Vec::new(),
                data: serde_json::json!({ "error": code }),
                body_error: None,
                details: Details::default(),
            }))
        };
        for (authentication, other) in [
            (ClientAuthentication::Body, "'basic'"),
            (ClientAuthentication::Basic, "'body'"),
        ] {
            let client = client(authentication);
            let advised = client.advise(error(401, "invalid_client"));
            assert!(
                advised
                    .message
                    .ends_with(&format!("clientAuthentication: {other}"))
            );
            for other in [error(400, "invalid_client"), error(401, "invalid_grant")] {
                assert_eq!(client.advise(other).message, "no");
            }
            assert_eq!(
                client.advise(Error::not_sent(Code::Auth, "no")).message,
                "no"
            );
        }
    }

    #[test]
    fn nothing_of_it_shows() {
        let shown = format!("{:?}", client(ClientAuthentication::Basic));
        assert_eq!(shown, "Client { authentication: Basic, .. }");
    }
}

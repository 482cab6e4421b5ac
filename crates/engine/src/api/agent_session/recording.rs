//! Masking the recording of a contact: `POST …/interactions/{contactId}/mask` and `…/unmask`.

use bytes::Bytes;
use http::Method;

use super::AgentSession;
use crate::api::{Recording, RequestTemplate};

impl AgentSession {
    pub(super) fn recording(&self, contact: &str) -> Recording {
        let post = |action| RequestTemplate {
            method: Method::POST,
            target: self.target(["interactions", contact, action]),
            body: Bytes::new(),
        };
        Recording {
            mask: post("mask"),
            unmask: post("unmask"),
        }
    }
}

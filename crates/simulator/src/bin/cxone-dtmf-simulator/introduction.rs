//! What the program says of itself once it listens: its address, and the credentials that it takes.

use std::process;

use serde_json::json;

use crate::arguments::Run;

/// The credentials of one simulator, which open nothing else, and the sessions that it knows.
pub(crate) struct Introduction {
    client_id: String,
    client_secret: String,
    access_key_id: String,
    access_key_secret: String,
    sessions: Vec<(String, String)>,
}

impl Introduction {
    pub(crate) fn of(run: &Run) -> Self {
        Self {
            client_id: run.options.client_id.clone(),
            client_secret: run.options.client_secret.expose().to_owned(),
            access_key_id: run.options.access_key_id.clone(),
            access_key_secret: run.options.access_key_secret.expose().to_owned(),
            sessions: run.sessions.clone(),
        }
    }

    /// One line for programs: the same as that of `npx cxone-dtmf simulate --json`.
    pub(crate) fn json(&self, url: &str, port: u16) -> String {
        let sessions: Vec<_> = self
            .sessions
            .iter()
            .map(|(session, contact)| json!({ "sessionId": session, "contactId": contact }))
            .collect();
        json!({
            "schemaVersion": 1,
            "url": url,
            "port": port,
            "pid": process::id(),
            "credentials": {
                "authUrl": url,
                "apiUrl": url,
                "clientId": self.client_id,
                "clientSecret": self.client_secret,
            },
            "accessKey": {
                "authUrl": url,
                "clientId": self.client_id,
                "clientSecret": self.client_secret,
                "accessKeyId": self.access_key_id,
                "accessKeySecret": self.access_key_secret,
            },
            "sessions": sessions,
        })
        .to_string()
    }

    /// Two lines for people.
    pub(crate) fn text(&self, url: &str) -> String {
        format!(
            "Simulator: {url} (pid {}). Ctrl-C stops it.\n\
             Credentials: client {} with secret {}, access key {} with secret {}",
            process::id(),
            self.client_id,
            self.client_secret,
            self.access_key_id,
            self.access_key_secret,
        )
    }
}

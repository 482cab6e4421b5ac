//! Which versions of the API answer, and where it is: for whoever looks whether a set-up is right.

use tokio::time::Instant;

use super::control::NotAnswered;
use super::engine::Engine;
use crate::error::Error;

/// What was found of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The base of its address, configured or discovered.
    pub api: String,
    /// The status that each version answered, in the order in which they were asked for.
    pub answers: Vec<u16>,
}

impl Engine {
    /// Asks each version for the business unit of the token, once and one after the other. Nothing is changed by it, and no
    /// event of a session is taken.
    pub(super) async fn ask_versions(&self, versions: &[String]) -> Result<Versions, Error> {
        let until = Instant::now() + self.config.deadline;
        let (_, base) = self.base().await?;
        let mut answers = Vec::with_capacity(versions.len());
        for version in versions {
            let template = self.parts.profile.business_unit(version)?;
            let asked = self.ask((&template, None), until, |_| ()).await;
            let (answer, _) = asked.map_err(|NotAnswered { error, .. }| error)?;
            answers.push(answer.status.as_u16());
        }
        let api = base.as_str().trim_end_matches('/').to_owned();
        Ok(Versions { api, answers })
    }
}

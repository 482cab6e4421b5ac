//! Faults on demand: what one token request meets instead of the rules.

use serde_json::Value;

use super::script::{Step, list};
use cxone_dtmf_options::OptionError;

/// A field of the token answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Claim {
    /// As the endpoint would say it.
    #[default]
    Usual,
    /// Left out.
    Omitted,
    /// This value as it stands.
    Literal(Value),
}

/// What one token request meets instead of the rules. Client, grant and scope are not checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TokenStep {
    /// Status, headers, body, times, delay and cut.
    pub step: Step,
    /// `expires_in` of the answer. The token itself lives as long as the options say.
    pub expires_in: Claim,
    /// `access_token` of the answer. A literal string becomes a valid token.
    pub access_token: Claim,
    /// `scope` of the answer. A literal string is also what the token allows.
    pub scope: Claim,
    /// `id_token` of the answer, of the published endpoints.
    pub id_token: Claim,
    /// `refresh_token` of the answer, of the published endpoints. A literal string does not become valid.
    pub refresh_token: Claim,
    /// Whether the body breaks off in the middle of its JSON. Default false.
    pub malformed: bool,
}

impl TokenStep {
    /// Reads the steps of `scriptToken` as JavaScript gives them.
    pub fn list_from_json(value: Value) -> Result<Vec<Self>, OptionError> {
        list(value, |mut fields| {
            let step = Self {
                step: Step::common(&mut fields)?,
                expires_in: claim(fields.take("expiresIn")),
                access_token: claim(fields.take("accessToken")),
                scope: claim(fields.take("scope")),
                id_token: claim(fields.take("idToken")),
                refresh_token: claim(fields.take("refreshToken")),
                malformed: fields.flag("malformed")?.unwrap_or_default(),
            };
            fields.finish()?;
            Ok(step)
        })
    }

    pub(super) fn check(&self, path: &str) -> Result<(), OptionError> {
        for (field, claim) in [("accessToken", &self.access_token), ("scope", &self.scope)] {
            if !matches!(
                claim,
                Claim::Usual | Claim::Omitted | Claim::Literal(Value::String(_))
            ) {
                return Err(OptionError::new(
                    &format!("{path}.{field}"),
                    "must be a string, or null to leave it out",
                ));
            }
        }
        self.step.check(path)
    }
}

fn claim(value: Option<Value>) -> Claim {
    match value {
        None => Claim::Usual,
        Some(Value::Null) => Claim::Omitted,
        Some(value) => Claim::Literal(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn null_leaves_a_claim_out_and_other_types_break_the_rule() {
        let read = |step| TokenStep::list_from_json(json!([step])).unwrap();
        assert_eq!(read(json!({}))[0].scope, Claim::Usual);
        assert_eq!(read(json!({"scope": null}))[0].scope, Claim::Omitted);
        for field in ["scope", "accessToken"] {
            let steps = read(json!({field: 1}));
            let error = steps[0].check("steps[0]").unwrap_err().to_string();
            assert!(error.starts_with(&format!("steps[0].{field} ")), "{error}");
        }
        let any = read(json!({"expiresIn": [1]}));
        assert_eq!(any[0].check("steps[0]"), Ok(()));
    }

    #[test]
    fn what_executes_is_not_for_tokens() {
        let error = TokenStep::list_from_json(json!([{"execute": true}])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "steps[0].execute is not an option: check the spelling"
        );
    }
}

//! Faults on demand: what one DTMF request meets instead of the rules.

use std::time::Duration;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, TRANSFER_ENCODING};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::Value;

use super::answer::Answer;
use cxone_dtmf_options::{Fields, MAX_MS, OptionError};

const MAX_TIMES: u32 = 1_000_000;

/// How an exchange breaks off.
///
/// *Executing* means pressing the digits, and for a token request issuing a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cut {
    /// The connection is closed when the head of the request was read; the body is not looked at and
    /// nothing is executed. The client sees a reset when part of the body is still unread by then
    /// (it came in a later packet), else an end without an answer.
    BeforeRead,
    /// Executes, then closes the connection without an answer.
    AfterExecute,
    /// Executes, announces the whole answer, sends half of its body and closes the connection.
    Truncate,
    /// Reads the request, does not execute it, and never answers while the client stays.
    Silence,
    /// Executes, and never answers while the client stays.
    SilenceAfterExecute,
    /// Executes, then resets the connection (RST instead of FIN) without an answer.
    Reset,
}

impl Cut {
    const ALL: [(&'static str, Self); 6] = [
        ("before-read", Self::BeforeRead),
        ("after-execute", Self::AfterExecute),
        ("truncate", Self::Truncate),
        ("silence", Self::Silence),
        ("silence-after-execute", Self::SilenceAfterExecute),
        ("reset", Self::Reset),
    ];
}

/// What one request meets instead of the rules. Token, payload and call are not checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The status, 200 to 599. Default: 202 for DTMF, 200 for tokens.
    pub status: Option<u16>,
    /// Further headers. They replace those of the same name; the simulator alone sets the length.
    pub headers: Vec<(String, String)>,
    /// The body: a string as it stands, anything else as JSON. Default: what fits the status.
    pub body: Option<Value>,
    /// How many requests meet this step. Default 1, up to 1,000,000.
    pub times: u32,
    /// The wait after executing and before the answer or the cut; it stands in for the latency of the
    /// options. Default: none of its own; up to one day.
    pub delay: Option<Duration>,
    /// Whether the digits are pressed. Default: yes for a 2xx and for the cuts that say so or come
    /// later, no otherwise.
    pub execute: Option<bool>,
    /// How the exchange breaks off. Default: it does not.
    pub cut: Option<Cut>,
}

impl Default for Step {
    fn default() -> Self {
        Self {
            status: None,
            headers: Vec::new(),
            body: None,
            times: 1,
            delay: None,
            execute: None,
            cut: None,
        }
    }
}

impl Step {
    /// A step that answers with this status.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self {
            status: Some(status),
            ..Self::default()
        }
    }

    /// A step that breaks off.
    #[must_use]
    pub fn cut(cut: Cut) -> Self {
        Self {
            cut: Some(cut),
            ..Self::default()
        }
    }

    /// Reads the steps of `script` as JavaScript gives them.
    pub fn list_from_json(value: Value) -> Result<Vec<Self>, OptionError> {
        list(value, |mut fields| {
            let mut step = Self::common(&mut fields)?;
            step.execute = fields.flag("execute")?;
            fields.finish()?;
            Ok(step)
        })
    }

    /// The fields that DTMF and token steps share.
    pub(super) fn common(fields: &mut Fields) -> Result<Self, OptionError> {
        let status = fields.whole("status", 200..=599)?;
        let times = fields.whole("times", 1..=u64::from(MAX_TIMES))?;
        let headers = match fields.take("headers") {
            None => Vec::new(),
            Some(value) => headers(value, &fields.name("headers"))?,
        };
        let cut = match fields.take("cut") {
            None => None,
            Some(value) => Some(
                Cut::ALL
                    .into_iter()
                    .find(|(name, _)| value == *name)
                    .map(|(_, cut)| cut)
                    .ok_or_else(|| {
                        let names = Cut::ALL.map(|(name, _)| format!("'{name}'")).join(", ");
                        fields.error("cut", &format!("must be one of {names}"))
                    })?,
            ),
        };
        Ok(Self {
            status: status.and_then(|status| u16::try_from(status).ok()),
            headers,
            body: fields.take("body"),
            times: times
                .and_then(|times| u32::try_from(times).ok())
                .unwrap_or(1),
            delay: fields.fractional_millis("delayMs")?,
            execute: None,
            cut,
        })
    }

    /// Finds what contradicts itself; `path` names the step.
    pub(super) fn check(&self, path: &str) -> Result<(), OptionError> {
        let broken =
            |field: &str, rule: &str| Err(OptionError::new(&format!("{path}.{field}"), rule));
        if self
            .status
            .is_some_and(|status| !(200..=599).contains(&status))
        {
            return broken("status", "must be a whole number from 200 to 599");
        }
        if !(1..=MAX_TIMES).contains(&self.times) {
            return broken("times", "must be a whole number from 1 to 1000000");
        }
        if self
            .delay
            .is_some_and(|delay| delay > Duration::from_millis(MAX_MS))
        {
            return broken("delayMs", "must be at most one day");
        }
        for (name, value) in &self.headers {
            match HeaderName::from_bytes(name.as_bytes()) {
                Ok(CONTENT_LENGTH | TRANSFER_ENCODING) => {
                    return broken("headers", "must not set the length; the simulator does");
                }
                Ok(_) if HeaderValue::from_str(value).is_ok() => {}
                _ => return broken("headers", "must have valid HTTP names and values"),
            }
        }
        match (self.cut, self.execute) {
            (Some(Cut::BeforeRead), Some(true)) => {
                return broken("execute", "must not be true: before-read knows no digits");
            }
            (Some(Cut::Silence), Some(true)) => {
                return broken("execute", "must not be true: use 'silence-after-execute'");
            }
            (Some(Cut::AfterExecute | Cut::SilenceAfterExecute), Some(false)) => {
                return broken(
                    "execute",
                    "must not be false: the cut comes after executing",
                );
            }
            _ => {}
        }
        if !matches!(self.cut, None | Some(Cut::Truncate)) {
            for (field, given) in [
                ("status", self.status.is_some()),
                ("headers", !self.headers.is_empty()),
                ("body", self.body.is_some()),
            ] {
                if given {
                    return broken(field, "has no meaning: this cut sends no answer");
                }
            }
        }
        Ok(())
    }

    pub(super) fn status_or(&self, default: StatusCode) -> StatusCode {
        self.status
            .and_then(|status| StatusCode::from_u16(status).ok())
            .unwrap_or(default)
    }

    /// Whether the request is carried out.
    pub(super) fn executes(&self) -> bool {
        match self.cut {
            Some(Cut::BeforeRead | Cut::Silence) => false,
            Some(Cut::AfterExecute | Cut::SilenceAfterExecute) => true,
            Some(Cut::Truncate | Cut::Reset) => self.execute.unwrap_or(true),
            None => self.execute.unwrap_or_else(|| {
                self.status
                    .is_none_or(|status| (200..300).contains(&status))
            }),
        }
    }

    /// The scripted answer; `usual` makes the body of a success that the script leaves open.
    pub(super) fn answer(&self, status: StatusCode, usual: impl FnOnce() -> Answer) -> Answer {
        let mut answer = match &self.body {
            Some(Value::String(text)) => Answer {
                status,
                headers: Vec::new(),
                body: text.clone().into(),
            }
            .with(
                CONTENT_TYPE,
                HeaderValue::from_static("text/plain; charset=utf-8"),
            ),
            Some(body) => Answer::json(status, body),
            None if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) => Answer {
                status,
                headers: Vec::new(),
                body: bytes::Bytes::new(),
            },
            None if status.is_success() => Answer { status, ..usual() },
            None => Answer::refusal(status, "simulated", "This answer was scripted"),
        };
        let headers: Vec<_> = self
            .headers
            .iter()
            .filter_map(|(name, value)| {
                let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
                Some((name, HeaderValue::from_str(value).ok()?))
            })
            .collect();
        answer
            .headers
            .retain(|(usual, _)| headers.iter().all(|(name, _)| name != usual));
        answer.headers.extend(headers);
        answer
    }
}

/// Reads a list of objects; each is named by its place.
pub(super) fn list<S>(
    value: Value,
    read: impl Fn(Fields) -> Result<S, OptionError>,
) -> Result<Vec<S>, OptionError> {
    let Value::Array(items) = value else {
        return Err(OptionError::new("steps", "must be an array"));
    };
    items
        .into_iter()
        .enumerate()
        .map(|(index, item)| read(Fields::of(item, &format!("steps[{index}]"))?))
        .collect()
}

/// Headers from an object of strings, numbers, or arrays of strings.
fn headers(value: Value, path: &str) -> Result<Vec<(String, String)>, OptionError> {
    let Value::Object(map) = value else {
        return Err(OptionError::new(path, "must be an object"));
    };
    let mut headers = Vec::with_capacity(map.len());
    for (name, value) in map {
        let values = match value {
            Value::Array(values) => values,
            value => vec![value],
        };
        for value in values {
            let text = match value {
                Value::String(text) => text,
                Value::Number(number) => number.to_string(),
                _ => return Err(OptionError::new(path, "must hold strings or numbers")),
            };
            headers.push((name.clone(), text));
        }
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn error(step: &Value) -> String {
        Step::list_from_json(json!([step]))
            .and_then(|steps| steps[0].check("steps[0]"))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn every_broken_rule_names_its_field() {
        for (step, field) in [
            (json!({"status": 199}), "status"),
            (json!({"times": 0}), "times"),
            (json!({"delayMs": -1}), "delayMs"),
            (json!({"headers": {"a b": "c"}}), "headers"),
            (json!({"headers": {"a": "\n"}}), "headers"),
            (json!({"headers": {"Content-Length": 3}}), "headers"),
            (json!({"cut": "sever"}), "cut"),
            (json!({"cut": "before-read", "execute": true}), "execute"),
            (json!({"cut": "silence", "execute": true}), "execute"),
            (json!({"cut": "after-execute", "execute": false}), "execute"),
            (json!({"cut": "reset", "status": 500}), "status"),
            (json!({"sttaus": 500}), "sttaus"),
        ] {
            let message = error(&step);
            assert!(
                message.starts_with(&format!("steps[0].{field} ")),
                "{step}: {message}"
            );
        }
        assert_eq!(
            Step::list_from_json(json!({})).unwrap_err().to_string(),
            "steps must be an array"
        );
    }

    #[test]
    fn what_executes_unless_told() {
        let executes = |step: Value| Step::list_from_json(json!([step])).unwrap()[0].executes();
        for step in [
            json!({}),
            json!({"status": 204}),
            json!({"status": 500, "execute": true}),
            json!({"cut": "after-execute"}),
            json!({"cut": "truncate"}),
            json!({"cut": "silence-after-execute"}),
            json!({"cut": "reset"}),
        ] {
            assert!(executes(step.clone()), "{step}");
        }
        for step in [
            json!({"status": 302}),
            json!({"status": 503}),
            json!({"execute": false}),
            json!({"cut": "before-read"}),
            json!({"cut": "silence"}),
            json!({"cut": "reset", "execute": false}),
        ] {
            assert!(!executes(step.clone()), "{step}");
        }
    }
}

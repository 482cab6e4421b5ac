//! What of an event may be shown: all that the platform documents, and the rest without digits.
//!
//! A script may put what a caller typed into the stream, so whatever is not known to be something else counts as digits.

use serde_json::Value;

use crate::redact::{PLACEHOLDER, Redactor};

/// The fields of events whose values are names, numbers and times of the platform (NICE's agent SDK, its event models).
const DOCUMENTED: [&str; 40] = [
    "ANI",
    "AgentId",
    "AgentLegId",
    "BusNo",
    "CanMask",
    "CanRecord",
    "ContactID",
    "CurrentOutReason",
    "CurrentState",
    "DNIS",
    "Direction",
    "DisconnectCode",
    "EndTimeUTC",
    "FinalState",
    "InteractionId",
    "IsAcw",
    "IsInbound",
    "IsLinked",
    "IsLogging",
    "IsRecording",
    "IterationCount",
    "LastStateChangeTime",
    "LastStateChangeTimeUTC",
    "MasterID",
    "NextOutReason",
    "NextState",
    "NextStates",
    "OutReason",
    "ParentContactID",
    "SessionId",
    "Skill",
    "StartTime",
    "StartTimeUTC",
    "State",
    "StationId",
    "StationPhoneNumber",
    "Status",
    "Success",
    "Type",
    "type",
];

/// The event as it may be shown.
pub(super) fn shown_event(event: &Value, masks_digits: bool, redactor: Redactor<'_>) -> Value {
    let event = redactor.value(event.clone());
    if !masks_digits {
        return event;
    }
    match event {
        Value::Object(fields) => {
            let shown = fields.into_iter().map(|(name, value)| {
                let is_known = DOCUMENTED.contains(&name.as_str());
                let value = if is_known {
                    value
                } else {
                    without_digits(value)
                };
                (name, value)
            });
            Value::Object(shown.collect())
        }
        other => without_digits(other),
    }
}

fn without_digits(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(masked(&text)),
        Value::Number(_) => PLACEHOLDER.into(),
        Value::Array(values) => values.into_iter().map(without_digits).collect(),
        Value::Object(fields) => {
            let shown = fields
                .into_iter()
                .map(|(name, value)| (masked(&name), without_digits(value)));
            Value::Object(shown.collect())
        }
        other => other,
    }
}

/// The text with a placeholder for each run of digits, signs and what parts them.
fn masked(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut in_run = false;
    for character in text.chars() {
        let is_digit = character.is_numeric() || matches!(character, '*' | '#');
        if !is_digit {
            masked.push(character);
        } else if !in_run {
            masked.push_str(PLACEHOLDER);
        }
        in_run = is_digit;
    }
    masked
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Secret;

    #[test]
    fn names_and_times_are_shown_and_digits_are_not() {
        let event = json!({
            "Type": "CustomEvent",
            "ContactID": "90001",
            "Data": "pin 4711 and 1,2,3#",
            "more": {"12": [5, "٣٤", true, null, "none"]},
        });
        let shown = shown_event(&event, true, Redactor::default());
        let expected = json!({
            "Type": "CustomEvent",
            "ContactID": "90001",
            "Data": "pin ***** and *****,*****,*****",
            "more": {"*****": ["*****", "*****", true, null, "none"]},
        });
        assert_eq!(shown, expected);
        assert_eq!(shown_event(&event, false, Redactor::default()), event);
    }

    #[test]
    fn a_token_is_shown_nowhere() {
        let secrets = [Secret::new("canary-token".to_owned())];
        let redactor = Redactor {
            digits: &[],
            secrets: &secrets,
        };
        let event = json!({"Type": "x", "Skill": "canary-token", "Data": "Bearer canary-token"});
        for masks in [true, false] {
            let shown = shown_event(&event, masks, redactor);
            assert!(!shown.to_string().contains("canary"), "{shown}");
        }
    }
}

//! The tables against the readers: what a row says is what the reader does.

use std::collections::HashSet;
use std::sync::Arc;

use cxone_dtmf_simulator::SimulatorOptions;
use serde_json::{Value, json};

use super::{AuthConfig, InjectorConfig, calls, tables};
use crate::foreign_secrets::ForeignSecrets;
use crate::outbox::Outbox;

/// One row, in the object that it belongs to.
struct Row(Value);

impl Row {
    fn all() -> Vec<Self> {
        // A parameter, which no object holds.
        let objects = |(section, _): &(&str, _)| *section != "injectWithRetry";
        let tables = tables().into_iter().filter(objects);
        let rows = tables.flat_map(|(section, options)| {
            let rows = options.into_iter();
            rows.flat_map(move |option| option.rows(section, ""))
        });
        rows.map(Row).collect()
    }

    fn text(&self, key: &str) -> &str {
        self.0[key].as_str().unwrap()
    }

    fn section(&self) -> &str {
        self.text("section")
    }

    fn path(&self) -> &str {
        self.text("path")
    }

    /// Whether the engine reads it.
    fn crosses(&self) -> bool {
        !["function", "logger", "signal", "lock"].contains(&self.text("type"))
    }

    /// The name in messages.
    fn shown(&self) -> String {
        match self.section() {
            "simulator" => format!("options.{}", self.path()),
            _ => self.path().to_owned(),
        }
    }

    /// What must be there for this option to be read.
    fn surroundings(&self) -> Value {
        let mut around = match self.section() {
            "injector" => json!({ "apiUrl": "https://api.example" }),
            "auth" => {
                json!({ "authUrl": "https://auth.example", "clientId": "a", "clientSecret": "b" })
            }
            _ => json!({}),
        };
        if let Some(option) = self.0["onlyWith"]["option"].as_str() {
            around[option] = self.0["onlyWith"]["values"][0].clone();
        }
        if around["grant"] == "password" {
            around["accessKeyId"] = json!("c");
            around["accessKeySecret"] = json!("d");
        }
        match self.path().rsplit_once('.') {
            Some(("fleet", name)) => {
                around["fleet"]["url"] = json!("redis://host");
                if matches!(name, "sentinels" | "master") {
                    around["fleet"]["sentinels"] = json!(["redis://sentinel"]);
                    around["fleet"]["master"] = json!("main");
                }
            }
            Some(("auditLog" | "auditLog.rotate", _)) => {
                around["auditLog"]["directory"] = json!("logs");
            }
            Some(("clientCertificate", _)) => {
                around["clientCertificate"] = json!({ "cert": "a", "key": "b" });
            }
            Some(("rateLimit", _)) => around["rateLimit"]["perMinute"] = json!(1),
            _ => {}
        }
        around
    }

    /// The object with this option in it, under any name.
    fn object_with(&self, name: &str, value: &Value) -> Value {
        let mut object = self.surroundings();
        let mut within = &mut object;
        for part in self
            .path()
            .split('.')
            .rev()
            .skip(1)
            .collect::<Vec<_>>()
            .iter()
            .rev()
        {
            within = &mut within[*part];
        }
        within[name] = value.clone();
        object
    }

    /// What reading the option gives: something to compare, or the message.
    fn read(&self, value: &Value) -> Result<String, String> {
        read(self.section(), &self.object_with(self.text("name"), value))
    }
}

/// No option is a function.
fn no_secrets() -> Arc<ForeignSecrets> {
    let outbox = Arc::new_cyclic(|this| Outbox::new(this.clone(), || ()));
    ForeignSecrets::new(1.0, outbox)
}

fn read(section: &str, object: &Value) -> Result<String, String> {
    let json = object.to_string();
    let message = |error: cxone_dtmf_engine::error::Error| error.message.into_owned();
    match section {
        "injector" => InjectorConfig::read(&json)
            .map(|config| seen(&config))
            .map_err(message),
        "auth" => AuthConfig::read(&json, &[], &no_secrets())
            .map(|config| {
                format!(
                    "{:?} {:?} {:?}",
                    config.timeout, config.network, config.auth_url
                )
            })
            .map_err(message),
        "injection" => calls::injection(Some(&json), None)
            .map(|options| format!("{options:?}"))
            .map_err(message),
        "lock" => calls::lock_time_out(Some(&json))
            .map(|it| format!("{it:?}"))
            .map_err(message),
        "close" => calls::close_time_out(Some(&json))
            .map(|it| format!("{it:?}"))
            .map_err(message),
        "startSession" => {
            let mut object = object.clone();
            // One of two is needed, so neither is marked as required.
            if object.get("stationPhoneNumber").is_none() {
                let station = || json!("12345");
                object
                    .as_object_mut()
                    .unwrap()
                    .entry("stationId")
                    .or_insert_with(station);
            }
            command("start", &object.to_string())
        }
        // It is needed, and 0 stands for none.
        "joinSession" if object.get("asAgentId").is_none_or(|id| *id == 0) => {
            let mut object = object.clone();
            object["asAgentId"] = json!(1);
            command("join", &object.to_string())
        }
        "joinSession" => command("join", &json),
        "endSession" => command("end", &json),
        "simulator" => SimulatorOptions::from_json(object.clone())
            .map(|options| format!("{options:?}"))
            .map_err(|error| error.to_string()),
        other => panic!("no reader of {other}"),
    }
}

fn command(name: &str, json: &str) -> Result<String, String> {
    super::session_command(name, Some(json))
        .map(|command| format!("{command:?}"))
        .map_err(|error| error.message.into_owned())
}

fn seen(config: &InjectorConfig) -> String {
    let fleet = config.fleet.as_ref().map(|fleet| {
        let times = (fleet.lease, fleet.timeout, fleet.connect_timeout);
        (
            fleet.prefix.clone(),
            fleet.on_unavailable,
            fleet.processes,
            times,
        )
    });
    let InjectorConfig {
        api,
        settings,
        network,
        audit,
        engine,
        ..
    } = config;
    format!("{api:?} {settings:?} {network:?} {audit:?} {engine:?} {fleet:?}")
}

/// As it is written without a fraction.
#[expect(clippy::cast_possible_truncation, reason = "limits are below 2^53")]
fn whole_number(number: f64) -> Value {
    json!(number as i64)
}

#[test]
fn every_row_is_documented_and_every_name_is_there_once() {
    let mut names = HashSet::new();
    for row in Row::all() {
        let name = (row.section().to_owned(), row.path().to_owned());
        let doc = row.text("doc");
        assert!(
            doc.ends_with('.') && !doc.contains('\n') && !doc.contains("  "),
            "{name:?}: {doc}"
        );
        assert!(names.insert(name.clone()), "{name:?} is there twice");
    }
    assert!(names.len() > 90);
}

#[test]
fn a_default_is_what_holds_when_nothing_is_said() {
    for row in Row::all().iter().filter(|row| row.crosses()) {
        let default = &row.0["default"];
        if default.is_null() {
            continue;
        }
        let unsaid = read(row.section(), &row.surroundings());
        assert_eq!(row.read(default), unsaid, "{}", row.path());
        assert!(unsaid.is_ok(), "{}: {unsaid:?}", row.path());
    }
}

#[test]
fn a_number_is_taken_at_both_limits_and_not_beyond() {
    let mut count = 0;
    for row in Row::all() {
        let (Some(min), Some(max)) = (row.0["min"].as_f64(), row.0["max"].as_f64()) else {
            continue;
        };
        let whole = row.text("type") != "number";
        let sort = if whole { "a whole" } else { "a" };
        let rule = format!("{} must be {sort} number from {min} to {max}", row.shown());
        let refusal = |value: &Value| row.read(value).err().filter(|error| *error == rule);
        for limit in [&row.0["min"], &row.0["max"]] {
            // Rules between options are not this test's.
            assert_eq!(refusal(limit), None, "{limit}");
        }
        let step = if whole { 1.0 } else { 0.001 };
        let beyond = [min - step, max + step].map(|beyond| {
            if whole {
                whole_number(beyond)
            } else {
                json!(beyond)
            }
        });
        let others = [json!("1"), json!(true), json!([1]), json!(null)];
        for wrong in beyond.iter().chain(&others) {
            assert!(refusal(wrong).is_some(), "{rule}: {wrong}");
        }
        if whole {
            assert!(refusal(&json!(min + 0.5)).is_some(), "{rule}");
        }
        count += 1;
    }
    assert!(count > 30);
}

#[test]
fn every_word_of_a_choice_is_taken_and_no_other() {
    for row in Row::all() {
        if row.text("type") != "choice" {
            continue;
        }
        let words = row.0["choices"].as_array().unwrap();
        let quoted: Vec<_> = words
            .iter()
            .map(|word| format!("'{}'", word.as_str().unwrap()))
            .collect();
        let rule = format!("{} must be {}", row.shown(), quoted.join(", "));
        for word in words {
            assert_ne!(row.read(word).err(), Some(rule.clone()), "{word}");
        }
        for other in [json!("other"), json!(true), json!("")] {
            assert_eq!(row.read(&other).err(), Some(rule.clone()));
        }
    }
}

#[test]
fn flags_and_texts_take_their_own_kind_alone() {
    for row in Row::all() {
        // These cross with the params, whose own tests have their rules.
        if ["traceparent", "correlationId"].contains(&row.path()) {
            continue;
        }
        let wrong = match row.text("type") {
            "flag" => [json!("true"), json!(1), json!([])],
            "text" | "text-or-texts" | "text-or-bytes" => [json!(""), json!(1), json!({})],
            "texts" | "object" | "named-texts" => [json!("a"), json!(1), json!(true)],
            _ => continue,
        };
        for wrong in wrong {
            let message = row.read(&wrong).expect_err(row.path());
            assert!(
                message.starts_with(&format!("{} must be", row.shown())),
                "{message}"
            );
        }
    }
}

#[test]
fn what_must_be_there_is_missed() {
    for row in Row::all().iter().filter(|row| row.0["required"] == true) {
        let mut object = row.object_with("other", &json!(1));
        let mut within = &mut object;
        let (section, name) = row.path().rsplit_once('.').unwrap_or(("", row.path()));
        if !section.is_empty() {
            within = &mut within[section];
        }
        within.as_object_mut().unwrap().remove(name);
        let message = read(row.section(), &object).unwrap_err();
        assert!(
            message.starts_with(&format!("{} is missing: it must be", row.shown())),
            "{message}"
        );
    }
}

#[test]
fn a_slip_of_the_finger_is_told_the_name() {
    for row in Row::all() {
        let (name, shown) = (row.text("name"), row.shown());
        let slip = format!("{name}x");
        let mut object = row.object_with(&slip, &json!(1));
        if shown.starts_with("options.latency.") {
            object["latency"]["fixedMs"] = json!(1);
        }
        let wrong = "is not an option: check the spelling, did you mean";
        let message = format!("{shown}x {wrong} {shown}?");
        assert_eq!(read(row.section(), &object).err(), Some(message));
    }
}

#[test]
fn options_of_one_profile_are_refused_with_the_other() {
    for row in Row::all()
        .iter()
        .filter(|row| row.text("section") == "injector")
    {
        if row.0["profile"].is_null() {
            continue;
        }
        let mut object = row.object_with(row.text("name"), &json!(1));
        object["api"] = json!("telephony-v2");
        let message = read("injector", &object).unwrap_err();
        assert!(message.starts_with(&format!("{} belongs to api: 'agent-session'", row.path())));
    }
}

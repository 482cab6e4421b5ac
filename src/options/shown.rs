//! What a program may read of the options that it gave.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;

use super::{auth, injector};
use cxone_dtmf_options::OptionSpec;

/// Whose options they are.
#[derive(Clone, Copy)]
pub enum Section {
    Auth,
    Injector,
}

/// The paths of the options that are shown nowhere.
static SECRETS: LazyLock<[BTreeSet<String>; 2]> =
    LazyLock::new(|| [auth::table(), injector::table()].map(|table| secrets(&table, "")));

fn secrets(table: &[OptionSpec], prefix: &str) -> BTreeSet<String> {
    let paths = table.iter().flat_map(|option| {
        let path = format!("{prefix}{}", option.name);
        let inner = secrets(&option.shape.options, &format!("{path}."));
        option.shape.secret.then_some(path).into_iter().chain(inner)
    });
    paths.collect()
}

/// The options of a JSON text without what is shown nowhere: secrets, and user and password of URLs.
pub fn shown(section: Section, json: &str) -> String {
    let [auth, injector] = &*SECRETS;
    let secrets = match section {
        Section::Auth => auth,
        Section::Injector => injector,
    };
    let options = serde_json::from_str(json).unwrap_or_default();
    without(options, secrets, "").to_string()
}

fn without(value: Value, secrets: &BTreeSet<String>, path: &str) -> Value {
    match value {
        Value::Object(fields) => {
            let shown = fields.into_iter().filter_map(|(name, value)| {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                (!secrets.contains(&path)).then(|| {
                    let value = without(value, secrets, &path);
                    (name, value)
                })
            });
            Value::Object(shown.collect())
        }
        Value::Array(values) => {
            let values = values.into_iter();
            Value::Array(values.map(|value| without(value, secrets, path)).collect())
        }
        Value::String(text) => Value::String(without_user_info(text)),
        other => other,
    }
}

/// RFC 3986 section 3.2: user and password stand before the last `@` of the authority.
fn without_user_info(text: String) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text;
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{host}{path}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(section: Section, options: &Value) -> Value {
        serde_json::from_str(&shown(section, &options.to_string())).unwrap()
    }

    #[test]
    fn secrets_are_left_out_wherever_they_stand() {
        let auth = json!({
            "authUrl": "https://auth.example", "clientId": "c", "clientSecret": "canary",
            "accessKeySecret": "canary", "proxy": "http://u:canary@proxy.example:8080/",
        });
        let expected = json!({ "authUrl": "https://auth.example", "clientId": "c", "proxy": "http://proxy.example:8080/" });
        assert_eq!(read(Section::Auth, &auth), expected);
        let injector = json!({
            "apiUrl": "https://api.example",
            "auditLog": { "path": "a.log", "key": "canary" },
            "fleet": { "url": ["rediss://u:c@n@ry@one.example/1", "redis://two.example"] },
        });
        let expected = json!({
            "apiUrl": "https://api.example",
            "auditLog": { "path": "a.log" },
            "fleet": { "url": ["rediss://one.example/1", "redis://two.example"] },
        });
        assert_eq!(read(Section::Injector, &injector), expected);
    }
}

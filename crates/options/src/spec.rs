//! A row of an option table, as documents and command lines show it.

use serde_json::{Map, Value, json};

/// What a value must be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// The name of the type, such as `milliseconds` or `choice`.
    pub kind: &'static str,
    /// The least number.
    pub min: Option<Value>,
    /// The greatest number.
    pub max: Option<Value>,
    /// The unit of the number.
    pub unit: Option<&'static str>,
    /// The words there are to choose from.
    pub choices: Vec<&'static str>,
    /// The options within an object.
    pub options: Vec<OptionSpec>,
    /// Whether the value is shown nowhere.
    pub secret: bool,
}

impl Shape {
    /// A type without limits.
    #[must_use]
    pub fn of(kind: &'static str) -> Self {
        Self {
            kind,
            ..Self::default()
        }
    }

    /// A number within limits.
    #[must_use]
    pub fn within(kind: &'static str, min: impl Into<Value>, max: impl Into<Value>) -> Self {
        Self {
            min: Some(min.into()),
            max: Some(max.into()),
            ..Self::of(kind)
        }
    }
}

/// One option: everything that there is to say of it.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionSpec {
    /// The name in JavaScript.
    pub name: &'static str,
    /// What a value must be.
    pub shape: Shape,
    /// The value of an absent option, as JavaScript would write it. `Null`: there is none.
    pub default: Value,
    /// What a default that is no single value depends on.
    pub default_doc: Option<&'static str>,
    /// Whether it must be there.
    pub required: bool,
    /// The option that must have one of these values, for this one to be allowed.
    pub only_with: Option<(&'static str, &'static [&'static str])>,
    /// What it does, in a sentence or two.
    pub doc: String,
}

impl OptionSpec {
    /// An option that stays in JavaScript, where a function or an object cannot be anything else.
    #[must_use]
    pub fn in_javascript(name: &'static str, kind: &'static str, doc: &str) -> Self {
        Self {
            name,
            shape: Shape::of(kind),
            default: Value::Null,
            default_doc: None,
            required: false,
            only_with: None,
            doc: doc.trim().to_owned(),
        }
    }

    /// With a default that is no single value, in words.
    #[must_use]
    pub const fn default_doc(mut self, text: &'static str) -> Self {
        self.default_doc = Some(text);
        self
    }

    /// The rows of an option and of those within it, as JSON objects. `section` names the object that they all are in.
    #[must_use]
    pub fn rows(&self, section: &str, prefix: &str) -> Vec<Value> {
        let path = format!("{prefix}{}", self.name);
        let within = format!("{path}.");
        let inner = self.shape.options.iter();
        let inner = inner.flat_map(|option| option.rows(section, &within));
        let own = self.row(section, &path);
        std::iter::once(own).chain(inner).collect()
    }

    fn row(&self, section: &str, path: &str) -> Value {
        let Shape {
            kind,
            min,
            max,
            unit,
            choices,
            secret,
            ..
        } = &self.shape;
        let mut row = Map::new();
        let mut set = |key: &str, value: Value| row.insert(key.to_owned(), value);
        set("section", json!(section));
        set("name", json!(self.name));
        set("path", json!(path));
        set("type", json!(kind));
        set("default", self.default.clone());
        for (key, limit) in [("min", min), ("max", max)] {
            if let Some(limit) = limit {
                set(key, limit.clone());
            }
        }
        if !choices.is_empty() {
            set("choices", json!(choices));
        }
        if let Some(unit) = unit {
            set("unit", json!(unit));
        }
        if let Some(text) = self.default_doc {
            set("defaultDoc", json!(text));
        }
        if let Some((option, values)) = self.only_with {
            set("onlyWith", json!({ "option": option, "values": values }));
        }
        set("profile", json!(self.profile()));
        set("required", json!(self.required));
        set("secret", json!(secret));
        set("doc", json!(self.doc));
        Value::Object(row)
    }

    /// The one wire profile that has it.
    fn profile(&self) -> Option<&'static str> {
        match self.only_with {
            Some(("api", [profile])) => Some(profile),
            _ => None,
        }
    }
}

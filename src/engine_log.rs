//! The engine's own log lines, on their way to the logger of the injector they belong to, or to standard error.
//!
//! Each injector that wants them has a subscriber of its own, which is set while its futures are polled: nothing
//! is global, and no other lines can get in. Of the libraries below nothing is taken, since their lines may
//! hold addresses and headers.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::instrument::{WithDispatch, WithSubscriber as _};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record as SpanRecord};
use tracing::{Dispatch, Event, Metadata, Subscriber};

use super::outbox::Outbox;
use super::record::Logged;
use super::stderr;

/// Where the lines go. Without one there is no subscriber, and no line is made.
#[derive(Clone)]
pub struct EngineLog(Dispatch);

impl EngineLog {
    /// `owner` is the number of the injector. Lines go to its logger, to standard error, or to both.
    pub fn new(owner: f64, outbox: &Arc<Outbox>, to_logger: bool, to_stderr: bool) -> Self {
        let wanted = to_logger || to_stderr;
        if !wanted {
            return Self(Dispatch::none());
        }
        Self(Dispatch::new(Lines {
            owner,
            outbox: Arc::clone(outbox),
            to_logger,
            to_stderr: to_stderr
                .then(|| stderr::Lines::to(std::io::stderr()))
                .flatten(),
        }))
    }

    /// Takes the lines.
    pub fn dispatch(&self) -> &Dispatch {
        &self.0
    }

    /// Work whose lines go where they should.
    pub fn around<F: Future>(&self, work: F) -> WithDispatch<F> {
        work.with_subscriber(self.0.clone())
    }
}

struct Lines {
    owner: f64,
    outbox: Arc<Outbox>,
    to_logger: bool,
    to_stderr: Option<stderr::Lines>,
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with(env!("CARGO_CRATE_NAME"))
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let level = event.metadata().level();
        if let Some(stderr) = &self.to_stderr {
            let fields = serde_json::to_string(&line.fields).unwrap_or_default();
            stderr.write(format!("cxone-dtmf {level}: {} {fields}", line.message));
        }
        if self.to_logger {
            self.outbox.push(&Logged {
                injector: self.owner,
                message: &line.message,
                fields: &line.fields,
                id: line.id,
            });
        }
    }

    // The engine has no spans.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &SpanRecord<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// One line while it is read.
#[derive(Default)]
struct Line {
    message: String,
    fields: Map<String, Value>,
    /// The number of the injection that it belongs to. It is nothing to users, who see `injectionId`.
    id: Option<u64>,
}

impl Line {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.fields.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Line {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "id" {
            self.id = Some(value);
        } else {
            self.put(field, value);
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            self.put(field, format!("{value:?}"));
        }
    }
}

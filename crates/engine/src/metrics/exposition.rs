//! The metrics in the text exposition format of Prometheus (version 0.0.4).
//!
//! Libraries write `OpenMetrics`, whose counters the parsers of this format do not recognise.

use std::fmt::Write as _;
use std::time::Duration;

use super::snapshot::Snapshot;
use super::table::{self, Metric, Reading};
use super::times::{BUCKETS, Times};

/// Writes all metrics.
#[must_use]
pub fn exposition(now: &Snapshot) -> String {
    let mut page = Page(String::with_capacity(8 * 1024));
    for metric in table::all() {
        page.metric(&metric, now);
    }
    page.0
}

struct Page(String);

impl Page {
    fn metric(&mut self, metric: &Metric, now: &Snapshot) {
        let name = &metric.full_name();
        match metric.reading {
            Reading::Total(read) => {
                self.head(name, metric);
                self.sample(name, "", read(&now.totals));
            }
            Reading::Fleet(read) => {
                if let Some(counts) = &now.fleet {
                    self.head(name, metric);
                    self.sample(name, "", read(counts));
                }
            }
            Reading::Labelled { samples, .. } => {
                self.head(name, metric);
                for (values, count) in samples(now) {
                    self.sample(name, &labels(metric.labels, &values), count);
                }
            }
            Reading::Listed { count, .. } => {
                self.head(name, metric);
                self.sample(name, "", count(now));
            }
            Reading::Gauge(read) => {
                self.head(name, metric);
                self.sample(name, "", read(now));
            }
            Reading::FleetAge(_) if now.fleet.is_none() => {}
            Reading::Age(read) | Reading::FleetAge(read) => {
                self.head(name, metric);
                if let Some(age) = read(now) {
                    self.sample(name, "", seconds(age));
                }
            }
            Reading::Times(read) => {
                self.head(name, metric);
                self.histogram(name, read(now));
            }
        }
    }

    fn head(&mut self, name: &str, metric: &Metric) {
        let (kind, help) = (metric.kind(), metric.help);
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _ = if labels.is_empty() {
            writeln!(self.0, "{name} {value}")
        } else {
            writeln!(self.0, "{name}{{{labels}}} {value}")
        };
    }

    fn histogram(&mut self, name: &str, times: &Times) {
        let bucket = format!("{name}_bucket");
        for (bound, count) in BUCKETS.iter().zip(times.buckets()) {
            self.sample(&bucket, &format!(r#"le="{bound}""#), count);
        }
        self.sample(&bucket, r#"le="+Inf""#, times.count());
        self.sample(&format!("{name}_sum"), "", seconds(times.sum()));
        self.sample(&format!("{name}_count"), "", times.count());
    }
}

/// Values of labels need no escape: they are codes and deliveries.
fn labels(names: &[&str], values: &[&str]) -> String {
    let labels = names.iter().zip(values);
    let labels = labels.map(|(name, value)| format!(r#"{name}="{value}""#));
    labels.collect::<Vec<_>>().join(",")
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

#[cfg(test)]
mod tests;

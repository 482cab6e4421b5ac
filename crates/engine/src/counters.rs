//! Numbers that only grow: one entry makes the counter, its reading, and what is told of it.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Counts one.
    pub(crate) fn count(&self) {
        self.add(1);
    }

    /// Counts so many.
    pub(crate) fn add(&self, many: u64) {
        self.0.fetch_add(many, Ordering::Relaxed);
    }

    /// How many there are.
    #[must_use]
    pub(crate) fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is told of a counter of `C`, a struct of readings.
#[derive(Clone, Copy, Debug)]
pub struct CounterEntry<C> {
    /// The metric, without what all names begin with.
    pub name: &'static str,
    /// What is counted.
    pub unit: &'static str,
    /// The field of the snapshot, after the objects it is in.
    pub json: &'static str,
    /// What it says, in one sentence.
    pub help: &'static str,
    /// Finds it among the readings.
    pub read: fn(&C) -> u64,
}

/// Makes a struct of counters and one of their readings, with a table of both:
/// `field = "name_total" "unit" "json": "What it says.";`.
macro_rules! counters {
    (
        $(#[$counters_doc:meta])* $vis:vis $Counters:ident
        $(#[$counts_doc:meta])* => $Counts:ident:
        $($field:ident = $name:literal $unit:literal $json:literal: $help:literal;)*
    ) => {
        $(#[$counters_doc])*
        #[derive(Debug, Default)]
        $vis struct $Counters {
            $(#[doc = $help] pub(crate) $field: $crate::counters::Counter,)*
        }

        $(#[$counts_doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $Counts {
            $(#[doc = $help] pub $field: u64,)*
        }

        impl $Counters {
            /// Reads all counters.
            #[must_use]
            $vis fn read(&self) -> $Counts {
                $Counts {
                    $($field: self.$field.read(),)*
                }
            }
        }

        impl $Counts {
            /// What is told of each.
            pub const TABLE: &'static [$crate::counters::CounterEntry<Self>] = &[$(
                $crate::counters::CounterEntry {
                    name: $name,
                    unit: $unit,
                    json: $json,
                    help: $help,
                    read: |counts| counts.$field,
                },
            )*];
        }
    };
}

pub(crate) use counters;

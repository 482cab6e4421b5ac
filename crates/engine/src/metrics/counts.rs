//! The counters of one injector that have labels, at one moment.

use std::collections::BTreeMap;

use crate::delivery::Delivery;
use crate::error::Code;

/// The counters that have labels, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Injections by what is known of the digits and by the code of the error; `None` for those that were accepted.
    /// Combinations that never occurred are absent.
    pub settled: Vec<(Delivery, Option<Code>, u64)>,
    /// How often an attempt was repeated, by the code of the attempt that failed.
    pub resends: Vec<(Code, u64)>,
}

impl Counts {
    /// How many injections ended.
    #[must_use]
    pub fn all_settled(&self) -> u64 {
        self.settled.iter().map(|(.., count)| count).sum()
    }

    /// How many injections ended with this delivery.
    #[must_use]
    pub fn settled_as(&self, delivery: Delivery) -> u64 {
        let of_delivery = self.settled.iter().filter(|(known, ..)| *known == delivery);
        of_delivery.map(|(.., count)| count).sum()
    }

    /// How many injections failed with each code.
    #[must_use]
    pub fn by_code(&self) -> BTreeMap<&'static str, u64> {
        let mut by_code = BTreeMap::new();
        for (_, code, count) in &self.settled {
            if let Some(code) = code {
                *by_code.entry(code.as_str()).or_default() += count;
            }
        }
        by_code
    }

    /// How often an attempt was repeated.
    #[must_use]
    pub fn all_resends(&self) -> u64 {
        self.resends.iter().map(|(_, count)| count).sum()
    }
}

//! Which node of a cluster keeps a hash slot.

use redis::Value;

/// The masters of a cluster by hash slot.
#[derive(Default)]
pub(super) struct SlotMap {
    /// First slot, last slot, address of the master.
    ranges: Vec<(u16, u16, String)>,
}

impl SlotMap {
    /// Reads the reply of `CLUSTER SLOTS`: first slot, last slot, master, replicas. A node that does not know its own
    /// host leaves it out; then it is the one that was asked.
    pub(super) fn read(reply: &Value, asked: &str) -> Self {
        let ranges = match reply {
            Value::Array(ranges) => ranges.as_slice(),
            _ => &[],
        };
        Self {
            ranges: ranges
                .iter()
                .filter_map(|range| range_of(range, asked))
                .collect(),
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    pub(super) fn master_of(&self, slot: u16) -> Option<&str> {
        self.ranges
            .iter()
            .find(|(first, last, _)| (*first..=*last).contains(&slot))
            .map(|(.., address)| address.as_str())
    }

    pub(super) fn has_master(&self, address: &str) -> bool {
        self.ranges.iter().any(|(.., master)| master == address)
    }
}

fn range_of(range: &Value, asked: &str) -> Option<(u16, u16, String)> {
    let Value::Array(range) = range else {
        return None;
    };
    let [
        Value::Int(first),
        Value::Int(last),
        Value::Array(master),
        ..,
    ] = range.as_slice()
    else {
        return None;
    };
    let [host, Value::Int(port), ..] = master.as_slice() else {
        return None;
    };
    let host = match host {
        Value::BulkString(name) => std::str::from_utf8(name).ok()?,
        Value::SimpleString(name) => name,
        _ => "",
    };
    let host = Some(host)
        .filter(|host| !matches!(*host, "" | "?"))
        .unwrap_or(asked);
    let slots = (u16::try_from(*first).ok()?, u16::try_from(*last).ok()?);
    Some((slots.0, slots.1, format!("{host}:{port}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(host: Value, port: i64) -> Value {
        Value::Array(vec![
            host,
            Value::Int(port),
            Value::BulkString(b"id".to_vec()),
        ])
    }

    fn text(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    #[test]
    fn the_map_names_the_master_of_each_range() {
        let answer = Value::Array(vec![
            Value::Array(vec![
                Value::Int(0),
                Value::Int(8_000),
                node(text("a.example"), 7000),
                node(text("replica.example"), 7003),
            ]),
            Value::Array(vec![
                Value::Int(8_001),
                Value::Int(16_383),
                node(text(""), 7001),
            ]),
            Value::Nil,
        ]);
        let map = SlotMap::read(&answer, "asked.example");
        assert_eq!(map.ranges.len(), 2);
        for (slot, address) in [
            (0, "a.example:7000"),
            (8_000, "a.example:7000"),
            (8_001, "asked.example:7001"),
            (16_383, "asked.example:7001"),
        ] {
            assert_eq!(map.master_of(slot), Some(address));
        }
        assert!(SlotMap::read(&Value::Nil, "x").is_empty());
    }
}

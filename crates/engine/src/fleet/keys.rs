//! The names of keys. Ids of calls appear in them only as a digest: names end up in dumps and slow logs.

use std::ops::Range;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{Context, SHA256};

use super::options::FleetOptions;
use super::servers::Servers;

/// How many hash tags there are in a cluster. Each has a marker of its own (see `restart_guard`), so there are more than
/// masters but not one for each call.
const HASH_TAGS: u16 = 128;

/// The protocol that this version speaks: what is in the keys, and what the scripts make of it. Another meaning of either
/// is another protocol.
pub const PROTOCOL: u32 = 1;

/// Names keys for one fleet.
///
/// Versions of this package that speak different protocols may press into the same calls, as during an upgrade. So the
/// leases, the schedules of the rate limit and the markers are the same in all protocols: owner, end and fence of a
/// lease, a time, the run of the server. The names of all other keys say the protocol.
#[derive(Clone, Debug)]
pub struct Keys {
    prefix: Arc<str>,
    tags: u16,
    protocol: u32,
}

/// The name of a call within a fleet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallId {
    /// The hash tag of all its keys.
    pub tag: u16,
    /// 128 bits of a digest, in base64.
    pub digest: String,
}

impl Keys {
    /// The names under the prefix of these settings, in this protocol.
    #[must_use]
    pub fn new(options: &FleetOptions, protocol: u32) -> Self {
        Self {
            prefix: options.prefix.as_str().into(),
            tags: match options.servers {
                Servers::One(_) | Servers::Sentinel { .. } => 1,
                Servers::Cluster { .. } => HASH_TAGS,
            },
            protocol,
        }
    }

    /// The protocol.
    #[must_use]
    pub const fn protocol(&self) -> u32 {
        self.protocol
    }

    /// Names a call: SHA-256 of prefix, scope and id, cut to 128 bits.
    #[must_use]
    pub fn call(&self, scope: &str, call: &str) -> CallId {
        let mut context = Context::new(&SHA256);
        for part in [&*self.prefix, scope, call] {
            // With their lengths, so that no two triples read the same.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let digest = context.finish();
        let half = digest.as_ref().get(..16).unwrap_or_default();
        let first = half
            .iter()
            .take(2)
            .fold(0_u16, |sum, byte| sum << 8 | u16::from(*byte));
        CallId {
            tag: first % self.tags,
            digest: BASE64_URL_SAFE_NO_PAD.encode(half),
        }
    }

    /// The lease on a call. All keys of one call have the same hash tag, so that one script may use them.
    #[must_use]
    pub fn lock(&self, call: &CallId) -> String {
        self.of_tag(&format!("lock:{}", call.digest), call.tag)
    }

    /// The schedule of a call.
    #[must_use]
    pub fn rate(&self, call: &CallId) -> String {
        self.of_tag(&format!("rate:{}", call.digest), call.tag)
    }

    /// Another key of a call, in this protocol.
    #[must_use]
    pub fn of_call(&self, what: &str, call: &CallId) -> String {
        self.of_protocol(what, &call.digest, call.tag)
    }

    /// What became of a request, so that it counts once when it is sent again.
    #[must_use]
    pub fn request(&self, name: &str, tag: u16) -> String {
        self.of_protocol("request", name, tag)
    }

    fn of_protocol(&self, what: &str, name: &str, tag: u16) -> String {
        self.of_tag(&format!("v{}:{what}:{name}", self.protocol), tag)
    }

    /// A key that exists once for each hash tag.
    #[must_use]
    pub fn of_tag(&self, what: &str, tag: u16) -> String {
        format!("{}:{{{tag}}}:{what}", self.prefix)
    }

    /// A key of the whole fleet.
    #[must_use]
    pub fn of_fleet(&self, what: &str) -> String {
        format!("{}:{what}", self.prefix)
    }

    /// All hash tags.
    #[must_use]
    pub fn tags(&self) -> Range<u16> {
        0..self.tags
    }
}

/// The hash slot of a key (Redis cluster specification: CRC16/XMODEM modulo 16384, of the first tag in braces if there is one).
#[must_use]
pub(super) fn slot(key: &str) -> u16 {
    let tag = key
        .split_once('{')
        .and_then(|(_, rest)| rest.split_once('}'))
        .map_or(key, |(tag, _)| if tag.is_empty() { key } else { tag });
    let crc = tag.bytes().fold(0_u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| {
            if crc & 0x8000 == 0 {
                crc << 1
            } else {
                crc << 1 ^ 0x1021
            }
        })
    });
    crc % 16_384
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(cluster: bool) -> Keys {
        let options = if cluster {
            FleetOptions::cluster(&["redis://host"])
        } else {
            FleetOptions::at("redis://host")
        };
        Keys::new(&options.unwrap(), PROTOCOL)
    }

    #[test]
    fn slots_are_those_of_redis() {
        // `CLUSTER KEYSLOT`.
        for (key, expected) in [
            ("123456789", 12_739),
            ("foo", 12_182),
            ("{user1000}.following", 3_443),
            ("foo{}{bar}", 8_363),
            ("foo{{bar}}zap", 4_015),
            ("foo{bar}{zap}", 5_061),
        ] {
            assert_eq!(slot(key), expected, "{key}");
        }
    }

    #[test]
    fn all_keys_of_a_call_share_a_slot_and_hide_its_id() {
        let keys = keys(true);
        for n in 0..100 {
            let id = format!("call-{n}");
            let call = keys.call("https://api.example", &id);
            let names = [
                keys.lock(&call),
                keys.rate(&call),
                keys.of_call("tickets", &call),
                keys.request("1", call.tag),
            ];
            let marker = keys.of_tag("memory", call.tag);
            assert!(names.iter().all(|name| slot(name) == slot(&marker)));
            assert!(names.iter().all(|name| !name.contains(&id)));
        }
    }

    #[test]
    fn other_scopes_and_calls_have_other_names() {
        let keys = keys(false);
        let named = keys.call("ab", "c");
        assert_eq!(named, keys.call("ab", "c"));
        assert_ne!(named, keys.call("a", "bc"));
        assert_eq!(named.tag, 0);
        assert_eq!(named.digest.len(), 22);
        let [lock, tickets] = [keys.lock(&named), keys.of_call("tickets", &named)];
        assert_eq!(lock, format!("dtmf:{{0}}:lock:{}", named.digest));
        assert_eq!(tickets, format!("dtmf:{{0}}:v1:tickets:{}", named.digest));
    }
}

//! Which rights the user lacks, one by one. Whoever sets a user up wants to know them all at once.

use redis::Cmd;

use super::connection::Connection;
use super::error::StoreError;
use super::refusal::{Refusal, Right};
use super::restart_guard::PRESENCE;
use crate::fleet::keys::Keys;
use crate::fleet::options::FleetOptions;
use crate::fleet::servers::Servers;

/// What a command works on, in a key or channel of the fleet that nothing else uses.
#[derive(Clone, Copy)]
enum On {
    Nothing,
    Text,
    Hash,
    Set,
    Channel,
}

/// Every command of the scripts and of the connection, with arguments that change nothing that matters.
const COMMANDS: &[(&str, On, &[&str])] = &[
    ("INFO", On::Nothing, &["server"]),
    ("PING", On::Nothing, &[]),
    ("EVAL", On::Nothing, &["return 1", "0"]),
    (
        "EVALSHA",
        On::Nothing,
        &["e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "0"],
    ),
    ("TIME", On::Nothing, &[]),
    ("SET", On::Text, &["", "PX", "1000"]),
    ("GET", On::Text, &[]),
    ("PEXPIRE", On::Text, &["1000"]),
    ("PTTL", On::Text, &[]),
    ("DEL", On::Text, &[]),
    ("HSET", On::Hash, &["field", ""]),
    ("HGET", On::Hash, &["field"]),
    ("HMGET", On::Hash, &["field"]),
    ("HVALS", On::Hash, &[]),
    ("HINCRBY", On::Hash, &["number", "1"]),
    ("HDEL", On::Hash, &["field", "number"]),
    ("ZADD", On::Set, &["XX", "0", "member"]),
    ("ZCARD", On::Set, &[]),
    ("ZSCORE", On::Set, &["member"]),
    ("ZRANK", On::Set, &["member"]),
    ("ZRANGE", On::Set, &["0", "0"]),
    ("ZRANGEBYSCORE", On::Set, &["0", "0"]),
    ("ZREM", On::Set, &["member"]),
    ("PUBLISH", On::Channel, &[""]),
    ("SUBSCRIBE", On::Channel, &[]),
];

/// What a cluster needs besides.
const IN_CLUSTER: &[(&str, On, &[&str])] = &[
    ("CLUSTER", On::Nothing, &["SLOTS"]),
    ("ASKING", On::Nothing, &[]),
];

/// Tries every command, and names the rights that are missing as `ACL SETUSER` takes them.
pub(super) async fn missing(
    keys: &Keys,
    options: &FleetOptions,
    connection: &Connection,
) -> Result<Vec<String>, StoreError> {
    let in_cluster = matches!(options.servers, Servers::Cluster { .. });
    let extra = if in_cluster { IN_CLUSTER } else { &[] };
    let mut missing = Vec::new();
    for (name, on, arguments) in COMMANDS.iter().chain(extra) {
        let mut command = redis::cmd(name);
        on.add_to(&mut command, keys);
        command.arg(*arguments);
        match connection.command(&command).await {
            Err(StoreError::Refused(Refusal {
                missing: Some(right),
                ..
            })) => {
                let right = named(&right, &options.prefix);
                if !missing.contains(&right) {
                    missing.push(right);
                }
            }
            Err(error @ (StoreError::Lost | StoreError::Unreadable)) => return Err(error),
            // The command itself may be refused for any other reason, such as a slot of another node.
            _ => {}
        }
    }
    Ok(missing)
}

impl On {
    fn add_to(self, command: &mut Cmd, keys: &Keys) {
        match self {
            Self::Nothing => {}
            Self::Text => drop(command.arg(keys.request("rights-text", 0))),
            Self::Hash => drop(command.arg(keys.request("rights-hash", 0))),
            Self::Set => drop(command.arg(keys.request("rights-set", 0))),
            Self::Channel => drop(command.arg(keys.of_fleet(PRESENCE))),
        }
    }
}

fn named(right: &Right, prefix: &str) -> String {
    match right {
        Right::Commands(commands) => format!("+{}", commands.join(" +")),
        Right::Keys => format!("~{prefix}:*"),
        Right::Channels => format!("&{prefix}:*"),
        Right::Line(line) => format!("line {line}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::script::Script;

    const SCRIPTS: [&str; 18] = [
        include_str!("../scripts/block_add.lua"),
        include_str!("../scripts/block_find.lua"),
        include_str!("../scripts/block_lift.lua"),
        include_str!("../scripts/lock_acquire.lua"),
        include_str!("../scripts/lock_reject_queued.lua"),
        include_str!("../scripts/lock_release.lua"),
        include_str!("../scripts/lock_renew.lua"),
        include_str!("../scripts/rate_cancel.lua"),
        include_str!("../scripts/rate_gcra.lua"),
        include_str!("../scripts/rate_hold_back.lua"),
        include_str!("../scripts/rate_reserve.lua"),
        include_str!("../scripts/rate_schedule.lua"),
        include_str!("../scripts/restart_guard.lua"),
        include_str!("../scripts/session_find.lua"),
        include_str!("../scripts/session_publish.lua"),
        include_str!("../scripts/token_abandon.lua"),
        include_str!("../scripts/token_lookup.lua"),
        include_str!("../scripts/token_publish.lua"),
    ];

    /// The scripts, the trial and the documents name the same commands.
    #[test]
    fn every_command_of_the_scripts_is_tried_and_documented() {
        let mut used: Vec<_> = SCRIPTS
            .iter()
            .flat_map(|text| Script::new(text).commands())
            .collect();
        used.extend(["info", "ping", "eval", "evalsha", "subscribe"].map(str::to_owned));
        used.sort();
        used.dedup();
        let mut tried: Vec<_> = COMMANDS
            .iter()
            .map(|(name, ..)| name.to_ascii_lowercase())
            .collect();
        tried.sort();
        assert_eq!(tried, used);
        let page = include_str!("../../../../../docs/fleet.md");
        let line = page
            .lines()
            .find(|line| line.starts_with("ACL SETUSER "))
            .unwrap();
        let mut documented: Vec<_> = line
            .split(' ')
            .filter_map(|word| word.strip_prefix('+'))
            // They come before everything else, or the connection is refused.
            .filter(|word| !["hello", "auth"].contains(word))
            .collect();
        documented.sort_unstable();
        assert_eq!(documented, used);
    }
}

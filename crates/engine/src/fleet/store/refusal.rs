//! What a server refuses, wherever it puts the word for it.
//!
//! An error inside a script arrives in other words at every server. Redis 6 wraps it, `ERR Error running script (call to
//! f_…): @user_script:3: @user_script: 3: -READONLY You can't …`, newer ones answer `READONLY You can't …`. A right that
//! is missing is an `ERR` of its own, which names the line of the script (Redis 6 and 7) or the command (Redis 8, Valkey).

use std::fmt;

/// What a server refuses, and what it lacks for it. Nothing else of its answer is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code of the error, such as `READONLY`.
    pub code: String,
    /// The right that is missing, where the code is `NOPERM`.
    pub missing: Option<Right>,
}

/// A right of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Right {
    /// To run one of these commands.
    Commands(Vec<String>),
    /// To run what stands in this line of the script.
    Line(usize),
    /// To use keys under the prefix of the fleet.
    Keys,
    /// To use channels under the prefix of the fleet.
    Channels,
}

/// What a server says that is no code, and the code that we give it.
const UNCODED: [(&str, &str); 2] = [
    ("max number of clients reached", "MAXCLIENTS"),
    ("cluster support disabled", "NOCLUSTER"),
];

/// What a server says where a right is missing: Redis 6 and 7 first, then Redis 8 and Valkey.
const COMMAND_DENIED: [&str; 3] = [
    "can't run this command",
    "permissions to run the '",
    "no permissions to run",
];
const KEY_DENIED: [&str; 3] = [
    "at least one of the keys",
    "one of the keys",
    "to access a key",
];
const CHANNEL_DENIED: [&str; 3] = [
    "publish to the channel",
    "one of the channels",
    "to access a channel",
];

impl Refusal {
    /// Reads the code and the rest of an error.
    pub(super) fn read(code: &str, detail: &str) -> Self {
        let says = |words: &[&str]| words.iter().any(|words| detail.contains(words));
        let missing = if !matches!(code, "ERR" | "NOPERM") {
            None
        } else if says(&COMMAND_DENIED) {
            let named = detail
                .split_once("run the '")
                .and_then(|(_, rest)| rest.split_once('\''));
            match named {
                // Subcommands are named as `cluster|slots`.
                Some((command, _)) => Some(Right::Commands(vec![word(command)])),
                None => line(detail).map(Right::Line),
            }
        } else if says(&CHANNEL_DENIED) {
            Some(Right::Channels)
        } else if says(&KEY_DENIED) {
            Some(Right::Keys)
        } else {
            None
        };
        let code = if missing.is_some() {
            "NOPERM"
        } else if code == "ERR" {
            let known = UNCODED.iter().find(|(words, _)| detail.contains(words));
            known
                .map(|(_, code)| *code)
                .or_else(|| wrapped(detail))
                .unwrap_or(code)
        } else {
            code
        };
        Self {
            code: word(code),
            missing,
        }
    }

    /// A refusal with this code.
    pub(super) fn of(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            missing: None,
        }
    }

    /// Whether the server is on its way to a state in which it does not refuse: a slot moves, a master is replaced.
    pub(super) fn settles(&self) -> bool {
        let passing = ["TRYAGAIN", "CLUSTERDOWN", "NOREPLICAS", "BUSY"];
        self.ends_connection() || passing.contains(&&*self.code)
    }

    /// Whether the connection leads to a server that is none for writes. The address may lead to another one by now.
    pub(super) fn ends_connection(&self) -> bool {
        ["READONLY", "MASTERDOWN", "LOADING", "UNBLOCKED"].contains(&&*self.code)
    }

    fn advice(&self) -> &'static str {
        match self.code.as_str() {
            "NOPERM" => "the user may not run a command that is needed: see docs/fleet.md",
            "NOAUTH" => "it asks for a password and none was given: check those in fleet.url",
            "WRONGPASS" => "user or password are refused: check those in fleet.url",
            "OOM" => "it is out of memory: raise its maxmemory",
            "READONLY" => "it is a replica: point fleet.url at the master",
            "LOADING" => "it is still loading its data",
            "MASTERDOWN" => {
                "it is a replica that has lost its master: point fleet.url at the master"
            }
            "UNBLOCKED" => "it has become a replica: point fleet.url at the master",
            "CLUSTERDOWN" => {
                "the cluster has no master for the slot of this call: see CLUSTER INFO"
            }
            "TRYAGAIN" => "the slot of this call is being moved to another node",
            "NOREPLICAS" => "it has fewer replicas than min-replicas-to-write asks for",
            "MISCONF" => {
                "it cannot save its data and refuses writes: mend that, or set stop-writes-on-bgsave-error to no"
            }
            "NOSCRIPT" => {
                "it forgot a script that it was just given: a proxy in between may part the commands of a connection"
            }
            "BUSY" => "a script runs for longer than its busy-reply-threshold",
            "MAXCLIENTS" => "it has as many connections as it may: raise its maxclients",
            "NOCLUSTER" => "it is no node of a cluster: pass fleet.url as one URL, not as an array",
            "UNKNOWNMASTER" => "the Sentinels know no master of the name in fleet.master",
            _ => "see its log",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server answered {}: ", self.code)?;
        match &self.missing {
            Some(Right::Commands(commands)) => {
                let rights: Vec<_> = commands.iter().map(|command| format!("+{command}")).collect();
                let rights = rights.join(" ");
                write!(f, "the user lacks the right {rights}: see docs/fleet.md")
            }
            Some(Right::Keys) => f.write_str(
                "the user may not use the keys under fleet.prefix (~<prefix>:*): see docs/fleet.md",
            ),
            Some(Right::Channels) => f.write_str(
                "the user may not use the channels under fleet.prefix (&<prefix>:*): see docs/fleet.md",
            ),
            Some(Right::Line(_)) | None => f.write_str(self.advice()),
        }
    }
}

/// The code within an error of a script, as Redis 6 wraps it.
fn wrapped(detail: &str) -> Option<&str> {
    let (_, inner) = detail.split_once(": -")?;
    let code = inner.split(' ').next()?;
    code.bytes()
        .all(|byte| byte.is_ascii_uppercase())
        .then_some(code)
        .filter(|code| !code.is_empty())
}

/// The line of the script in which an error occurred.
fn line(detail: &str) -> Option<usize> {
    let (_, after) = detail.rsplit_once("user_script:")?;
    let digits = after.trim_start();
    let end = digits.find(|letter: char| !letter.is_ascii_digit());
    digits.get(..end.unwrap_or(digits.len()))?.parse().ok()
}

/// One word of an answer, without what no word of Redis has.
fn word(text: &str) -> String {
    let lawful =
        |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '|' | '_' | '-');
    text.chars().filter(lawful).take(32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str = "5332031c6b470dc5a0dd9b4bf2030dea6d65de91";

    fn read(answer: &str) -> Refusal {
        let (code, detail) = answer.split_once(' ').unwrap();
        Refusal::read(code, detail)
    }

    /// As Redis 6 wraps it, and as newer servers say it.
    fn in_script(line: usize, said: &str) -> [String; 2] {
        [
            format!(
                "ERR Error running script (call to f_{SHA}): @user_script:{line}: @user_script: {line}: -{said}"
            ),
            format!("{said} script: {SHA}, on @user_script:{line}."),
        ]
    }

    #[test]
    fn a_code_is_found_wherever_the_server_puts_it() {
        for said in [
            "READONLY You can't write against a read only replica.",
            "OOM command not allowed when used memory > 'maxmemory'.",
            "NOREPLICAS Not enough good replicas to write.",
            "MISCONF Errors writing to the AOF file: No space left on device",
        ] {
            let expected = said.split(' ').next().unwrap();
            for answer in in_script(12, said).iter().chain([&said.to_owned()]) {
                assert_eq!(read(answer), Refusal::of(expected), "{answer}");
            }
        }
        assert_eq!(read("ERR max number of clients reached").code, "MAXCLIENTS");
        assert_eq!(read("ERR value is not an integer: -1 or more").code, "ERR");
    }

    #[test]
    fn a_missing_right_is_named_by_command_or_line() {
        let line = "The user executing the script can't run this command or subcommand";
        for (answer, missing) in [
            (
                format!("ERR Error running script (call to f_{SHA}): @user_script:7: @user_script: 7: {line}"),
                Right::Line(7),
            ),
            (format!("ERR {line} script: {SHA}, on @user_script:17."), Right::Line(17)),
            (
                "ERR ACL failure in script: User u has no permissions to run the 'zadd' command script: on @user_script:2.".to_owned(),
                Right::Commands(vec!["zadd".to_owned()]),
            ),
            (
                "NOPERM this user has no permissions to run the 'cluster|slots' command".to_owned(),
                Right::Commands(vec!["cluster|slots".to_owned()]),
            ),
        ] {
            let read = read(&answer);
            assert_eq!((read.code.as_str(), read.missing), ("NOPERM", Some(missing)), "{answer}");
        }
    }

    #[test]
    fn keys_and_channels_that_are_out_of_bounds_are_told_apart() {
        for (answer, missing) in [
            (
                "NOPERM this user has no permissions to access one of the keys used as arguments",
                Right::Keys,
            ),
            (
                "ERR The user executing the script can't access at least one of the keys mentioned in the command arguments script: x, on @user_script:2.",
                Right::Keys,
            ),
            (
                "ERR ACL failure in script: No permissions to access a key script: on @user_script:2.",
                Right::Keys,
            ),
            (
                "ERR The user executing the script can't publish to the channel mentioned in the command script: x, on @user_script:2.",
                Right::Channels,
            ),
            (
                "NOPERM this user has no permissions to access one of the channels used as arguments",
                Right::Channels,
            ),
            ("NOPERM No permissions to access a channel", Right::Channels),
        ] {
            let read = read(answer);
            assert_eq!(
                (read.code.as_str(), read.missing),
                ("NOPERM", Some(missing)),
                "{answer}"
            );
        }
    }

    #[test]
    fn nothing_else_of_the_answer_is_kept() {
        for answer in [
            "ERR Error running script: hunter2: -READONLY hunter2",
            "ERR hunter2",
            "NOPERM user hunter2 may not",
        ] {
            let read = read(answer);
            assert!(!format!("{read:?} {read}").contains("hunter2"), "{answer}");
        }
    }
}

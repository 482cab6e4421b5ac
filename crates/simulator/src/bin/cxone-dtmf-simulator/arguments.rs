//! The command line. Every option becomes a field of the same JSON that a file may hold, so the rules are written once.

use std::ffi::OsString;
use std::fs;
use std::io::Read as _;

use cxone_dtmf_options::OptionError;
use cxone_dtmf_simulator::SimulatorOptions;
use lexopt::{Arg, Parser, ValueExt as _};
use serde_json::{Map, Number, Value, json};

use crate::Failure;

pub(crate) const HELP: &str = "\
Usage: cxone-dtmf-simulator [options]

A stand-in for the NICE CXone telephony API on 127.0.0.1, until Ctrl-C or SIGTERM. It knows tokens, calls, agent sessions,
playing tones, masked recordings and rate limits; a program that is pointed to it needs no account.

Options:
  --port <n>           the port; 0 takes a free one. Default: 0
  --call <id>          a call that exists; may be given several times. Default: call-1
  --session <id>       an agent session that exists; may be given several times. Default: session-1
                       The contact of the first one is contact-1, that of the second contact-2
  --auto-calls         every call, session and contact exists
  --rate-limit <n>     DTMF requests that pass within 60 s; the others answer 429. Default: all
  --time-scale <x>     how long tones take compared with real time, 0 to 100. Default: 0, at once
  --latency <ms>       how long every answer to a DTMF request takes. Default: 0
  --seed <n>           seeds what is random, so that a run can be repeated. Default: 0
  --journal <n>        how many requests and sequences are kept; 0 keeps none and only counts. Default: 100000
  --client-id <id>     the only client that gets tokens. Default: demo-client
  --client-secret-file <file>
                       the file that holds its secret. Default secret: demo-secret
  --access-key-id <id>
                       the only access key. Default: demo-access-key
  --access-key-secret-file <file>
                       the file that holds its secret. Default secret: demo-access-secret=
  --options <file>     these and all other options of the simulator, as a JSON object with the names of
                       `startSimulator`; - reads standard input. An option above counts more
  --until-stdin-ends   stop when standard input ends, so that the simulator goes with the program that started it
  --json               print {\"url\":…,\"port\":…,\"pid\":…,\"credentials\":{…},\"accessKey\":{…},\"sessions\":[…]}
                       as one line
  --help               print this

Exit codes: 0 stopped, 1 it could not run, 2 usage, or the port is taken.
";

/// The value of an option.
#[derive(Clone, Copy)]
enum Kind {
    Switch,
    Number,
    Text,
    /// The text is in the file that is named. One line break at its end is left out.
    File,
}

/// Which field of [`SimulatorOptions`] an option sets: within a section, where there are two names.
const FIELDS: [(&str, Kind, &[&str]); 11] = [
    ("port", Kind::Number, &["port"]),
    ("auto-calls", Kind::Switch, &["autoCalls"]),
    ("rate-limit", Kind::Number, &["rateLimit", "perMinute"]),
    ("time-scale", Kind::Number, &["timeScale"]),
    ("latency", Kind::Number, &["latency", "fixedMs"]),
    ("seed", Kind::Number, &["seed"]),
    ("journal", Kind::Number, &["journalLimit"]),
    ("client-id", Kind::Text, &["clientId"]),
    ("client-secret-file", Kind::File, &["clientSecret"]),
    ("access-key-id", Kind::Text, &["accessKeyId"]),
    ("access-key-secret-file", Kind::File, &["accessKeySecret"]),
];

/// What the program is asked for.
pub(crate) enum Arguments {
    Help,
    Run(Box<Run>),
}

/// How the simulator is to run.
pub(crate) struct Run {
    pub(crate) options: SimulatorOptions,
    pub(crate) calls: Vec<String>,
    /// Sessions, each with its contact.
    pub(crate) sessions: Vec<(String, String)>,
    pub(crate) until_stdin_ends: bool,
    pub(crate) json: bool,
}

/// The options as they were given.
#[derive(Default)]
struct Given {
    fields: Vec<(&'static [&'static str], Value)>,
    file: Option<String>,
    calls: Vec<String>,
    sessions: Vec<String>,
    until_stdin_ends: bool,
    json: bool,
}

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Self {
        Self::Usage(format!("{error}. --help lists the options"))
    }
}

impl From<OptionError> for Failure {
    fn from(error: OptionError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl Arguments {
    pub(crate) fn read(words: impl IntoIterator<Item = OsString>) -> Result<Self, Failure> {
        let mut parser = Parser::from_args(words);
        let mut given = Given::default();
        while let Some(word) = parser.next()? {
            match word {
                Arg::Long("help") | Arg::Short('h') => return Ok(Self::Help),
                Arg::Long("options") => given.file = Some(parser.value()?.string()?),
                Arg::Long("call") => given.calls.push(parser.value()?.string()?),
                Arg::Long("session") => given.sessions.push(parser.value()?.string()?),
                Arg::Long("until-stdin-ends") => given.until_stdin_ends = true,
                Arg::Long("json") => given.json = true,
                Arg::Long(name) => match FIELDS.iter().find(|(known, ..)| *known == name) {
                    Some((_, kind, path)) => {
                        given.fields.push((path, kind.read(&mut parser)?));
                    }
                    None => return Err(word.unexpected().into()),
                },
                _ => return Err(word.unexpected().into()),
            }
        }
        Ok(Self::Run(Box::new(given.into_run()?)))
    }
}

impl Kind {
    fn read(self, parser: &mut Parser) -> Result<Value, Failure> {
        if matches!(self, Self::Switch) {
            return Ok(true.into());
        }
        let text = parser.value()?.string()?;
        Ok(match self {
            // What is no number stays text, and breaks the rule of its field.
            Self::Number => text.parse().map_or_else(|_| text.into(), Number::into),
            Self::File => without_line_break(&file(&text)?).into(),
            Self::Switch | Self::Text => text.into(),
        })
    }
}

impl Given {
    fn into_run(self) -> Result<Run, Failure> {
        if self.until_stdin_ends && self.file.as_deref() == Some("-") {
            return Err(Failure::Usage(
                "--options - reads standard input to its end: --until-stdin-ends would stop at once"
                    .to_owned(),
            ));
        }
        let mut json = match &self.file {
            None => json!({}),
            Some(name) => serde_json::from_str(&file(name)?)
                // The parser's own message may quote a value.
                .map_err(|_| Failure::Usage(format!("{name} must be JSON")))?,
        };
        for (path, value) in self.fields {
            set(&mut json, path, value);
        }
        let options = SimulatorOptions::from_json(json)?;
        let or_one = |given: Vec<String>, usual: &str| match given.is_empty() {
            true if options.auto_calls => Vec::new(),
            true => vec![usual.to_owned()],
            false => given,
        };
        let contacts = (1..).map(|number: u32| format!("contact-{number}"));
        Ok(Run {
            calls: or_one(self.calls, "call-1"),
            sessions: or_one(self.sessions, "session-1")
                .into_iter()
                .zip(contacts)
                .collect(),
            options,
            until_stdin_ends: self.until_stdin_ends,
            json: self.json,
        })
    }
}

/// Sets a field of an object and makes the sections on the way. What is no object is left to its reader to refuse.
fn set(json: &mut Value, path: &[&str], value: Value) {
    let (Some((name, rest)), Value::Object(fields)) = (path.split_first(), json) else {
        return;
    };
    if rest.is_empty() {
        fields.insert((*name).to_owned(), value);
    } else {
        let section = fields.entry(*name).or_insert_with(|| Map::new().into());
        set(section, rest, value);
    }
}

/// The text of a file, or of standard input for `-`.
fn file(name: &str) -> Result<String, Failure> {
    let text = if name == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(name)
    };
    text.map_err(|error| Failure::Usage(format!("{name} cannot be read: {error}")))
}

/// A text without the line break at its end.
fn without_line_break(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cxone_dtmf_simulator::Latency;
    use std::time::Duration;

    fn read(words: &str) -> Result<Arguments, Failure> {
        Arguments::read(words.split_whitespace().map(OsString::from))
    }

    fn run(words: &str) -> Run {
        match read(words) {
            Ok(Arguments::Run(run)) => *run,
            Ok(Arguments::Help) => panic!("help"),
            Err(failure) => panic!("{failure}"),
        }
    }

    fn refusal(words: &str) -> String {
        match read(words) {
            Err(Failure::Usage(message)) => message,
            _ => panic!("{words} was not refused"),
        }
    }

    #[test]
    fn options_reach_their_fields() {
        let run =
            run("--port 8080 --time-scale 0.5 --rate-limit=3 --latency 20 --seed 7 --journal 0");
        assert_eq!((run.options.port, run.options.seed), (8080, 7));
        assert_eq!(run.options.journal_limit, 0);
        assert!((run.options.time_scale - 0.5).abs() < f64::EPSILON);
        assert_eq!(run.options.rate_limit.unwrap().per_minute, Some(3));
        assert_eq!(
            run.options.latency,
            Latency::Fixed(Duration::from_millis(20))
        );
    }

    #[test]
    fn a_call_and_a_session_exist_unless_all_do() {
        let usual = run("");
        assert_eq!(usual.calls, ["call-1"]);
        assert_eq!(
            usual.sessions,
            [("session-1".to_owned(), "contact-1".to_owned())]
        );
        let all = run("--auto-calls");
        assert!(all.options.auto_calls && all.calls.is_empty() && all.sessions.is_empty());
        let own = run("--auto-calls --call a --call b");
        assert_eq!(own.calls, ["a", "b"]);
    }

    #[test]
    fn a_refusal_names_the_field_and_the_rule() {
        let starts = [
            ("--port x", "options.port must be a whole number"),
            (
                "--rate-limit 0",
                "options.rateLimit.perMinute must be a whole number",
            ),
            ("--time-scale 101", "options.timeScale must be a number"),
            ("--prot 1", "invalid option '--prot'"),
            ("--port", "missing argument for option '--port'"),
            ("8080", "unexpected argument"),
            ("--auto-calls=1", "unexpected argument for option"),
            ("--until-stdin-ends --options -", "--options - reads"),
            ("--options no-such-file", "no-such-file cannot be read"),
        ];
        for (words, start) in starts {
            let message = refusal(words);
            assert!(message.starts_with(start), "{words}: {message}");
        }
    }

    #[test]
    fn a_field_is_set_within_its_section_and_keeps_the_others() {
        let mut json = json!({"rateLimit": {"retryAfter": "date"}, "latency": 1});
        set(&mut json, &["rateLimit", "perMinute"], 3.into());
        set(&mut json, &["latency", "fixedMs"], 4.into());
        assert_eq!(
            json,
            json!({"rateLimit": {"retryAfter": "date", "perMinute": 3}, "latency": 1})
        );
    }
}

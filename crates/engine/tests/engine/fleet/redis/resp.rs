//! A client of Redis for tests: just enough of its protocol (RESP2) to give commands that the engine never gives.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// How long a server may take to answer. Generous: machines that run tests are busy.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Nil,
    Number(i64),
    /// A simple or a bulk string.
    Text(String),
    Error(String),
    List(Vec<Reply>),
}

impl Reply {
    /// The text of a string, the digits of a number, the elements of a list on a line each.
    pub fn text(&self) -> String {
        match self {
            Self::Nil => String::new(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) | Self::Error(text) => text.clone(),
            Self::List(list) => list.iter().map(Self::text).collect::<Vec<_>>().join("\n"),
        }
    }

    /// The number of a number, or of a text that is one.
    pub fn number(&self) -> i64 {
        match self {
            Self::Number(number) => *number,
            Self::Text(text) => text.parse().expect("a number"),
            other => panic!("not a number: {other:?}"),
        }
    }

    /// The elements of a list.
    pub fn list(self) -> Vec<Self> {
        match self {
            Self::List(list) => list,
            other => panic!("not a list: {other:?}"),
        }
    }
}

/// One connection.
pub struct Client(BufReader<TcpStream>);

impl Client {
    pub fn connect(port: u16) -> std::io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    pub fn ask(&mut self, command: &[&str]) -> std::io::Result<Reply> {
        let words = command
            .iter()
            .map(|word| format!("${}\r\n{word}\r\n", word.len()));
        let request = format!("*{}\r\n{}", command.len(), words.collect::<String>());
        self.send(request.as_bytes())
    }

    /// Sends a command as it stands.
    pub fn send(&mut self, command: &[u8]) -> std::io::Result<Reply> {
        self.0.get_mut().write_all(command)?;
        self.read()
    }

    /// Reads the next answer, or the next line that `MONITOR` tells.
    pub fn read(&mut self) -> std::io::Result<Reply> {
        let mut line = String::new();
        if self.0.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let (kind, rest) = line.trim_end().split_at_checked(1).unwrap_or_default();
        let count = || rest.parse::<i64>().expect("a number");
        Ok(match kind {
            "+" => Reply::Text(rest.to_owned()),
            "-" => Reply::Error(rest.to_owned()),
            ":" => Reply::Number(count()),
            "$" | "*" if count() < 0 => Reply::Nil,
            "$" => {
                let mut bytes = vec![0; usize::try_from(count()).unwrap() + 2];
                self.0.read_exact(&mut bytes)?;
                bytes.truncate(bytes.len() - 2);
                Reply::Text(String::from_utf8_lossy(&bytes).into_owned())
            }
            "*" => Reply::List(
                (0..count())
                    .map(|_| self.read())
                    .collect::<Result<_, _>>()?,
            ),
            // The server of another test, which was faster to take the port.
            _ => return Err(std::io::ErrorKind::InvalidData.into()),
        })
    }
}

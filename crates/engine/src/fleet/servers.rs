//! What the processes of a fleet share: a server, a cluster, or a master that Sentinels watch over.

use std::fmt;

use cxone_dtmf_options::{
    Either, Field, Fields, OptionSpec, Parsed, TextOrTexts, Texts, text, text_or_texts, texts,
};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::Secret;
use crate::error::Error;

/// The port of Redis (IANA).
const PORT: u16 = 6379;

/// The usual port of Sentinels.
const SENTINEL_PORT: u16 = 26_379;

const URL: &str = "fleet.url";

/// One server. `Debug` shows neither its user nor its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    /// Whether TLS is spoken (`rediss://`).
    pub tls: bool,
    /// Name or address.
    pub host: String,
    /// Default 6379.
    pub port: u16,
    /// The ACL user. Default: the server's `default` user.
    pub user: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// The number of the database. Default 0, which is the only one of a cluster.
    pub database: u32,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("tls", &self.tls)
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// The server or the cluster that the processes of a fleet share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Servers {
    /// One server, or one address that leads to the current master.
    One(Server),
    /// Nodes of a cluster, which are asked for the others. All are logged in to like the first.
    Cluster {
        /// The first node that was named.
        first: Server,
        /// All nodes that were named.
        seeds: Vec<Server>,
    },
    /// The master that Sentinels know.
    Sentinel {
        /// Who knows its address.
        sentinels: Vec<Server>,
        /// The name under which they know it.
        name: String,
        /// How it is logged in to. Host and port come from the Sentinels.
        master: Server,
    },
}

/// Sentinels, as the option names them.
pub(super) struct Sentinels(Vec<Server>);

const URLS: Field<Either<Servers>> = text_or_texts(
    "url",
    |read| match read {
        TextOrTexts::Text(url) => Ok(Servers::one(&url)?),
        TextOrTexts::Texts(urls) => Ok(Servers::cluster(&urls)?),
    },
    "must be the URL of a server, or an array of URLs of a cluster's nodes",
)
.default_doc("required without `sentinels`");

const SENTINELS: Field<Texts<Sentinels>> = texts("sentinels", |_, urls| Ok(Sentinels::read(urls)?));

const MASTER: Field<Parsed<String>> = text("master");

impl Sentinels {
    pub(super) fn read(urls: &[impl AsRef<str>]) -> Result<Self, Error> {
        let read = |url: &str| server("fleet.sentinels", url, SENTINEL_PORT);
        let sentinels: Result<Vec<_>, _> = urls.iter().map(|url| read(url.as_ref())).collect();
        let sentinels = sentinels?;
        if sentinels.is_empty() {
            return Err(Error::invalid(
                "fleet.sentinels must name at least one Sentinel",
            ));
        }
        if sentinels.iter().any(|sentinel| sentinel.database != 0) {
            return Err(Error::invalid(
                "fleet.sentinels must name no database: fleet.url names that of the master",
            ));
        }
        Ok(Self(sentinels))
    }
}

impl Servers {
    /// One server.
    pub(super) fn one(url: &str) -> Result<Self, Error> {
        Ok(Self::One(server(URL, url, PORT)?))
    }

    /// The nodes of a cluster.
    pub(super) fn cluster(urls: &[impl AsRef<str>]) -> Result<Self, Error> {
        let read = |url: &str| server(URL, url, PORT);
        let nodes: Result<Vec<_>, _> = urls.iter().map(|url| read(url.as_ref())).collect();
        let seeds = nodes?;
        let Some(first) = seeds.first().cloned() else {
            return Err(Error::invalid("fleet.url must name at least one node"));
        };
        if seeds.iter().any(|node| node.database != 0) {
            return Err(Error::invalid(
                "fleet.url must name no database: a cluster has only one",
            ));
        }
        Ok(Self::Cluster { first, seeds })
    }

    /// The master that these Sentinels know. Without a login of its own it is logged in to as the first of them.
    pub(super) fn behind(
        Sentinels(sentinels): Sentinels,
        name: &str,
        login: Option<Self>,
    ) -> Result<Self, Error> {
        let master = match login {
            None => sentinels.first().cloned(),
            Some(Self::One(server)) => Some(server),
            Some(_) => None,
        };
        let master = master.ok_or_else(|| {
            Error::invalid(
                "fleet.url must be one URL beside fleet.sentinels, or absent: it says how the master is logged in to",
            )
        })?;
        let lawful = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if name.is_empty() || !name.bytes().all(lawful) {
            return Err(Error::invalid(
                "fleet.master must be the name under which the Sentinels know the master, of A-Z a-z 0-9 . _ -",
            ));
        }
        Ok(Self::Sentinel {
            sentinels,
            name: name.to_owned(),
            master,
        })
    }

    /// Whether any of them is spoken to by TLS.
    pub(super) fn speak_tls(&self) -> bool {
        match self {
            Self::One(server) => server.tls,
            Self::Cluster { first, .. } => first.tls,
            Self::Sentinel {
                sentinels, master, ..
            } => master.tls || sentinels.iter().any(|sentinel| sentinel.tls),
        }
    }

    /// Reads `url`, `sentinels` and `master`.
    pub(super) fn read(fields: &mut Fields) -> Result<Self, Error> {
        let sentinels = SENTINELS.read(fields)?;
        let name = MASTER.read(fields)?;
        match (sentinels, name) {
            (Some(sentinels), Some(name)) => Self::behind(sentinels, &name, URLS.read(fields)?),
            (Some(_), None) => Err(Error::invalid(
                "fleet.master is missing: it must be the name under which fleet.sentinels know the master",
            )),
            (None, Some(_)) => Err(Error::invalid(
                "fleet.sentinels is missing: it must be an array of URLs of the Sentinels that know fleet.master",
            )),
            (None, None) => Ok(URLS.read_required(fields)?),
        }
    }

    /// Their rows of the table.
    pub(super) fn table() -> [OptionSpec; 3] {
        [
            URLS.required_spec(
                "`redis://[user[:password]@]host[:port][/database]`, or `rediss://` for TLS. An array names nodes of a cluster. With `sentinels` it says how the master is logged in to, and its host is not used.",
            ),
            SENTINELS.required_spec(
                "The Sentinels that know where the master is: an array of URLs as above, without a database; the usual port is 26379. Without `url` the master is logged in to like the first of them.",
            ),
            MASTER.required_spec("The name under which the Sentinels know the master."),
        ]
    }
}

/// Reads the URL of a server. The error does not repeat it: it may hold a password.
fn server(field: &str, text: &str, default_port: u16) -> Result<Server, Error> {
    let wrong = || {
        Error::invalid(format!(
            "{field} must be redis://[user[:password]@]host[:port][/database], or rediss:// for TLS"
        ))
    };
    let url = Url::parse(text).map_err(|_| wrong())?;
    let tls = match url.scheme() {
        "redis" => false,
        "rediss" => true,
        _ => return Err(wrong()),
    };
    let host = url.host_str().filter(|host| !host.is_empty());
    // Brackets of an IPv6 address belong to URLs only.
    let host = host.ok_or_else(wrong)?.trim_matches(['[', ']']).to_owned();
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong());
    }
    let database = match url.path().trim_matches('/') {
        "" => 0,
        number => number.parse().map_err(|_| wrong())?,
    };
    let user = decoded(url.username()).ok_or_else(wrong)?;
    let password = url.password().map(|it| decoded(it).ok_or_else(wrong));
    Ok(Server {
        tls,
        host,
        port: url.port().unwrap_or(default_port),
        user: Some(user).filter(|user| !user.is_empty()),
        password: password.transpose()?.map(Secret::new),
        database,
    })
}

/// Undoes percent-encoding. `None` if the result is not UTF-8.
fn decoded(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    Some(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_to_its_parts() {
        let read = server(URL, "rediss://app:p%40ss%2F%25@cache.example:7000/3", PORT).unwrap();
        assert!(read.tls);
        assert_eq!((read.host.as_str(), read.port), ("cache.example", 7000));
        assert_eq!(read.user.as_deref(), Some("app"));
        assert_eq!(read.password.as_ref().map(Secret::expose), Some("p@ss/%"));
        assert_eq!(read.database, 3);
        let read = server(URL, "redis://:secret@[::1]", PORT).unwrap();
        assert!(!read.tls);
        assert_eq!((read.host.as_str(), read.port), ("::1", 6379));
        assert_eq!(read.user, None);
        assert_eq!(read.database, 0);
    }

    #[test]
    fn a_wrong_url_is_named_and_not_repeated() {
        for text in [
            "",
            "hunter2",
            "http://:hunter2@host",
            "redis://",
            "redis://:hunter2@host/many",
            "redis://:hunter2@host?db=1",
            "redis://:hunter2%ff@host",
            "redis://:hunter2@host/1#2",
            "redis+unix:///hunter2",
        ] {
            let message = Servers::one(text).expect_err(text).message;
            assert!(message.starts_with("fleet.url "), "{message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
        assert!(Servers::cluster(&[""; 0]).is_err());
        assert!(Servers::cluster(&["redis://a", "redis://b/1"]).is_err());
        assert!(Servers::cluster(&["redis://a", "redis://b"]).is_ok());
    }

    #[test]
    fn a_master_is_logged_in_to_like_its_sentinels_or_as_the_url_says() {
        let sentinels = || Sentinels::read(&["rediss://s:1@a", "redis://b:7000"]).unwrap();
        let Servers::Sentinel {
            sentinels: read,
            master,
            ..
        } = Servers::behind(sentinels(), "main", None).unwrap()
        else {
            panic!("no Sentinels");
        };
        assert_eq!((read[0].port, read[1].port), (26_379, 7_000));
        assert_eq!((master.tls, master.user.as_deref()), (true, Some("s")));
        let login = Some(Servers::one("redis://m:2@ignored/3").unwrap());
        let Servers::Sentinel { master, .. } = Servers::behind(sentinels(), "main", login).unwrap()
        else {
            panic!("no Sentinels");
        };
        assert_eq!(
            (master.tls, master.user.as_deref(), master.database),
            (false, Some("m"), 3)
        );
    }

    #[test]
    fn wrong_sentinels_are_named_and_not_repeated() {
        for (sentinels, name, field) in [
            (&[][..], "main", "fleet.sentinels "),
            (&["redis://:hunter2@a/1"], "main", "fleet.sentinels "),
            (&["hunter2"], "main", "fleet.sentinels "),
            (&["redis://a"], "", "fleet.master "),
            (&["redis://a"], "hunter2 x", "fleet.master "),
        ] {
            let read = Sentinels::read(sentinels).and_then(|it| Servers::behind(it, name, None));
            let message = read.expect_err(field).message;
            assert!(
                message.starts_with(field) && !message.contains("hunter2"),
                "{message}"
            );
        }
        let cluster = Servers::cluster(&["redis://a", "redis://b"]).unwrap();
        let sentinels = Sentinels::read(&["redis://a"]).unwrap();
        assert!(Servers::behind(sentinels, "main", Some(cluster)).is_err());
    }
}

//! The settings of the fleet mode. All processes of a fleet have the same.

use std::fmt;
use std::time::Duration;

use cxone_dtmf_options::{
    Either, Field, Fields, OptionSpec, TextOrTexts, choice, count, millis, options, text,
    text_or_texts,
};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::Secret;
use crate::error::Error;
use crate::tls;

/// What must be left of the lease when an attempt times out: for a last byte on its way, and for the drift of clocks.
pub const MARGIN: Duration = Duration::from_secs(1);

/// The default of [`FleetOptions::lease`], where the time-out of an attempt allows it.
const LEASE: Duration = Duration::from_secs(20);

/// The port of Redis (IANA).
const PORT: u16 = 6379;

/// What happens to injections while Redis is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnUnavailable {
    /// They fail, unsent: whether another process is pressing digits cannot be known.
    Fail,
    /// They go on with the order of this process alone.
    Local,
}

impl OnUnavailable {
    /// The values and their names in JavaScript.
    const NAMED: [(&'static str, Self); 2] = [("fail", Self::Fail), ("local", Self::Local)];
}

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
}

options! {
    /// The settings of the fleet mode. Injectors of a process with equal settings share their connections.
    #[derive(Clone, PartialEq, Eq)]
    pub struct FleetOptions {
        given {
            /// What the processes share.
            pub servers: Servers,
        }
        /// Keeps fleets apart that share a server: 1 to 64 characters of `A-Z a-z 0-9 . _ : -`.
        pub prefix: String = "dtmf".to_owned() => text("prefix");
        /// What happens while Redis is away: injections fail unsent, or go on with the order of this process alone.
        pub on_unavailable: OnUnavailable = OnUnavailable::Fail => choice("onUnavailable", &OnUnavailable::NAMED);
        /// How long a process that died keeps its calls: at least 1.5 times the sum of `timeoutMs` and a second. It is renewed when a
        /// third of it has passed.
        pub lease: Duration = LEASE
            => millis("leaseMs", 1).default_doc("20000, or 1.5 times the sum of `timeoutMs` and a second if that is more");
        /// How many processes share `rateLimit` while Redis is away: each goes by its share.
        pub processes: u32 = 1 => count("processes", 1);
        /// The bound on one command, less than a third of `leaseMs`.
        pub timeout: Duration = Duration::from_millis(500) => millis("timeoutMs", 1);
        /// The bound on making a connection to Redis.
        pub connect_timeout: Duration = Duration::from_secs(1) => millis("connectTimeoutMs", 1);
        /// Certificates in PEM form to trust besides the bundled and the system's.
        pub ca_bundle: Option<String> = None => text("caBundle").default_doc("the injector's `caBundle`");
        /// The text of the file that `NODE_EXTRA_CA_CERTS` names. Default none.
        pub extra_ca: Option<String> = None;
    }
}

/// The option that names what the processes share.
const URL: Field<Either<Servers>> = text_or_texts(
    "url",
    |read| match read {
        TextOrTexts::Text(url) => Ok(Servers::One(server(&url)?)),
        TextOrTexts::Texts(urls) => Ok(cluster(&urls)?),
    },
    "must be the URL of a server, or an array of URLs of a cluster's nodes",
)
.required();

/// The nodes of a cluster.
fn cluster(urls: &[impl AsRef<str>]) -> Result<Servers, Error> {
    let nodes: Result<Vec<_>, _> = urls.iter().map(|url| server(url.as_ref())).collect();
    let seeds = nodes?;
    let Some(first) = seeds.first().cloned() else {
        return Err(Error::invalid("fleet.url must name at least one node"));
    };
    if seeds.iter().any(|node| node.database != 0) {
        return Err(Error::invalid(
            "fleet.url must name no database: a cluster has only one",
        ));
    }
    Ok(Servers::Cluster { first, seeds })
}

impl FleetOptions {
    /// The defaults, with one server.
    pub fn at(url: &str) -> Result<Self, Error> {
        Ok(Self::defaults(Servers::One(server(url)?)))
    }

    /// The defaults, with the cluster of these nodes.
    pub fn cluster(urls: &[impl AsRef<str>]) -> Result<Self, Error> {
        Ok(Self::defaults(cluster(urls)?))
    }

    /// Reads `fleet`, for attempts that take this long at most. Certificates are those of the injector, unless there are
    /// others.
    pub fn read(
        mut fields: Fields,
        attempt: Duration,
        ca_bundle: Option<&str>,
    ) -> Result<Self, Error> {
        let servers = URL.read_required(&mut fields)?;
        let unsaid = Self {
            lease: Self::default_lease(attempt),
            ca_bundle: ca_bundle.map(str::to_owned),
            ..Self::defaults(servers)
        };
        let options = unsaid.over(&mut fields)?;
        fields.finish()?;
        options.check(attempt)?;
        Ok(options)
    }

    /// All rows of the table.
    #[must_use]
    pub fn table() -> Vec<OptionSpec> {
        let doc = "`redis://[user[:password]@]host[:port][/database]`, or `rediss://` for TLS. An array names nodes of a cluster.";
        let url = URL.required_spec(doc);
        std::iter::once(url).chain(Self::options()).collect()
    }

    /// The shortest lease under which an attempt with this time-out may start at any moment.
    #[must_use]
    pub fn shortest_lease(attempt: Duration) -> Duration {
        attempt.saturating_add(MARGIN).saturating_mul(3) / 2
    }

    /// Makes the lease fit attempts with this time-out, where it was not set.
    #[must_use]
    pub fn default_lease(attempt: Duration) -> Duration {
        LEASE.max(Self::shortest_lease(attempt))
    }

    /// Checks what the types cannot say, for attempts with this time-out. The error names the field as JavaScript knows it.
    pub fn check(&self, attempt: Duration) -> Result<(), Error> {
        let lawful = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
        if !(1..=64).contains(&self.prefix.len()) || !self.prefix.bytes().all(lawful) {
            return Err(Error::invalid(
                "fleet.prefix must be 1 to 64 characters out of A-Z a-z 0-9 . _ : -",
            ));
        }
        let shortest = Self::shortest_lease(attempt);
        if self.lease < shortest {
            return Err(Error::invalid(format!(
                "fleet.leaseMs must be at least {}, one and a half times the sum of timeoutMs and a second",
                shortest.as_millis()
            )));
        }
        if self.timeout >= self.lease / 3 {
            return Err(Error::invalid(
                "fleet.timeoutMs must be less than a third of fleet.leaseMs: a lease is renewed when a third of it has passed",
            ));
        }
        if let Some(pem) = &self.ca_bundle {
            tls::ca_bundle(pem)
                .map_err(|error| Error::invalid(format!("fleet.{}", error.message)))?;
        }
        Ok(())
    }
}

impl fmt::Debug for FleetOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetOptions")
            .field("servers", &self.servers)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// Reads the URL of a server. The error does not repeat it: it may hold a password.
fn server(text: &str) -> Result<Server, Error> {
    let wrong = || {
        Error::invalid(
            "fleet.url must be redis://[user[:password]@]host[:port][/database], or rediss:// for TLS",
        )
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
        port: url.port().unwrap_or(PORT),
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

    const ATTEMPT: Duration = Duration::from_secs(10);

    #[test]
    fn a_url_is_read_to_its_parts() {
        let read = server("rediss://app:p%40ss%2F%25@cache.example:7000/3").unwrap();
        assert!(read.tls);
        assert_eq!((read.host.as_str(), read.port), ("cache.example", 7000));
        assert_eq!(read.user.as_deref(), Some("app"));
        assert_eq!(read.password.as_ref().map(Secret::expose), Some("p@ss/%"));
        assert_eq!(read.database, 3);
        let read = server("redis://:secret@[::1]").unwrap();
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
            let message = FleetOptions::at(text).expect_err(text).message;
            assert!(message.starts_with("fleet.url "), "{message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
        assert!(FleetOptions::cluster(&[""; 0]).is_err());
        assert!(FleetOptions::cluster(&["redis://a", "redis://b/1"]).is_err());
        assert!(FleetOptions::cluster(&["redis://a", "redis://b"]).is_ok());
    }

    #[test]
    fn neither_password_nor_user_is_shown() {
        let options = FleetOptions::at("redis://somebody:hunter2@host").unwrap();
        let shown = format!("{options:?}");
        assert!(
            !shown.contains("hunter2") && !shown.contains("somebody"),
            "{shown}"
        );
    }

    #[test]
    fn a_lease_must_cover_an_attempt_after_a_third_of_it_has_passed() {
        let mut options = FleetOptions::at("redis://host").unwrap();
        options.check(ATTEMPT).unwrap();
        options.lease = Duration::from_millis(16_500);
        options.check(ATTEMPT).unwrap();
        options.lease = Duration::from_millis(16_499);
        let message = options.check(ATTEMPT).unwrap_err().message;
        assert!(
            message.starts_with("fleet.leaseMs must be at least 16500"),
            "{message}"
        );
        assert_eq!(FleetOptions::default_lease(ATTEMPT), LEASE);
        assert_eq!(
            FleetOptions::default_lease(Duration::from_secs(59)),
            Duration::from_secs(90)
        );
    }

    #[test]
    fn a_command_must_end_before_the_next_renewal() {
        let mut options = FleetOptions::at("redis://host").unwrap();
        options.timeout = options.lease / 3;
        let message = options.check(ATTEMPT).unwrap_err().message;
        assert!(message.starts_with("fleet.timeoutMs "), "{message}");
    }

    #[test]
    fn a_prefix_holds_no_brace() {
        let mut options = FleetOptions::at("redis://host").unwrap();
        for wrong in ["", "a{b}", "a b", &"x".repeat(65)] {
            wrong.clone_into(&mut options.prefix);
            let message = options.check(ATTEMPT).unwrap_err().message;
            assert!(message.starts_with("fleet.prefix "), "{message}");
        }
        "x".repeat(64).clone_into(&mut options.prefix);
        options.check(ATTEMPT).unwrap();
    }

    #[test]
    fn a_wrong_bundle_is_named() {
        let mut options = FleetOptions::at("rediss://host").unwrap();
        options.ca_bundle = Some("hunter2".to_owned());
        let message = options.check(ATTEMPT).unwrap_err().message;
        assert!(message.starts_with("fleet.caBundle "), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
}

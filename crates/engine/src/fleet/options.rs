//! The settings of the fleet mode. All processes of a fleet have the same.

use std::fmt;
use std::time::Duration;

use cxone_dtmf_options::{Fields, OptionSpec, choice, count, millis, options, text};

use super::servers::{Sentinels, Servers};
use crate::error::Error;
use crate::tls;

/// What must be left of the lease when an attempt times out: for a last byte on its way, and for the drift of clocks.
pub const MARGIN: Duration = Duration::from_secs(1);

/// The default of [`FleetOptions::lease`], where the time-out of an attempt allows it.
const LEASE: Duration = Duration::from_secs(20);

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

impl FleetOptions {
    /// The defaults, with one server.
    pub fn at(url: &str) -> Result<Self, Error> {
        Ok(Self::defaults(Servers::one(url)?))
    }

    /// The defaults, with the cluster of these nodes.
    pub fn cluster(urls: &[impl AsRef<str>]) -> Result<Self, Error> {
        Ok(Self::defaults(Servers::cluster(urls)?))
    }

    /// The defaults, with the master that these Sentinels know under this name.
    pub fn behind_sentinels(sentinels: &[impl AsRef<str>], master: &str) -> Result<Self, Error> {
        let sentinels = Sentinels::read(sentinels)?;
        Ok(Self::defaults(Servers::behind(sentinels, master, None)?))
    }

    /// Reads `fleet`, for attempts that take this long at most. Certificates are those of the injector, unless there are
    /// others.
    pub fn read(
        mut fields: Fields,
        attempt: Duration,
        ca_bundle: Option<&str>,
    ) -> Result<Self, Error> {
        let servers = Servers::read(&mut fields)?;
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
        Servers::table()
            .into_iter()
            .chain(Self::options())
            .collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    const ATTEMPT: Duration = Duration::from_secs(10);

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

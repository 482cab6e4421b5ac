//! The options of the fleet mode.

use std::time::Duration;

use cxone_dtmf_engine::error::Error;
use cxone_dtmf_engine::fleet::{FleetOptions, OnUnavailable};
use cxone_dtmf_options::{Fields, TextOrTexts};

/// Reads `fleet`, for attempts that take this long at most. Certificates are those of the injector, unless there are
/// others.
pub fn read(
    fields: &mut Fields,
    attempt: Duration,
    ca_bundle: Option<&str>,
) -> Result<Option<FleetOptions>, Error> {
    let Some(mut section) = fields.section("fleet")? else {
        return Ok(None);
    };
    let default = match section.text_or_texts("url")? {
        Some(TextOrTexts::Text(url)) => FleetOptions::at(&url)?,
        Some(TextOrTexts::Texts(urls)) => FleetOptions::cluster(&urls)?,
        None => {
            return Err(Error::invalid(
                "fleet.url is missing: it must be the URL of a server, or an array of URLs of a cluster's nodes",
            ));
        }
    };
    let options = FleetOptions {
        prefix: section.text("prefix")?.unwrap_or(default.prefix),
        on_unavailable: section
            .choice(
                "onUnavailable",
                &[
                    ("fail", OnUnavailable::Fail),
                    ("local", OnUnavailable::Local),
                ],
            )?
            .unwrap_or(default.on_unavailable),
        lease: section
            .millis("leaseMs", 1)?
            .unwrap_or_else(|| FleetOptions::default_lease(attempt)),
        processes: section.count("processes", 1)?.unwrap_or(default.processes),
        timeout: section.millis("timeoutMs", 1)?.unwrap_or(default.timeout),
        connect_timeout: section
            .millis("connectTimeoutMs", 1)?
            .unwrap_or(default.connect_timeout),
        ca_bundle: section
            .text("caBundle")?
            .or_else(|| ca_bundle.map(str::to_owned)),
        ..default
    };
    section.finish()?;
    options.check(attempt)?;
    Ok(Some(options))
}

//! The options about connections, which injectors and auth clients share.

use cxone_dtmf_engine::error::Error;
use cxone_dtmf_engine::http::{HttpOptions, ProxyChoice};
use cxone_dtmf_engine::origin::Hosts;
use cxone_dtmf_options::Fields;

/// Reads `insecureHosts`.
pub fn insecure_hosts(fields: &mut Fields) -> Result<Hosts, Error> {
    Hosts::new("insecureHosts", &fields.texts("insecureHosts")?)
}

/// Reads `caBundle` and `proxy`. What is in them is checked when the connections are set up.
pub fn read(fields: &mut Fields, user_agent: &str) -> Result<HttpOptions, Error> {
    let ca_bundle = fields.text("caBundle").map_err(|_| {
        Error::invalid(
            "caBundle must be the text of certificates in PEM form: read its file as 'utf8'",
        )
    })?;
    let proxy = proxy(fields)?;
    // Requests bring their own; only a tunnel needs it, and without one it must not part equal connections.
    let user_agent = (proxy != ProxyChoice::None).then(|| user_agent.to_owned());
    Ok(HttpOptions {
        ca_bundle,
        proxy,
        user_agent,
        ..HttpOptions::default()
    })
}

fn proxy(fields: &mut Fields) -> Result<ProxyChoice, Error> {
    let wrong = || Error::invalid("proxy must be 'env' or the http or https URL of a proxy");
    let text = fields.text("proxy").map_err(|_| wrong())?;
    match text {
        None => Ok(ProxyChoice::None),
        Some(word) if word == "env" => Ok(ProxyChoice::Env),
        // A bare word would pass for the name of a host.
        Some(url) if url.starts_with("http://") || url.starts_with("https://") => {
            Ok(ProxyChoice::Url(url))
        }
        Some(_) => Err(wrong()),
    }
}

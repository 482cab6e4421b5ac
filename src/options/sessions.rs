//! The options of what is done with whole sessions.

use cxone_dtmf_engine::api::agent_session::{
    EndOptions, JoinOptions, SessionCommand, StartOptions,
};
use cxone_dtmf_engine::error::Error;
use cxone_dtmf_options::{Fields, OptionSpec};

/// The command of this name, with its options.
pub fn session_command(name: &str, options: Option<&str>) -> Result<SessionCommand, Error> {
    let mut fields = Fields::parse("options", options.unwrap_or("{}"))?;
    let command = match name {
        "start" => SessionCommand::Start(StartOptions::default().over(&mut fields)?),
        "join" => SessionCommand::Join(JoinOptions::default().over(&mut fields)?),
        "dialAgentLeg" => SessionCommand::DialAgentLeg,
        "endAgentLeg" => SessionCommand::EndAgentLeg,
        "end" => SessionCommand::End(EndOptions::default().over(&mut fields)?),
        _ => {
            return Err(Error::invalid(
                "this is nothing that is done with a session",
            ));
        }
    };
    fields.finish()?;
    match &command {
        SessionCommand::Start(options) => options.check()?,
        SessionCommand::Join(options) => options.check()?,
        _ => {}
    }
    Ok(command)
}

pub(super) fn start_table() -> Vec<OptionSpec> {
    StartOptions::options()
}

pub(super) fn join_table() -> Vec<OptionSpec> {
    JoinOptions::options()
}

pub(super) fn end_table() -> Vec<OptionSpec> {
    EndOptions::options()
}

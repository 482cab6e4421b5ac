//! The options of the audit log.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use cxone_dtmf_engine::audit::{Durability, Key, Location, OnFailure, Options, Rotation};
use cxone_dtmf_engine::audit::{MAX_ROTATE_BYTES, MAX_ROTATE_HOURS, MIN_ROTATE_BYTES};
use cxone_dtmf_engine::error::Error;
use cxone_dtmf_options::Fields;

/// Reads `auditLog`. The key comes as base64 of its bytes. The name of the host comes later.
pub fn read(fields: &mut Fields) -> Result<Option<Options>, Error> {
    let Some(mut section) = fields.section("auditLog")? else {
        return Ok(None);
    };
    let location = match (section.text("file")?, section.text("directory")?) {
        (Some(file), None) => Location::File(file.into()),
        (None, Some(directory)) => Location::Directory(directory.into()),
        _ => {
            return Err(Error::invalid(
                "auditLog must have either file or directory: where the log is kept",
            ));
        }
    };
    let default = Options::at(location);
    let key = section.text("key")?.map(|text| {
        let bytes = BASE64_STANDARD
            .decode(&*Zeroizing::new(text))
            .unwrap_or_default();
        Key::new(bytes)
    });
    let options = Options {
        key: key.transpose()?,
        durability: section
            .choice(
                "durability",
                &[
                    ("fsync", Durability::Fsync),
                    ("os", Durability::Os),
                    ("none", Durability::None),
                ],
            )?
            .unwrap_or(default.durability),
        on_failure: section
            .choice(
                "onFailure",
                &[
                    ("block", OnFailure::Block),
                    ("continue", OnFailure::Continue),
                ],
            )?
            .unwrap_or(default.on_failure),
        rotation: rotation(&mut section, default.rotation)?,
        ..default
    };
    section.finish()?;
    Ok(Some(options))
}

fn rotation(section: &mut Fields, default: Rotation) -> Result<Rotation, Error> {
    let Some(mut rotate) = section.section("rotate")? else {
        return Ok(default);
    };
    let hours = rotate.whole("hours", 1..=MAX_ROTATE_HOURS.into())?;
    let rotation = Rotation {
        bytes: rotate
            .whole("bytes", MIN_ROTATE_BYTES..=MAX_ROTATE_BYTES)?
            .unwrap_or(default.bytes),
        age: hours.map_or(default.age, |hours| Duration::from_secs(hours * 60 * 60)),
    };
    rotate.finish()?;
    Ok(rotation)
}

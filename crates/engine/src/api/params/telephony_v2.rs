//! The params of the tutorial's API.

use zeroize::Zeroizing;

/// One injection as the caller asked for it, not yet checked. `None` stands for a value that is missing or of the wrong type.
#[derive(Clone)]
pub struct Params {
    /// The provider's id, 1–128 characters of `A-Z a-z 0-9 . _ ~ : @ + = -`.
    pub telephony_provider_id: Option<String>,
    /// The line's id, of the same form.
    pub line_id: Option<String>,
    /// The call's id, of the same form.
    pub call_id: Option<String>,
    /// The digits, `0-9 * # A-D`, at most 16 in one request. Lower case is sent as upper case.
    pub dtmf_string: Option<Zeroizing<String>>,
    /// `RFC2833`, `SIPINFO` or `INBAND`.
    pub dtmf_type: Option<String>,
    /// Silence between two digits in milliseconds, 50–1000, whole. NaN when missing or of the wrong type.
    pub inter_digit_pause: f64,
}

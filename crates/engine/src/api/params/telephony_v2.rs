//! The params of the tutorial's API.

use super::packed;
use crate::payload::Value;

params! {
    /// The call's id, 1–128 characters of `A-Z a-z 0-9 . _ ~ : @ + = -`.
    call_id: "callId",
    /// The digits, `0-9 * # A-D`, at most 16. Lower case is sent as upper case.
    dtmf_string: "dtmfString",
    /// The provider's id, of the same form as the call's.
    telephony_provider_id: "telephonyProviderId",
    /// The line's id, of the same form.
    line_id: "lineId",
    /// `RFC2833`, `SIPINFO` or `INBAND`.
    dtmf_type: "dtmfType",
    /// Silence between two digits in milliseconds, 50–1000, whole.
    inter_digit_pause: "interDigitPause",
}

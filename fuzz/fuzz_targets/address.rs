//! Lines: the base address, provider, line and call. The digits go there or nowhere.
#![no_main]

use cxone_dtmf_engine::api::telephony_v2::{Params, TelephonyV2};
use cxone_dtmf_engine::api::{self, WireProfile};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::error::Code;
use cxone_dtmf_engine::origin::{base_url, is_loopback};
use libfuzzer_sys::{Corpus, fuzz_target};
use url::Url;

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(data) else {
        return Corpus::Reject;
    };
    // The last part keeps its line ends: an id with one in it must be refused.
    let parts: Vec<&str> = text.splitn(4, '\n').collect();
    let [base, ids @ ..] = &parts[..] else {
        return Corpus::Reject;
    };
    let &[provider, line, call] = ids else {
        return Corpus::Reject;
    };
    let base = match base_url("apiUrl", base) {
        Ok(base) => base,
        Err(error) => {
            assert_eq!(error.code, Code::Invalid);
            Url::parse("https://api.example.com/base").unwrap()
        }
    };
    assert!(base.scheme() == "https" || (base.scheme() == "http" && is_loopback(&base)));
    assert!(base.username().is_empty() && base.password().is_none());
    assert!(base.query().is_none() && base.fragment().is_none());

    let params = Params {
        call_id: call.into(),
        dtmf_string: "12a#".into(),
        telephony_provider_id: provider.into(),
        line_id: line.into(),
        dtmf_type: "RFC2833".into(),
        inter_digit_pause: 150.0.into(),
    };
    let params = params.pack();
    let profile = TelephonyV2::default();
    let checked = params.call(profile.params());
    let prepared = checked.and_then(|call| profile.prepare(call, &params, false));
    match prepared {
        Ok(prepared) => {
            // The reference: the same address put together as text, and read again.
            let path =
                format!("api/v2/telephony/providers/{provider}/lines/{line}/calls/{call}/dtmf");
            let whole = format!("{}/{path}", base.as_str().trim_end_matches('/'));
            let sent = prepared.segments[0].template.target.under(&base).unwrap();
            assert_eq!(sent.to_string(), whole);
            let url = Url::parse(&whole).unwrap();
            assert_eq!(url.as_str(), whole);
            assert_eq!(url.origin(), base.origin());
            let segments: Vec<&str> = url.path_segments().unwrap().collect();
            let expected: Vec<&str> = path.split('/').collect();
            assert!(segments.ends_with(&expected), "{segments:?}");
            assert_eq!(&*prepared.call, call);
        }
        Err(error) => {
            assert_eq!(
                (error.code, error.delivery),
                (Code::Invalid, Delivery::NotSent)
            );
            let lawful = |id: &str| {
                (1..=128).contains(&id.len())
                    && id
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || "._~:@+=-".contains(c))
                    && id != "."
                    && id != ".."
            };
            assert!(
                ![provider, line, call].into_iter().all(lawful),
                "a lawful address was refused"
            );
        }
    }
    Corpus::Keep
});

//! Undoes the content codings of a body (RFC 9110 §8.4).
//!
//! None is asked for: an answer is short, and only a proxy or a gateway that does not look codes it all the same.

use std::io::Read;

use brotli_decompressor::Decompressor;
use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use super::message::AnswerBody;

/// The names of IANA's registry of content codings, July 2026. What a server writes instead is shown nowhere.
const NAMES: [&str; 12] = [
    "aes128gcm",
    "br",
    "compress",
    "dcb",
    "dcz",
    "deflate",
    "exi",
    "gzip",
    "pack200-gzip",
    "x-compress",
    "x-gzip",
    "zstd",
];

/// Stands for any other.
const UNKNOWN: &str = "unknown";

/// How many codings may lie on one another. More than one is rare already.
const MOST_CODINGS: usize = 3;

/// How many bytes the decoder of Brotli takes at once.
const BUFFER: usize = 4096;

/// The body without its codings, the last one first. An empty body, such as that of a 204, has none.
pub(super) fn decoded(headers: &HeaderMap, body: Bytes, most: usize) -> AnswerBody {
    let values = headers.get_all(CONTENT_ENCODING).iter();
    let named = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let codings: Vec<_> = named
        .map(<[u8]>::trim_ascii)
        .filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"))
        .map(name_of)
        .collect();
    if body.is_empty() || codings.is_empty() {
        return AnswerBody::Whole(body);
    }
    if codings.len() > MOST_CODINGS {
        return AnswerBody::Coded(UNKNOWN);
    }
    let mut body = body;
    for coding in codings.into_iter().rev() {
        match without(coding, &body, most) {
            Some(plain) if plain.len() > most => return AnswerBody::TooLarge,
            Some(plain) => body = plain.into(),
            None => return AnswerBody::Coded(coding),
        }
    }
    AnswerBody::Whole(body)
}

fn name_of(coding: &[u8]) -> &'static str {
    let mut names = NAMES.into_iter();
    names
        .find(|name| coding.eq_ignore_ascii_case(name.as_bytes()))
        .unwrap_or(UNKNOWN)
}

/// `None` where the coding is not known here, or the body does not keep to it.
fn without(coding: &str, body: &[u8], most: usize) -> Option<Vec<u8>> {
    match coding {
        "gzip" | "x-gzip" => bounded(MultiGzDecoder::new(body), most),
        "br" => bounded(Decompressor::new(body, BUFFER), most),
        // Some servers leave out the frame of zlib (RFC 9110 §8.4.1.2), whose two first bytes are a multiple of 31
        // (RFC 1950 §2.2).
        "deflate" => match *body {
            [first, second, ..]
                if first & 0x0F == 8 && (u16::from(first) << 8 | u16::from(second)) % 31 == 0 =>
            {
                bounded(ZlibDecoder::new(body), most)
            }
            _ => bounded(DeflateDecoder::new(body), most),
        },
        _ => None,
    }
}

/// All that there is, and one byte more than an answer may have at most.
fn bounded(decoder: impl Read, most: usize) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    let read = decoder.take(most as u64 + 1).read_to_end(&mut plain);
    read.ok().map(|_| plain)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;
    use crate::http::MAX_ANSWER_BYTES;

    /// `{"answer":"Brotli Brotli … "}` with twenty of them, as zlib of Node.js codes it.
    const BROTLI: [u8; 39] = [
        0x1b, 0x98, 0x00, 0xf8, 0x1d, 0x07, 0x6e, 0xac, 0xcc, 0x42, 0x9c, 0xfc, 0xa5, 0x5a, 0x24,
        0x8d, 0x6d, 0x6f, 0xea, 0x08, 0xf5, 0x35, 0xc8, 0x9b, 0x1c, 0x9d, 0x94, 0x84, 0x92, 0x00,
        0x2b, 0x81, 0x4d, 0xba, 0xcf, 0x47, 0xf9, 0x02, 0x03,
    ];

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut coder = GzEncoder::new(Vec::new(), Compression::default());
        coder.write_all(plain).unwrap();
        coder.finish().unwrap()
    }

    fn zlib(plain: &[u8]) -> Vec<u8> {
        let mut coder = ZlibEncoder::new(Vec::new(), Compression::default());
        coder.write_all(plain).unwrap();
        coder.finish().unwrap()
    }

    fn deflate(plain: &[u8]) -> Vec<u8> {
        let mut coder = DeflateEncoder::new(Vec::new(), Compression::default());
        coder.write_all(plain).unwrap();
        coder.finish().unwrap()
    }

    fn read(codings: &[&'static str], body: impl Into<Bytes>) -> AnswerBody {
        let mut headers = HeaderMap::new();
        for coding in codings {
            headers.append(CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        decoded(&headers, body.into(), MAX_ANSWER_BYTES)
    }

    fn whole(plain: &'static [u8]) -> AnswerBody {
        AnswerBody::Whole(Bytes::from_static(plain))
    }

    #[test]
    fn each_coding_is_undone_in_any_case_and_on_top_of_another() {
        for (codings, body) in [
            (&["gzip"][..], gzip(b"plain")),
            (&["X-GZip"], gzip(b"plain")),
            (&["deflate"], zlib(b"plain")),
            (&["deflate"], deflate(b"plain")),
            (&["identity"], b"plain".to_vec()),
            (&[], b"plain".to_vec()),
            (&["deflate, gzip"], gzip(&zlib(b"plain"))),
            (&["deflate", "identity , gzip"], gzip(&zlib(b"plain"))),
            (&["gzip"], [gzip(b"pl"), gzip(b"ain")].concat()),
        ] {
            assert_eq!(read(codings, body), whole(b"plain"), "{codings:?}");
        }
        let text = format!("{{\"answer\":\"{}\"}}", "Brotli ".repeat(20));
        assert_eq!(
            read(&["br"], BROTLI.to_vec()),
            AnswerBody::Whole(text.into())
        );
        assert_eq!(read(&["gzip"], Bytes::new()), whole(b""));
    }

    #[test]
    fn what_cannot_be_undone_has_a_name() {
        let half = |whole: Vec<u8>| whole[..whole.len() / 2].to_vec();
        for (codings, body, name) in [
            (&["zstd"][..], b"x".to_vec(), "zstd"),
            (&["canary"], b"x".to_vec(), UNKNOWN),
            (&["gzip"], b"plain".to_vec(), "gzip"),
            (&["gzip"], half(gzip(b"some text")), "gzip"),
            (&["deflate"], half(zlib(b"some text")), "deflate"),
            (&["br"], half(BROTLI.to_vec()), "br"),
            (&["zstd, gzip"], gzip(b"x"), "zstd"),
            (&["gzip, gzip, gzip, gzip"], b"x".to_vec(), UNKNOWN),
        ] {
            assert_eq!(read(codings, body), AnswerBody::Coded(name), "{codings:?}");
        }
    }

    #[test]
    fn what_unfolds_beyond_the_bound_is_too_large() {
        let longest = vec![b'a'; MAX_ANSWER_BYTES];
        assert_eq!(
            read(&["gzip"], gzip(&longest)),
            AnswerBody::Whole(longest.into())
        );
        for length in [MAX_ANSWER_BYTES + 1, 40 << 20] {
            assert_eq!(
                read(&["gzip"], gzip(&vec![b'a'; length])),
                AnswerBody::TooLarge
            );
        }
    }

    proptest! {
        #[test]
        fn any_body_is_decoded_or_named(body: Vec<u8>, coding in "gzip|deflate|br") {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_ENCODING, HeaderValue::try_from(coding).unwrap());
            let _ = decoded(&headers, body.into(), MAX_ANSWER_BYTES);
        }
    }
}

//! How much of an answer's head is read, and how strictly.
//!
//! A status line that arrived is what a server decided, however odd the lines below it are. `docs/verification.md` has the
//! table of all limits that an answer can meet.

/// Header lines over HTTP/1.1. hyper alone reads 100, Node.js 2000 (`maxHeadersCount`); each costs 64 bytes while a head is
/// read, where there are more than 100.
pub(super) const MOST_HEADERS: usize = 1_000;

/// Bytes of a head over HTTP/2, as RFC 9113 §6.5.2 counts them. hyper alone takes 16 KB. The server hears of the limit
/// before it answers. It is no higher since each answer under way may hold as much memory, and servers have to do with
/// less: Chromium takes 256 KB of an answer's fields, Node.js 64 KB (`maxHeaderListSize`). With more, `HeaderMap` would be the
/// limit: it holds 24,576 different names.
pub(super) const MOST_HEADER_BYTES: u32 = 1024 * 1024;

/// Bytes of empty lines before a status line. Recipients skip one (RFC 9112 §2.2); the parser reads all of them again with each read.
pub(super) const MOST_BLANK: usize = 1024;

/// Interim answers (RFC 9110 §15.2) before an answer. With more the connection counts as lost: Go's `net/http` draws the line
/// there (`max1xxResponses`), over HTTP/1.1 and HTTP/2; hyper has none.
pub(super) const MOST_INTERIM: u32 = 5;

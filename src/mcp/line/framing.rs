//! Cuts a byte stream into lines. It skips the rest of a line that is too long instead of keeping it.

use std::ops::Range;

use memchr::memchr;
use rmcp::model::RequestId;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::ids::Finder;

/// How many bytes to read at a time; half of a Linux pipe.
const READ: usize = 32 * 1024;

/// An empty buffer larger than this is freed, so that one long line does not occupy memory for good.
const KEEP: usize = 4 * READ;

/// What the next line turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Cut {
    /// A line without its LF; read it with [`Lines::bytes`] before asking for the next one.
    Line(Range<usize>),
    /// A line longer than the limit, with the id of its message if one was found. It is reported once: when the id is found, or else at the
    /// end of the line.
    TooLong(Option<RequestId>),
    /// The stream ended or failed. Every later call says the same.
    End,
}

/// A reader of LF-ended lines with a length limit.
///
/// A last line without LF counts as a line, so that `printf '{...}' | server` is answered.
pub struct Lines<R> {
    source: R,
    limit: usize,
    held: Vec<u8>,
    /// Where the unread part of `held` begins.
    start: usize,
    /// How many unread bytes are known to hold no LF.
    scanned: usize,
    skipped: Option<Skipped>,
    ended: bool,
}

/// What is known of a line that is too long while the rest of it is skipped.
enum Skipped {
    /// Its id was not found yet.
    Searched(Box<Finder>),
    /// It was reported.
    Reported,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    /// Reads from `source`; `limit` is the longest accepted line in bytes, its LF not counted.
    pub fn new(source: R, limit: usize) -> Self {
        Self { source, limit, held: Vec::new(), start: 0, scanned: 0, skipped: None, ended: false }
    }

    /// The next line. Cancel-safe: a dropped call loses no byte, because nothing is awaited after a line was cut.
    pub async fn next(&mut self) -> Cut {
        loop {
            if let Some(cut) = self.cut() {
                return cut;
            }
            self.fill().await;
        }
    }

    /// The bytes of a line that [`Lines::next`] just returned.
    pub fn bytes(&self, line: Range<usize>) -> &[u8] {
        self.held.get(line).unwrap_or_default()
    }

    fn cut(&mut self) -> Option<Cut> {
        loop {
            let unread = self.held.get(self.start..).unwrap_or_default();
            let fresh = unread.get(self.scanned..).unwrap_or_default();
            let line = match memchr(b'\n', fresh) {
                Some(offset) => self.start..self.start + self.scanned + offset,
                None if self.skipped.is_some() || unread.len() > self.limit => {
                    let cut = self.skip();
                    if cut.is_some() || !self.ended {
                        return cut;
                    }
                    return Some(self.end_of_skipped().unwrap_or(Cut::End));
                }
                None if !self.ended => {
                    self.scanned = unread.len();
                    return None;
                }
                None if unread.is_empty() => return Some(Cut::End),
                None => self.start..self.held.len(),
            };
            self.scanned = 0;
            self.start = self.held.len().min(line.end + 1);
            if self.skipped.is_none() && line.len() <= self.limit {
                return Some(Cut::Line(line));
            }
            let rest = self.held.get(line).unwrap_or_default();
            if let Skipped::Searched(finder) = self.skipped.get_or_insert_with(Skipped::new) {
                finder.feed(rest);
            }
            if let Some(cut) = self.end_of_skipped() {
                return Some(cut);
            }
        }
    }

    /// Looks for the id in what is held of a line that is too long, then drops what is held.
    fn skip(&mut self) -> Option<Cut> {
        let skipped = self.skipped.get_or_insert_with(Skipped::new);
        let mut cut = None;
        if let Skipped::Searched(finder) = skipped {
            finder.feed(self.held.get(self.start..).unwrap_or_default());
            if let Some(id) = finder.found() {
                cut = Some(Cut::TooLong(Some(id.clone())));
                *skipped = Skipped::Reported;
            }
        }
        self.held.clear();
        self.start = 0;
        self.scanned = 0;
        cut
    }

    /// Reports a line that is too long at its end, unless it was reported before.
    fn end_of_skipped(&mut self) -> Option<Cut> {
        match self.skipped.take()? {
            Skipped::Searched(finder) => Some(Cut::TooLong(finder.finish())),
            Skipped::Reported => None,
        }
    }

    async fn fill(&mut self) {
        if self.start > 0 {
            self.held.drain(..self.start);
            self.start = 0;
        }
        if self.held.is_empty() && self.held.capacity() > KEEP {
            self.held = Vec::new();
        }
        self.held.reserve(READ);
        match self.source.read_buf(&mut self.held).await {
            Ok(0) => self.ended = true,
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(%error, "standard input failed; treated as its end");
                self.ended = true;
            }
        }
    }
}

impl Skipped {
    fn new() -> Self {
        Self::Searched(Box::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(input: &[u8], limit: usize) -> Vec<String> {
        let mut lines = Lines::new(input, limit);
        let mut seen = Vec::new();
        loop {
            match lines.next().await {
                Cut::Line(line) => seen.push(String::from_utf8_lossy(lines.bytes(line)).into_owned()),
                Cut::TooLong(None) => seen.push("<too long>".to_owned()),
                Cut::TooLong(Some(id)) => seen.push(format!("<{id} is too long>")),
                Cut::End => return seen,
            }
        }
    }

    #[tokio::test]
    async fn a_last_line_needs_no_line_feed() {
        assert_eq!(all(b"one\ntwo\r\n\nthree", 10).await, ["one", "two\r", "", "three"]);
        assert!(all(b"", 10).await.is_empty());
    }

    #[tokio::test]
    async fn the_limit_itself_is_accepted_and_one_byte_more_is_not() {
        assert_eq!(all(b"12345\n123456\n1\n", 5).await, ["12345", "<too long>", "1"]);
        assert_eq!(all(b"123456", 5).await, ["<too long>"]);
    }

    #[tokio::test]
    async fn an_over_long_line_is_reported_under_its_id_wherever_that_stands() {
        let padding = "x".repeat(3 * READ);
        let before = format!("{{\"id\":7,\"params\":\"{padding}\"}}");
        let behind = format!("{{\"params\":\"{padding}\",\"id\":8}}");
        let input = format!("{before}\n{behind}\nshort\n{behind}\n{padding}\n{before}");
        for limit in [5, 2 * READ] {
            let seen = all(input.as_bytes(), limit).await;
            assert_eq!(seen, ["<7 is too long>", "<8 is too long>", "short", "<8 is too long>", "<too long>", "<7 is too long>"]);
        }
    }

    #[tokio::test]
    async fn an_over_long_line_is_reported_once_and_never_held() {
        let mut input = vec![b'x'; 40 * READ];
        input.extend_from_slice(b"\nnext\n");
        let mut lines = Lines::new(input.as_slice(), READ);
        assert_eq!(lines.next().await, Cut::TooLong(None));
        let Cut::Line(next) = lines.next().await else { unreachable!("the next line follows") };
        assert_eq!(lines.bytes(next), b"next");
        assert!(lines.held.capacity() <= 4 * READ);
        assert_eq!(lines.next().await, Cut::End);
        assert_eq!(lines.next().await, Cut::End);
    }
}

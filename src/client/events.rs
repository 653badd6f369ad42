//! Reads server-sent events, as the HTML standard describes them.

use std::collections::VecDeque;

use memchr::memchr2;

use crate::api::stream::Event;

/// The most bytes that one event may have.
pub(super) const MAX_EVENT: usize = 1 << 20;
/// The longest id that is kept. It is sent back in a header.
const MAX_ID: usize = 1024;

/// The events of a stream, made from its bytes.
#[derive(Default)]
pub(super) struct Parser {
    ready: VecDeque<Event>,
    /// The beginning of a line whose end has not arrived.
    line: Vec<u8>,
    after_return: bool,
    started: bool,
    event: String,
    data: String,
    has_data: bool,
    /// The id that the next event gets, and all after it until another id comes.
    id: Option<String>,
}

impl Parser {
    /// Takes more bytes. False if a line or an event is too long.
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> bool {
        while let Some(at) = memchr2(b'\n', b'\r', bytes) {
            let (part, rest) = bytes.split_at(at);
            let (ending, rest) = rest.split_at(1);
            bytes = rest;
            let second_half = ending == b"\n" && std::mem::take(&mut self.after_return) && part.is_empty() && self.line.is_empty();
            self.after_return = ending == b"\r";
            if second_half {
                continue;
            }
            self.line.extend_from_slice(part);
            let line = std::mem::take(&mut self.line);
            self.take(&String::from_utf8_lossy(&line));
            if self.data.len() > MAX_EVENT {
                return false;
            }
        }
        if !bytes.is_empty() {
            self.after_return = false;
        }
        self.line.extend_from_slice(bytes);
        self.line.len() <= MAX_EVENT
    }

    /// The next complete event.
    pub(super) fn next(&mut self) -> Option<Event> {
        self.ready.pop_front()
    }

    fn take(&mut self, line: &str) {
        // A byte order mark may stand before the first line.
        let line = if std::mem::replace(&mut self.started, true) { line } else { line.trim_start_matches('\u{feff}') };
        if line.is_empty() {
            return self.dispatch();
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => value.clone_into(&mut self.event),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            "id" if value.len() <= MAX_ID && !value.contains(char::is_control) => self.id = Some(value.to_owned()),
            // Comments have an empty name. The time to wait before a new connection is the caller's business.
            _ => {}
        }
    }

    fn dispatch(&mut self) {
        let event = std::mem::take(&mut self.event);
        let data = std::mem::take(&mut self.data);
        if std::mem::take(&mut self.has_data) {
            let event = if event.is_empty() { "message".to_owned() } else { event };
            self.ready.push_back(Event { event, id: self.id.clone().filter(|id| !id.is_empty()), data });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(event: &str, id: Option<&str>, data: &str) -> Event {
        Event { event: event.into(), id: id.map(str::to_owned), data: data.into() }
    }

    #[test]
    fn events_are_the_same_however_their_bytes_arrive() {
        let text = "\u{feff}: hello\r\nevent: a\r\nid: 1\r\ndata: one\r\ndata:two\r\n\r\n:beat\r\rdata: é\n\nid\ndata\n\nevent: none\n\nretry: 5\ndata: cut";
        let expected = [event("a", Some("1"), "one\ntwo"), event("message", Some("1"), "é"), event("message", None, "")];
        for size in 1..text.len() {
            let mut parser = Parser::default();
            assert!(text.as_bytes().chunks(size).all(|chunk| parser.push(chunk)));
            let events: Vec<Event> = std::iter::from_fn(|| parser.next()).collect();
            assert_eq!(events, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn lines_and_events_have_an_end() {
        assert!(!Parser::default().push(&vec![b'a'; MAX_EVENT + 1]));
        let mut parser = Parser::default();
        let line = format!("data: {}\n", "x".repeat(1 << 18));
        assert_eq!((0..5).take_while(|_| parser.push(line.as_bytes())).count(), 3);
    }
}

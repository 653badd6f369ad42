//! Ids of requests: as they stand in a line, and as rmcp holds them.
//!
//! rmcp knows strings and 64-bit integers. JSON-RPC also allows fractions and numbers of any size, and wants each id back as it came. Such
//! an id is kept as a string: a mark, then the id as the client spelled it. The answer repeats that spelling.

use memchr::memchr2;
use rmcp::model::RequestId;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::json::surrogates;

/// Begins each string that stands for another spelling. A client's own string that begins with it is kept as its spelling, too.
const MARK: char = '\u{1}';

/// The longest id that is looked for in a line that cannot be read, in bytes.
const LONGEST: usize = 4096;

/// The id of this spelling, if it is a string or a number.
pub fn read(spelling: &[u8]) -> Option<RequestId> {
    if let Ok(number) = serde_json::from_slice(spelling) {
        return Some(RequestId::Number(number));
    }
    let text = match spelling.first()? {
        b'"' => {
            let mended = surrogates::mended(spelling);
            let text: String = serde_json::from_slice(mended.as_deref().unwrap_or(spelling)).ok()?;
            if !text.starts_with(MARK) {
                return Some(RequestId::String(text.into()));
            }
            serde_json::to_string(&text).ok()?
        }
        // This checks how a number is written. It may be too large for any type.
        b'-' | b'0'..=b'9' => {
            serde_json::from_slice::<IgnoredAny>(spelling).ok().and_then(|_| String::from_utf8(spelling.to_vec()).ok())?
        }
        _ => return None,
    };
    Some(RequestId::String(format!("{MARK}{text}").into()))
}

/// A value as an id, if it is a string or a number.
pub fn of(value: &Value) -> Option<RequestId> {
    match value {
        Value::String(text) if !text.starts_with(MARK) => Some(RequestId::String(text.as_str().into())),
        Value::Number(_) | Value::String(_) => read(value.to_string().as_bytes()),
        _ => None,
    }
}

/// Whether rmcp cannot hold the id as it is.
pub fn is_odd(id: &RequestId) -> bool {
    matches!(id, RequestId::String(text) if text.starts_with(MARK))
}

/// Writes the id as it came.
pub fn write(out: &mut Vec<u8>, id: &RequestId) -> serde_json::Result<()> {
    match id {
        RequestId::String(text) => match text.strip_prefix(MARK) {
            Some(spelling) => out.extend_from_slice(spelling.as_bytes()),
            None => return serde_json::to_writer(out, &**text),
        },
        RequestId::Number(number) => return serde_json::to_writer(out, number),
    }
    Ok(())
}

/// The id of the message in a line that cannot be read, if one can be found.
pub fn find(line: &[u8]) -> Option<RequestId> {
    let mut finder = Finder::default();
    finder.feed(line);
    finder.finish()
}

/// Looks for the member `id` of the message in a line, without reading the message and without keeping the line.
///
/// Only a member of the message itself counts, never one further inside: an answer under a wrong id would end another request. The bytes
/// need not be JSON. Brackets that do not match, missing commas, text before or after the message and characters that do not belong there
/// are skipped.
#[derive(Default)]
pub struct Finder {
    place: Place,
    depth: usize,
    /// The string or number that is being read at the top of the message; `None` if it is too long.
    token: Option<Vec<u8>>,
    /// Whether the last member name was `id`.
    named: bool,
    /// Whether a colon was read, and its value has not ended.
    value: bool,
    found: Option<RequestId>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the message.
    #[default]
    Before,
    /// In the message, outside of strings.
    Inside,
    /// In a string.
    Text,
    /// In a string, behind a backslash.
    Escape,
    /// After the message, or in a batch, which has no id.
    After,
}

impl Finder {
    /// Looks at more bytes of the line.
    pub fn feed(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        if self.place == Place::Before {
            match memchr2(b'{', b'[', rest).and_then(|at| rest.split_at_checked(at)) {
                None => return,
                Some((_, [b'{', message @ ..])) => (self.place, self.depth, rest) = (Place::Inside, 1, message),
                Some(_) => self.place = Place::After,
            }
        }
        while let Some((&byte, after)) = rest.split_first() {
            match self.place {
                Place::Before | Place::After => return,
                Place::Inside => self.inside(byte),
                // None of these bytes is needed, and there may be millions of them.
                Place::Text if self.depth > 1 || self.token.is_none() => {
                    let Some((_, [byte, after @ ..])) = memchr2(b'"', b'\\', rest).and_then(|at| rest.split_at_checked(at)) else { return };
                    self.text(*byte);
                    rest = after;
                    continue;
                }
                Place::Text => self.text(byte),
                Place::Escape => {
                    self.keep(byte);
                    self.place = Place::Text;
                }
            }
            rest = after;
        }
    }

    /// The id, if it was found so far.
    pub fn found(&self) -> Option<&RequestId> {
        self.found.as_ref()
    }

    /// The id, at the end of the line.
    pub fn finish(mut self) -> Option<RequestId> {
        if self.place == Place::Inside && self.depth == 1 {
            self.end_of_number();
        }
        self.found
    }

    fn inside(&mut self, byte: u8) {
        if self.depth == 1 && self.value && !matches!(byte, b'"' | b'{' | b'[' | b'}' | b']' | b',') {
            if byte > b' ' {
                self.keep(byte);
            } else {
                self.end_of_number();
            }
            return;
        }
        match byte {
            b'"' => {
                self.place = Place::Text;
                if self.depth == 1 {
                    self.token = Some(vec![byte]);
                }
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                if self.depth == 1 {
                    self.end_of_number();
                    self.place = Place::After;
                }
                self.depth -= 1;
                if self.depth == 1 {
                    (self.value, self.named) = (false, false);
                }
            }
            b',' if self.depth == 1 => {
                self.end_of_number();
                (self.value, self.named) = (false, false);
            }
            b':' if self.depth == 1 => {
                self.value = true;
                self.token = Some(Vec::new());
            }
            _ => {}
        }
    }

    fn text(&mut self, byte: u8) {
        self.keep(byte);
        match byte {
            b'\\' => self.place = Place::Escape,
            b'"' => {
                self.place = Place::Inside;
                if self.depth == 1 {
                    self.end_of_text();
                }
            }
            _ => {}
        }
    }

    fn keep(&mut self, byte: u8) {
        if self.depth == 1
            && let Some(token) = &mut self.token
        {
            if token.len() < LONGEST {
                token.push(byte);
            } else {
                self.token = None;
            }
        }
    }

    fn end_of_text(&mut self) {
        let text = self.token.take();
        if !std::mem::take(&mut self.value) {
            self.named = text.and_then(|name| serde_json::from_slice::<String>(&name).ok()).is_some_and(|name| name == "id");
        } else if std::mem::take(&mut self.named) {
            self.found = text.and_then(|text| read(&text)).or(self.found.take());
        }
    }

    fn end_of_number(&mut self) {
        let Some(number) = self.token.take_if(|token| self.value && token.first().is_some_and(|byte| *byte != b'"')) else { return };
        self.value = false;
        if std::mem::take(&mut self.named) {
            self.found = read(&number).or(self.found.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How the id found in a line would be written.
    fn found(line: &[u8]) -> String {
        find(line).map_or("null".to_owned(), |id| {
            let mut out = Vec::new();
            write(&mut out, &id).unwrap();
            String::from_utf8(out).unwrap()
        })
    }

    #[test]
    fn the_id_of_the_message_is_found_in_what_cannot_be_read() {
        let cases: [(&str, &str); 31] = [
            (r#"{"jsonrpc":"2.0","id":1,"#, "1"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping"} and more"#, "1"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping"}{"jsonrpc":"2.0","id":2}"#, "1"),
            (r#"log: {"jsonrpc":"2.0","id":1,"method":"#, "1"),
            (r#"{ "id" : 17 , "x":"#, "17"),
            (r#"{"id":-5,"#, "-5"),
            (r#"{"id":1.5,"#, "1.5"),
            (r#"{"id":1e400,"#, "1e400"),
            (r#"{"id":123456789012345678901234567890,"#, "123456789012345678901234567890"),
            (r#"{"id":"a","id":"b","#, r#""b""#),
            (r#"{"id":"","#, r#""""#),
            (r#"{"id":"a\"}{[,\\","#, r#""a\"}{[,\\""#),
            (r#"{"id":"x\ud83d","#, "\"x\u{fffd}\""),
            (r#"{"id":"\u0001","#, r#""\u0001""#),
            (r#"{"\u0069d":3,"#, "3"),
            (r#"{"params":{"id":7,"a":[{"id":8}]},"id":9,"#, "9"),
            (r#"{"params":{"id":7,"a":[{"id":8}]},"x":"#, "null"),
            (r#"{"params":{"text":"\"id\":7,{"},"id":9"#, "9"),
            (r#"{"text":"}","id":9"#, "9"),
            (r#"{"method":"id","id":4,"#, "4"),
            (r#"{"method":"id",5:"id"}"#, "null"),
            (r#"{"jsonrpc":"2.0" "id":1 "method":"ping"}"#, "1"),
            (r#"{"jsonrpc":"2.0","params":[},"id":1,"#, "1"),
            (r#"{"id":null,"#, "null"),
            (r#"{"id":[1],"#, "null"),
            (r#"{"id":{"id":1},"#, "null"),
            (r#"{"id":1.2.3,"#, "null"),
            (r#"{"id":01,"#, "null"),
            (r#"{"id":tru,"#, "null"),
            (r#"{"id":"cut off"#, "null"),
            (r#"[{"id":1,"#, "null"),
        ];
        for (line, id) in cases {
            assert_eq!(found(line.as_bytes()), id, "{line}");
        }
        assert_eq!(found(b"{\"x\":\"\xff\",\"id\":1,\"y\":\"\xff\"}"), "1");
        assert_eq!(found(b"{\"x\":\0,\"id\":1\0,\0\"y\":\0}"), "1");
        assert_eq!(found(format!("{{\"id\":1,\"x\":{}", "[".repeat(100_000)).as_bytes()), "1");
        assert_eq!(found(format!("{{\"x\":{}{},\"id\":1", "[".repeat(100_000), "]".repeat(100_000)).as_bytes()), "1");
    }

    #[test]
    fn ids_are_written_as_they_came() {
        for id in ["1", "-9223372036854775808", "9223372036854775808", "1.0", "1e2", "0.1", "\"\"", "\"1\"", r#""\u0001x""#, "\"é\""] {
            assert_eq!(found(format!("{{\"id\":{id},").as_bytes()), id);
        }
        for (id, odd) in [("1", false), ("\"1\"", false), ("1.0", true), (r#""\u0001""#, true)] {
            assert_eq!(read(id.as_bytes()).as_ref().map(is_odd), Some(odd), "{id}");
        }
    }

    #[test]
    fn a_line_is_looked_at_in_parts_and_never_kept() {
        let line = format!(r#"{{"params":"{}","id":"an id","x":1}}"#, "x\\\"".repeat(100_000));
        for size in [1, 2, 7, 4096] {
            let mut finder = Finder::default();
            for part in line.as_bytes().chunks(size) {
                finder.feed(part);
                assert!(finder.token.as_ref().is_none_or(|token| token.capacity() <= 2 * LONGEST));
            }
            assert_eq!(finder.finish(), Some(RequestId::String("an id".into())));
        }
        assert_eq!(find(format!("{{\"id\":\"{}\",", "x".repeat(2 * LONGEST)).as_bytes()), None);
    }
}

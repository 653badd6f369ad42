//! Whether what was downloaded is an export.

use crate::api::Problem;

/// The longest document that may be an error in place of an export, in bytes.
const MOST_ERROR: usize = 64 << 10;

/// A JSON document of which the bytes come one after the other. Only its brackets and quotes are looked at: they show whether it is whole.
#[derive(Debug, Default)]
pub struct Document {
    /// The brackets that close what is open.
    open: Vec<u8>,
    in_text: bool,
    escaped: bool,
    begun: bool,
    broken: bool,
    /// The bytes, unless there are too many for an error.
    head: Vec<u8>,
    size: usize,
}

impl Document {
    /// Takes the next bytes.
    pub fn take(&mut self, piece: &[u8]) {
        self.size += piece.len();
        if self.size <= MOST_ERROR {
            self.head.extend_from_slice(piece);
        }
        for &byte in piece {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_text => self.escaped = true,
                b'"' if self.in_text || !self.open.is_empty() => self.in_text = !self.in_text,
                _ if self.in_text => {}
                b'{' | b'[' => {
                    self.broken |= self.begun && self.open.is_empty();
                    self.begun = true;
                    self.open.push(if byte == b'{' { b'}' } else { b']' });
                }
                b'}' | b']' => self.broken |= self.open.pop() != Some(byte),
                // A byte order mark may stand before it.
                b' ' | b'\t' | b'\r' | b'\n' | b'\xef' | b'\xbb' | b'\xbf' => {}
                _ => self.broken |= self.open.is_empty(),
            }
        }
    }

    /// Whether it is an object or a list from its beginning to its end.
    pub fn is_whole(&self) -> bool {
        self.begun && self.open.is_empty() && !self.broken
    }

    /// The error that it is in place of an export.
    pub fn error(&self) -> Option<Problem> {
        if self.size <= MOST_ERROR { Problem::instead(&self.head) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_document_is_whole_however_it_arrives() {
        for (text, whole) in [
            (r#"{"a":"\\\"}[","b":[1,{}]}"#, true),
            ("[]\n", true),
            ("\u{feff} {\"a\": -1.5e3}", true),
            (r#"{"a":"#, false),
            (r#"{"a":"x"#, false),
            (r#"{"a":[1}"#, false),
            ("{}{}", false),
            ("{} x", false),
            ("{}}", false),
            ("\"text\"", false),
            ("null", false),
            ("", false),
        ] {
            for size in 1..=text.len().max(1) {
                let mut document = Document::default();
                text.as_bytes().chunks(size).for_each(|piece| document.take(piece));
                assert_eq!(document.is_whole(), whole, "{text} in pieces of {size}");
            }
        }
    }

    #[test]
    fn an_error_is_no_export() {
        let of = |text: &str| {
            let mut document = Document::default();
            document.take(text.as_bytes());
            document.error()
        };
        assert_eq!(
            of(r#"{"error":{"code":"export_expired","message":"gone"}}"#).map(|error| error.code).as_deref(),
            Some("export_expired")
        );
        assert_eq!(of(r#"{"videos":[],"error":null}"#), None);
        assert_eq!(of(&format!(r#"{{"error":{{"code":"x","message":"{}"}}}}"#, "y".repeat(MOST_ERROR))), None);
    }
}

//! Why a configuration cannot be read or changed, and where.

/// What is wrong with a text. It holds nothing of the text's values, which may be secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {reason}")]
pub struct Fault {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// What is wrong there, in lower case.
    pub reason: String,
}

impl Fault {
    /// A fault at a byte of the text.
    pub(super) fn at(text: &str, byte: usize, reason: impl Into<String>) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let last = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let line = Lines::of(text).at(before.len());
        let column = 1 + before.get(last..).unwrap_or_default().trim_start_matches('\u{feff}').chars().count();
        Self { line, column, reason: reason.into() }
    }
}

/// Line numbers of a text. Each call counts on from the last one, so that many calls read the text only once.
pub(super) struct Lines<'t> {
    text: &'t str,
    byte: usize,
    line: usize,
}

impl<'t> Lines<'t> {
    /// Starts at the beginning.
    pub fn of(text: &'t str) -> Self {
        Self { text, byte: 0, line: 1 }
    }

    /// The line of a byte. For a byte before that of the last call, it counts from the beginning.
    pub fn at(&mut self, byte: usize) -> usize {
        if byte < self.byte {
            *self = Self::of(self.text);
        }
        let bytes = self.text.as_bytes();
        let ends = |at: usize| match bytes.get(at) {
            Some(b'\n') => true,
            // The two characters `\r\n` are one line end.
            Some(b'\r') => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        self.line += (self.byte..byte).filter(|at| ends(*at)).count();
        self.byte = byte;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_in_any_order() {
        let text = "a\nb\r\nc\rd\n";
        let mut lines = Lines::of(text);
        for (byte, line) in [(0, 1), (2, 2), (5, 3), (7, 4), (9, 5), (2, 2), (0, 1)] {
            assert_eq!(lines.at(byte), line, "byte {byte}");
            assert_eq!(Fault::at(text, byte, "").line, line, "byte {byte}");
        }
    }
}

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
        let line = 1 + before.matches('\n').count() + before.replace("\r\n", "\n").matches('\r').count();
        let column = 1 + before.get(last..).unwrap_or_default().trim_start_matches('\u{feff}').chars().count();
        Self { line, column, reason: reason.into() }
    }
}

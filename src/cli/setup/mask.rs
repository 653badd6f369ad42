//! Hides what a preview need not show of a configuration: its file holds the keys of other programs, too.

use std::fmt::Write as _;

/// What stands in the place of a text.
const HIDDEN: char = '…';

/// A piece of a configuration.
enum Piece<'t> {
    /// A text in its quotes, and whether it is the name of a member.
    Text {
        whole: &'t str,
        name: bool,
    },
    Comment(&'t str),
    /// Everything else, one character at a time.
    Plain(char),
}

/// The same configuration, line by line, without comments and without the texts that are not in `known`. Names of members stay.
pub(super) fn hidden(text: &str, known: &[String]) -> String {
    let mut out = String::with_capacity(text.len());
    // A hidden text has as many lines as before, so that lines can be compared.
    let lines = |whole: &str| "\n…".repeat(whole.matches('\n').count());
    for piece in pieces(text) {
        // Writing into a text does not fail.
        let _ = match piece {
            Piece::Plain(c) => write!(out, "{c}"),
            Piece::Text { whole, name: true } => write!(out, "{whole}"),
            Piece::Text { whole, .. } if known.iter().any(|known| *known == content(whole)) => write!(out, "{whole}"),
            Piece::Text { whole, .. } => match whole.chars().next() {
                Some(quote) if !whole.contains('\n') => write!(out, "{quote}{HIDDEN}{quote}"),
                _ => write!(out, "{HIDDEN}{}", lines(whole)),
            },
            Piece::Comment(whole) => write!(out, "{HIDDEN}{}", lines(whole)),
        };
    }
    out
}

/// All texts of a configuration except the names of members.
pub(super) fn texts(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for piece in pieces(text) {
        if let Piece::Text { whole, name: false } = piece {
            out.push(content(whole));
        }
    }
    out
}

/// The pieces of a configuration in JSON, with or without comments, or in TOML. What begins a text or a comment in one of these means nothing
/// in the others, so they need not be told apart.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let length = match first {
            '"' | '\'' => quoted(rest),
            '#' => line(rest),
            '/' if rest.starts_with("//") => line(rest),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            _ => {
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
                return Some(Piece::Plain(first));
            }
        };
        let (whole, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        rest = after;
        let name = after.trim_start_matches([' ', '\t', '\r', '\n']).starts_with([':', '=']);
        Some(if matches!(first, '"' | '\'') { Piece::Text { whole, name } } else { Piece::Comment(whole) })
    })
}

/// How long the first line is, without its end.
fn line(text: &str) -> usize {
    text.find(['\r', '\n']).unwrap_or(text.len())
}

/// How long the text in quotes is with which this begins.
fn quoted(text: &str) -> usize {
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| text.starts_with(quote)).unwrap_or_default();
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(quote.len()) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote.starts_with('"') => escaped = true,
            _ if text.get(at..).is_some_and(|rest| rest.starts_with(quote)) => {
                let end = at + quote.len();
                // A text in three quotes may end in quotes of its own.
                let more = text.get(end..).unwrap_or_default().chars().take_while(|c| quote.len() == 3 && quote.starts_with(*c)).count();
                return end + more;
            }
            _ => {}
        }
    }
    text.len()
}

/// What a text in quotes says.
fn content(whole: &str) -> String {
    serde_json::from_str(whole).unwrap_or_else(|_| whole.trim_matches(['"', '\'']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_and_what_is_known_are_shown() {
        for (text, shown) in [
            (r#"{"key": "sk-ant", "command": "us", "n": [1, true, "a\"b"]}"#, r#"{"key": "…", "command": "us", "n": [1, true, "…"]}"#),
            ("{ // my key is sk-ant\n \"a\" : \"x\" /* b\nc */ }", "{ …\n \"a\" : \"…\" …\n… }"),
            ("a = 'us' # sk-ant\nb = \"\"\"one\ntwo\\\"\"\"\"\"\nc = 'C:\\'\n", "a = 'us' …\nb = …\n…\nc = '…'\n"),
            ("[a.\"b c\"]\nx = \"y", "[a.\"…\"]\nx = \"…\""),
            (r#""\u0075s" "u\/s""#, r#""\u0075s" "…""#),
        ] {
            let known = ["us".to_owned()];
            assert_eq!(hidden(text, &known), shown, "{text}");
            assert_eq!(hidden(text, &known).lines().count(), text.lines().count(), "{text}");
        }
        assert_eq!(texts(r#"{"a": "b", "c": ["d\n"]}"#), ["b", "d\n"]);
    }
}

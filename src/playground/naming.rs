//! Names that callers give to things, and that files bring with them.
//!
//! A name is one line, so a space takes the place of each control character. All other characters stay: nobody knows what the service does
//! with them. A name of which nothing can be seen is no name.

use super::Refusal;

/// The most bytes of a path in a bucket, as the services of buckets have it.
const MOST_PATH: usize = 1_024;

/// A name without white space around it. Refuses one that shows nothing, and one that is too long.
pub fn named(member: &'static str, given: &str, most: usize) -> Result<String, Refusal> {
    let name = one_line(given);
    if is_visible(&name) && name.chars().count() <= most {
        return Ok(name);
    }
    let message = format!("String should have 1 to {most} characters, and one that can be seen");
    Err(Refusal::argument(["body", member], message, "value_error"))
}

/// Refuses a text that is longer than any path in a bucket is.
pub fn within_path(member: &'static str, given: &str) -> Result<(), Refusal> {
    within(member, given, MOST_PATH)
}

/// Refuses a text of more bytes. Lists show what is kept, so a text without a limit could make them too large to be read.
pub fn within(member: &'static str, given: &str, most: usize) -> Result<(), Refusal> {
    if given.len() <= most {
        return Ok(());
    }
    Err(Refusal::argument(["body", member], format!("String should have at most {most} bytes"), "value_error"))
}

/// The title of a file. It comes from elsewhere, so it is cut rather than refused.
pub fn titled(file: &str, most: usize) -> String {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let cut: String = one_line(stem).chars().take(most).collect();
    if is_visible(&cut) { cut.trim_end().to_owned() } else { "untitled".to_owned() }
}

/// A text with a space for each control character, and without white space around it.
pub fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect();
    plain.trim().to_owned()
}

/// Whether a text has a character that shows something.
pub fn is_visible(text: &str) -> bool {
    text.chars().any(|c| {
        let hidden = matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}');
        !(hidden || c.is_whitespace() || c.is_control())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_and_shows_something() {
        for (given, expected) in [
            (" a ", Some("a")),
            ("a\nb\u{0}c", Some("a b c")),
            ("\u{202e}abc", Some("\u{202e}abc")),
            ("🎬名", Some("🎬名")),
            ("", None),
            (" \n", None),
            ("\u{200b}\u{e0041}", None),
            ("xxxxxx", None),
        ] {
            assert_eq!(named("title", given, 5).ok().as_deref(), expected, "{given:?}");
        }
        for (file, title) in
            [("a.b.png", "a.b"), (".png", "untitled"), ("a\nb.png", "a b"), ("\u{200b}.png", "untitled"), ("plain", "plain")]
        {
            assert_eq!(titled(file, 10), title, "{file:?}");
        }
        assert_eq!(titled(&"é".repeat(300), 255).chars().count(), 255);
    }
}

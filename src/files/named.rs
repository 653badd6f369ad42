//! Words in the place of a path, for callers who must not read it.

use std::path::Path;

/// A text with words in the place of a path, also where it begins a longer one. Everything is below the root, so that is left alone.
pub(super) fn renamed(text: &str, place: &Path, words: &str) -> String {
    let Some(path) = place.to_str().map(|path| path.trim_end_matches(['/', std::path::MAIN_SEPARATOR])) else { return text.to_owned() };
    if place.parent().is_none() || path.is_empty() {
        return text.to_owned();
    }
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(path) {
        let whole = !goes_on_before(if before.is_empty() { &out } else { before }) && !goes_on(after);
        out.push_str(before);
        out.push_str(if whole { words } else { path });
        rest = after;
    }
    out + rest
}

/// Whether a path goes on at the start of a text with more of the same name.
fn goes_on(text: &str) -> bool {
    let mut rest = text.chars();
    match rest.next() {
        None => false,
        // A sentence may end here.
        Some('.') => rest.next().is_some_and(|next| !next.is_whitespace()),
        Some(next) => !(next.is_whitespace() || matches!(next, '/' | '\\' | '"' | '\'' | '`' | ',' | ';' | ':' | ')')),
    }
}

/// Whether a path that begins after a text is a part of a longer one.
fn goes_on_before(text: &str) -> bool {
    text.chars().next_back().is_some_and(|last| !(last.is_whitespace() || matches!(last, '"' | '\'' | '`' | '(')))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_whole_parts_of_a_path_are_renamed() {
        for (place, text, told) in [
            ("/srv/a", "there is no file /srv/a/x.mp4; use /srv/a.", "there is no file W/x.mp4; use W."),
            ("/srv/a/", "/srv/a/: gone, \"/srv/a\" or /srv/a", "W/: gone, \"W\" or W"),
            ("/srv/a", "/srv/ab/x, /srv/a.b and /mnt/srv/a/x", "/srv/ab/x, /srv/a.b and /mnt/srv/a/x"),
            ("/", "there is no file /tmp/x; use /.", "there is no file /tmp/x; use /."),
        ] {
            assert_eq!(renamed(text, Path::new(place), "W"), told, "{place}");
        }
    }
}

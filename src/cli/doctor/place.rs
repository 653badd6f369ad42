//! Paths for reports. A path in the home directory begins with `~`, so that a report does not name the user.

use std::path::Path;

/// Replaces the home directory by `~` in a text.
pub fn without_home(text: &str, home: Option<&Path>) -> String {
    let Some(home) = home.and_then(Path::to_str).map(|home| home.trim_end_matches(['/', '\\'])).filter(|home| home.len() > 1) else {
        return text.to_owned();
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(home) {
        out.push_str(before);
        // `/home/jo` is not a part of `/home/jonas`.
        out.push_str(if after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')) { home } else { "~" });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_directory_is_not_named() {
        let home = Some(Path::new("/home/jo"));
        assert_eq!(without_home("in /home/jo/x, /home/jo and /home/jonas/y", home), "in ~/x, ~ and /home/jonas/y");
        assert_eq!(without_home("in /x", Some(Path::new("/"))), "in /x");
    }
}

//! Paths inside commands that people copy.

/// A path as one word of a command line. A `~` in front stays outside the quotes, where shells expand it.
pub fn word(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/\\.:_-+@%,=".contains(c);
    let (home, rest) = ["~/", "~\\"].iter().find_map(|home| path.strip_prefix(home).map(|rest| (*home, rest))).unwrap_or(("", path));
    if !rest.is_empty() && rest.chars().all(plain) || path == "~" {
        return path.to_owned();
    }
    // Both shells of Windows take double quotes, and no path there holds one.
    if cfg!(windows) { format!("{home}\"{rest}\"") } else { format!("{home}'{}'", rest.replace('\'', r"'\''")) }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_one_word() {
        for (path, expect) in [
            ("/a/key", "/a/key"),
            ("schlüssel-1.txt", "schlüssel-1.txt"),
            ("/a b/key", "'/a b/key'"),
            ("~/a b/key", "~/'a b/key'"),
            ("~/key", "~/key"),
            ("~", "~"),
            ("~x", "'~x'"),
            ("it's", r"'it'\''s'"),
            ("$(x)", "'$(x)'"),
        ] {
            assert_eq!(word(path), expect);
        }
    }
}

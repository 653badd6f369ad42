//! `~` at the start of a path.
//!
//! A shell replaces it only at the start of a word. So it stays in `--api-key-file=~/key` and in the configuration of a client.

use std::path::{Path, PathBuf};

/// Replaces a `~` at the start of a path, alone or before a slash, by the home directory. Without a home directory, and for `~name`, the
/// path stays as it is.
pub fn at_home(path: &Path, env: &dyn Fn(&str) -> Option<String>) -> PathBuf {
    let Ok(rest) = path.strip_prefix("~") else { return path.to_owned() };
    let names: &[&str] = if cfg!(windows) { &["USERPROFILE", "HOME"] } else { &["HOME"] };
    let home = names.iter().find_map(|name| env(name).filter(|home| !home.is_empty()));
    // Joining an empty path would add a slash.
    match home.map(PathBuf::from) {
        Some(home) if rest.as_os_str().is_empty() => home,
        Some(home) => home.join(rest),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_tilde_alone_at_the_start_is_replaced() {
        let home = |name: &str| (name == if cfg!(windows) { "USERPROFILE" } else { "HOME" }).then(|| "/h".to_owned());
        for (path, expect) in [
            ("~", "/h"),
            ("~/", "/h"),
            ("~/a/b", "/h/a/b"),
            ("~//a", "/h/a"),
            ("~a/b", "~a/b"),
            ("a/~", "a/~"),
            ("./~/a", "./~/a"),
            ("", ""),
        ] {
            assert_eq!(at_home(Path::new(path), &home), Path::new(expect), "{path}");
        }
        assert_eq!(at_home(Path::new("~/a"), &|_| None), Path::new("~/a"));
        assert_eq!(at_home(Path::new("~/a"), &|_| Some(String::new())), Path::new("~/a"));
    }
}

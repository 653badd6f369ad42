//! `~` at the start of a path.
//!
//! A shell replaces it only at the start of a word. So it stays in `--api-key-file=~/key` and in the configuration of a client.

use std::path::{Path, PathBuf};

/// Replaces a `~` at the start of a path, alone or before a slash, by the home directory. Without a home directory, and for `~name`, the
/// path stays as it is.
pub fn at_home(path: &Path, env: &dyn Fn(&str) -> Option<String>) -> PathBuf {
    let Ok(rest) = path.strip_prefix("~") else { return path.to_owned() };
    // Joining an empty path would add a slash.
    match home(env) {
        Some(home) if rest.as_os_str().is_empty() => home,
        Some(home) => home.join(rest),
        None => path.to_owned(),
    }
}

/// The home directory, if there is one.
pub fn home(env: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let names: &[&str] = if cfg!(windows) { &["USERPROFILE", "HOME"] } else { &["HOME"] };
    names.iter().find_map(|name| env(name).filter(|home| !home.is_empty())).map(PathBuf::from)
}

/// A path to show. One in the home directory begins with `~`, so that a message does not name the user.
pub fn shown(path: &Path, home: Option<&Path>) -> String {
    // Everything is below the root, which is the home of some services.
    let home = home.filter(|home| home.parent().is_some());
    let Some(rest) = home.and_then(|home| path.strip_prefix(home).ok()) else { return path.display().to_string() };
    if rest.as_os_str().is_empty() { "~".into() } else { format!("~{}{}", std::path::MAIN_SEPARATOR, rest.display()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_at_home_is_shown_without_the_name_of_the_user() {
        let separator = std::path::MAIN_SEPARATOR;
        for (path, home, expect) in [
            ("/home/jo/.config/key", Some("/home/jo"), format!("~{separator}.config{separator}key")),
            ("/home/jo", Some("/home/jo"), "~".to_owned()),
            ("/home/jonas/key", Some("/home/jo"), "/home/jonas/key".to_owned()),
            ("/etc/key", Some("/home/jo"), "/etc/key".to_owned()),
            ("/run/secrets/key", Some("/"), "/run/secrets/key".to_owned()),
            ("/etc/key", None, "/etc/key".to_owned()),
        ] {
            let shown = shown(Path::new(path), home.map(Path::new));
            assert_eq!(shown.replace('/', &separator.to_string()), expect.replace('/', &separator.to_string()), "{path}");
        }
    }

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

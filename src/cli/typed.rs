//! Paths as they are typed, or as clients hand them over: `~` at the start is the home directory. A secret in the place of a path is not
//! repeated.

use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};

use crate::{
    config::{HTTP_SETTINGS, SETTINGS, at_home},
    fence,
    key::{SPELLINGS, tidy},
};

/// Reads the path of a flag.
pub fn path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(|path| {
        fence::hide_mistaken(&path);
        expanded(path)
    })
}

/// Reads the path of a file that holds a secret. Refuses the secret itself.
pub fn secret_file() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(no_secret)
}

fn no_secret(path: PathBuf) -> Result<PathBuf, &'static str> {
    if fence::hide_mistaken(&path) {
        return Err("name a file that holds the secret, not the secret itself");
    }
    Ok(expanded(path))
}

/// Takes the secrets out of everything that leaves the process that stand in variables for the paths of files.
pub fn hide_mistaken(variable: impl Fn(&str) -> Option<String>) {
    let suffixes = SETTINGS.iter().chain(HTTP_SETTINGS).filter_map(|setting| setting.name.strip_prefix("VIDEOSEARCH_"));
    for suffix in suffixes.filter(|suffix| suffix.ends_with("_FILE")) {
        for value in SPELLINGS.iter().filter_map(|prefix| variable(&format!("{prefix}{suffix}"))) {
            fence::hide_mistaken(Path::new(tidy(&value)));
        }
    }
}

/// A path with its `~` replaced.
pub fn expanded(path: PathBuf) -> PathBuf {
    at_home(&path, &|name| std::env::var(name).ok())
}

/// Reads the path of a file that is written, perhaps with a secret. For other programs `-` stands for stdout.
pub fn output() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| match path.to_str() {
        Some("-") => Err("this is written to a file, and - is none; for a file of that name, give ./-"),
        _ => no_secret(path),
    })
}

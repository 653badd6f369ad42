//! Paths as they are typed, or as clients hand them over: `~` at the start is the home directory.

use std::path::PathBuf;

use clap::builder::{PathBufValueParser, TypedValueParser};

use crate::config::at_home;

/// Reads the path of a flag.
pub fn path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(expanded)
}

/// A path with its `~` replaced.
pub fn expanded(path: PathBuf) -> PathBuf {
    at_home(&path, &|name| std::env::var(name).ok())
}

/// Reads the path of a file that is written. For other programs `-` stands for stdout.
pub fn output() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| match path.to_str() {
        Some("-") => Err("this is written to a file, and - is none; for a file of that name, give ./-"),
        _ => Ok(expanded(path)),
    })
}

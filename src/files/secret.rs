//! Secrets of other services: read from where the user keeps them, and kept where only the user can read them.

use std::{
    fmt, io,
    io::Write,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{
    FileError, name,
    walk::{Fault, Root, resolve},
};
use crate::{disk, fence};

/// The most bytes of a secret.
pub const MAX_SECRET: u64 = 64 << 10;
/// What the names of variables with secrets begin with.
const PREFIX: &str = "VIDEOSEARCH_SECRET_";
/// The setting that names the directory.
const SETTING: &str = "VIDEOSEARCH_SECRETS_DIR (or --secrets-dir)";
/// How many bytes are written to find out whether a secret can be kept. A new one has fewer.
const TRIAL: usize = 4 << 10;
/// How many names we try for a new file.
const MAX_NAMES: u32 = 100;

/// A secret of another service. It does not show itself.
pub struct Secret {
    text: SecretString,
    /// Whether others than its owner may read the file that holds it.
    pub exposed: bool,
}

impl Secret {
    /// The secret itself, to be sent. A line break at its end is not part of it.
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }

    fn new(text: &str, exposed: bool) -> Option<Self> {
        let text = text.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']);
        if text.trim().is_empty() {
            return None;
        }
        fence::hide_secret(text);
        // A document of credentials is not repeated as a whole, but its private key may be.
        if let Ok(Value::Object(members)) = serde_json::from_str(text) {
            members.get("private_key").and_then(Value::as_str).into_iter().for_each(fence::hide_secret);
        }
        Some(Self { text: SecretString::from(text), exposed })
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// Reads a secret. No error repeats what was given unless it has one of the two forms, since it may be the secret itself.
pub(super) fn read(directory: Option<&Path>, from: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Secret, FileError> {
    let forms =
        format!("Give `file:NAME` for a file below the directory of {SETTING}, or `env:NAME` for a variable that begins with {PREFIX}.");
    match from.trim().split_once(':') {
        Some(("file", name)) => from_file(directory, name.trim()),
        Some(("env", name)) => from_variable(name.trim(), env),
        _ => Err(FileError::new("this does not say where a secret is", forms)),
    }
}

fn from_variable(name: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Secret, FileError> {
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if !name.strip_prefix(PREFIX).is_some_and(|rest| !rest.is_empty() && rest.chars().all(plain)) {
        return Err(FileError::new(
            format!("only variables whose names begin with {PREFIX} are read"),
            format!("Give `env:{PREFIX}NAME`; the user has to set that variable for the server."),
        ));
    }
    let value = env(name).filter(|value| value.len() as u64 <= MAX_SECRET);
    value.and_then(|value| Secret::new(&value, false)).ok_or_else(|| {
        FileError::new(format!("the variable {name} is not set, or is empty or too long"), "The user has to set it and restart the server.")
    })
}

fn from_file(directory: Option<&Path>, name: &str) -> Result<Secret, FileError> {
    let Some(directory) = directory else {
        return Err(FileError::new(
            "no directory is set from which secrets may be read",
            format!("The user can name one with {SETTING} and restart the server, or set a variable that begins with {PREFIX}."),
        ));
    };
    let next =
        || format!("The user has to put the secret there, as a file of at most {} KiB in {}.", MAX_SECRET >> 10, directory.display());
    let shown: String = name.chars().take(100).collect();
    let root = Root::new(directory)
        .map_err(|error| FileError::new(format!("the directory for secrets cannot be read: {}", disk::unusable(&error)), next()))?;
    if Path::new(name).is_absolute() {
        return Err(FileError::new("a secret is named by its file alone, not by a path", format!("Give `file:NAME`. {}", next())));
    }
    let found = resolve(&[root], Path::new(name)).map_err(|fault| match fault {
        Fault::Outside => FileError::new(format!("`{shown}` leads out of the directory for secrets"), next()),
        Fault::Io(error) if error.kind() == io::ErrorKind::NotFound => FileError::new(format!("there is no secret `{shown}`"), next()),
        Fault::Io(error) => FileError::new(format!("secret `{shown}` cannot be read: {}", error.kind()), next()),
    })?;
    let content = found.open().and_then(|file| disk::whole(file, MAX_SECRET));
    let content = content.map_err(|error| FileError::new(format!("secret `{shown}`: {error}"), next()))?;
    let exposed = disk::exposed(&content.metadata);
    let text = String::from_utf8(content.bytes).map_err(|_| FileError::new(format!("secret `{shown}`: it is not text"), next()))?;
    Secret::new(&text, exposed).ok_or_else(|| FileError::new(format!("secret `{shown}`: it is empty"), next()))
}

/// Whether a new secret can be kept now: makes the directory, and a file in it that goes at once. A disk that is full takes an empty file.
pub(super) fn can_keep(directory: Option<&Path>) -> Result<(), FileError> {
    let directory = directory.ok_or_else(nowhere)?;
    let made = disk::private_directory(directory).and_then(|()| disk::Fresh::within(directory));
    made.and_then(|mut file| file.write_all(&[b'x'; TRIAL])).map_err(|error| not_kept(directory, &error))
}

/// A new secret that is kept.
#[derive(Debug)]
pub struct Kept {
    /// The file that holds it.
    pub path: PathBuf,
    /// Whether others than its owner can put another file in its place.
    pub replaceable: bool,
}

/// Keeps a new secret under a name like this. If that is taken, adds a number.
pub(super) fn keep(directory: Option<&Path>, given: &str, secret: &str) -> Result<Kept, FileError> {
    let directory = directory.ok_or_else(nowhere)?;
    let failed = |error: io::Error| not_kept(directory, &error);
    disk::private_directory(directory).map_err(failed)?;
    let name = name::plain(given, "secret");
    for number in 1..=MAX_NAMES {
        let path = directory.join(if number == 1 { name.clone() } else { format!("{name}-{number}") });
        match disk::keep(&path, secret.as_bytes()) {
            Ok(()) => return Ok(Kept { path, replaceable: disk::lets_replace(directory).is_some() }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Err(failed(io::ErrorKind::AlreadyExists.into()))
}

fn nowhere() -> FileError {
    FileError::new("there is no directory for secrets", format!("The user can name one with {SETTING}."))
}

fn not_kept(directory: &Path, error: &io::Error) -> FileError {
    FileError::new(
        format!("a new secret cannot be kept in {}: {error}", directory.display()),
        format!("The user can name another directory with {SETTING}."),
    )
}

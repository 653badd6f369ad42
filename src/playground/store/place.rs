//! Where a store is: in memory, or in a data directory that only one process at a time may use.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use rusqlite::Connection;

use crate::{
    disk::{self, ReadError, Whose},
    playground::{Error, random},
};

const DATABASE: &str = "playground.sqlite3";
const LOCK: &str = "playground.lock";
const SESSION_SECRET: &str = "session.secret";
const ADDRESS: &str = "playground.address";
const SESSION_SECRET_BYTES: usize = 32;
/// SQLite adds these endings to the name of the database to name its own files.
const SIDE_FILES: [&str; 3] = ["-wal", "-shm", "-journal"];
/// The largest secret or address that is read, in bytes.
const MAX_TEXT: u64 = 1024;

/// An open place: the connection, the secret of its session tokens, and the lock.
pub struct Place {
    /// The connection, not yet migrated.
    pub connection: Connection,
    /// Signs session tokens. It is not in the database, so that we can read it while a playground uses the database, and so that a copy of
    /// the database does not let anybody sign in.
    pub session_secret: String,
    /// The data directory; `None` in memory.
    pub directory: Option<PathBuf>,
    /// The lock on the directory, held as long as the store is open.
    pub lock: Option<File>,
}

/// Opens a place. If needed, makes the directory (mode 0700) and its files (0600).
pub fn open(directory: Option<&Path>) -> Result<Place, Error> {
    let Some(directory) = directory else {
        let session_secret = random::hex(SESSION_SECRET_BYTES)?;
        return Ok(Place { connection: Connection::open_in_memory()?, session_secret, directory: None, lock: None });
    };
    make_directory(directory)?;
    let lock = lock(directory)?;
    forget_address(directory)?;
    let connection = Connection::open(database(directory)?)?;
    // FULL makes a commit durable before we answer. With WAL this costs only one sync.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let session_secret = session_secret(directory)?;
    Ok(Place { connection, session_secret, directory: Some(directory.to_owned()), lock: Some(lock) })
}

/// Whether a playground may have used a data directory. What is no directory, or may not be looked at, is refused by whoever opens it, with
/// its own reason.
pub fn has_database(directory: &Path) -> bool {
    let closed = |error: io::Error| error.kind() == io::ErrorKind::PermissionDenied;
    let has = |name: &str| directory.join(name).symlink_metadata().map_or_else(closed, |_| true);
    has(DATABASE) || has(SESSION_SECRET) || (directory.symlink_metadata().is_ok() && !directory.is_dir())
}

/// Reads the secret of a data directory's session tokens, or makes one. This also works while a playground has the directory open.
pub fn session_secret(directory: &Path) -> Result<String, Error> {
    make_directory(directory)?;
    let path = directory.join(SESSION_SECRET);
    match read_secret(&path) {
        Err(Error::Unreadable { fault: ReadError::Missing, .. }) => {}
        read => return read,
    }
    let secret = random::hex(SESSION_SECRET_BYTES)?;
    match disk::keep(&path, secret.as_bytes()) {
        Ok(()) => Ok(secret),
        // Another process made the secret at the same moment.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read_secret(&path),
        Err(source) => Err(at(&path, source)),
    }
}

/// Writes down where the playground of a data directory serves. [`address`] reads it.
pub fn announce(directory: &Path, base_url: &str) -> Result<(), Error> {
    let path = directory.join(ADDRESS);
    disk::replace_private(&path, base_url.as_bytes()).map_err(|source| at(&path, source))
}

/// Removes the address of the last start. Whoever has that address now is not this playground.
fn forget_address(directory: &Path) -> Result<(), Error> {
    let path = directory.join(ADDRESS);
    match fs::remove_file(&path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(at(&path, source)),
        _ => Ok(()),
    }
}

/// The address of the playground that has a data directory open. `None` if none has, or if it does not serve yet.
pub fn address(directory: &Path) -> Result<Option<String>, Error> {
    let path = directory.join(LOCK);
    let lock = match disk::open(&path, Whose::Ours) {
        Ok((file, _)) => file,
        Err(ReadError::Missing) => return Ok(None),
        Err(source) => return Err(unreadable(&path, source)),
    };
    // Only the lock tells us whether the playground still runs. A playground that was killed leaves its address behind.
    match lock.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {}
        Ok(()) => return Ok(None),
        Err(TryLockError::Error(source)) => return Err(at(&path, source)),
    }
    let path = directory.join(ADDRESS);
    match disk::read(&path, MAX_TEXT, Whose::Ours) {
        Ok(content) => Ok(Some(String::from_utf8_lossy(&content.bytes).into_owned()).filter(|text| !text.is_empty())),
        // The playground has opened the directory but does not serve yet.
        Err(ReadError::Missing) => Ok(None),
        Err(source) => Err(unreadable(&path, source)),
    }
}

fn read_secret(path: &Path) -> Result<String, Error> {
    let content = disk::read(path, MAX_TEXT, Whose::Ours).map_err(|source| unreadable(path, source))?;
    // A shorter secret could come from a write that was cut off. To sign with it would weaken every token.
    match String::from_utf8(content.bytes) {
        Ok(secret) if secret.len() == 2 * SESSION_SECRET_BYTES && secret.bytes().all(|byte| byte.is_ascii_hexdigit()) => Ok(secret),
        _ => Err(Error::Damaged { path: path.to_owned(), what: "it holds no session secret" }),
    }
}

fn lock(directory: &Path) -> Result<File, Error> {
    let path = directory.join(LOCK);
    let file = disk::open_own(&path).map_err(|source| unreadable(&path, source))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse(directory.to_owned())),
        Err(TryLockError::Error(source)) => Err(at(&path, source)),
    }
}

/// Makes sure that the database is a file of our own before SQLite opens it. SQLite gives its other files the mode of the database. So we
/// make the database first, before SQLite could make it readable by others.
fn database(directory: &Path) -> Result<PathBuf, Error> {
    let database = directory.join(DATABASE);
    disk::open_own(&database).map_err(|source| unreadable(&database, source))?;
    for ending in SIDE_FILES {
        let path = directory.join(format!("{DATABASE}{ending}"));
        match disk::open(&path, Whose::Ours) {
            Ok(_) | Err(ReadError::Missing) => {}
            Err(source) => return Err(unreadable(&path, source)),
        }
    }
    Ok(database)
}

fn make_directory(directory: &Path) -> Result<(), Error> {
    match fs::metadata(directory) {
        Ok(data) if data.is_dir() => return Ok(()),
        Ok(_) => return Err(at(directory, io::Error::new(io::ErrorKind::NotADirectory, "it is not a directory"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(at(directory, source)),
    }
    disk::private_directory(directory).map_err(|source| at(directory, source))
}

fn at(path: &Path, source: io::Error) -> Error {
    Error::Directory { path: path.to_owned(), source }
}

fn unreadable(path: &Path, fault: ReadError) -> Error {
    Error::Unreadable { path: path.to_owned(), fault }
}

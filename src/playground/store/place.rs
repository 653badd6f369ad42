//! Where a store lives: in memory, or in a data directory that one process at a time may use.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use rusqlite::Connection;

use crate::playground::{Error, random};

const DATABASE: &str = "playground.sqlite3";
const LOCK: &str = "playground.lock";
const SESSION_SECRET: &str = "session.secret";
const ADDRESS: &str = "playground.address";
const SESSION_SECRET_BYTES: usize = 32;

/// An opened place: the connection, the secret of its session tokens, and the lock that ends with it.
pub struct Place {
    /// The connection, not yet migrated.
    pub connection: Connection,
    /// Signs session tokens. Not in the database, so that it can be read while that is in use, and a copy of it opens nothing.
    pub session_secret: String,
    /// The data directory; `None` in memory.
    pub directory: Option<PathBuf>,
    /// Held as long as the store is open.
    pub lock: Option<File>,
}

/// Opens a place, making the directory (mode 0700) and its files (0600) if needed.
pub fn open(directory: Option<&Path>) -> Result<Place, Error> {
    let Some(directory) = directory else {
        let session_secret = random::hex(SESSION_SECRET_BYTES)?;
        return Ok(Place { connection: Connection::open_in_memory()?, session_secret, directory: None, lock: None });
    };
    make_directory(directory)?;
    let lock = lock(directory)?;
    let database = directory.join(DATABASE);
    // SQLite gives its side files the mode of the database, so that one is made before SQLite could make it readable by others.
    private_file(&database, false).map_err(|source| at(&database, source))?;
    let connection = Connection::open(&database)?;
    // FULL makes a commit durable before it is answered; WAL keeps that at one sync.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let session_secret = session_secret(directory)?;
    Ok(Place { connection, session_secret, directory: Some(directory.to_owned()), lock: Some(lock) })
}

/// Reads the secret of a data directory's session tokens, or makes one. Works while a playground has the directory open.
pub fn session_secret(directory: &Path) -> Result<String, Error> {
    make_directory(directory)?;
    let path = directory.join(SESSION_SECRET);
    match private_file(&path, true) {
        Ok(mut file) => {
            let secret = random::hex(SESSION_SECRET_BYTES)?;
            file.write_all(secret.as_bytes()).and_then(|()| file.sync_all()).map_err(|source| at(&path, source))?;
            Ok(secret)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read_secret(&path),
        Err(source) => Err(at(&path, source)),
    }
}

/// Notes where the playground of a data directory serves, for [`address`].
pub fn announce(directory: &Path, base_url: &str) -> Result<(), Error> {
    let path = directory.join(ADDRESS);
    private_file(&path, false)
        .and_then(|mut file| file.set_len(0).and_then(|()| file.write_all(base_url.as_bytes())))
        .map_err(|source| at(&path, source))
}

/// Where the playground that has a data directory open serves; `None` if none has.
pub fn address(directory: &Path) -> Result<Option<String>, Error> {
    let path = directory.join(LOCK);
    let lock = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(at(&path, source)),
    };
    // Only the lock tells a playground that runs from the trace of one that was killed.
    match lock.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {}
        Ok(()) => return Ok(None),
        Err(TryLockError::Error(source)) => return Err(at(&path, source)),
    }
    let path = directory.join(ADDRESS);
    let mut text = String::new();
    match File::open(&path).and_then(|file| file.take(1024).read_to_string(&mut text)) {
        Ok(_) => Ok(Some(text).filter(|text| !text.is_empty())),
        // It has the directory open and is about to serve.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(at(&path, source)),
    }
}

fn read_secret(path: &Path) -> Result<String, Error> {
    let mut secret = String::new();
    File::open(path).and_then(|file| file.take(1024).read_to_string(&mut secret)).map_err(|source| at(path, source))?;
    // A shorter secret could be a write that was cut off; signing with it would weaken every token.
    if secret.len() == 2 * SESSION_SECRET_BYTES && secret.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(secret)
    } else {
        Err(Error::Damaged { path: path.to_owned(), what: "it holds no session secret" })
    }
}

fn lock(directory: &Path) -> Result<File, Error> {
    let path = directory.join(LOCK);
    let file = private_file(&path, false).map_err(|source| at(&path, source))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse(directory.to_owned())),
        Err(TryLockError::Error(source)) => Err(at(&path, source)),
    }
}

fn make_directory(directory: &Path) -> Result<(), Error> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(|source| at(directory, source))?;
    match fs::metadata(directory) {
        Ok(data) if data.is_dir() => Ok(()),
        Ok(_) => Err(at(directory, io::ErrorKind::NotADirectory.into())),
        Err(source) => Err(at(directory, source)),
    }
}

/// Opens a file that only its owner may read, making it if it is not there.
fn private_file(path: &Path, must_be_new: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    if must_be_new {
        options.create_new(true);
    } else {
        options.create(true).truncate(false);
    }
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn at(path: &Path, source: io::Error) -> Error {
    Error::Directory { path: path.to_owned(), source }
}

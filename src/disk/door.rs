//! How this program reads files. All reads go through here.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read},
    path::Path,
};

use super::{facts, own};

/// Whose file it is. This decides whether we follow a link, and how strictly we check the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The user's, who may keep it elsewhere and put a link in its place.
    Users,
    /// A file that this program made. We never make it a link, give it to another user, or open it to others. So we do not read a file that
    /// is any of these.
    Ours,
}

/// What was read.
#[derive(Clone, Debug)]
pub struct Content {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What the system says about that file.
    pub metadata: Metadata,
}

/// Why a file was not read. Each reason begins with "it", so that the caller can name the file before it.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Nothing is there.
    #[error("there is no such file")]
    Missing,
    /// There is something else than a file, and this is what it is.
    #[error("it is not a regular file but {0}")]
    NotRegular(&'static str),
    /// It is larger than this many bytes.
    #[error("it is larger than {}", size(*.0))]
    TooLarge(u64),
    /// One of our own files is not as we make it.
    #[error(transparent)]
    Doubtful(#[from] own::Doubt),
    /// Its file system gives no answer.
    #[error("it cannot be read: its file system does not answer")]
    Silent,
    /// The system refuses.
    #[error("{}", refused(.0))]
    Io(#[source] io::Error),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing,
            _ => Self::Io(error),
        }
    }
}

impl ReadError {
    /// Whether nothing is there, so that nothing can be lost by writing.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }
}

/// A size in words.
fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..0x10_0000 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

fn refused(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "this program may not read it".to_owned(),
        other => format!("it cannot be read: {other}"),
    }
}

/// Reads a whole file. A file of more than `most` bytes is an error.
pub fn read(path: &Path, most: u64, whose: Whose) -> Result<Content, ReadError> {
    whole(open(path, whose)?, most)
}

/// Reads a file that is open. More than `most` bytes are an error.
pub fn whole((file, metadata): (File, Metadata), most: u64) -> Result<Content, ReadError> {
    if metadata.len() > most {
        return Err(ReadError::TooLarge(most));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    file.take(most + 1).read_to_end(&mut bytes)?;
    // The file may have grown since. And files that the system makes while we read them, as in `/proc`, say that their size is 0.
    if bytes.len() as u64 > most { Err(ReadError::TooLarge(most)) } else { Ok(Content { bytes, metadata }) }
}

/// Opens a regular file for reading, and returns its metadata. It never waits, not even for the writer of a pipe.
pub fn open(path: &Path, whose: Whose) -> Result<(File, Metadata), ReadError> {
    let mut options = OpenOptions::new();
    options.read(true);
    open_with(options, path, whose)
}

/// Opens a regular file that is there already.
pub(super) fn open_with(mut options: OpenOptions, path: &Path, whose: Whose) -> Result<(File, Metadata), ReadError> {
    // Opening a device can have effects: a tape winds back. So we look first, and open only regular files.
    let before = match whose {
        Whose::Users => fs::metadata(path)?,
        Whose::Ours => fs::symlink_metadata(path)?,
    };
    judge(&before, whose)?;
    facts::without_waiting(&mut options, whose == Whose::Users);
    let file = options.open(path).map_err(|error| match whose {
        Whose::Ours if facts::is_link(&error) => own::Doubt::Link.into(),
        _ => ReadError::from(error),
    })?;
    // Something else may have taken its place since we looked.
    let metadata = file.metadata()?;
    judge(&metadata, whose)?;
    Ok((file, metadata))
}

fn judge(metadata: &Metadata, whose: Whose) -> Result<(), ReadError> {
    if whose == Whose::Ours && metadata.is_symlink() {
        return Err(own::Doubt::Link.into());
    }
    if !metadata.is_file() {
        return Err(ReadError::NotRegular(facts::kind(metadata)));
    }
    match whose {
        Whose::Users => Ok(()),
        Whose::Ours => Ok(own::judge_file(metadata)?),
    }
}

//! Media files to upload.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    FileError,
    walk::{Fault, Found, Root, resolve},
};
use crate::{
    api::form::{FilePart, Source},
    disk::{self, Identity},
};

/// The largest file that can be uploaded.
pub const MAX_UPLOAD: u64 = 2 << 30;
/// The setting that names the directories.
const SETTING: &str = "VIDEOSEARCH_UPLOAD_ROOTS (or --upload-root)";

/// What a file shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum MediaKind {
    Video,
    Audio,
    Image,
}

/// The endings of files that the API takes, their media types and kinds.
pub const EXTENSIONS: [(&str, &str, MediaKind); 20] = [
    ("mp4", "video/mp4", MediaKind::Video),
    ("avi", "video/x-msvideo", MediaKind::Video),
    ("mkv", "video/x-matroska", MediaKind::Video),
    ("mov", "video/quicktime", MediaKind::Video),
    ("webm", "video/webm", MediaKind::Video),
    ("mp3", "audio/mpeg", MediaKind::Audio),
    ("wav", "audio/wav", MediaKind::Audio),
    ("flac", "audio/flac", MediaKind::Audio),
    ("m4a", "audio/mp4", MediaKind::Audio),
    ("ogg", "audio/ogg", MediaKind::Audio),
    ("aac", "audio/aac", MediaKind::Audio),
    ("jpg", "image/jpeg", MediaKind::Image),
    ("jpeg", "image/jpeg", MediaKind::Image),
    ("png", "image/png", MediaKind::Image),
    ("webp", "image/webp", MediaKind::Image),
    ("gif", "image/gif", MediaKind::Image),
    ("bmp", "image/bmp", MediaKind::Image),
    ("tiff", "image/tiff", MediaKind::Image),
    ("heic", "image/heic", MediaKind::Image),
    ("heif", "image/heif", MediaKind::Image),
];

/// A file that may be uploaded.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Its name, without its directory.
    pub name: String,
    /// How many bytes it has.
    pub length: u64,
    /// Its media type, by its ending.
    pub media_type: &'static str,
    /// What it shows, by its ending.
    pub kind: MediaKind,
    found: Found,
    identity: Identity,
}

impl Upload {
    /// The part of a form that sends it. Each attempt opens the file again and checks that it is still the same.
    pub fn part(&self) -> FilePart {
        let source = Arc::new(Same { found: self.found.clone(), identity: self.identity });
        FilePart::source(self.name.clone(), self.media_type, self.length, source)
    }
}

/// A file as it was when we first looked.
struct Same {
    found: Found,
    identity: Identity,
}

impl Source for Same {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let (file, metadata) = self.found.open().map_err(io::Error::other)?;
        if Identity::of(&metadata) != self.identity {
            return Err(changed());
        }
        Ok(Box::new(Watched { file, identity: self.identity }))
    }
}

/// Reads a file and checks at its end that it has not changed.
struct Watched {
    file: File,
    identity: Identity,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        if read == 0 && !buffer.is_empty() && Identity::of(&self.file.metadata()?) != self.identity {
            return Err(changed());
        }
        Ok(read)
    }
}

fn changed() -> io::Error {
    io::Error::other("it has changed since the call began")
}

/// Finds a file and checks it.
pub(super) fn look(roots: &[PathBuf], given: &Path) -> Result<Upload, FileError> {
    if roots.is_empty() {
        return Err(FileError::new(
            "no directory is set from which files may be uploaded",
            format!(
                "The user can name one with {SETTING}, or with `videosearch-mcp setup CLIENT --upload-root DIR`, and restart the server."
            ),
        ));
    }
    let shown = given.display();
    // Whoever gives a path that begins at the working directory hears where it was looked for.
    let below = if given.is_absolute() { String::new() } else { format!(" below {}", list(roots)) };
    let (opened, faults) = open_roots(roots);
    let found = resolve(&opened, given).map_err(|fault| match fault {
        Fault::Outside => FileError::new(
            format!("{shown} is not below a directory from which files may be uploaded{faults}"),
            format!("Use a file below {}. The user can name another directory with {SETTING}.", list(roots)),
        ),
        Fault::Io(error) if error.kind() == io::ErrorKind::NotFound => FileError::new(
            format!("there is no file {shown}{below}{faults}"),
            format!("Check the path. Files may be uploaded from {}.", list(roots)),
        ),
        Fault::Io(error) => FileError::new(format!("{shown} cannot be read: {error}"), "Check the file and its permissions."),
    })?;
    let path = found.path();
    let Some((media_type, kind)) = media(&path) else {
        let known: Vec<&str> = EXTENSIONS.iter().map(|(ending, ..)| *ending).collect();
        return Err(FileError::new(
            format!("{shown} has no ending of a media file"),
            format!("These can be uploaded: {}.", known.join(", ")),
        ));
    };
    let unreadable = |reason: String| FileError::new(format!("{shown} cannot be uploaded: {reason}"), "Choose another file.");
    let (_, metadata) = found.open().map_err(|error| unreadable(error.to_string()))?;
    match metadata.len() {
        0 => Err(unreadable("it is empty".into())),
        length if length > MAX_UPLOAD => Err(unreadable(format!("it is larger than {} GiB", MAX_UPLOAD >> 30))),
        length => {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            Ok(Upload { name, length, media_type, kind, found, identity: Identity::of(&metadata) })
        }
    }
}

/// The directories that are there, and which ones are not, in words.
fn open_roots(roots: &[PathBuf]) -> (Vec<Root>, String) {
    let (mut opened, mut faults) = (Vec::new(), String::new());
    for root in roots {
        match Root::new(root) {
            Ok(root) => opened.push(root),
            Err(error) => faults.push_str(&format!("; the directory {} cannot be used: {}", root.display(), disk::unusable(&error))),
        }
    }
    (opened, faults)
}

fn list(roots: &[PathBuf]) -> String {
    roots.iter().map(|root| root.display().to_string()).collect::<Vec<_>>().join(" or ")
}

fn media(path: &Path) -> Option<(&'static str, MediaKind)> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    EXTENSIONS.iter().find(|(known, ..)| *known == ending).map(|&(_, media_type, kind)| (media_type, kind))
}

//! Files that survive a crash: private ones, and replacing one by another in a single step.
//!
//! Whoever reads a file that is replaced here sees the old content or the new one, never a part; after a crash one of the two is there. This
//! layer knows paths and bytes only: not what they mean, no keys, no formats. Start with [`Draft`].

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Seek, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

/// Links in a row that are followed before they are taken for a loop.
const MAX_LINKS: u32 = 40;
/// Names tried for a draft before giving up.
const MAX_NAMES: u32 = 100;

/// Who may read a file that is written here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone: mode 0600, or on Windows an access list with one entry.
    Owner,
    /// Whoever may read the file that it replaces; for a new file, whoever the system lets by default.
    AsBefore,
}

/// The next content of a file, in a temporary file beside it. Dropping it leaves the target as it was.
#[derive(Debug)]
pub struct Draft {
    file: File,
    path: PathBuf,
    target: PathBuf,
    kept: bool,
}

impl Draft {
    /// Opens a draft beside a target, which need not exist; its directory must. A symbolic link is followed, so that the file it leads to
    /// is replaced and the link stays. Success proves that a file can be made there.
    pub fn beside(target: &Path, readers: Readers) -> io::Result<Self> {
        let target = follow(target)?;
        let before = match fs::metadata(&target) {
            Ok(data) if !data.is_file() => return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")),
            Ok(data) => Some(data.permissions()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        // A rename would replace a read-only file without a word, although its owner said that it is not to be changed.
        if readers == Readers::AsBefore && before.as_ref().is_some_and(fs::Permissions::readonly) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
        }
        let (file, path) = create(&target)?;
        let draft = Self { file, path, target, kept: false };
        match (readers, before) {
            (Readers::Owner, _) => restrict(&draft.path)?,
            (Readers::AsBefore, Some(permissions)) => draft.file.set_permissions(permissions)?,
            (Readers::AsBefore, None) => open_to_default(&draft.path)?,
        }
        Ok(draft)
    }

    /// The file that will be replaced, links followed.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Writes the whole content, in place of what was written before, and waits until it is on the disk.
    pub fn write(&mut self, content: &[u8]) -> io::Result<()> {
        self.fill(content)?;
        self.file.sync_all()
    }

    fn fill(&mut self, content: &[u8]) -> io::Result<()> {
        self.file.rewind()?;
        self.file.set_len(0)?;
        self.file.write_all(content)
    }

    /// Puts the draft in the place of the target.
    pub fn commit(mut self) -> io::Result<()> {
        fs::rename(&self.path, &self.target)?;
        self.kept = true;
        sync_directory(&self.target);
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            // Best effort: at worst an empty temporary file stays behind.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Replaces a file, or makes it.
pub fn replace(target: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    let mut draft = Draft::beside(target, readers)?;
    draft.write(content)?;
    draft.commit()
}

/// Replaces a private file without waiting for the disk: for what a power cut may take, such as a cache.
pub fn replace_lightly(target: &Path, content: &[u8]) -> io::Result<()> {
    let mut draft = Draft::beside(target, Readers::Owner)?;
    draft.fill(content)?;
    fs::rename(&draft.path, &draft.target)?;
    draft.kept = true;
    Ok(())
}

/// Makes a private file under a name that must be free, and waits until it is on the disk. A link under that name is not followed.
pub fn keep(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = private().open(path)?;
    let filled = restrict(path).and_then(|()| file.write_all(content)).and_then(|()| file.sync_all());
    if filled.is_err() {
        // Best effort: a part of the content is of no use.
        let _ = fs::remove_file(path);
    }
    sync_directory(path);
    filled
}

/// Makes a directory that only its owner may enter, and those above it. One that exists is left as it is.
pub fn private_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Where a path leads when symbolic links in its last component are followed. The end need not exist.
pub fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut at = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::symlink_metadata(&at) {
            Ok(data) if data.is_symlink() => {
                let next = fs::read_link(&at)?;
                at = at.parent().map_or_else(|| next.clone(), |parent| parent.join(&next));
            }
            Ok(_) => return Ok(at),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(at),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "its symbolic links lead in a circle"))
}

/// Makes a file of a new name beside the target, readable by its owner alone.
fn create(target: &Path) -> io::Result<(File, PathBuf)> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = target.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it names no file"))?;
    let options = private();
    for _ in 0..MAX_NAMES {
        let mut draft = std::ffi::OsString::from(".");
        draft.push(name);
        draft.push(format!(".{}-{}.tmp", process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
        let path = target.with_file_name(draft);
        match options.open(&path) {
            Ok(file) => return Ok((file, path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// How a file is made that only its owner may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Gives a new file the mode that programs usually give, less what the umask takes away.
#[cfg(unix)]
fn open_to_default(draft: &Path) -> io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    // Only making a file shows the umask; this name is taken by nobody else, since it is longer than a free one.
    let probe = draft.with_extension("mode");
    let file = OpenOptions::new().write(true).create_new(true).mode(0o666).open(&probe)?;
    let mode = file.metadata().map(|data| data.permissions().mode());
    fs::remove_file(&probe)?;
    fs::set_permissions(draft, fs::Permissions::from_mode(mode?))
}

#[cfg(not(unix))]
fn open_to_default(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes sure that only the owner may read a file.
#[cfg(not(windows))]
#[expect(clippy::unnecessary_wraps, reason = "on Windows it can fail")]
fn restrict(_: &Path) -> io::Result<()> {
    // It was made with mode 0600.
    Ok(())
}

/// Replaces the inherited access list by one that names the current user alone, with the system's own tool.
#[cfg(windows)]
fn restrict(path: &Path) -> io::Result<()> {
    let user = std::env::var("USERNAME").map_err(|_| io::Error::other("USERNAME is not set, so the file cannot be made private"))?;
    let owner = match std::env::var("USERDOMAIN") {
        Ok(domain) => format!("{domain}\\{user}"),
        Err(_) => user,
    };
    let done = process::Command::new("icacls")
        .arg(path)
        .args(["/inheritance:r", "/grant:r"])
        .arg(format!("{owner}:F"))
        .stdin(process::Stdio::null())
        .stdout(process::Stdio::null())
        .stderr(process::Stdio::null())
        .status()?;
    if done.success() { Ok(()) } else { Err(io::Error::other("icacls could not make the file private")) }
}

/// Makes the rename itself durable, where directories can be synced. Best effort: the file's content is already on the disk.
fn sync_directory(target: &Path) {
    if let Some(directory) = target.parent() {
        let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        let _ = File::open(directory).and_then(|directory| directory.sync_all());
    }
}

#[cfg(test)]
mod tests;

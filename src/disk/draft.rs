//! How this program writes files. A rename replaces a file in one step. Where that is not possible, we write into the file itself, and keep
//! a copy of its old content beside it until that is done.

use std::{
    ffi::OsString,
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use super::{Whose, door::open_with, facts, follow, own, windows};

/// How many names we try for a temporary file before we give up.
const MAX_NAMES: u32 = 100;

/// Who may read a file that is written here. The owner and the group of a file that is replaced stay the same in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone: mode 0600, or on Windows an access list with one entry.
    Owner,
    /// Whoever may read the file that it replaces; for a new file, whoever the system lets by default. A read-only file is not replaced.
    AsBefore,
    /// Whoever may read the file that it replaces; a new file is for its owner alone.
    AsBeforeElseOwner,
}

/// The next content of a file, in a temporary file beside it. Dropping it leaves the target as it was.
#[derive(Debug)]
pub struct Draft {
    next: Temporary,
    target: PathBuf,
    way: Way,
}

/// How the next content gets into its place.
#[derive(Debug)]
enum Way {
    /// By a rename, in one step.
    Rename,
    /// Into the file that is there, which is already open. For a file that no other file may replace, or whose owner a new file could not
    /// have.
    Into(File),
    /// The same, and only its owner may read it from then on.
    IntoShut(File, Metadata),
}

/// A file of a new name beside another one, readable by its owner alone; deleted when dropped.
#[derive(Debug)]
pub(super) struct Temporary {
    pub file: File,
    pub path: PathBuf,
    kept: bool,
}

impl Draft {
    /// Opens a draft beside a target, which need not exist; its directory must. A symbolic link is followed, so that the file it leads to
    /// is replaced and the link stays.
    ///
    /// If this succeeds, the target can be written. A file that cannot be replaced (a mount of its own, an owner that we cannot keep) is
    /// opened for writing here. A file that cannot be changed at all is refused.
    pub fn beside(target: &Path, readers: Readers) -> io::Result<Self> {
        let target = follow(target)?;
        let before = match fs::metadata(&target) {
            Ok(data) if !data.is_file() => return Err(refusal(format!("it is not a regular file but {}", facts::kind(&data)))),
            Ok(data) => Some(data),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        // A rename replaces even a read-only file, but its owner wants nobody to change it.
        if readers == Readers::AsBefore && before.as_ref().is_some_and(|before| before.permissions().readonly()) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
        }
        for (path, what) in [(target.as_path(), "it"), (directory(&target), "its directory")] {
            if let Some(why) = facts::sealed(path) {
                return Err(refusal(format!("{what} is {why}")));
            }
        }
        let next = Temporary::beside(&target, "tmp")?;
        let mut way = way(&target, before.as_ref(), &next.file)?;
        if readers == Readers::Owner {
            way = match (way, before.clone()) {
                (Way::Into(file), Some(before)) => {
                    own::can_shut(&before)?;
                    Way::IntoShut(file, before)
                }
                (way, _) => way,
            };
        }
        match (&way, before, readers) {
            (Way::Rename, None, Readers::AsBefore) => open_to_default(&next)?,
            (Way::Rename, Some(before), Readers::AsBefore | Readers::AsBeforeElseOwner) => {
                if readers == Readers::AsBeforeElseOwner {
                    windows::restrict(&next.path)?;
                }
                next.file.set_permissions(before.permissions())?;
            }
            (Way::Rename, ..) => windows::restrict(&next.path)?,
            (Way::Into(_) | Way::IntoShut(..), ..) => {}
        }
        Ok(Self { next, target, way })
    }

    /// The file that will be replaced, after following links.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Writes the whole content over what was written before, and waits until it is on the disk.
    pub fn write(&mut self, content: &[u8]) -> io::Result<()> {
        fill(&mut self.next.file, content)?;
        self.next.file.sync_all()
    }

    /// Puts the draft in the place of the target.
    pub fn commit(self) -> io::Result<()> {
        let Self { next, target, way } = self;
        match way {
            Way::Into(file) => into(file, next, &target),
            Way::IntoShut(file, before) => {
                // Before the content, which others must not read for a moment.
                own::shut(&file, &before)?;
                into(file, next, &target)
            }
            Way::Rename => match fs::rename(&next.path, &target) {
                Ok(()) => {
                    next.keep();
                    sync_directory(&target);
                    Ok(())
                }
                // The target is a mount, and the system did not tell us.
                Err(error) if matches!(error.kind(), io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices) => {
                    into(writable(&target)?, next, &target)
                }
                Err(error) => Err(error),
            },
        }
    }
}

/// How we can write a target so that its owner and group stay. The draft gets the same ones if the system allows it.
fn way(target: &Path, before: Option<&Metadata>, draft: &File) -> io::Result<Way> {
    let Some(before) = before else { return Ok(Way::Rename) };
    let why = if facts::is_mount(target) {
        "it is a mount of its own, which no other file can replace"
    } else if !give(draft, before) {
        "it belongs to another user or group, and a new file would not"
    } else if !replaceable(target, before) {
        "this user may not replace it in its directory"
    } else {
        return Ok(Way::Rename);
    };
    let reason = |error: io::Error| io::Error::new(error.kind(), format!("{why}, and this program cannot write into it either: {error}"));
    writable(target).map(Way::Into).map_err(reason)
}

/// Opens a file to write into it.
fn writable(target: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    open_with(options, target, Whose::Users).map(|(file, _)| file).map_err(io::Error::other)
}

/// Writes a draft's content into a file. A copy of the old content is beside it until that is done. After a crash the copy is still there.
fn into(mut file: File, mut next: Temporary, target: &Path) -> io::Result<()> {
    let (mut content, mut old) = (Vec::new(), Vec::new());
    next.file.rewind()?;
    next.file.read_to_end(&mut content)?;
    file.rewind()?;
    file.read_to_end(&mut old)?;
    let mut safe = Temporary::beside(target, "before")?;
    windows::restrict(&safe.path)?;
    safe.file.write_all(&old)?;
    safe.file.sync_all()?;
    let written = fill(&mut file, &content).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // We cannot put the old content back, so its copy stays.
        if fill(&mut file, &old).and_then(|()| file.sync_all()).is_err() {
            let place = safe.path.display().to_string();
            safe.keep();
            return Err(io::Error::new(error.kind(), format!("{error}; what it held before is in {place}")));
        }
        return Err(error);
    }
    Ok(())
}

/// Replaces a file, or makes it.
pub fn replace(target: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    let mut draft = Draft::beside(target, readers)?;
    draft.write(content)?;
    draft.commit()
}

/// Replaces a file, and gives it the owner, group and readers of another file if the system allows it. A link at `target` is replaced, not
/// followed.
pub fn replace_like(target: &Path, content: &[u8], like: &Path) -> io::Result<()> {
    let mut made = Temporary::beside(target, "tmp")?;
    windows::restrict(&made.path)?;
    made.file.write_all(content)?;
    if let Ok(model) = fs::metadata(like)
        && give(&made.file, &model)
    {
        made.file.set_permissions(model.permissions())?;
    }
    made.file.sync_all()?;
    made.become_file(target)?;
    sync_directory(target);
    Ok(())
}

/// Checks that a file can be deleted or replaced, as far as we can tell beforehand. A missing file is no error.
pub fn removable(path: &Path) -> io::Result<()> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if metadata.is_dir() {
        return Err(refusal("it is a directory"));
    }
    if metadata.is_symlink() {
        return Ok(());
    }
    if let Some(why) = facts::sealed(path) {
        return Err(refusal(format!("it is {why}")));
    }
    if facts::is_mount(path) { Err(refusal("it is a mount of its own, which no other file can replace")) } else { Ok(()) }
}

/// Makes a private file under a name that must be free, and waits until it is on the disk. A link under that name is not followed.
pub fn keep(path: &Path, content: &[u8]) -> io::Result<()> {
    own::made(path, content)?.take_free_name(path)?;
    sync_directory(path);
    Ok(())
}

/// Like [`keep`], but the file gets the owner of another file: root may keep something for a user.
pub fn keep_like(path: &Path, content: &[u8], like: &Path) -> io::Result<()> {
    let made = own::made(path, content)?;
    // While we hold the file itself: whoever owns the directory can put a link under its name.
    if let Ok(model) = fs::metadata(like) {
        give(&made.file, &model);
    }
    made.take_free_name(path)?;
    sync_directory(path);
    Ok(())
}

/// The name of the file that a draft of this name was to become, and something after it. `None` if it is no name of a draft. A process that
/// was killed leaves drafts behind.
pub fn drafted(name: &str) -> Option<&str> {
    name.strip_prefix('.')?.strip_suffix(".tmp")
}

impl Temporary {
    /// Makes a temporary file beside a target.
    pub fn beside(target: &Path, ending: &str) -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = target.file_name().ok_or_else(|| refusal("it names no file"))?;
        let options = private();
        for _ in 0..MAX_NAMES {
            let mut own = OsString::from(".");
            own.push(name);
            own.push(format!(".{}-{}.{ending}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
            let path = target.with_file_name(own);
            match options.open(&path) {
                Ok(file) => return Ok(Self { file, path, kept: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Renames it to a path, and replaces what is there.
    pub fn become_file(self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        self.keep();
        Ok(())
    }

    /// Gives the file a name that must be free. A link under that name is not followed.
    pub fn take_free_name(self, path: &Path) -> io::Result<()> {
        match fs::hard_link(&self.path, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            Ok(()) => Ok(()),
            // Not every file system has links. Then a file that somebody else makes in this very moment is replaced.
            Err(_) => match fs::symlink_metadata(path) {
                Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
                Err(_) => self.become_file(path),
            },
        }
    }

    /// Makes sure that dropping it deletes nothing: the file stays, or has another name now.
    fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.kept {
            // Best effort: at worst a temporary file stays behind.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Options for making a file that only its owner may read.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn fill(file: &mut File, content: &[u8]) -> io::Result<()> {
    file.rewind()?;
    file.set_len(0)?;
    file.write_all(content)
}

fn refusal(reason: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, reason.into())
}

/// Gives a file the owner and the group of another one. Returns whether it has them now.
#[cfg(unix)]
fn give(file: &File, like: &Metadata) -> bool {
    use std::os::unix::fs::{MetadataExt, fchown};
    let Ok(own) = file.metadata() else { return false };
    let uid = (own.uid() != like.uid()).then(|| like.uid());
    let gid = (own.gid() != like.gid()).then(|| like.gid());
    (uid.is_none() && gid.is_none()) || fchown(file, uid, gid).is_ok()
}

#[cfg(not(unix))]
fn give(_: &File, _: &Metadata) -> bool {
    true
}

/// Whether this user may replace the file in its directory. In a sticky directory, as `/tmp` is, only an owner may.
#[cfg(unix)]
fn replaceable(target: &Path, before: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let Ok(directory) = fs::metadata(directory(target)) else { return true };
    let user = facts::user();
    directory.mode() & 0o1000 == 0 || user == 0 || [before.uid(), directory.uid()].contains(&user)
}

#[cfg(not(unix))]
fn replaceable(_: &Path, _: &Metadata) -> bool {
    true
}

/// Gives a new file the usual mode: 0666 less what the umask takes away.
#[cfg(unix)]
fn open_to_default(draft: &Temporary) -> io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    // Only a new file shows the umask. The name is ours, since it has the process id and the number of the draft in it.
    let probe = draft.path.with_extension("mode");
    let file = OpenOptions::new().write(true).create_new(true).mode(0o666).open(&probe)?;
    let mode = file.metadata().map(|data| data.permissions().mode());
    fs::remove_file(&probe)?;
    draft.file.set_permissions(fs::Permissions::from_mode(mode?))
}

#[cfg(not(unix))]
fn open_to_default(_: &Temporary) -> io::Result<()> {
    Ok(())
}

/// Makes the rename itself durable, where directories can be synced. Best effort: the file's content is already on the disk.
pub(super) fn sync_directory(target: &Path) {
    let _ = File::open(directory(target)).and_then(|directory| directory.sync_all());
}

/// The directory of a file.
fn directory(target: &Path) -> &Path {
    match target.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    }
}

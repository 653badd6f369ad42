//! Finds the real path of a file below a directory, and looks at nothing outside of that directory on the way.

use std::{
    collections::VecDeque,
    ffi::OsString,
    fs::{self, File, Metadata},
    io,
    path::{Component, Path, PathBuf},
};

use crate::disk::{self, ReadError};

/// How many links in all we follow before we take them for a loop.
const MAX_LINKS: u32 = 40;

/// Why there is no such file.
#[derive(Debug)]
pub(super) enum Fault {
    /// The path, or a link on the way, leads out of the directories.
    Outside,
    /// Something on the way is not there or cannot be read.
    Io(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A directory under the name that it was given, and its real path.
pub(super) struct Root {
    pub given: PathBuf,
    pub real: PathBuf,
}

impl Root {
    pub fn new(given: &Path) -> io::Result<Self> {
        let real = fs::canonicalize(given)?;
        if !fs::metadata(&real)?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self { given: given.to_owned(), real })
    }

    /// What follows this directory in an absolute path.
    fn rest<'p>(&self, path: &'p Path) -> Option<&'p Path> {
        below(&self.given, path).or_else(|| below(&self.real, path))
    }
}

/// A file below one of the directories, after all links.
#[derive(Clone, Debug)]
pub(super) struct Found {
    root: PathBuf,
    below: PathBuf,
}

impl Found {
    /// Its real path, to be shown. To open it again by its path could lead to another file.
    pub fn path(&self) -> PathBuf {
        self.root.join(&self.below)
    }

    /// Opens it, folder after folder, and follows no link. So it is below the directory, whatever was put in the place of a folder since.
    pub fn open(&self) -> Result<(File, Metadata), ReadError> {
        disk::open_below(&self.root, &self.below)
    }
}

/// Finds a file below one of the directories. Links are followed inside of these only.
pub(super) fn resolve(roots: &[Root], path: &Path) -> Result<Found, Fault> {
    if path.is_absolute() {
        let (root, rest) = roots.iter().find_map(|root| Some((root, root.rest(path)?))).ok_or(Fault::Outside)?;
        return follow(roots, &root.real, rest);
    }
    let mut fault = Fault::Outside;
    for root in roots {
        match follow(roots, &root.real, path) {
            Ok(found) => return Ok(found),
            Err(Fault::Outside) => {}
            Err(missing) => fault = missing,
        }
    }
    Err(fault)
}

/// One step of a path.
enum Step {
    Up,
    Down(OsString),
}

fn steps(path: &Path) -> Result<Vec<Step>, Fault> {
    path.components()
        .filter_map(|component| match component {
            Component::CurDir => None,
            Component::ParentDir => Some(Ok(Step::Up)),
            Component::Normal(name) => Some(Ok(Step::Down(name.to_owned()))),
            Component::RootDir | Component::Prefix(_) => Some(Err(Fault::Outside)),
        })
        .collect()
}

fn follow(roots: &[Root], start: &Path, rest: &Path) -> Result<Found, Fault> {
    let mut at = start.to_owned();
    let mut ahead: VecDeque<Step> = steps(rest)?.into();
    let mut links = 0;
    while let Some(step) = ahead.pop_front() {
        let next = match step {
            Step::Up => {
                at.pop();
                if !roots.iter().any(|root| at.starts_with(&root.real)) {
                    return Err(Fault::Outside);
                }
                continue;
            }
            Step::Down(name) => at.join(name),
        };
        if !fs::symlink_metadata(&next)?.is_symlink() {
            at = next;
            continue;
        }
        links += 1;
        if links > MAX_LINKS {
            return Err(io::Error::other("its symbolic links lead in a circle").into());
        }
        let target = fs::read_link(&next)?;
        let way = if target.is_absolute() {
            let (root, rest) = roots.iter().find_map(|root| Some((root, root.rest(&target)?))).ok_or(Fault::Outside)?;
            at.clone_from(&root.real);
            rest
        } else {
            target.as_path()
        };
        for step in steps(way)?.into_iter().rev() {
            ahead.push_front(step);
        }
    }
    // Of directories in each other the outer one counts, so that more folders are checked when the file is opened.
    let below = |root: &Root| Some(Found { root: root.real.clone(), below: at.strip_prefix(&root.real).ok()?.to_owned() });
    roots.iter().filter_map(below).max_by_key(|found| found.below.components().count()).ok_or(Fault::Outside)
}

/// What follows a directory in a path, where both are absolute. On Windows the case of letters does not count, nor does the prefix of long
/// paths.
fn below<'p>(directory: &Path, path: &'p Path) -> Option<&'p Path> {
    let mut rest = path.components();
    for ours in directory.components() {
        if !same(ours, rest.next()?) {
            return None;
        }
    }
    Some(rest.as_path())
}

fn same(ours: Component<'_>, theirs: Component<'_>) -> bool {
    use std::path::Prefix::{Disk, UNC, VerbatimDisk, VerbatimUNC};
    match (ours, theirs) {
        (Component::Prefix(ours), Component::Prefix(theirs)) => match (ours.kind(), theirs.kind()) {
            (Disk(ours) | VerbatimDisk(ours), Disk(theirs) | VerbatimDisk(theirs)) => ours.eq_ignore_ascii_case(&theirs),
            (UNC(server, share) | VerbatimUNC(server, share), UNC(other, place) | VerbatimUNC(other, place)) => {
                server.eq_ignore_ascii_case(other) && share.eq_ignore_ascii_case(place)
            }
            (ours, theirs) => ours == theirs,
        },
        (Component::Normal(ours), Component::Normal(theirs)) if cfg!(windows) => {
            ours.to_string_lossy().to_lowercase() == theirs.to_string_lossy().to_lowercase()
        }
        (ours, theirs) => ours == theirs,
    }
}

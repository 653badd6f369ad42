//! The program that an entry of a client starts. It is looked at, and not executed.

use std::path::{Path, PathBuf};

#[cfg(unix)]
use super::settings;
use super::{check::Finding, exam::Exam};
use crate::{cli::word::word, hosts::Entry};

/// Whether the command exists and is this binary. `None` if it is another program, which may start us.
pub fn command(entry: &Entry, exam: &Exam) -> Result<Option<Finding>, Box<Finding>> {
    let here = std::env::current_exe().ok();
    let this = here.as_deref().map_or_else(|| "this binary".to_owned(), |path| exam.shown(path));
    let put = format!("Put {this} there as the command.");
    let fail = |found: String| Err(Box::new(Finding::fail(found, &put)));
    let named = Path::new(&entry.command);
    let bare = named.components().count() == 1 && !entry.command.contains(['/', '\\']);
    if entry.command.starts_with(['~', '$', '%']) {
        return fail(format!("its command begins with {}, which only a shell replaces", entry.command.chars().next().unwrap_or('~')));
    }
    let path = if bare { on_path(&entry.command, exam) } else { named.is_file().then(|| named.to_owned()) };
    let Some(path) = path else {
        let where_to = if bare { "not on the PATH" } else { "not there" };
        return fail(format!("its command {} is {where_to}", exam.shown(named)));
    };
    if !executable(&path) {
        let place = exam.shown(&path);
        return Err(Box::new(Finding::fail(format!("its command {place} may not be executed"), format!("chmod 755 {}", word(&place)))));
    }
    let ours = Entry { command: entry.command.clone(), ..Entry::default() }.is_ours();
    if !ours && !here.as_deref().is_some_and(|here| same_file(&path, here)) {
        return Ok(None);
    }
    if !bare && named.is_relative() {
        let found = format!("its command {} is a relative path; clients start in directories of their own choice", named.display());
        return Ok(Some(Finding::warn(found, put)));
    }
    if here.as_deref().is_some_and(|here| same_file(&path, here)) {
        return Ok(Some(Finding::ok("this binary")));
    }
    let found = format!("it starts another copy of this program: {}", exam.shown(&path));
    Ok(Some(Finding::warn(found, format!("{put} Or run the doctor of that copy."))))
}

pub fn file_name(command: &str) -> &str {
    command.rsplit(['/', '\\']).next().unwrap_or(command)
}

fn on_path(name: &str, exam: &Exam) -> Option<PathBuf> {
    let endings: &[&str] = if cfg!(windows) { &["", ".exe", ".cmd"] } else { &[""] };
    let directories: Vec<PathBuf> = std::env::split_paths(exam.variable("PATH")?).collect();
    let candidates = directories.iter().flat_map(|directory| endings.iter().map(move |ending| directory.join(format!("{name}{ending}"))));
    candidates.into_iter().find(|path| path.is_file() && executable(path))
}

#[cfg(unix)]
fn executable(path: &Path) -> bool {
    settings::mode(path).is_some_and(|mode| mode & 0o111 != 0)
}

#[cfg(not(unix))]
fn executable(_: &Path) -> bool {
    true
}

/// Whether both lead to the same file, by links of either kind.
pub fn same_file(one: &Path, other: &Path) -> bool {
    let (Ok(one), Ok(other)) = (one.canonicalize(), other.canonicalize()) else { return false };
    one == other || same_inode(&one, &other)
}

#[cfg(unix)]
fn same_inode(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |path: &Path| path.metadata().ok().map(|data| (data.dev(), data.ino()));
    identity(one).is_some_and(|inode| identity(other) == Some(inode))
}

#[cfg(not(unix))]
fn same_inode(_: &Path, _: &Path) -> bool {
    false
}

//! New files that are written piece by piece.

use std::{
    io::{self, Write},
    path::Path,
};

use super::{
    draft::{Temporary, sync_directory},
    windows,
};

/// A new private file without a name of its own yet. Dropping it deletes it.
#[derive(Debug)]
pub struct Fresh(Temporary);

impl Fresh {
    /// A file in a directory, which must exist.
    pub fn within(directory: &Path) -> io::Result<Self> {
        let made = Temporary::beside(&directory.join("new"), "part")?;
        windows::restrict(&made.path)?;
        Ok(Self(made))
    }

    /// Where it is until it gets its name.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Waits until its content is on the disk, and gives it a name in the same file system. The name must be free; a link under it is not
    /// followed.
    pub fn place(self, path: &Path) -> io::Result<()> {
        self.place_if(path, || true)
    }

    /// The same, if it still may once its content is on the disk. That can take long, and whoever waited may have given up.
    pub fn place_if(self, path: &Path, may: impl FnOnce() -> bool) -> io::Result<()> {
        self.0.file.sync_all()?;
        if !may() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.0.take_free_name(path)?;
        sync_directory(path);
        Ok(())
    }
}

impl Write for Fresh {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.file.flush()
    }
}

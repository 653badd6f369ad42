//! Files of the user that tools read and write: media to upload, exports to save, secrets of other services.
//!
//! A model chooses the names, so nothing here trusts them. A file is read only below a directory that the user named in a setting for just
//! this purpose, and links are followed only inside of it. Without such a directory nothing is read or written, and the refusal says which
//! setting to use. A file is never replaced. What a secret file holds appears in no error, no log and no answer.
//!
//! All work with the disk happens on threads that nobody waits for at the end, and within a limit of time. This layer must not know tools
//! or the client. Start with [`Files`].

mod name;
mod named;
mod save;
mod secret;
mod upload;
mod walk;

use std::path::{Path, PathBuf};

use crate::{
    config::{Config, at_home, variable},
    disk::{
        PATIENCE,
        aside::{Places, aside},
    },
};

pub use save::{Save, Saved};
pub use secret::{Kept, MAX_SECRET, Secret};
pub use upload::{EXTENSIONS, MAX_UPLOAD, MediaKind, Upload};

/// Threads that look at files to upload.
static UPLOADS: Places = Places::free();
/// Threads that read and keep secrets.
static SECRETS: Places = Places::free();

/// Why a file is not read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct FileError {
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub next: String,
}

impl FileError {
    fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what: plain(what.into()), next: next.into() }
    }
}

/// A message without the number that the operating system gives to an error, which says nothing to whoever reads it.
fn plain(mut what: String) -> String {
    if let Some((start, end)) = what.find(" (os error ").and_then(|start| Some((start, start + what.get(start..)?.find(')')?))) {
        what.replace_range(start..=end, "");
    }
    what
}

/// The places that the settings name.
#[derive(Clone, Debug, Default)]
pub struct Files {
    roots: Vec<PathBuf>,
    downloads: Option<PathBuf>,
    secrets: Option<PathBuf>,
    state: Option<PathBuf>,
    reveals: bool,
    /// Whether callers are somebody else than the owner of this machine.
    strangers: bool,
    /// Whether callers may use these files, but sit at another machine.
    remote: bool,
}

impl Files {
    /// The places of a configuration. Looks at nothing yet.
    pub fn new(config: &Config) -> Self {
        let whole = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        Self {
            roots: config.upload_roots.iter().map(whole).collect(),
            downloads: config.download_dir.as_ref().map(whole),
            secrets: config.secrets_dir.as_ref().map(whole),
            state: config.state_dir.as_ref().map(whole),
            reveals: config.reveal_secrets,
            strangers: false,
            remote: false,
        }
    }

    /// For callers at other machines whom the owner of this one lets use its files. They cannot open a file here, so its place is nothing to
    /// them.
    pub fn for_remote_callers(config: &Config) -> Self {
        Self { remote: true, ..Self::new(config) }
    }

    /// For callers who are somebody else than the owner of this machine: no files and no secrets.
    pub fn for_strangers(config: &Config) -> Self {
        Self { reveals: config.reveal_secrets, strangers: true, ..Self::default() }
    }

    /// Whether callers sit at another machine than these files.
    pub fn are_remote(&self) -> bool {
        self.remote
    }

    /// How an answer names a file that was kept here: by its place, or to callers at another machine by its name alone.
    pub fn shown(&self, path: &Path) -> String {
        let name = path.file_name().filter(|_| self.remote).map(Path::new);
        name.unwrap_or(path).display().to_string()
    }

    /// Whether there is a directory to save in.
    pub fn can_save(&self) -> bool {
        self.downloads.is_some() && !self.strangers
    }

    /// Whether answers may show new secrets.
    pub fn reveals_secrets(&self) -> bool {
        self.reveals
    }

    /// Looks at a media file to upload. A path that is not absolute is below one of the directories for uploads.
    pub async fn upload(&self, path: &str) -> Result<Upload, FileError> {
        self.not_for_strangers()?;
        // The home of this machine is nothing to a caller at another.
        let given = if self.remote { PathBuf::from(path) } else { at_home(path.as_ref(), &variable) };
        let roots = self.roots.clone();
        off(&UPLOADS, move || upload::look(&roots, &given)).await?.map_err(|error| self.for_caller(error))
    }

    /// Begins to save a file under a name like this. The name loses all that could lead elsewhere.
    pub async fn save(&self, name: &str) -> Result<Save, FileError> {
        self.not_for_strangers()?;
        let (downloads, name) = (self.downloads.clone(), name.to_owned());
        off(&save::PLACES, move || save::begin(downloads.as_deref(), &name)).await?.map_err(|error| self.for_caller(error))
    }

    /// An error as callers may hear it: those at another machine hear of no place of this one, and not that they could change it.
    fn for_caller(&self, mut error: FileError) -> FileError {
        if self.remote {
            error.next = error.next.replace("The user", "Whoever runs this server").replace("the user", "whoever runs this server");
        }
        let uploads = self.roots.iter().map(|root| (Some(root), "a directory for uploads"));
        let secrets = self.kept_secrets();
        let places = [(self.downloads.as_ref(), "the download directory"), (secrets.as_ref(), "the directory for secrets")];
        for (place, words) in places.into_iter().chain(uploads).filter_map(|(place, words)| Some((place?, words))).filter(|_| self.remote) {
            for text in [&mut error.what, &mut error.next] {
                *text = named::renamed(text, place, words);
            }
        }
        error
    }

    fn not_for_strangers(&self) -> Result<(), FileError> {
        if self.strangers {
            let what = "this server reads and writes no files of its machine for a caller with a key of their own";
            return Err(FileError::new(what, "Run a server of your own on the machine where your files are."));
        }
        Ok(())
    }

    /// Reads a secret of another service: `file:NAME` below the directory for secrets, or `env:VIDEOSEARCH_SECRET_NAME`. Nothing that leaves
    /// the process repeats it from now on.
    pub async fn secret(&self, from: &str) -> Result<Secret, FileError> {
        if self.strangers {
            let what = "this server gives its own secrets to no caller with a key of their own";
            return Err(FileError::new(what, "Run a server of your own for that, or give the secret as an argument."));
        }
        let (secrets, from) = (self.secrets.clone(), from.to_owned());
        off(&SECRETS, move || secret::read(secrets.as_deref(), &from, &variable)).await?.map_err(|error| self.for_caller(error))
    }

    /// Whether a new secret can reach its owner: in an answer, or in a file of theirs. Ask before a call that makes one.
    pub async fn can_hand_over(&self) -> Result<(), FileError> {
        if self.reveals {
            return Ok(());
        }
        if self.strangers {
            let what = "this server has no way to hand a new secret over to a caller with a key of their own";
            return Err(FileError::new(
                what,
                "Run a server of your own for that; or whoever runs this one starts it with --reveal-secrets.",
            ));
        }
        let directory = self.kept_secrets();
        let can = off(&SECRETS, move || secret::can_keep(directory.as_deref())).await.flatten();
        match can {
            Err(error) if self.remote => {
                tracing::warn!(%error, "a caller asked for a new secret, which could not be kept");
                Err(FileError::new("this server cannot keep a new secret", "Its log says why; whoever runs it has to mend that."))
            }
            can => can,
        }
    }

    /// Keeps a new secret in a file that only this user can read, and returns where it is.
    pub async fn keep_secret(&self, name: &str, secret: &str) -> Result<Kept, FileError> {
        crate::fence::hide_secret(secret);
        let (directory, name, secret) = (self.kept_secrets(), name.to_owned(), secret.to_owned());
        let unconfirmed = {
            let place = directory.as_ref().map(|directory| directory.join(&name).display().to_string()).unwrap_or_default();
            FileError::new(
                "the disk has not confirmed that it has it",
                format!("It may be in {place}, or come there in a moment: look there before anything else."),
            )
        };
        // It is sent once only, so we wait as long as for a whole file, and the thread keeps it even if that is too short.
        let kept =
            aside(&SECRETS, save::SLOW, move || secret::keep(directory.as_deref(), &name, &secret)).await.unwrap_or(Err(unconfirmed));
        if self.remote {
            // Whoever runs this server hears what the caller does not.
            match &kept {
                Ok(kept) => {
                    tracing::info!(path = %kept.path.display(), "a new secret is kept for a caller");
                    if kept.replaceable {
                        tracing::warn!("other users of this machine can replace the file of the secret; chmod 700 its directory");
                    }
                }
                Err(error) => tracing::warn!(%error, "a new secret of a caller could not be kept"),
            }
        }
        kept.map_err(|error| self.for_caller(error))
    }

    /// Where new secrets are kept.
    fn kept_secrets(&self) -> Option<PathBuf> {
        self.secrets.clone().or_else(|| self.state.as_ref().map(|state| state.join("secrets")))
    }
}

/// Does some work on a thread of its own.
async fn off<T: Send + 'static>(places: &'static Places, work: impl FnOnce() -> T + Send + 'static) -> Result<T, FileError> {
    let silent = || FileError::new("the file system does not answer", "Check whether a disk or a network share is gone, then try again.");
    aside(places, PATIENCE, work).await.ok_or_else(silent)
}

#[cfg(test)]
mod tests;

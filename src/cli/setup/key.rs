//! The key that an entry refers to.

use std::{
    io::{BufRead, Read, stdin},
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow};

use super::{
    here::{self, Here},
    maker::Maker,
};
use crate::{
    cli::{Failure, keys::keep::note_directory, print, terminal, word::word},
    disk::{self, Whose},
    fence,
    hosts::Entry,
    key::{ApiKey, BaseUrl, KeyDraft, KeyFile, KeyForm, KeySource, Sidecar, placeholder, tidy},
};

/// The name of the key file in our directory.
const FILE: &str = "api-key";
/// The placeholder for a key in a printed entry. The server does not take it for a key.
pub(super) const PLACEHOLDER: &str = "<your-api-key>";
/// The variable with a key in it.
pub(super) const VARIABLE: &str = "VIDEOSEARCH_API_KEY";
/// The variable that names a key file.
pub(super) const FILE_VARIABLE: &str = "VIDEOSEARCH_API_KEY_FILE";
/// The most that is read from stdin as a key, in bytes.
const MAX_INPUT: u64 = 4096;

/// The key file that was chosen.
pub(super) struct Chosen {
    pub path: PathBuf,
    /// Whether the user named it. If not, it is the usual one.
    pub named: bool,
}

/// A key, and what has to be done for it.
pub(super) struct KeyPlan {
    path: PathBuf,
    work: Work,
    /// The secret, where it is known already. Never printed.
    secret: Option<String>,
    /// Whether the entry holds the key itself.
    pub inline: bool,
}

enum Work {
    /// It is where it should be.
    Nothing,
    /// The user gave it to us. It may take the place of the one that was there.
    Store { key: ApiKey, before: Option<ApiKey> },
    /// It has to be made.
    Create(Box<Maker>),
    /// We asked its account about it, and it is where it should be.
    Held(BaseUrl),
}

/// The file that a flag or a variable names, or the usual one.
pub(super) fn chosen_file(flag: Option<&PathBuf>, source: &KeySource, here: &Here) -> Result<Chosen, Failure> {
    let named = match (flag, source) {
        (Some(path), _) | (None, KeySource::File { path, .. }) => Some(path),
        _ => None,
    };
    let path = match named {
        Some(path) => std::path::absolute(path).with_context(|| format!("the path {}", path.display()))?,
        None => here.own_directory()?.join(FILE),
    };
    Ok(Chosen { path, named: named.is_some() })
}

/// The variable of the entry that leads to the key.
pub(super) fn variable(inline: Option<&str>, path: &Path) -> anyhow::Result<(String, String)> {
    Ok(match inline {
        Some(secret) => (VARIABLE.into(), secret.to_owned()),
        None => (FILE_VARIABLE.into(), here::text(path)?),
    })
}

/// Finds a key without the account's owner: the one in the file or in the entry, the one in the environment, or one that the user types. Where
/// somebody can be asked, a key that does not look like one may be replaced: nothing else would ask for it again.
pub(super) fn plan(chosen: &Chosen, present: Option<Entry>, source: &KeySource, yes: bool) -> Result<KeyPlan, Failure> {
    let new = |work, secret| KeyPlan { path: chosen.path.clone(), work, secret, inline: false };
    let inline = present.as_ref().and_then(|entry| entry.variable(VARIABLE)).filter(|text| !placeholder(text));
    let inline = inline.and_then(|text| Some((ApiKey::parse(text).ok()?, tidy(text).to_owned())));
    let (before, secret) = match inline {
        Some((key, secret)) => (Some(key), Some(secret)),
        None => (stored(&chosen.path)?, None),
    };
    let text = match (&before, source) {
        (Some(key), _) => {
            odd_form(key);
            match another(key, yes)? {
                Some(text) => text,
                None => return Ok(new(Work::Nothing, secret)),
            }
        }
        (None, KeySource::Variable { name, key: Ok(_) }) => {
            print::note(format_args!("The key is taken from {name}."));
            std::env::var(name)?
        }
        (None, _) => ask(chosen, yes)?,
    };
    if placeholder(&text) {
        return Err(Failure::usage(anyhow!("that is a placeholder, not a key")));
    }
    let key = ApiKey::parse(&text).map_err(|fault| Failure::usage(anyhow!("that is no API key: {fault}")))?;
    fence::hide(&key);
    odd_form(&key);
    Ok(new(Work::Store { key, before }, Some(tidy(&text).to_owned())))
}

/// Asks at the terminal for a key in the place of one that does not look like those of the API. `None` if that one stays.
fn another(key: &ApiKey, yes: bool) -> Result<Option<String>, Failure> {
    if key.form() == KeyForm::Known || yes || !terminal::attended() {
        return Ok(None);
    }
    let text = terminal::secret("Another API key in its place, or nothing to keep it (it is not shown): ")?;
    Ok(Some(text).filter(|text| !tidy(text).is_empty()))
}

/// A plan for a key of an account.
pub(super) fn of_account(path: PathBuf, found: Result<BaseUrl, Box<Maker>>) -> KeyPlan {
    KeyPlan { path, work: found.map_or_else(Work::Create, Work::Held), secret: None, inline: false }
}

/// Whether a key file holds a key. A file that holds something else is an error, since we must not overwrite it.
pub(super) fn usable(path: &Path) -> anyhow::Result<bool> {
    stored(path).map(|key| key.is_some())
}

/// Says so if a key is none of the usual ones: it may have been pasted only in part.
fn odd_form(key: &ApiKey) {
    if key.form() == KeyForm::Other {
        print::note("Note: the key does not look like those of the API (sk_live_ and 48 hexadecimal digits).");
    }
}

fn stored(path: &Path) -> anyhow::Result<Option<ApiKey>> {
    let reading = KeyFile::new(path).read_patiently();
    let present =
        reading.present().map_err(|fault| anyhow!("the key file {}: {fault}. Name another file with --key-file", path.display()))?;
    let Some(key) = present else { return Ok(None) };
    fence::hide(&key);
    if reading.exposed {
        print::note(format_args!(
            "Note: {} is open to other users of this machine. To stop that: chmod 600 {}",
            path.display(),
            word(&path.display().to_string())
        ));
    }
    Ok(Some(key))
}

/// Says who makes the key file of an entry that is only printed, if there is none.
pub(super) fn missing(path: &Path, makes: bool) {
    if path.try_exists().unwrap_or(true) {
        return;
    }
    let how = if makes { "the same command without --print makes a key and stores it there" } else { "put the key there on one line" };
    print::note(format_args!("Note: there is no key file {} yet; {how}.", path.display()));
}

/// Asks at the terminal, or reads a line of stdin.
fn ask(chosen: &Chosen, yes: bool) -> Result<String, Failure> {
    if terminal::attended() {
        return Ok(terminal::secret("API key (it is not shown): ")?);
    }
    if !yes {
        return Err(Failure::usage(anyhow!("there is no terminal to ask at. Add --yes, and pipe the API key in")));
    }
    print::note("Reading the API key from stdin.");
    let mut line = String::new();
    stdin().lock().take(MAX_INPUT).read_line(&mut line).context("reading the API key from stdin")?;
    if tidy(&line).is_empty() {
        if chosen.named {
            let path = chosen.path.display();
            return Err(Failure::usage(anyhow!(
                "there is no key in {path}, and none came through stdin: put the key into that file, pipe it in, or let one be made with a session token (--jwt-file)"
            )));
        }
        return Err(Failure::usage(anyhow!(
            "there is no API key: pipe it in, name its file with --key-file, or let one be made with a session token (--jwt-file)"
        )));
    }
    Ok(line)
}

impl KeyPlan {
    /// The variable of the entry that leads to the key. While the secret is not known, a placeholder stands for it.
    pub fn variable(&self) -> anyhow::Result<(String, String)> {
        let inline = if self.inline { Some(self.read()?.unwrap_or_else(|| PLACEHOLDER.to_owned())) } else { None };
        variable(inline.as_deref(), &self.path)
    }

    /// The key file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The API's address, if the account was asked.
    pub fn base(&self) -> Option<&BaseUrl> {
        match &self.work {
            Work::Create(maker) => Some(maker.base()),
            Work::Held(base) => Some(base),
            Work::Nothing | Work::Store { .. } => None,
        }
    }

    /// The secret, so that it can be taken out of what is shown.
    pub fn secret(&self) -> Option<String> {
        self.read().ok().flatten()
    }

    /// The secret that is known, or in the file.
    fn read(&self) -> anyhow::Result<Option<String>> {
        match (&self.secret, &self.work) {
            (Some(secret), _) => Ok(Some(secret.clone())),
            (None, Work::Nothing | Work::Held(_)) => {
                let content = disk::read_patiently(&self.path, MAX_INPUT, Whose::Users);
                let content = content.map_err(|error| anyhow!("the key file {}: {error}", self.path.display()))?;
                let text = String::from_utf8(content.bytes).map_err(|_| anyhow!("the key file {} is not text", self.path.display()))?;
                Ok(Some(tidy(text.trim_start_matches('\u{feff}')).to_owned()))
            }
            (None, _) => Ok(None),
        }
    }

    /// Whether a new key will be created.
    pub fn creates(&self) -> bool {
        matches!(self.work, Work::Create(_))
    }

    /// Says what will be done for the key.
    pub fn tell(&self) {
        let path = self.path.display();
        match &self.work {
            Work::Nothing if self.secret.is_some() => {
                print::note("The key in the entry stays. To use another one, write it into the entry in its place.");
            }
            Work::Nothing => {
                print::note(format_args!(
                    "The key in {path} is used. To use another one, put it into that file, or delete it and run this again."
                ));
            }
            Work::Held(_) => print::note(format_args!("The key in {path} is used.")),
            Work::Store { .. } if self.inline => {}
            Work::Store { .. } => print::note(format_args!("The key will be stored in {path}, which only you can read.")),
            Work::Create(maker) => print::note(format_args!("{maker} will be created and stored in {path}, which only you can read.")),
        }
        if self.inline {
            print::note("Note: --inline-key puts the key into the client's configuration, where other programs and backups find it.");
        }
    }

    /// Makes and stores the key, and completes the entry. Call it under the lock. If another run stored a key in the meantime, we use that
    /// one.
    pub fn store(&mut self, entry: &mut Entry) -> anyhow::Result<()> {
        match &self.work {
            Work::Nothing | Work::Held(_) => {}
            Work::Store { .. } if self.inline => {}
            Work::Store { before, .. } if stored(&self.path)?.is_some_and(|now| Some(&now) != before.as_ref()) => self.secret = None,
            Work::Create(_) if usable(&self.path)? => self.secret = None,
            Work::Store { key, .. } => {
                note_directory(&self.path);
                let draft = KeyDraft::open(&self.path).with_context(|| format!("writing the key file {}", self.path.display()))?;
                draft.commit(key, &Sidecar::default()).with_context(|| format!("writing the key file {}", self.path.display()))?;
            }
            Work::Create(maker) => maker.make(&self.path)?,
        }
        if !matches!((&self.work, self.inline), (Work::Store { .. }, true)) {
            self.work = Work::Nothing;
        }
        let (name, value) = self.variable()?;
        if let Some((_, old)) = entry.env.iter_mut().find(|(known, _)| *known == name) {
            *old = value;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_takes_the_place_of_the_one_before_and_of_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let key = |text: &str| ApiKey::parse(text).unwrap();
        for (held, expect) in [("badkey", "right"), ("other", "other")] {
            std::fs::write(&path, held).unwrap();
            let work = Work::Store { key: key("right"), before: Some(key("badkey")) };
            let mut plan = KeyPlan { path: path.clone(), work, secret: Some("right".to_owned()), inline: false };
            plan.store(&mut Entry::default()).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap().trim(), expect);
            assert!(matches!(plan.work, Work::Nothing));
        }
    }
}

//! Bearer tokens of the server's own: a file says who they belong to and what they may do at most.
//!
//! The file holds no token, only their SHA-256 sums. A token has 256 random bits, so nobody finds it from its sum. The file is read again
//! when it changes. So a token that was removed is good for a few seconds at most, if the disk answers.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use crate::{
    api::{Scopes, hex},
    disk::{
        self, Doubt, Identity, ReadError, Readers, Whose,
        aside::{Places, aside},
    },
};

/// What every token begins with.
const PREFIX: &str = "vsm_";
/// The most bytes of the file.
const MOST: u64 = 1 << 20;
/// How long the file is taken to be as it was.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a look at the file may take.
const LOOK_WITHIN: Duration = Duration::from_secs(2);
/// After how many looks without an answer we say so: about a minute.
const SILENT: u32 = 20;
/// How many characters a name may have.
const NAME: usize = 64;

/// One token of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Who it belongs to.
    pub name: String,
    /// What it may do at most, as a list of scopes.
    pub scopes: String,
    /// The SHA-256 sum of the token, in hexadecimal.
    sha256: String,
}

/// The holder of a token.
#[derive(Debug, PartialEq, Eq)]
pub struct Holder {
    /// Whose it is. A later token may have the same name, and be somebody else's.
    pub name: String,
    /// What it may do at most.
    pub scopes: Scopes,
    /// The sum of the token, which no other token has.
    pub sum: String,
}

impl Holder {
    fn of((entry, scopes): &(Entry, Scopes)) -> Self {
        Self { name: entry.name.clone(), scopes: *scopes, sum: entry.sha256.clone() }
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    #[serde(default)]
    tokens: Vec<Entry>,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenFault {
    /// It cannot be read.
    #[error("the token file {0}: {1}")]
    Read(String, ReadError),
    /// Others can change it, and so let in whom they want.
    #[error(
        "the token file {0}: {1}, so that they could add tokens of their own; let it and its directory be the user's alone who runs this server (chown, chmod 600), and look who is in it"
    )]
    Doubtful(String, Doubt),
    /// It is not of the form that this program writes.
    #[error("the token file {0} is not as `http token add` writes it: {1}")]
    Form(String, String),
    /// Nobody can be kept from changing it at the same time.
    #[error("the file {0}, which keeps two commands from changing the tokens at once: {1}")]
    Lock(String, ReadError),
    /// It cannot be written.
    #[error("the token file {0} cannot be written: {1}")]
    Write(String, io::Error),
    /// The name cannot be used.
    #[error("{0}")]
    Name(String),
    /// No random numbers.
    #[error("the system gives no random numbers")]
    Random,
}

/// The token file of a server, followed as it changes.
pub struct Tokens {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    entries: Vec<(Entry, Scopes)>,
    seen: Option<Identity>,
    /// Whether others can read it.
    exposed: bool,
    /// Why the file cannot be used now.
    fault: Option<String>,
}

/// What a look found that was not so at the look before.
#[derive(Debug, PartialEq, Eq)]
enum Change {
    /// The file cannot be used, for this reason.
    Lost(String),
    /// It can be used again.
    Back,
}

impl Tokens {
    /// Reads the file.
    pub fn open(path: &Path) -> Result<Self, TokenFault> {
        let state = load(path)?;
        if state.exposed {
            tracing::warn!("the token file can be read by other users of this machine; chmod 600 it");
        }
        if state.entries.is_empty() {
            tracing::warn!("the token file has no token, so nobody is let in until `http token add` makes one");
        }
        Ok(Self { path: path.to_owned(), state: Mutex::new(state) })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.state().entries.len()
    }

    /// Whether others can read the file.
    pub fn are_exposed(&self) -> bool {
        self.state().exposed
    }

    /// Follows the file for ever.
    pub async fn follow(self: Arc<Self>) {
        static PLACES: Places = Places::free();
        let mut silent = 0_u32;
        loop {
            sleep(LOOK_EVERY).await;
            let tokens = Arc::clone(&self);
            // If the disk does not answer, the tokens of before stay good.
            let looked = aside(&PLACES, LOOK_WITHIN, move || tokens.look()).await;
            silent = if looked.is_some() { 0 } else { silent.saturating_add(1) };
            if silent == SILENT {
                tracing::warn!("the disk of the token file does not answer; tokens that were removed since are good until it does");
            }
            match looked.flatten() {
                Some(Change::Lost(error)) => tracing::warn!(%error, "no token is accepted until the file can be read"),
                Some(Change::Back) => tracing::info!("the token file can be read again"),
                None => {}
            }
        }
    }

    /// Reads the file if it changed. Nobody gets in by a file that cannot be read; it is looked at again.
    fn look(&self) -> Option<Change> {
        // Who may change it shows in no other way.
        let now = std::fs::metadata(&self.path).ok().filter(|data| disk::judge_keepers(&self.path, data).is_ok());
        let now = now.map(|data| Identity::of(&data));
        if now.is_some() && now == self.state().seen {
            return None;
        }
        let found = load(&self.path).unwrap_or_else(|error| State { fault: Some(error.to_string()), ..State::default() });
        let fault = found.fault.clone();
        let before = std::mem::replace(&mut *self.state(), found).fault;
        match fault {
            Some(fault) => (before.as_ref() != Some(&fault)).then_some(Change::Lost(fault)),
            None => before.map(|_| Change::Back),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who holds a token. `None` if there is no such token.
    pub fn find(&self, token: &str) -> Option<Holder> {
        let sum = sum(token);
        self.state().entries.iter().find(|(entry, _)| entry.sha256 == sum).map(Holder::of)
    }

    /// Whether there is such a holder.
    pub fn any(&self, fits: impl FnMut(Holder) -> bool) -> bool {
        self.state().entries.iter().map(Holder::of).any(fits)
    }
}

/// Whether a text is a sum as we write it.
fn is_sum(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Reads the name that a token is to have. Returns the rule that it breaks.
pub fn checked_name(name: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
    if name.is_empty() || name.len() > NAME || !name.chars().all(fits) {
        return Err(format!("a name has 1 to {NAME} letters, digits, dots, hyphens, underlines or @"));
    }
    Ok(name.to_owned())
}

/// Adds a token to the file, and makes the file if there is none: the token itself, which is nowhere else.
pub fn add(path: &Path, name: &str, scopes: Scopes) -> Result<String, TokenFault> {
    checked_name(name).map_err(TokenFault::Name)?;
    if !path.exists() {
        // No server would believe what is made there.
        disk::judge_place(path, 0).map_err(|doubt| TokenFault::Doubtful(path.display().to_string(), doubt))?;
    }
    let _lock = lock(path)?;
    let mut content = list(path)?;
    if content.iter().any(|entry| entry.name == name) {
        return Err(TokenFault::Name(format!("there is a token `{name}` already; remove it first, or choose another name")));
    }
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| TokenFault::Random)?;
    let token = format!("{PREFIX}{}", hex(&bytes));
    content.push(Entry { name: name.to_owned(), scopes: scopes.to_string(), sha256: sum(&token) });
    write(path, content)?;
    Ok(token)
}

/// Removes a token from the file. Returns whether there was one.
pub fn remove(path: &Path, name: &str) -> Result<bool, TokenFault> {
    let _lock = lock(path)?;
    let mut content = list(path)?;
    let before = content.len();
    content.retain(|entry| entry.name != name);
    let removed = content.len() < before;
    if removed {
        write(path, content)?;
    }
    Ok(removed)
}

/// All tokens of the file. None if there is no file.
pub fn list(path: &Path) -> Result<Vec<Entry>, TokenFault> {
    match load(path) {
        Ok(state) => Ok(state.entries.into_iter().map(|(entry, _)| entry).collect()),
        Err(TokenFault::Read(_, ReadError::Missing)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Waits until no other process changes the file, and keeps the others from it until the lock is dropped.
fn lock(path: &Path) -> Result<File, TokenFault> {
    let mut beside = disk::follow(path).unwrap_or_else(|_| path.to_owned()).into_os_string();
    beside.push(".lock");
    let failed = |error| TokenFault::Lock(beside.display().to_string(), error);
    let file = disk::open_own(beside.as_ref()).map_err(|error| {
        // If it could not be made, neither can the token file beside it.
        let unwritten = match error {
            ReadError::Missing => io::Error::new(io::ErrorKind::NotFound, "its directory is not there"),
            ReadError::Io(error) if std::fs::symlink_metadata(&beside).is_err() => error,
            error => return failed(error),
        };
        TokenFault::Write(path.display().to_string(), unwritten)
    })?;
    file.lock().map_err(|error| failed(error.into()))?;
    Ok(file)
}

fn load(path: &Path) -> Result<State, TokenFault> {
    let shown = || path.display().to_string();
    let content = disk::read(path, MOST, Whose::Users).map_err(|error| TokenFault::Read(shown(), error))?;
    disk::judge_keepers(path, &content.metadata).map_err(|doubt| TokenFault::Doubtful(shown(), doubt))?;
    let parsed: Content = serde_json::from_slice(&content.bytes).map_err(|error| TokenFault::Form(shown(), error.to_string()))?;
    let with_scopes = |entry: Entry| match Scopes::parse(&entry.scopes) {
        Ok(_) if !is_sum(&entry.sha256) => {
            Err(TokenFault::Form(shown(), format!("the sum of {:?} is not 64 hexadecimal digits in small letters", entry.name)))
        }
        Ok(scopes) => Ok((entry, scopes.closed())),
        Err(error) => Err(TokenFault::Form(shown(), error.to_string())),
    };
    let entries = parsed.tokens.into_iter().map(with_scopes).collect::<Result<_, _>>()?;
    Ok(State { entries, seen: Some(Identity::of(&content.metadata)), exposed: disk::exposed(&content.metadata), fault: None })
}

fn write(path: &Path, tokens: Vec<Entry>) -> Result<(), TokenFault> {
    let failed = |error| TokenFault::Write(path.display().to_string(), error);
    let mut text = serde_json::to_vec_pretty(&Content { tokens }).map_err(|error| failed(error.into()))?;
    text.push(b'\n');
    disk::replace(path, &text, Readers::Owner).map_err(failed)
}

fn sum(token: &str) -> String {
    hex(digest(&SHA256, token.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_added_found_and_removed_and_the_file_holds_none_of_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokens.json");
        let read = Scopes::parse("read").unwrap();
        let token = add(&path, "ci", read).unwrap();
        let other = add(&path, "bob", Scopes::parse("search").unwrap()).unwrap();
        assert!(token.starts_with("vsm_") && token.len() == 68 && token != other);
        assert!(!std::fs::read_to_string(&path).unwrap().contains(&token[4..]));
        let tokens = Tokens::open(&path).unwrap();
        assert_eq!(tokens.find(&token), Some(Holder { name: "ci".to_owned(), scopes: read.closed(), sum: sum(&token) }));
        assert_eq!(tokens.find("vsm_nothing"), None);
        assert!(matches!(add(&path, "ci", read), Err(TokenFault::Name(_))));
        assert!(matches!(add(&path, "a b", read), Err(TokenFault::Name(_))));
        assert!(remove(&path, "ci").unwrap() && !remove(&path, "ci").unwrap());
        assert_eq!(list(&path).unwrap().len(), 1);
        std::fs::write(&path, "{\"tokens\":[{\"name\":\"x\"}]}").unwrap();
        assert!(matches!(Tokens::open(&path), Err(TokenFault::Form(..))));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told_once_and_lets_nobody_in() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokens.json");
        let token = add(&path, "ci", Scopes::parse("read").unwrap()).unwrap();
        let tokens = Tokens::open(&path).unwrap();
        assert_eq!(tokens.look(), None);
        let good = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(tokens.look(), Some(Change::Lost(why)) if why.contains("tokens.json")));
        assert_eq!((tokens.look(), tokens.look(), tokens.find(&token)), (None, None, None));
        std::fs::write(&path, "{").unwrap();
        assert!(matches!(tokens.look(), Some(Change::Lost(why)) if why.contains("http token add")));
        assert_eq!(tokens.look(), None);
        std::fs::write(&path, good).unwrap();
        assert_eq!((tokens.look(), tokens.look()), (Some(Change::Back), None));
        assert!(tokens.find(&token).is_some());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_change_lets_nobody_in() {
        use std::os::unix::fs::PermissionsExt;

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokens.json");
        let read = Scopes::parse("read").unwrap();
        let token = add(&path, "ci", read).unwrap();
        let allow = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        let tokens = Tokens::open(&path).unwrap();
        for mode in [0o666, 0o620, 0o602] {
            allow(mode);
            assert!(matches!(Tokens::open(&path), Err(TokenFault::Doubtful(..))), "{mode:o}");
            assert!(matches!(add(&path, "bob", read), Err(TokenFault::Doubtful(..))), "{mode:o}");
            // Also while it is followed, although nothing else about it changes.
            assert!(matches!(tokens.look(), Some(Change::Lost(why)) if why.contains("chmod 600")), "{mode:o}");
            assert_eq!((tokens.look(), tokens.find(&token)), (None, None));
            allow(0o644);
            assert_eq!(tokens.look(), Some(Change::Back));
            assert!(tokens.find(&token).is_some());
        }
        let lost = |tokens: &Tokens| matches!(tokens.look(), Some(Change::Lost(why)) if why.contains("in its place"));
        std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o777)).unwrap();
        assert!(lost(&tokens) && matches!(Tokens::open(&path), Err(TokenFault::Doubtful(..))));
        std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o1777)).unwrap();
        assert_eq!(tokens.look(), Some(Change::Back));
        let sum = Holder::of(&tokens.state().entries[0]).sum;
        let written = std::fs::read_to_string(&path).unwrap();
        for odd in ["ab", &sum.to_uppercase()] {
            std::fs::write(&path, written.replace(&sum, odd)).unwrap();
            assert!(matches!(Tokens::open(&path), Err(TokenFault::Form(_, why)) if why.contains("64 hexadecimal digits")), "{odd}");
        }
        std::fs::write(&path, written).unwrap();
        // Only root can give files away.
        if std::os::unix::fs::chown(dir.path(), Some(12345), None).is_ok() {
            assert!(lost(&tokens));
            std::os::unix::fs::chown(dir.path(), Some(0), None).unwrap();
            assert_eq!(tokens.look(), Some(Change::Back));
        }
        std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o777)).unwrap();
        assert!(matches!(add(&dir.path().join("new.json"), "ci", read), Err(TokenFault::Doubtful(..))), "nobody would take it");
    }
}

//! Changes one server of a configuration, and nothing else in it.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Entry, Fault, Format, Found, Host, json, toml};
use crate::key::{OTHERS_SECRETS, SPELLINGS};

/// A changed configuration. `Debug` shows nothing of its text, which may hold secrets.
#[derive(Clone)]
pub struct Edit {
    /// The whole text. Equal to the old one if nothing had to change.
    pub text: String,
    /// What to remember so that the change can be taken back.
    pub undo: Undo,
}

/// What a removal needs to know to restore the text. Without it, a removal takes out the entry and nothing more. It may hold a secret: an
/// entry that was replaced. `Debug` shows none of it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Undo {
    /// What was made for the entry.
    pub made: Made,
    /// The text that was there before: inside empty braces, in place of the servers, or in an empty file. For TOML, the gap before the
    /// entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inner: Option<String>,
    /// The text of the entry that was replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced: Option<String>,
}

/// The outermost part that we had to add.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Made {
    /// The entry alone.
    #[default]
    Entry,
    /// The member with the servers.
    Servers,
    /// The value of that member, which was `null`.
    Value,
    /// Everything.
    File,
}

impl Host {
    /// Writes an entry under a name. If the entry of that name is ours already, or has the same command or address, we keep its variables
    /// that are not ours and its members that we do not know. Any other server of that name is replaced. All other bytes of the text stay.
    pub fn put(&self, text: &str, name: &str, entry: &Entry) -> Result<Edit, Fault> {
        let found = self.read(text)?;
        let mut present = found.iter().filter(|found| found.name == name);
        let wanted = match (present.next().and_then(|found| found.entry.as_ref()), present.next()) {
            (Some(old), None) if old.url.is_none() && entry.url.is_none() && (old.is_ours() || old.command == entry.command) => {
                entry.over(old)
            }
            (Some(old), None) if old.url.is_some() && entry.url.is_some() && (old.is_ours() || old.url == entry.url) => {
                entry.over_remote(old)
            }
            _ => entry.clone(),
        };
        let same = found.iter().filter(|found| found.name == name).map(|found| found.entry.as_ref().is_some_and(|old| old.same(&wanted)));
        if same.collect::<Vec<_>>() == [true] {
            return Ok(Edit { text: text.to_owned(), undo: Undo::default() });
        }
        let (mark, body) = split(text);
        let members = self.members(&wanted);
        let (changed, undo) = match self.format {
            Format::Toml => toml::put(body, self.servers, name, &members)?,
            format => json::put(body, format, self.servers, name, &Value::Object(members))?,
        };
        let changed = format!("{mark}{changed}");
        if !self.differs_only(text, &changed, name) || !self.read(&changed)?.iter().any(|found| found.is(name, &wanted)) {
            return Err(Fault::at(body, 0, "the file is written in a way that this program cannot change safely"));
        }
        Ok(Edit { text: changed, undo })
    }

    /// Takes out the entry of a name, or puts back the one that it replaced. `None` if there is no such entry.
    pub fn remove(&self, text: &str, name: &str, undo: &Undo) -> Result<Option<String>, Fault> {
        let (mark, body) = split(text);
        let candidates = match self.format {
            Format::Toml => toml::remove(body, self.servers, name, undo)?,
            format => json::remove(body, format, self.servers, name, undo)?,
        };
        if candidates.is_empty() {
            return Ok(None);
        }
        let gone = |text: &String| {
            let there = self.read(text).is_ok_and(|found| found.iter().any(|found| found.name == name));
            there == undo.replaced.is_some() && self.differs_only(body, text, name)
        };
        match candidates.into_iter().find(gone) {
            Some(text) => Ok(Some(format!("{mark}{text}"))),
            None => Err(Fault::at(body, 0, "the file is written in a way that this program cannot change safely")),
        }
    }

    /// A configuration with that entry alone, as the host's documentation shows it.
    pub fn snippet(&self, name: &str, entry: &Entry) -> String {
        let members = self.members(entry);
        match self.format {
            Format::Toml => toml::whole(self.servers, name, &members),
            _ => json::whole(self.servers, name, Value::Object(members)),
        }
    }

    /// Everything that the configuration says about its servers, with secrets.
    pub fn servers_of(&self, text: &str) -> Option<Value> {
        self.all(text)?.get_mut(self.servers).map(Value::take)
    }

    fn all(&self, text: &str) -> Option<Value> {
        if self.format == Format::Toml { toml::all(text) } else { json::all(text, self.format) }.ok()
    }

    /// Whether two texts say the same about everything but one server.
    fn differs_only(&self, before: &str, after: &str, name: &str) -> bool {
        let rest = |text: &str| {
            let (_, body) = split(text);
            let mut all = self.all(body)?;
            let servers = all.get_mut(self.servers);
            let hollow = match servers {
                Some(Value::Object(servers)) => {
                    servers.shift_remove(name);
                    servers.is_empty()
                }
                Some(Value::Null) => true,
                _ => false,
            };
            if hollow {
                all.as_object_mut()?.shift_remove(self.servers);
            }
            Some(all)
        };
        rest(before).is_some_and(|before| rest(after) == Some(before))
    }
}

impl Entry {
    /// This entry, with what only the old one has.
    fn over(&self, old: &Self) -> Self {
        // The user chose the names of secrets of other services, and no setting replaces them.
        let ours = |name: &str| SPELLINGS.iter().any(|prefix| name.starts_with(prefix)) && !name.starts_with(OTHERS_SECRETS);
        let mut entry = self.clone();
        entry.env.extend(old.env.iter().filter(|(name, _)| !ours(name) && self.variable(name).is_none()).cloned());
        for (name, value) in &old.extra {
            entry.extra.entry(name.clone()).or_insert_with(|| value.clone());
        }
        entry
    }

    /// Whether a host would do the same with both.
    fn same(&self, other: &Self) -> bool {
        let sorted = |entry: &Self| {
            let mut env = entry.env.clone();
            env.sort();
            env
        };
        self.command == other.command
            && self.url == other.url
            && self.args == other.args
            && self.extra == other.extra
            && sorted(self) == sorted(other)
    }
}

impl Found {
    fn is(&self, name: &str, entry: &Entry) -> bool {
        self.name == name && self.entry.as_ref().is_some_and(|own| own.same(entry))
    }
}

impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edit").field("undo", &self.undo).finish_non_exhaustive()
    }
}

impl fmt::Debug for Undo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Undo").field("made", &self.made).finish_non_exhaustive()
    }
}

/// The byte order mark, if any, and the rest.
fn split(text: &str) -> (&str, &str) {
    text.split_at(text.len() - text.trim_start_matches(json::BOM).len())
}

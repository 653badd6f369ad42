//! Entries for a server that a host reaches by an address.

use serde_json::{Map, Value, json};

use super::{Entry, Format, Host};

/// How an entry for a server at an address is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remote {
    /// The member that holds the address.
    pub address: &'static str,
    /// Whether the entry begins with `"type": "http"`.
    pub typed: bool,
    /// How a header gets a variable of the environment.
    pub reference: Reference,
}

/// How a header gets a variable of the host's environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// `${NAME}` in its value.
    Plain,
    /// `${env:NAME}` in its value.
    Env,
    /// A member of the entry names the variable with the token.
    Member(&'static str),
    /// Not at all: the value itself has to be there.
    Nothing,
}

/// What a caller sends to show who it is.
#[derive(Clone, Copy)]
pub enum Bearer<'t> {
    /// What this variable of the host's environment holds.
    Variable(&'t str),
    /// This text.
    Secret(&'t str),
}

/// The members that can hold an address, and those that can hold what is sent with each request.
const ADDRESSES: [&str; 3] = ["httpUrl", "serverUrl", "url"];
const HEADERS: [&str; 2] = ["headers", "http_headers"];

impl Host {
    /// An entry for a server at an address. `None` if this host takes none, or no variable.
    pub fn remote_entry(&self, url: &str, bearer: Option<Bearer<'_>>) -> Option<Entry> {
        let remote = self.remote?;
        let mut entry = Entry { url: Some(url.to_owned()), ..Entry::default() };
        let token = match (bearer, remote.reference) {
            (None, _) => return Some(entry),
            (Some(Bearer::Variable(_)), Reference::Nothing) => return None,
            (Some(Bearer::Variable(name)), Reference::Member(member)) => {
                entry.extra.insert(member.to_owned(), name.into());
                return Some(entry);
            }
            (Some(Bearer::Variable(name)), Reference::Plain) => format!("${{{name}}}"),
            (Some(Bearer::Variable(name)), Reference::Env) => format!("${{env:{name}}}"),
            (Some(Bearer::Secret(secret)), _) => secret.to_owned(),
        };
        let member = if self.format == Format::Toml { "http_headers" } else { "headers" };
        entry.extra.insert(member.to_owned(), json!({"Authorization": format!("Bearer {token}")}));
        Some(entry)
    }

    /// Its members, in the order in which the host's own documentation writes them.
    pub(super) fn remote_members(&self, url: &str, entry: &Entry) -> Map<String, Value> {
        let mut members = Map::new();
        if self.remote.is_some_and(|remote| remote.typed) {
            members.insert("type".into(), "http".into());
        }
        members.insert(self.remote.map_or("url", |remote| remote.address).into(), url.into());
        members.extend(entry.extra.iter().map(|(name, value)| (name.clone(), value.clone())));
        members
    }
}

impl Entry {
    /// Reads the members of a server without a command.
    pub(super) fn remote(mut members: Map<String, Value>) -> Option<Self> {
        let url = ADDRESSES.iter().find_map(|name| members.shift_remove(*name))?.as_str()?.to_owned();
        members.retain(|name, value| !(name == "type" && value == "http"));
        Some(Self { url: Some(url), extra: members, ..Self::default() })
    }

    /// The variables of the host's environment that it sends, as far as its members tell.
    pub fn sent_variables(&self) -> Vec<&str> {
        self.references().into_iter().map(|(name, _)| name).collect()
    }

    /// Those of them that must be set, since the entry has no text in their place.
    pub fn needed_variables(&self) -> Vec<&str> {
        self.references().into_iter().filter(|(_, needed)| *needed).map(|(name, _)| name).collect()
    }

    /// The variables that it refers to, and whether each must be set.
    fn references(&self) -> Vec<(&str, bool)> {
        let headers = HEADERS.iter().filter_map(|name| self.extra.get(*name)?.as_object()).flat_map(Map::values);
        let inside = headers.filter_map(|value| {
            let (_, rest) = value.as_str()?.split_once("${")?;
            let (name, _) = rest.split_once('}')?;
            match name.strip_prefix("env:").unwrap_or(name).split_once(':') {
                None => Some((name.strip_prefix("env:").unwrap_or(name), true)),
                Some((name, default)) if default.starts_with('-') => Some((name, false)),
                // `input:` and others like it are no variables: the host asks its user.
                Some(_) => None,
            }
        });
        let named = self.extra.get("bearer_token_env_var").and_then(Value::as_str);
        inside.chain(named.map(|name| (name, true))).collect()
    }

    /// Whether it sends anything with each request, as far as its members tell. That may be a key.
    pub fn sends(&self) -> bool {
        let headers = HEADERS.iter().any(|name| self.extra.get(*name).and_then(Value::as_object).is_some_and(|sent| !sent.is_empty()));
        headers || !self.sent_variables().is_empty()
    }

    /// This entry for an address, with what only the old one has, except for what shows who calls.
    pub(super) fn over_remote(&self, old: &Self) -> Self {
        let mut entry = self.clone();
        let credential = |name: &str| ["authorization", "x-api-key"].iter().any(|known| name.eq_ignore_ascii_case(known));
        for (name, value) in &old.extra {
            let kept = match value {
                Value::Object(headers) if HEADERS.contains(&name.as_str()) => {
                    let mut kept = headers.clone();
                    kept.retain(|name, _| !credential(name));
                    kept.extend(entry.extra.get(name).and_then(Value::as_object).cloned().unwrap_or_default());
                    Value::Object(kept)
                }
                _ if name == "bearer_token_env_var" => continue,
                other => entry.extra.get(name).unwrap_or(other).clone(),
            };
            if kept.as_object().is_none_or(|kept| !kept.is_empty()) {
                entry.extra.insert(name.clone(), kept);
            }
        }
        entry
    }
}

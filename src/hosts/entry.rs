//! One server of a configuration.

use std::fmt;

use serde_json::{Map, Value};

use crate::key::SPELLINGS;

/// The name of our program, without an ending.
const PROGRAM: &str = "videosearch-mcp";

/// A server that a host starts as a program, or reaches by an address. `Debug` shows no value of its environment, and only the number of its
/// arguments, since an argument can be a key.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// The program. Empty if there is an address.
    pub command: String,
    /// The address of a server that the host does not start.
    pub url: Option<String>,
    /// Its arguments.
    pub args: Vec<String>,
    /// The variables that the host gives it, in the order of the file.
    pub env: Vec<(String, String)>,
    /// All its other members, for example `disabled`.
    pub extra: Map<String, Value>,
}

/// A server in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The name that the configuration gives it.
    pub name: String,
    /// The line at which it begins, counted from 1.
    pub line: usize,
    /// How the host starts or reaches it. `None` if no host accepts how it is written.
    pub entry: Option<Entry>,
}

impl Entry {
    /// The value of a variable.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.env.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether it starts this program. Another copy of the program counts, and so does a runner like `npx`. For an address: whether it sends
    /// a variable of ours.
    pub fn is_ours(&self) -> bool {
        if self.url.is_some() {
            return self.sent_variables().iter().any(|name| SPELLINGS.iter().any(|prefix| name.starts_with(prefix)));
        }
        let named = |text: &str| {
            let file = text.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
            file == PROGRAM || file.strip_prefix(PROGRAM).is_some_and(|rest| rest.starts_with(['.', '@']))
        };
        named(&self.command) || self.args.iter().any(|argument| named(argument))
    }

    /// Reads the members of a server; `None` if it has neither a command nor an address.
    pub(super) fn of(mut members: Map<String, Value>) -> Option<Self> {
        if !members.contains_key("command") {
            return Self::remote(members);
        }
        let mut entry = Self::default();
        match members.shift_remove("command")? {
            Value::String(command) => entry.command = command,
            // Zed's older form puts everything below `command`.
            Value::Object(mut inner) => {
                inner.shift_remove("path")?.as_str()?.clone_into(&mut entry.command);
                for name in ["args", "env"] {
                    if let Some(value) = inner.shift_remove(name) {
                        members.insert(name.to_owned(), value);
                    }
                }
            }
            _ => return None,
        }
        match members.shift_remove("args") {
            None | Some(Value::Null) => {}
            Some(Value::Array(args)) => entry.args = args.iter().map(plain).collect::<Option<_>>()?,
            Some(_) => return None,
        }
        match members.shift_remove("env") {
            None | Some(Value::Null) => {}
            Some(Value::Object(env)) => {
                entry.env = env.into_iter().map(|(name, value)| Some((name, plain(&value)?))).collect::<Option<_>>()?;
            }
            Some(_) => return None,
        }
        // A server with a command is of this kind in any case.
        members.retain(|name, value| !(name == "type" && value == "stdio" || name == "source" && value == "custom"));
        entry.extra = members;
        Some(entry)
    }
}

/// A scalar as the host would hand it to a program.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.env.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Entry")
            .field("command", &self.command)
            .field("args", &self.args.len())
            .field("env", &names)
            .field("remote", &self.url.is_some())
            .finish_non_exhaustive()
    }
}

//! MCP hosts: where each keeps its configuration, and how to read and change our entry there. Functions take texts and return texts.
//!
//! [`HOSTS`] has one row for each host, with its format and its paths on all three platforms. So the tests check every platform on any
//! machine. This layer must not open a file, read the environment or ask for the time: the caller hands in what it may know as
//! [`Surroundings`]. It must not show a value of an `env` table, since that may be a key. Start with [`Host`], then `table`.

mod edit;
mod entry;
mod fault;
mod json;
mod place;
mod remote;
mod splice;
mod table;
mod toml;

use std::path::PathBuf;

use serde_json::{Map, Value};

pub use edit::{Edit, Made, Undo};
pub use entry::{Entry, Found};
pub use fault::Fault;
pub use place::{Platform, Surroundings};
pub use remote::{Bearer, Reference, Remote};
pub use table::HOSTS;

use place::Places;

/// The largest configuration file that we read, in bytes. Some hosts keep whole histories in theirs.
pub const MAX_BYTES: u64 = 64 << 20;

/// A program that starts MCP servers.
#[derive(Debug)]
pub struct Host {
    /// What is typed to name it.
    pub id: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// The language of its configuration file.
    pub format: Format,
    /// The member of the file's root that holds the servers by name.
    pub servers: &'static str,
    /// How one server is written.
    pub shape: Shape,
    /// How a server at an address is written. `None` if its configuration takes none.
    pub remote: Option<Remote>,
    /// Where the file may be, the likeliest first.
    files: Places,
    /// Files and directories that exist if the program is installed.
    signs: Places,
    /// Its command, if people start it from a shell.
    program: Option<&'static str>,
    /// What its user does so that it reads the file again.
    pub reload: &'static str,
    /// What else its user has to do, if anything.
    pub needs: Option<&'static str>,
    /// Which part of an answer its model reads.
    pub shows: Shows,
    /// Whether it loads the description of a tool only when its model looks for it, so that a long list costs nothing.
    pub defers: bool,
}

/// Which part of an answer a host gives its model, where an answer has both a text and structured content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// The text, so that structured content costs nothing.
    Text,
    /// The structured content alone, or both: the same facts for 1.4 to 2.8 times the tokens.
    Structured,
    /// Nobody has looked. Lines read the same whichever part is shown.
    Unknown,
}

/// What a host's own parser accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON to the letter.
    Json,
    /// JSON with comments.
    Commented,
    /// JSON with comments and trailing commas.
    Jsonc,
    /// TOML.
    Toml,
}

/// The members of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `command`, `args` and `env`.
    Plain,
    /// The same after `"type": "stdio"`.
    Typed,
}

impl Host {
    /// The host of that id.
    pub fn find(id: &str) -> Option<&'static Self> {
        HOSTS.iter().find(|host| host.id == id)
    }

    /// The form of answers that costs its model least, as `VIDEOSEARCH_OUTPUT` spells it; `None` if that is the default.
    pub const fn output(&self) -> Option<&'static str> {
        match self.shows {
            Shows::Text => None,
            Shows::Structured | Shows::Unknown => Some("lines"),
        }
    }

    /// The toolsets that suit it best, as `VIDEOSEARCH_TOOLSETS` spells them; `None` if those are the default.
    pub const fn toolsets(&self) -> Option<&'static str> {
        if self.defers { Some("all") } else { None }
    }

    /// The configuration file that the host reads here, whether it is there or not: the one a variable names, else the first that exists,
    /// else the first whose directory exists, else the usual one. `None` if we do not even know the home directory.
    pub fn config_file(&self, around: &Surroundings<'_>) -> Option<PathBuf> {
        place::choose(&self.files, around).map(PathBuf::from)
    }

    /// Whether there is any sign of the host here.
    pub fn is_installed(&self, around: &Surroundings<'_>) -> bool {
        place::any(&self.signs, around) || place::any(&self.files, around) || self.program.is_some_and(|name| place::on_path(name, around))
    }

    /// All servers of a configuration, in the order of the file. An empty file has none, and so has one that says `null`. A text that the
    /// host cannot read, or whose servers are not a table, is a fault.
    pub fn read(&self, text: &str) -> Result<Vec<Found>, Fault> {
        if self.format == Format::Toml { toml::read(text, self.servers) } else { json::read(text, self.format, self.servers) }
    }

    /// The members of an entry in the order in which the host's own documentation writes them.
    fn members(&self, entry: &Entry) -> Map<String, Value> {
        if let Some(url) = &entry.url {
            return self.remote_members(url, entry);
        }
        let mut members = Map::new();
        if self.shape == Shape::Typed {
            members.insert("type".into(), "stdio".into());
        }
        members.insert("command".into(), entry.command.clone().into());
        // Only Codex leaves an empty list out.
        if self.format != Format::Toml || !entry.args.is_empty() {
            members.insert("args".into(), entry.args.clone().into());
        }
        if !entry.env.is_empty() {
            members.insert("env".into(), entry.env.iter().map(|(name, value)| (name.clone(), value.clone())).collect::<Value>());
        }
        members.extend(entry.extra.iter().map(|(name, value)| (name.clone(), value.clone())));
        members
    }
}

#[cfg(test)]
mod tests;

//! What a check finds.

use std::fmt;

/// A finding, or why the check could not be made.
pub type Judged = Result<Finding, Because>;

/// The reason for skipping a check: the finding of another one, or that it does not apply.
#[derive(Clone, Debug)]
pub struct Because(pub String);

impl From<&str> for Because {
    fn from(reason: &str) -> Self {
        Self(reason.to_owned())
    }
}

/// The groups of checks, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Settings,
    Http,
    Key,
    Network,
    Api,
    Server,
    Clients,
    Remote,
}

impl Group {
    /// The word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Http => "http",
            Self::Key => "key",
            Self::Network => "network",
            Self::Api => "api",
            Self::Server => "server",
            Self::Clients => "clients",
            Self::Remote => "remote",
        }
    }

    /// The heading in the table.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Settings => "Settings",
            Self::Http => "Settings of `http`",
            Self::Key => "Key",
            Self::Network => "Network",
            Self::Api => "API",
            Self::Server => "This server",
            Self::Clients => "Clients on this machine",
            Self::Remote => "Server over HTTP",
        }
    }
}

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Fine.
    Ok,
    /// It works, but something should be corrected.
    Warn,
    /// It does not work.
    Fail,
    /// Not judged.
    Skipped,
}

impl Verdict {
    /// The word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Skipped => "skipped",
        }
    }
}

/// What a check found, in one line, and what to do about it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The outcome of a check.
    pub verdict: Verdict,
    /// What it is about, if one check finds several things. It replaces the check's name.
    pub about: Option<String>,
    /// What was found, in one line.
    pub found: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl Finding {
    /// All is well.
    pub fn ok(found: impl fmt::Display) -> Self {
        Self { verdict: Verdict::Ok, about: None, found: found.to_string(), remedy: None }
    }

    /// It works, and could be better.
    pub fn warn(found: impl fmt::Display, remedy: impl fmt::Display) -> Self {
        Self { verdict: Verdict::Warn, remedy: Some(remedy.to_string()), ..Self::ok(found) }
    }

    /// It does not work.
    pub fn fail(found: impl fmt::Display, remedy: impl fmt::Display) -> Self {
        Self { verdict: Verdict::Fail, remedy: Some(remedy.to_string()), ..Self::ok(found) }
    }

    /// It could not be judged.
    pub fn skipped(because: &Because) -> Self {
        Self { verdict: Verdict::Skipped, ..Self::ok(&because.0) }
    }

    /// Says what it is about.
    #[must_use]
    pub fn about(self, about: impl fmt::Display) -> Self {
        Self { about: Some(about.to_string()), ..self }
    }

    /// Whether checks that depend on it can be made.
    pub fn passes(&self) -> bool {
        matches!(self.verdict, Verdict::Ok | Verdict::Warn)
    }
}

//! Where a new key goes, so that this process uses it.

use std::path::Path;

use super::KeySource;

/// Where a new key goes. Whoever puts it anywhere else changes nothing: the first place that is set is the only one that is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Renewal {
    /// Into this file, where it is noticed.
    File(String),
    /// Into this environment variable, which counts from the next start.
    Variable(String),
    /// Into the next request of the caller.
    Request,
    /// To whoever runs this server. Where its key is is nothing to the caller.
    Operator,
    /// Nowhere: no key is configured, or the playground in this process has one of its own.
    #[default]
    Nowhere,
}

impl Renewal {
    /// What to do with a key, `a live key` for example, as a sentence. Empty if there is nothing to do.
    pub fn advice(&self, key: &str) -> String {
        match self {
            Self::File(path) => format!("Put {key} into {path}; it is noticed without a restart."),
            Self::Variable(name) => format!("Set {name} to {key} in the environment that this server is started with, and restart it."),
            Self::Request => format!("Send {key} with the request, as X-API-Key or as Authorization: Bearer, in place of this one."),
            Self::Operator => format!("Whoever runs this server can put {key} in place of this one."),
            Self::Nowhere => String::new(),
        }
    }
}

impl KeySource {
    /// Where a new key goes. The function says how a path is shown.
    pub fn renewal(&self, shown: &dyn Fn(&Path) -> String) -> Renewal {
        match self {
            Self::File { path, .. } => Renewal::File(shown(path)),
            Self::Variable { name, .. } => Renewal::Variable(name.clone()),
            Self::Caller(_) => Renewal::Request,
            Self::Playground | Self::Missing { .. } => Renewal::Nowhere,
        }
    }
}

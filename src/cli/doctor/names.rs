//! Finds variables whose names were meant to be settings.

use std::fmt;

use strsim::levenshtein;

use crate::{
    config::{HTTP_SETTINGS, SETTINGS},
    key::{ApiKey, KeyForm, OTHERS_SECRETS, SPELLINGS},
    tools::text,
};

/// A name that is at most this many edits away from a setting is a misspelling.
const EDITS: usize = 2;
/// Beginnings, without underscores, that nobody uses for anything else.
const OURS: [&str; 3] = ["VIDEOSEARCH", "VIDEOVECTOR", "VECTORMETHODS"];
/// The same with underscores, as names are written.
const BEGINNINGS: [&str; 5] = ["VIDEOSEARCH_", "VIDEO_SEARCH_", "VIDEOVECTOR_", "VIDEO_VECTOR_", "VECTORMETHODS_"];
/// The most names in one line.
pub const MOST_NAMES: usize = 6;
/// Words, without underscores, that people use for a setting.
const WORDS: [(&str, &str); 14] = [
    ("KEY", "API_KEY"),
    ("TOKEN", "API_KEY"),
    ("SECRET", "API_KEY"),
    ("APITOKEN", "API_KEY"),
    ("APISECRET", "API_KEY"),
    ("SECRETKEY", "API_KEY"),
    ("KEYFILE", "API_KEY_FILE"),
    ("KEYPATH", "API_KEY_FILE"),
    ("APIKEYPATH", "API_KEY_FILE"),
    ("URL", "BASE_URL"),
    ("APIURL", "BASE_URL"),
    ("APIBASEURL", "BASE_URL"),
    ("ENDPOINT", "BASE_URL"),
    ("SCOPE", "SCOPES"),
];

/// A variable that nothing reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misspelt {
    /// Its name.
    pub name: String,
    /// The setting that was probably meant.
    pub meant: Option<String>,
}

impl fmt::Display for Misspelt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.meant {
            Some(meant) => write!(f, "{} (meant: {meant}?)", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl Misspelt {
    /// Whether it was meant to be the key, or to name its file.
    pub fn is_key(&self) -> bool {
        self.meant.as_deref().is_some_and(|meant| meant.contains("API_KEY"))
    }
}

/// Warns of variables of this process that begin like ours and that nothing reads. A misspelt limit would limit nothing.
pub fn warn_of_misspelt() {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    // Nearly all names end here.
    let names: Vec<String> = names.filter(|name| BEGINNINGS.iter().any(|ours| starts_with(name, ours))).collect();
    let told: Vec<String> = misspelt(names.iter().map(String::as_str)).iter().map(ToString::to_string).collect();
    if !told.is_empty() {
        tracing::warn!("nothing reads these variables of the environment: {}", text::names(told.iter().map(String::as_str), MOST_NAMES));
    }
}

fn starts_with(name: &str, ours: &str) -> bool {
    name.get(..ours.len()).is_some_and(|start| start.eq_ignore_ascii_case(ours))
}

/// The variables that look like settings but are not.
pub fn misspelt<'e>(names: impl Iterator<Item = &'e str>) -> Vec<Misspelt> {
    names.filter_map(misread).collect()
}

/// Variables of other names whose value has the form of a key.
pub fn holding_keys<'e>(variables: impl Iterator<Item = (&'e str, &'e str)>) -> Vec<String> {
    let holds = |value: &str| ApiKey::parse(value).is_ok_and(|key| key.form() == KeyForm::Known);
    variables.filter(|(name, value)| !known(name) && holds(value)).map(|(name, _)| name.to_owned()).collect()
}

/// Whether we can hand on a variable from a client's configuration: it is one of our settings, or says how to reach the network. Such a
/// variable cannot make the system load a file.
pub fn is_safe(name: &str) -> bool {
    const NETWORK: [&str; 6] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"];
    let setting = |rest: &str| SETTINGS.iter().any(|setting| setting.name.strip_prefix("VIDEOSEARCH_") == Some(rest));
    SPELLINGS.iter().any(|prefix| name.strip_prefix(prefix).is_some_and(setting))
        || NETWORK.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The parts of the settings' names after the prefix, and that of the session token, which other commands read.
fn suffixes() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().chain(HTTP_SETTINGS).filter_map(|setting| setting.name.strip_prefix("VIDEOSEARCH_")).chain(["JWT"])
}

fn known(name: &str) -> bool {
    let suffix = |name: &str| SPELLINGS.iter().find_map(|prefix| name.strip_prefix(prefix)).map(str::to_owned);
    // On Windows the case of a name does not matter.
    let name = if cfg!(windows) { name.to_ascii_uppercase() } else { name.to_owned() };
    suffix(&name).is_some_and(|rest| suffixes().any(|suffix| suffix == rest))
}

fn misread(name: &str) -> Option<Misspelt> {
    if known(name) || name.to_ascii_uppercase().starts_with(OTHERS_SECRETS) {
        return None;
    }
    let plain = squeezed(name);
    let told = |meant: Option<String>| Some(Misspelt { name: name.to_owned(), meant });
    let all: Vec<String> = SPELLINGS.iter().flat_map(|prefix| suffixes().map(move |suffix| format!("{prefix}{suffix}"))).collect();
    if let Some(meant) = all.iter().find(|full| squeezed(full) == plain) {
        return told(Some(meant.clone()));
    }
    if let Some(rest) = OURS.iter().find_map(|ours| plain.strip_prefix(ours)).filter(|rest| !rest.is_empty()) {
        let rest = rest.strip_prefix("MCP").filter(|rest| !rest.is_empty()).unwrap_or(rest);
        let same = || suffixes().find(|suffix| squeezed(suffix) == rest);
        let word = || WORDS.iter().find(|(word, _)| *word == rest).map(|(_, suffix)| *suffix);
        let near = || suffixes().map(|suffix| (levenshtein(&squeezed(suffix), rest), suffix)).filter(|(edits, _)| *edits <= EDITS).min();
        let suffix = same().or_else(word).or_else(|| near().map(|(_, suffix)| suffix));
        return told(suffix.map(|suffix| format!("VIDEOSEARCH_{suffix}")));
    }
    let near = all.iter().map(|full| (levenshtein(&squeezed(full), &plain), full)).filter(|(edits, _)| *edits <= EDITS).min();
    near.and_then(|(_, full)| told(Some(full.clone())))
}

/// A name in capitals, letters and digits only.
fn squeezed(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_found() {
        for (name, meant) in [
            ("VIDEOSEARCH_APIKEY", Some("VIDEOSEARCH_API_KEY")),
            ("VIDEO_SEARCH_API_KEY", Some("VIDEOSEARCH_API_KEY")),
            ("VIDEOSEARCH_KEY", Some("VIDEOSEARCH_API_KEY")),
            ("VIDEOSEARCH_TOKEN", Some("VIDEOSEARCH_API_KEY")),
            ("VIDEOSEARCH_MCP_API_KEY", Some("VIDEOSEARCH_API_KEY")),
            ("VIDOESEARCH_API_KEY", Some("VIDEOSEARCH_API_KEY")),
            ("VECTORMETHODS_API_KEY", Some("VIDEOSEARCH_API_KEY")),
            ("VIDEOSEARCH_API_KEYFILE", Some("VIDEOSEARCH_API_KEY_FILE")),
            ("VIDEOSEARCH_URL", Some("VIDEOSEARCH_BASE_URL")),
            ("VIDEOSEARCH_READONLY", Some("VIDEOSEARCH_READ_ONLY")),
            ("VIDEOSEARCH_TIMOUT", Some("VIDEOSEARCH_TIMEOUT")),
            ("VIDEOSEARCH_COLOUR", None),
        ] {
            assert_eq!(misread(name), Some(Misspelt { name: name.into(), meant: meant.map(str::to_owned) }), "{name}");
        }
        for name in [
            "VIDEOSEARCH_API_KEY",
            "VIDEO_VECTOR_API_KEY",
            "VIDEOVECTOR_BASE_URL",
            "VIDEOSEARCH_JWT",
            "PATH",
            "STRIPE_API_KEY",
            "API_KEY",
            "VIDEO",
        ] {
            assert_eq!(misread(name), None, "{name}");
        }
        assert_eq!(misread("videosearch_api_key").is_none(), cfg!(windows));
    }

    #[test]
    fn keys_under_other_names_are_found() {
        let key = format!("sk_live_{}", "0".repeat(48));
        let variables = [("API_KEY", key.as_str()), ("VIDEOSEARCH_API_KEY", key.as_str()), ("STRIPE_KEY", "sk_live_51Habc")];
        assert_eq!(holding_keys(variables.into_iter()), ["API_KEY"]);
    }
}

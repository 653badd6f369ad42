//! Reads single values. Each error names the setting.

use std::{
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use super::{ConfigError, Flags, LogLevel};
use crate::{
    api::{Scope, Scopes},
    key::{BaseUrl, SPELLINGS, placeholder, tidy},
};

/// The words for log levels.
pub(super) const LEVELS: [(&str, LogLevel); 6] = [
    ("off", LogLevel::Off),
    ("error", LogLevel::Error),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
    ("trace", LogLevel::Trace),
];

/// Settings that only limit what happens. Whoever sets one means to take something away, so the server must not run without it: a
/// placeholder there is a mistake, and so is an empty value.
const PROTECTING: [&str; 8] =
    ["SCOPES", "READ_ONLY", "EXCLUDE_TOOLS", "CONFIRM", "MAX_MT_PER_RUN", "MAX_MT_PER_DAY", "HTTP_MAX_PER_MINUTE", "HTTP_SHARED_STATE"];
/// What is wrong with a limit that says nothing.
pub(super) const EMPTY: &str = "the value is empty; give it a value, or take the setting away";

/// Refuses two buckets of one name, since a connector would see only one of them.
pub fn distinct(buckets: &[(String, PathBuf)]) -> Result<(), ConfigError> {
    let twice = buckets.iter().enumerate().find(|(place, (name, _))| buckets.iter().take(*place).any(|(other, _)| other == name));
    twice.map_or(Ok(()), |(_, (name, _))| Err(bad("--bucket".to_owned(), format!("the name `{name}` is given twice"))))
}

/// The environment. We look for each setting under all prefixes.
pub(super) struct Lookup<'e> {
    pub(super) env: &'e dyn Fn(&str) -> Option<String>,
}

impl Lookup<'_> {
    /// Refuses variables of ours that are not text, and limits that nobody filled in. For those of the key, the error comes when the key is
    /// used, so that the server starts.
    pub(super) fn readable(&self) -> Result<(), ConfigError> {
        let suffixes = super::SETTINGS.iter().filter_map(|setting| setting.name.strip_prefix("VIDEOSEARCH_"));
        for suffix in suffixes.filter(|suffix| !suffix.starts_with("API_KEY")) {
            for prefix in SPELLINGS {
                let name = format!("{prefix}{suffix}");
                let Some(value) = (self.env)(&name) else { continue };
                if value.contains(super::NOT_TEXT) {
                    return Err(bad(name, "the value is not valid UTF-8 text, so it cannot be read".into()));
                }
                if PROTECTING.contains(&suffix) {
                    limits(name, &value)?;
                }
            }
        }
        Ok(())
    }

    /// Refuses a limit that nobody filled in, under any prefix.
    pub(super) fn filled(&self, limit: &str) -> Result<(), ConfigError> {
        let names = SPELLINGS.iter().map(|prefix| format!("{prefix}{limit}"));
        names.filter_map(|name| Some(((self.env)(&name)?, name))).try_for_each(|(value, name)| limits(name, &value))
    }

    /// A variable that is not ours; empty counts as unset.
    pub(super) fn plain(&self, name: &str) -> Option<String> {
        (self.env)(name).filter(|value| !value.is_empty())
    }

    /// The error of a setting that several processes keep something for, where there is no place to keep it.
    pub(super) fn homeless(&self, suffix: &str, flag: Option<&str>, what: &str) -> ConfigError {
        let variable = || self.first(suffix).map_or_else(|| format!("VIDEOSEARCH_{suffix}"), |(name, _)| name);
        let problem = format!("{what} kept in the directory for state, and there is none; set VIDEOSEARCH_STATE_DIR");
        bad(flag.map_or_else(variable, str::to_owned), problem)
    }

    /// The first variable, of all prefixes, that has a value: its name and the value.
    pub(super) fn first(&self, suffix: &str) -> Option<(String, String)> {
        SPELLINGS.iter().find_map(|prefix| {
            let name = format!("{prefix}{suffix}");
            let value = (self.env)(&name)?;
            let value = tidy(&value);
            // Hosts leave `${user_config...}` in place for options that nobody filled in.
            (!value.is_empty() && !placeholder(value)).then(|| (name, value.to_owned()))
        })
    }

    /// The flag if it was given, else the variable.
    pub(super) fn chosen(&self, suffix: &str, flag: &str, given: Option<&str>) -> Option<(String, String)> {
        let given = given.filter(|text| is_filled(text) || PROTECTING.contains(&suffix));
        given.map(|value| (flag.to_owned(), tidy(value).to_owned())).or_else(|| self.first(suffix))
    }

    pub(super) fn number(
        &self,
        suffix: &str,
        flag: &str,
        given: Option<&str>,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, ConfigError> {
        let Some((setting, value)) = self.chosen(suffix, flag, given) else { return Ok(None) };
        match value.parse::<u64>() {
            Ok(number) if range.contains(&number) => Ok(Some(number)),
            _ => Err(bad(setting, format!("expected a whole number from {} to {}, not {}", range.start(), range.end(), quoted(&value)))),
        }
    }

    /// An amount of media tokens, which may have a fraction.
    pub(super) fn amount(&self, suffix: &str, flag: &str, given: Option<&str>) -> Result<Option<f64>, ConfigError> {
        let Some((setting, value)) = self.chosen(suffix, flag, given) else { return Ok(None) };
        match value.parse::<f64>() {
            Ok(number) if number.is_finite() && number >= 0.0 => Ok(Some(number)),
            _ => Err(bad(setting, format!("expected an amount of mt, for example 250 or 0.5, not {}", quoted(&value)))),
        }
    }

    /// Whether a limit is on under any prefix. All of them are read, so that a bad one is told.
    pub(super) fn any(&self, suffix: &str) -> Result<bool, ConfigError> {
        let mut on = false;
        for prefix in SPELLINGS {
            let alone = format!("{prefix}{suffix}");
            let look = Lookup { env: &|name| (name == alone).then(|| (self.env)(name)).flatten() };
            on |= look.boolean(suffix, "", None)? == Some(true);
        }
        Ok(on)
    }

    pub(super) fn boolean(&self, suffix: &str, flag: &str, given: Option<bool>) -> Result<Option<bool>, ConfigError> {
        if given.is_some() {
            return Ok(given);
        }
        let words =
            [("true", true), ("1", true), ("yes", true), ("on", true), ("false", false), ("0", false), ("no", false), ("off", false)];
        self.word(suffix, flag, None, &words)
    }

    pub(super) fn word<T: Copy>(
        &self,
        suffix: &str,
        flag: &str,
        given: Option<&str>,
        words: &[(&str, T)],
    ) -> Result<Option<T>, ConfigError> {
        let Some((setting, value)) = self.chosen(suffix, flag, given) else { return Ok(None) };
        if let Some((_, meaning)) = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(&value)) {
            Ok(Some(*meaning))
        } else {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            Err(bad(setting, format!("expected one of {}, not {}", known.join(", "), quoted(&value))))
        }
    }

    /// A list separated by commas or white space. An empty list counts as not set.
    pub(super) fn list(&self, suffix: &str, given: Option<&str>) -> Option<Vec<String>> {
        let given = given.filter(|text| is_filled(text) || PROTECTING.contains(&suffix));
        let value = given.map(str::to_owned).or_else(|| self.first(suffix).map(|(_, value)| value))?;
        let items: Vec<String> =
            value.split(|c: char| c == ',' || c.is_whitespace()).filter(|item| !item.is_empty()).map(str::to_owned).collect();
        (!items.is_empty()).then_some(items)
    }

    /// A path: the flag's, else the variable's.
    pub(super) fn directory(&self, suffix: &str, given: Option<&Path>) -> Option<PathBuf> {
        let path =
            given.filter(|path| is_filled_path(path)).map(Path::to_owned).or_else(|| self.first(suffix).map(|(_, path)| path.into()))?;
        Some(super::at_home(&path, self.env))
    }

    /// Directories: those of the flag, else those of the variable, which separates them by commas. Spaces belong to their names.
    pub(super) fn directories(&self, suffix: &str, given: &[PathBuf]) -> Vec<PathBuf> {
        let listed = || self.first(suffix).map(|(_, list)| list).unwrap_or_default();
        let given: Vec<PathBuf> = given.iter().filter(|path| is_filled_path(path)).cloned().collect();
        let all = if given.is_empty() { listed().split(',').map(|path| path.trim().into()).collect() } else { given };
        let named = all.iter().filter(|path| !path.as_os_str().is_empty());
        named.map(|path| super::at_home(path, self.env)).collect()
    }

    pub(super) fn base_url(&self, given: Option<&str>) -> Result<BaseUrl, ConfigError> {
        let (setting, value) = self.chosen("BASE_URL", "--base-url", given).unwrap_or_default();
        let value = if value.is_empty() { BaseUrl::DEFAULT } else { &value };
        BaseUrl::parse(value).map_err(|error| bad(setting, error.to_string()))
    }

    /// All limits on scopes together. Every prefix counts, since somebody set each limit to take something away.
    pub(super) fn ceiling(&self, flags: &Flags, read_only: bool) -> Result<Option<Scopes>, ConfigError> {
        let mut given: Vec<(String, String)> = Vec::new();
        given.extend(flags.scopes.clone().map(|value| ("--scopes".to_owned(), value)));
        for prefix in SPELLINGS {
            let name = format!("{prefix}SCOPES");
            given.extend((self.env)(&name).map(|value| (name, value)));
        }
        let mut ceiling: Option<Scopes> = None;
        let mut lower = |scopes: Scopes| {
            let closed = scopes.closed();
            ceiling = Some(ceiling.map_or(closed, |before| before.intersect(closed)));
        };
        for (setting, value) in given {
            let scopes = Scopes::parse(tidy(&value)).map_err(|error| {
                // Somebody may have put a key into this variable, and we must not repeat it.
                let scope_list = "expected a list of search, read, write, admin, not";
                bad(setting, if value.contains("sk_") { format!("{scope_list} {}", quoted(&value)) } else { error.to_string() })
            })?;
            lower(scopes);
        }
        if read_only {
            lower(Scopes::from_iter([Scope::Read]));
        }
        Ok(ceiling)
    }
}

/// Refuses a limit that says nothing.
fn limits(name: String, value: &str) -> Result<(), ConfigError> {
    let value = tidy(value);
    if placeholder(value) {
        return Err(bad(name, "nobody filled in this setting; give it a value, or take it away".into()));
    }
    if value.split(',').all(|part| part.trim().is_empty()) { Err(bad(name, EMPTY.into())) } else { Ok(()) }
}

/// Whether somebody filled in a value: hosts leave placeholders in arguments as they do in variables.
pub(super) fn is_filled(value: &str) -> bool {
    !placeholder(tidy(value))
}

/// The same for a path.
pub(super) fn is_filled_path(path: &Path) -> bool {
    path.to_str().is_none_or(is_filled)
}

pub(super) fn bad(setting: String, problem: String) -> ConfigError {
    ConfigError { setting, problem }
}

/// A value for a message. A long one may be a secret in the wrong place, so we tell only its length.
pub(super) fn quoted(value: &str) -> String {
    let length = value.chars().count();
    if length > 24 || value.contains("sk_") { format!("a text of {length} characters") } else { format!("`{value}`") }
}

//! Where the key comes from.

use std::{fmt, path::PathBuf};

use super::{ApiKey, KeyFault};

/// The prefixes of the variables for every setting, in the order in which we try them. The second and third are those of the official
/// packages.
pub const SPELLINGS: [&str; 3] = ["VIDEOSEARCH_", "VIDEOVECTOR_", "VIDEO_VECTOR_"];

/// What the names of variables with secrets of other services begin with. What follows is the user's choice.
pub const OTHERS_SECRETS: &str = "VIDEOSEARCH_SECRET_";

/// Where the key comes from. This is decided once, at the start. If the key there cannot be read, we do not try another place.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// A file, read on first use and again when it changes.
    File {
        /// The file.
        path: PathBuf,
        /// What named it: `--api-key-file` or a variable.
        named_by: String,
    },
    /// The value of an environment variable, which cannot change while the process runs.
    Variable {
        /// Its name.
        name: String,
        /// Its value.
        key: Result<ApiKey, KeyFault>,
    },
    /// The key of the playground in this process.
    Playground,
    /// The request of a caller, who has a session of their own.
    Caller(ApiKey),
    /// Nothing is set.
    Missing {
        /// Variables with a placeholder that a host did not fill in, as in `VIDEOSEARCH_API_KEY=${API_KEY}`.
        placeholders: Vec<String>,
    },
}

impl KeySource {
    /// Whether the key may change while the process runs.
    pub fn is_file(&self) -> bool {
        matches!(self, Self::File { .. })
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, named_by } => write!(f, "file {} ({named_by})", path.display()),
            Self::Variable { name, .. } => write!(f, "environment variable {name}"),
            Self::Playground => f.write_str("playground in this process"),
            Self::Caller(_) => f.write_str("the request"),
            Self::Missing { .. } => f.write_str("none"),
        }
    }
}

/// A setting's text without the white space and quotes around it.
pub fn tidy(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '“' | '”' | '‘' | '’'))
}

/// Whether a value is a placeholder that a host or a reader should have replaced: `${...}`, `{{...}}`, `$NAME`, `%NAME%` or `<your-...>`.
pub fn placeholder(value: &str) -> bool {
    let value = tidy(value).to_ascii_lowercase();
    let named = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    value.contains("${")
        || (value.starts_with("{{") && value.ends_with("}}"))
        || value.strip_prefix('$').is_some_and(named)
        || value.strip_prefix('%').and_then(|rest| rest.strip_suffix('%')).is_some_and(named)
        || (value.starts_with("<your") && value.ends_with('>'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_recognised_and_keys_are_not() {
        let unfilled = ["${VIDEOSEARCH_API_KEY}", " \"${user_config.api_key}\" ", "${env:KEY}", "prefix${x}"];
        for text in unfilled.into_iter().chain(["<your-api-key>", "<YOUR_KEY>", "$VIDEOSEARCH_API_KEY", "%API_KEY%", "{{ secrets.key }}"]) {
            assert!(placeholder(text), "{text}");
        }
        for text in ["", "sk_live_abc", "your-key", "<key", "$", "%%", "pa$$word", "$a-b", "50%"] {
            assert!(!placeholder(text), "{text}");
        }
    }
}

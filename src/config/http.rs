//! The settings of the command `http` alone.

use std::path::{Path, PathBuf};

use super::{
    ConfigError,
    settings::{Setting, setting},
    values::{Lookup, bad, quoted},
};

/// What can be set for the server over HTTP, beside all other settings.
pub static HTTP_SETTINGS: &[Setting] = &[
    setting("VIDEOSEARCH_HTTP_LISTEN", Some("--listen"), "127.0.0.1:8080", "The address and the port to listen on."),
    setting(
        "VIDEOSEARCH_HTTP_AUTH",
        Some("--auth"),
        "key",
        "`key`: each caller sends an API key of their own; `token-file`: a token of this server; `none`: nobody is asked, on loopback only.",
    ),
    setting("VIDEOSEARCH_HTTP_TOKEN_FILE", Some("--token-file"), "none", "The file with the tokens, as `http token add` writes it."),
    setting(
        "VIDEOSEARCH_HTTP_ALLOW_HOST",
        Some("--allow-host"),
        "this machine",
        "The host names under which callers reach the server, as a list. The address that a connection came to is always allowed.",
    ),
    setting("VIDEOSEARCH_HTTP_ALLOW_ORIGIN", Some("--allow-origin"), "this machine", "The origins of web pages that may call, as a list."),
    setting(
        "VIDEOSEARCH_HTTP_MAX_PER_MINUTE",
        Some("--max-per-minute"),
        "6000",
        "How many requests a caller may send in a minute; 0 sets no limit.",
    ),
    setting("VIDEOSEARCH_HTTP_METRICS", Some("--metrics"), "none", "The address and the port of `/metrics`."),
    setting(
        "VIDEOSEARCH_HTTP_SHARED_STATE",
        Some("--shared-state"),
        "none",
        "The Redis where several machines count together: `redis://HOST:PORT/NUMBER`. Without it, the processes of one machine count together in the state directory if there is a `--state-secret-file` or a `--max-mt-per-day`, and each for itself if there is neither.",
    ),
];

/// The words for how callers show who they are.
pub(super) const AUTHS: [(&str, HttpAuth); 3] = [("key", HttpAuth::Key), ("token-file", HttpAuth::TokenFile), ("none", HttpAuth::None)];

/// The flags of the command `http`, before anything is checked.
#[derive(Clone, Debug, Default)]
pub struct HttpFlags {
    /// `--listen`
    pub listen: Option<String>,
    /// `--auth`
    pub auth: Option<String>,
    /// `--token-file`
    pub token_file: Option<PathBuf>,
    /// `--allow-host`, as often as it was given
    pub allow_hosts: Vec<String>,
    /// `--allow-origin`, as often as it was given
    pub allow_origins: Vec<String>,
    /// `--max-per-minute`
    pub max_per_minute: Option<String>,
    /// `--metrics`
    pub metrics: Option<String>,
    /// `--shared-state`
    pub shared_state: Option<String>,
}

/// What the server over HTTP needs to know, beside all other settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpConfig {
    /// Where it listens: an address or a name, with a port.
    pub listen: String,
    /// How callers show who they are.
    pub auth: HttpAuth,
    /// The file with the tokens.
    pub token_file: Option<PathBuf>,
    /// The hosts that requests may name.
    pub allow_hosts: Vec<String>,
    /// The origins of web pages that may call.
    pub allow_origins: Vec<String>,
    /// How many requests a caller may send in a minute; 0 sets no limit.
    pub max_per_minute: u32,
    /// Where the metrics are.
    pub metrics: Option<String>,
    /// The address of the Redis where several machines count together. It may hold a password.
    pub shared_state: Option<String>,
}

/// How callers show who they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpAuth {
    /// With an API key of their own.
    #[default]
    Key,
    /// With a token of this server.
    TokenFile,
    /// Not at all.
    None,
}

impl HttpConfig {
    /// The file with the tokens alone, for who manages them. No other setting is read.
    pub fn token_file(flag: Option<&Path>, env: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
        Lookup { env }.directory("HTTP_TOKEN_FILE", flag)
    }

    /// The variables that set something here, in the order of [`HTTP_SETTINGS`]: of each setting the one that counts.
    pub fn set(env: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
        let suffixes = HTTP_SETTINGS.iter().filter_map(|setting| setting.name.strip_prefix("VIDEOSEARCH_"));
        suffixes.filter_map(|suffix| Lookup { env }.first(suffix)).map(|(name, _)| name).collect()
    }

    /// Works out the settings. As everywhere, a flag wins over the environment, and what is empty or a placeholder counts as unset, except for
    /// limits, where it is an error.
    pub fn resolve(flags: &HttpFlags, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let look = Lookup { env };
        for limit in ["HTTP_MAX_PER_MINUTE", "HTTP_SHARED_STATE"] {
            look.filled(limit)?;
        }
        let shared_state = look.chosen("HTTP_SHARED_STATE", "--shared-state", flags.shared_state.as_deref());
        let list = |suffix: &str, flag: &str, given: &[String]| {
            if given.iter().any(|item| item.trim().is_empty()) {
                return Err(bad(flag.to_owned(), "the value is empty".to_owned()));
            }
            let given = (!given.is_empty()).then(|| given.join(","));
            Ok(look.list(suffix, given.as_deref()).unwrap_or_default())
        };
        let address = |suffix: &str, flag: &str, given: &Option<String>| match look.chosen(suffix, flag, given.as_deref()) {
            Some((setting, text)) if !is_address(&text) => {
                let form = "expected an address and a port, such as 127.0.0.1:8080 or [::1]:8080";
                Err(bad(setting, format!("{form}, not {}", quoted(&text))))
            }
            chosen => Ok(chosen.map(|(_, text)| text)),
        };
        let rate = look.number("HTTP_MAX_PER_MINUTE", "--max-per-minute", flags.max_per_minute.as_deref(), 0..=1_000_000)?;
        Ok(Self {
            listen: address("HTTP_LISTEN", "--listen", &flags.listen)?.unwrap_or_else(|| "127.0.0.1:8080".to_owned()),
            auth: look.word("HTTP_AUTH", "--auth", flags.auth.as_deref(), &AUTHS)?.unwrap_or_default(),
            token_file: Self::token_file(flags.token_file.as_deref(), env),
            allow_hosts: list("HTTP_ALLOW_HOST", "--allow-host", &flags.allow_hosts)?,
            allow_origins: list("HTTP_ALLOW_ORIGIN", "--allow-origin", &flags.allow_origins)?,
            max_per_minute: rate.and_then(|rate| u32::try_from(rate).ok()).unwrap_or(6000),
            metrics: address("HTTP_METRICS", "--metrics", &flags.metrics)?,
            shared_state: shared_state.map(|(_, address)| address),
        })
    }
}

/// Whether this is an address or a name, and a port.
fn is_address(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let bracketed = host.starts_with('[') && host.ends_with(']');
    let is_host = !host.is_empty() && !host.contains(['/', ' ', '*']) && (bracketed || !host.contains(':'));
    is_host && port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_wins_and_what_is_empty_counts_as_unset() {
        let env = |name: &str| match name {
            "VIDEOSEARCH_HTTP_LISTEN" => Some("0.0.0.0:9".to_owned()),
            "VIDEOSEARCH_HTTP_AUTH" | "VIDEOSEARCH_HTTP_METRICS" => Some(String::new()),
            "VIDEOSEARCH_HTTP_ALLOW_HOST" => Some("a.example, b.example:8443".to_owned()),
            _ => None,
        };
        let flags = HttpFlags { listen: Some("[::1]:7".to_owned()), ..HttpFlags::default() };
        let config = HttpConfig::resolve(&flags, &env).unwrap();
        assert_eq!((config.listen.as_str(), config.auth, config.max_per_minute), ("[::1]:7", HttpAuth::Key, 6000));
        assert_eq!(config.allow_hosts, ["a.example", "b.example:8443"]);
        assert_eq!((config.metrics, config.shared_state), (None, None));
        for limit in ["VIDEOSEARCH_HTTP_SHARED_STATE", "VIDEOSEARCH_HTTP_MAX_PER_MINUTE"] {
            for unfilled in ["${X}", ""] {
                let env = |name: &str| (name == limit).then(|| unfilled.to_owned());
                assert_eq!(HttpConfig::resolve(&HttpFlags::default(), &env).unwrap_err().setting, limit);
            }
        }
        let config = HttpConfig::resolve(&HttpFlags::default(), &env).unwrap();
        assert_eq!(config.listen, "0.0.0.0:9");
        assert_eq!(HttpConfig::set(&env), ["VIDEOSEARCH_HTTP_LISTEN", "VIDEOSEARCH_HTTP_ALLOW_HOST"]);
        for (flags, setting) in [
            (HttpFlags { auth: Some("password".to_owned()), ..HttpFlags::default() }, "--auth"),
            (HttpFlags { max_per_minute: Some("-1".to_owned()), ..HttpFlags::default() }, "--max-per-minute"),
        ] {
            assert_eq!(HttpConfig::resolve(&flags, &env).unwrap_err().setting, setting);
        }
    }
}

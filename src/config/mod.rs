//! The settings of a process, from flags and environment to checked values.
//!
//! [`Config::resolve`] is a pure function. The caller hands in the environment. The function reads no file, not even the key file, and it
//! applies each default once. This layer knows keys and scopes. It must not know tools, so it passes their names on as text. Start with
//! [`Config`]; `settings` lists everything that can be set.

mod flags;
mod home;
mod http;
mod settings;
mod values;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    api::{Scope, Scopes},
    key::{ApiKey, BaseUrl, KeyFault, KeySource, SPELLINGS, placeholder},
};

pub use flags::Flags;
pub use home::{at_home, home, shown};
pub use http::{HTTP_SETTINGS, HttpAuth, HttpConfig, HttpFlags};
pub use settings::{Field, Kind, SETTINGS, Setting};
use values::Lookup;
pub use values::distinct;

/// Everything a server needs to know before it starts.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the key comes from.
    pub key: KeySource,
    /// The API's address.
    pub base_url: BaseUrl,
    /// How long one attempt may take, answer included.
    pub timeout: Duration,
    /// How often we repeat a request that may be repeated.
    pub max_retries: u32,
    /// How many requests may be under way at once.
    pub max_concurrency: usize,
    /// How long we use what we know about missing scopes and the names of indexes before we ask the API again.
    pub recheck: Duration,
    /// The scopes that this server is limited to, whatever the key holds, with all that they imply. `None` if there is no limit.
    pub ceiling: Option<Scopes>,
    /// Whether nothing may change.
    pub read_only: bool,
    /// Whether tools that delete are on.
    pub allow_destructive: bool,
    /// Toolset names, unchecked; `None` if not set.
    pub toolsets: Option<Vec<String>>,
    /// Names of single tools to add, unchecked.
    pub tools: Vec<String>,
    /// Names of single tools to leave out, unchecked.
    pub exclude_tools: Vec<String>,
    /// The form of answers.
    pub output: Output,
    /// What is logged.
    pub log: LogLevel,
    /// How it is logged.
    pub log_format: LogFormat,
    /// Whether this process plays the API.
    pub playground: bool,
    /// The buckets of that playground, and their directories.
    pub buckets: Vec<(String, PathBuf)>,
    /// Whether that playground enforces the rate limits.
    pub enforce_limits: bool,
    /// Where we keep what must not be forgotten: sums, used confirmations, new secrets, and the scopes that we learned. `None` if the
    /// environment names no place. Then we keep scopes in memory, and refuse settings that need the rest.
    pub state_dir: Option<PathBuf>,
    /// The directories below which files may be uploaded.
    pub upload_roots: Vec<PathBuf>,
    /// Where files are downloaded to. `None` if nothing may be.
    pub download_dir: Option<PathBuf>,
    /// Where the secrets of other services are. `None` if there are none.
    pub secrets_dir: Option<PathBuf>,
    /// Whether answers show new secrets, instead of naming the file that holds them.
    pub reveal_secrets: bool,
    /// Which calls somebody must agree to first.
    pub confirm: Confirm,
    /// The most mt that one run may be estimated at. `None` if there is no limit.
    pub max_mt_per_run: Option<f64>,
    /// The most mt that all runs of a day together may be estimated at. `None` if there is no limit.
    pub max_mt_per_day: Option<f64>,
    /// A file with the secret that seals confirmations, for several processes that accept each other's. `None` for a secret of this process.
    /// All of them must know which confirmations were used, so there is a directory for state, a Redis or a playground with it.
    pub state_secret_file: Option<PathBuf>,
}

/// Which calls somebody must agree to first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Confirm {
    /// Those that delete, and those that cost much where the client can ask a person.
    #[default]
    Auto,
    /// Those that delete and all that cost.
    Cost,
    /// All that change anything.
    Always,
    /// None.
    Never,
}

/// The form of answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// Compact lines for a model, and the same facts as structured content.
    #[default]
    Both,
    /// The lines alone.
    Lines,
    /// Minified JSON with the names of the official contract, and the same as structured content.
    Json,
}

/// The names of the forms.
const OUTPUTS: [(&str, Output); 3] = [("both", Output::Both), ("lines", Output::Lines), ("json", Output::Json)];

/// The words for what must be agreed to.
const CONFIRMS: [(&str, Confirm); 4] =
    [("auto", Confirm::Auto), ("cost", Confirm::Cost), ("always", Confirm::Always), ("never", Confirm::Never)];

/// The forms of log lines.
const LOG_FORMATS: [(&str, LogFormat); 2] = [("text", LogFormat::Text), ("json", LogFormat::Json)];

/// The words that a setting takes, by its name without a prefix. None for all settings that take something else.
pub fn words(setting: &str) -> Vec<&'static str> {
    fn of<T>(words: &[(&'static str, T)]) -> Vec<&'static str> {
        words.iter().map(|(word, _)| *word).collect()
    }
    match setting {
        "OUTPUT" => of(&OUTPUTS),
        "CONFIRM" => of(&CONFIRMS),
        "LOG" => of(&values::LEVELS),
        "LOG_FORMAT" => of(&LOG_FORMATS),
        "AUTH" => of(&http::AUTHS),
        "SCOPES" => Scope::ALL.map(Scope::as_str).to_vec(),
        _ => Vec::new(),
    }
}

/// How much of what this program does is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are those of every log")]
pub enum LogLevel {
    Off,
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// A setting whose value cannot be used. It names the setting and the form expected, and holds no value that may be secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct ConfigError {
    /// The variable or flag.
    pub setting: String,
    /// What is wrong, and what is expected.
    pub problem: String,
}

/// The character in place of bytes of a variable that are not text.
const NOT_TEXT: char = '\u{fffd}';

/// A variable of this process. One that is not Unicode counts as set, too: an error names it, and no other setting replaces it.
pub fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

impl Config {
    /// Works out the settings. A flag wins over the environment, `VIDEOSEARCH_` wins over the two older prefixes, and an empty variable
    /// counts as unset, and so does a placeholder that nobody filled in, in a flag or a variable. Limits are different: those on scopes apply
    /// together, and where a limit is empty or a placeholder, that is an error.
    pub fn resolve(flags: &Flags, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let look = Lookup { env };
        look.readable()?;
        let playground = look.boolean("PLAYGROUND", "--playground", flags.playground)?.unwrap_or(false);
        let enforce_limits = flags.enforce_limits.unwrap_or(false);
        for (setting, given) in [("--bucket", !flags.buckets.is_empty()), ("--enforce-limits", enforce_limits)] {
            if given && !playground {
                let problem = "it is a setting of the playground in this process, and there is none; give --playground, too";
                return Err(ConfigError { setting: setting.to_owned(), problem: problem.to_owned() });
            }
        }
        distinct(&flags.buckets)?;
        // A flag and the variables of all prefixes apply together: none lifts what another forbids.
        let read_only = flags.read_only == Some(true) || look.any("READ_ONLY")?;
        let exclude_tools = look.list("EXCLUDE_TOOLS", flags.exclude_tools.as_deref());
        if flags.exclude_tools.is_some() && exclude_tools.is_none() {
            return Err(values::bad("--exclude-tools".to_owned(), values::EMPTY.to_owned()));
        }
        let state_dir = state_dir(&look, flags.state_dir.as_deref())?;
        let max_mt_per_day = look.amount("MAX_MT_PER_DAY", "--max-mt-per-day", flags.max_mt_per_day.as_deref())?;
        let state_secret_file = look.directory("STATE_SECRET_FILE", flags.state_secret_file.as_deref());
        // A playground is gone with its process, and so is what was counted there.
        if state_dir.is_none() && !playground && !flags.counts_elsewhere {
            if max_mt_per_day.is_some() {
                let flag = flags.max_mt_per_day.as_ref().map(|_| "--max-mt-per-day");
                return Err(look.homeless("MAX_MT_PER_DAY", flag, "the sum of a day is"));
            }
            if state_secret_file.is_some() {
                let flag = flags.state_secret_file.as_ref().map(|_| "--state-secret-file");
                return Err(look.homeless("STATE_SECRET_FILE", flag, "the confirmations that were used are"));
            }
        }
        let key = if playground { KeySource::Playground } else { key_source(flags, env) };
        Ok(Self {
            key,
            base_url: look.base_url(flags.base_url.as_deref())?,
            timeout: Duration::from_millis(look.number("TIMEOUT", "--timeout", flags.timeout.as_deref(), 100..=600_000)?.unwrap_or(90_000)),
            max_retries: small(look.number("MAX_RETRIES", "--max-retries", flags.max_retries.as_deref(), 0..=10)?.unwrap_or(3)),
            max_concurrency: small(
                look.number("MAX_CONCURRENCY", "--max-concurrency", flags.max_concurrency.as_deref(), 1..=1024)?.unwrap_or(64),
            ) as usize,
            recheck: Duration::from_millis(look.number("RECHECK", "", None, 0..=86_400_000)?.unwrap_or(60_000)),
            ceiling: look.ceiling(flags, read_only)?,
            read_only,
            allow_destructive: look.boolean("ALLOW_DESTRUCTIVE", "--allow-destructive", flags.allow_destructive)?.unwrap_or(false),
            toolsets: look.list("TOOLSETS", flags.toolsets.as_deref()),
            tools: look.list("TOOLS", flags.tools.as_deref()).unwrap_or_default(),
            exclude_tools: exclude_tools.unwrap_or_default(),
            output: look.word("OUTPUT", "--output", flags.output.as_deref(), &OUTPUTS)?.unwrap_or_default(),
            log: look.word("LOG", "--log", flags.log.as_deref(), &values::LEVELS)?.unwrap_or_default(),
            log_format: look.word("LOG_FORMAT", "--log-format", flags.log_format.as_deref(), &LOG_FORMATS)?.unwrap_or_default(),
            playground,
            buckets: flags.buckets.clone(),
            enforce_limits,
            state_dir,
            upload_roots: look.directories("UPLOAD_ROOTS", &flags.upload_roots),
            download_dir: look.directory("DOWNLOAD_DIR", flags.download_dir.as_deref()),
            secrets_dir: look.directory("SECRETS_DIR", flags.secrets_dir.as_deref()),
            reveal_secrets: look.boolean("REVEAL_SECRETS", "--reveal-secrets", flags.reveal_secrets)?.unwrap_or(false),
            confirm: look.word("CONFIRM", "--confirm", flags.confirm.as_deref(), &CONFIRMS)?.unwrap_or_default(),
            max_mt_per_run: look.amount("MAX_MT_PER_RUN", "--max-mt-per-run", flags.max_mt_per_run.as_deref())?,
            max_mt_per_day,
            state_secret_file,
        })
    }
}

/// A number that was checked to be small.
fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The first source that is set. Placeholders count as unset and are remembered for the message.
fn key_source(flags: &Flags, env: &dyn Fn(&str) -> Option<String>) -> KeySource {
    if let Some(path) = flags.api_key_file.as_ref().filter(|path| values::is_filled_path(path)) {
        return KeySource::File { path: at_home(path, env), named_by: "--api-key-file".into() };
    }
    let mut placeholders: Vec<String> = flags.api_key_file.iter().map(|_| "--api-key-file".to_owned()).collect();
    let mut filled = |name: &str| {
        let value = env(name).filter(|value| !crate::key::tidy(value).is_empty())?;
        if placeholder(&value) {
            placeholders.push(name.to_owned());
            return None;
        }
        Some(value)
    };
    for prefix in SPELLINGS {
        let name = format!("{prefix}API_KEY_FILE");
        if let Some(path) = filled(&name) {
            if path.contains(NOT_TEXT) {
                return KeySource::Variable { key: Err(KeyFault::Encoding), name };
            }
            return KeySource::File { path: at_home(Path::new(crate::key::tidy(&path)), env), named_by: name };
        }
    }
    for prefix in SPELLINGS {
        let name = format!("{prefix}API_KEY");
        if let Some(value) = filled(&name) {
            return KeySource::Variable { key: ApiKey::parse(&value), name };
        }
    }
    KeySource::Missing { placeholders }
}

/// The directory that a flag or variable names, or the platform's place for state. A relative path is refused: each start in another
/// directory would count what was spent anew.
fn state_dir(look: &Lookup<'_>, flag: Option<&Path>) -> Result<Option<PathBuf>, ConfigError> {
    const OWN: &str = "videosearch-mcp";
    let env = |name: &str| look.plain(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(path) = look.directory("STATE_DIR", flag) {
        if path.is_absolute() {
            return Ok(Some(path));
        }
        let by_flag = flag.is_some_and(values::is_filled_path).then(|| "--state-dir".to_owned());
        let setting = by_flag.or_else(|| Some(look.first("STATE_DIR")?.0)).unwrap_or_default();
        let problem = "this is a relative path, and clients start the server in directories of their own choice; write the whole path";
        return Err(values::bad(setting, problem.to_owned()));
    }
    if cfg!(windows) {
        return Ok(env("LOCALAPPDATA").map(|path| path.join(OWN)));
    }
    if cfg!(target_os = "macos") {
        return Ok(env("HOME").map(|path| path.join("Library/Application Support").join(OWN)));
    }
    Ok(env("XDG_STATE_HOME").or_else(|| env("HOME").map(|home| home.join(".local/state"))).map(|path| path.join(OWN)))
}

#[cfg(test)]
mod tests;

//! The facts that checks judge. Each is found out once, when a check first needs it.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
    sync::OnceLock,
    time::Duration,
};

use tokio::sync::OnceCell;

use super::{check::Because, greeting, names, remote};
use crate::{
    cli::{link, typed},
    client::{Greeting, RouteReport, check_route},
    config::{self, Config, ConfigError, Flags, HttpConfig, HttpFlags},
    fence,
    key::{ApiKey, BaseUrl, KeyFault, KeyFile, KeySource, Reading},
    session::KeyReport,
    tools::{Offer, Selection},
};

/// How long learning about the key may take.
const SETTLE: Duration = Duration::from_secs(8);
/// How long one request of that may take.
const REQUEST: Duration = Duration::from_secs(6);
/// How many bad settings we set aside before we give up.
const MOST_FAULTS: usize = 40;

/// The settings under examination, and what follows from them.
pub struct Exam {
    /// Settings given on the command line.
    pub flags: Flags,
    /// The environment.
    pub environment: Vec<(OsString, OsString)>,
    /// The variables that are text.
    pub variables: BTreeMap<String, String>,
    /// The settings, without those that cannot be used.
    config: Option<Config>,
    /// The settings that cannot be used.
    pub faults: Vec<ConfigError>,
    /// The same for the settings of `http`.
    #[cfg(feature = "http")]
    pub http: (Option<HttpConfig>, Vec<ConfigError>),
    /// The tools that are switched on.
    pub selection: Result<Selection, String>,
    /// If these settings come from a client's entry: its title, and the settings of this process.
    pub adopted: Option<(String, Box<Exam>)>,
    /// The entry of a client that has a key or needs none, where this process was given flags and no key.
    pub elsewhere: Option<String>,
    /// Whether the clients here connect to servers at addresses and start none, so that nothing here needs a key.
    pub starts_none: bool,
    /// The server over HTTP to look at, if one was named.
    pub place: Option<remote::Place>,
    home: Option<PathBuf>,
    reading: OnceLock<Reading>,
    reach: OnceCell<RouteReport>,
    account: OnceCell<KeyReport>,
}

impl Exam {
    /// The settings of this process.
    pub fn of_this_process(flags: Flags) -> Self {
        Self::new(flags, std::env::vars_os().collect())
    }

    /// Settings by flags and environment.
    pub fn new(mut flags: Flags, environment: Vec<(OsString, OsString)>) -> Self {
        let text = |(name, value): &(OsString, OsString)| Some((name.to_str()?.to_owned(), value.to_string_lossy().into_owned()));
        let variables: BTreeMap<String, String> = environment.iter().filter_map(text).collect();
        typed::hide_mistaken(|name| variables.get(name).cloned());
        let http = resolve(flags.clone(), variables.clone(), |_, env| HttpConfig::resolve(&HttpFlags::default(), env));
        // These may be the settings of `http`, which can do without a directory for state.
        flags.counts_elsewhere = http.0.as_ref().is_some_and(|http| http.shared_state.is_some());
        let (config, faults) = resolve(flags.clone(), variables.clone(), Config::resolve);
        let selection = match &config {
            Some(config) => {
                let toolsets = config.toolsets.as_deref().unwrap_or_default();
                Selection::new(toolsets, &config.tools, &config.exclude_tools, config.allow_destructive)
                    .map(|selection| selection.only_reading(config.read_only))
                    .map_err(|error| error.to_string())
            }
            None => Err("the settings cannot be used".into()),
        };
        let home = config::home(&|name| variables.get(name).cloned());
        let exam = Self {
            flags,
            environment,
            variables,
            config,
            faults,
            #[cfg(feature = "http")]
            http,
            selection,
            adopted: None,
            elsewhere: None,
            starts_none: false,
            place: None,
            home,
            reading: OnceLock::new(),
            reach: OnceCell::new(),
            account: OnceCell::new(),
        };
        if let Ok(key) = exam.key() {
            fence::hide(&key);
        }
        exam
    }

    /// What this process was given, even if the settings are those of a client's entry.
    pub fn process(&self) -> &Self {
        self.adopted.as_ref().map_or(self, |(_, process)| process)
    }

    /// The environment for the server that doctor starts. A variable in a client's entry can make the system load any file into a program
    /// (`LD_PRELOAD` is one of many). So we hand on only known variables from there.
    pub fn for_child(&self) -> Vec<(OsString, OsString)> {
        let Some((_, process)) = &self.adopted else { return self.environment.clone() };
        let own = |pair: &(OsString, OsString)| process.environment.contains(pair);
        let safe = |name: &OsString| name.to_str().is_some_and(names::is_safe);
        self.environment.iter().filter(|pair| own(pair) || safe(&pair.0)).cloned().collect()
    }

    /// The settings.
    pub fn config(&self) -> Result<&Config, Because> {
        self.config.as_ref().ok_or_else(|| "the settings cannot be used".into())
    }

    /// Whether this setting cannot be used, by the end of its name: `BASE_URL` stands for the variables and the flag.
    pub fn is_faulty(&self, suffix: &str) -> bool {
        let flag = format!("--{}", suffix.to_ascii_lowercase().replace('_', "-"));
        self.faults.iter().any(|fault| fault.setting == flag || fault.setting.ends_with(suffix))
    }

    /// What a variable holds, if it holds anything.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The home directory.
    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// A path to show.
    pub fn shown(&self, path: &Path) -> String {
        config::shown(path, self.home())
    }

    /// The address of an API that is reached over the network.
    pub fn base(&self) -> Result<&BaseUrl, Because> {
        let config = self.config()?;
        if config.playground {
            return Err("the playground is in this process".into());
        }
        // Without this setting the default address applies, but the key was meant for another one.
        if self.is_faulty("BASE_URL") { Err("the base URL cannot be used".into()) } else { Ok(&config.base_url) }
    }

    /// The key file, if the key comes from one.
    pub fn key_file(&self) -> Result<(&Path, &str), Because> {
        match &self.config()?.key {
            KeySource::File { path, named_by } => Ok((path, named_by)),
            KeySource::Variable { .. } => Err("the key is in a variable".into()),
            KeySource::Playground | KeySource::Caller(_) => Err("the playground has a key of its own".into()),
            KeySource::Missing { .. } => Err("no key is set".into()),
        }
    }

    /// The content of the key file.
    pub fn reading(&self) -> Result<&Reading, Because> {
        let (path, _) = self.key_file()?;
        Ok(self.reading.get_or_init(|| KeyFile::new(path).read_patiently()))
    }

    /// The key, if there is one to send.
    pub fn key(&self) -> Result<ApiKey, Because> {
        match &self.config()?.key {
            KeySource::Variable { key, .. } => key.clone().map_err(|_: KeyFault| "the text is no key".into()),
            _ => self.reading()?.key.clone().map_err(|_| "the key file gives no key".into()),
        }
    }

    /// How far we get on the way to the API.
    pub async fn reach(&self) -> Result<&RouteReport, Because> {
        let base = self.base()?;
        Ok(self.reach.get_or_init(|| check_route(base)).await)
    }

    /// The answer to a request without a key.
    pub async fn greeting(&self) -> Result<&Greeting, Because> {
        let reach = self.reach().await?;
        match (&reach.resolved, &reach.connected, &reach.answered) {
            (Err(_), ..) => Err("the name is not resolved".into()),
            (_, Some(Err(_)), _) => Err("there is no connection".into()),
            (.., Some(Ok(greeting))) => Ok(greeting),
            _ => Err("nothing answered".into()),
        }
    }

    /// What the API says about the key. We send the key only if the server answered like the API before.
    pub async fn account(&self) -> Result<&KeyReport, Because> {
        let config = self.config()?;
        if !config.playground {
            self.key()?;
            let greeting = self.greeting().await?;
            if !greeting::judge(greeting, &config.base_url).passes() {
                return Err("what answered is not the API".into());
            }
        }
        let report = self.account.get_or_init(|| async {
            // We ask the API anew, and do not use what an earlier process learned.
            let config =
                Config { state_dir: None, timeout: config.timeout.min(REQUEST), max_retries: config.max_retries.min(1), ..config.clone() };
            let session = link::session(&config);
            session.settle(SETTLE).await;
            session.key_report().await
        });
        Ok(report.await)
    }

    /// What a client would be offered.
    pub async fn offer(&self) -> Result<Offer, Because> {
        let selection = self.selection.as_ref().map_err(|_| Because("the tools are not chosen".into()))?;
        Ok(Offer::new(*selection, self.account().await?.beliefs.clone()))
    }
}

/// The settings without those that cannot be used. So doctor can report all of these, and still judge the rest.
fn resolve<T>(
    mut flags: Flags,
    mut variables: BTreeMap<String, String>,
    settled: impl Fn(&Flags, &dyn Fn(&str) -> Option<String>) -> Result<T, ConfigError>,
) -> (Option<T>, Vec<ConfigError>) {
    let mut faults = Vec::new();
    while faults.len() < MOST_FAULTS {
        match settled(&flags, &|name| variables.get(name).cloned()) {
            Ok(config) => return (Some(config), faults),
            // It was not taken away, so it cannot be.
            Err(fault) if faults.contains(&fault) => break,
            Err(fault) => {
                variables.remove(&fault.setting);
                clear(&mut flags, &fault.setting);
                faults.push(fault);
            }
        }
    }
    (None, faults)
}

/// Removes a flag. The flags that are not listed here have types that cannot be wrong.
fn clear(flags: &mut Flags, flag: &str) {
    let slot = match flag {
        "--base-url" => &mut flags.base_url,
        "--timeout" => &mut flags.timeout,
        "--max-retries" => &mut flags.max_retries,
        "--max-concurrency" => &mut flags.max_concurrency,
        "--scopes" => &mut flags.scopes,
        "--exclude-tools" => &mut flags.exclude_tools,
        "--output" => &mut flags.output,
        "--log" => &mut flags.log,
        "--log-format" => &mut flags.log_format,
        "--confirm" => &mut flags.confirm,
        "--max-mt-per-run" => &mut flags.max_mt_per_run,
        "--max-mt-per-day" => &mut flags.max_mt_per_day,
        "--state-dir" => return flags.state_dir = None,
        "--state-secret-file" => return flags.state_secret_file = None,
        "--bucket" => return flags.buckets.clear(),
        "--enforce-limits" => return flags.enforce_limits = None,
        _ => return,
    };
    *slot = None;
}

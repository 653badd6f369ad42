//! What a command line may set, before anything is checked.

use std::path::PathBuf;

/// Settings given as flags. Texts are checked together with those of the environment, by [`super::Config::resolve`].
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--api-key-file`
    pub api_key_file: Option<PathBuf>,
    /// `--base-url`
    pub base_url: Option<String>,
    /// `--timeout`
    pub timeout: Option<String>,
    /// `--max-retries`
    pub max_retries: Option<String>,
    /// `--max-concurrency`
    pub max_concurrency: Option<String>,
    /// `--scopes`
    pub scopes: Option<String>,
    /// `--read-only`
    pub read_only: Option<bool>,
    /// `--allow-destructive`
    pub allow_destructive: Option<bool>,
    /// `--toolsets`
    pub toolsets: Option<String>,
    /// `--tools`
    pub tools: Option<String>,
    /// `--exclude-tools`
    pub exclude_tools: Option<String>,
    /// `--output`
    pub output: Option<String>,
    /// `--log`
    pub log: Option<String>,
    /// `--log-format`
    pub log_format: Option<String>,
    /// `--playground`
    pub playground: Option<bool>,
    /// `--bucket`, as often as it was given: names and their directories
    pub buckets: Vec<(String, PathBuf)>,
    /// `--enforce-limits`
    pub enforce_limits: Option<bool>,
    /// `--state-dir`
    pub state_dir: Option<PathBuf>,
    /// `--upload-root`, as often as it was given
    pub upload_roots: Vec<PathBuf>,
    /// `--download-dir`
    pub download_dir: Option<PathBuf>,
    /// `--secrets-dir`
    pub secrets_dir: Option<PathBuf>,
    /// `--reveal-secrets`
    pub reveal_secrets: Option<bool>,
    /// `--confirm`
    pub confirm: Option<String>,
    /// `--max-mt-per-run`
    pub max_mt_per_run: Option<String>,
    /// `--max-mt-per-day`
    pub max_mt_per_day: Option<String>,
    /// `--state-secret-file`
    pub state_secret_file: Option<PathBuf>,
    /// Whether what processes count together is kept in a Redis, so that no directory for state is needed. Only `http` has one.
    pub counts_elsewhere: bool,
}

//! The settings of the server as flags.

use std::path::PathBuf;

use clap::{Args, builder::NonEmptyStringValueParser};

use super::{Stage, typed};
use crate::{config::Flags, tools::catalog};

/// The settings of the server. The parser takes them after every command; `uses` says which of them a command uses. Their texts are checked
/// together with the environment.
#[derive(Args, Clone, Debug, Default, PartialEq)]
#[command(next_help_heading = "Settings")]
pub struct Settings {
    /// File that holds the API key on one line; re-read when the key is rotated
    #[arg(long, global = true, value_name = "FILE", value_parser = typed::path())]
    pub(super) api_key_file: Option<PathBuf>,
    /// Address of the API: https, or http on this machine
    #[arg(long, global = true, value_name = "URL")]
    pub(super) base_url: Option<String>,
    /// Use at most these scopes of the key: search, read, write, admin
    #[arg(long, global = true, value_name = "LIST")]
    pub(super) scopes: Option<String>,
    /// Use at most the scopes search and read
    #[arg(long, global = true)]
    pub(super) read_only: bool,
    /// Offer tools that delete, too
    #[arg(long, global = true)]
    pub(super) allow_destructive: bool,
    #[arg(long, global = true, value_name = "LIST", help = toolsets())]
    pub(super) toolsets: Option<String>,
    /// Single tools to offer in addition
    #[arg(long, global = true, value_name = "LIST")]
    pub(super) tools: Option<String>,
    /// Single tools to leave out
    #[arg(long, global = true, value_name = "LIST")]
    pub(super) exclude_tools: Option<String>,
    /// Form of answers: both, lines or json
    #[arg(long, global = true, value_name = "FORM")]
    pub(super) output: Option<String>,
    /// Milliseconds that one request may take
    #[arg(long, global = true, value_name = "MS")]
    pub(super) timeout: Option<String>,
    /// How often a request that may be repeated is repeated
    #[arg(long, global = true, value_name = "N")]
    pub(super) max_retries: Option<String>,
    /// How many requests may be under way at once
    #[arg(long, global = true, value_name = "N")]
    pub(super) max_concurrency: Option<String>,
    /// What is logged to stderr: off, error, warn, info, debug, trace
    #[arg(long, global = true, value_name = "LEVEL", value_parser = NonEmptyStringValueParser::new())]
    pub(super) log: Option<String>,
    /// Form of log lines: text or json
    #[arg(long, global = true, value_name = "FORM")]
    pub(super) log_format: Option<String>,
    /// Directory for what is remembered between starts
    #[arg(long, global = true, value_name = "DIR", value_parser = typed::path())]
    pub(super) state_dir: Option<PathBuf>,
    /// Directory below which files may be uploaded; may be repeated
    #[arg(long = "upload-root", global = true, value_name = "DIR", value_parser = typed::path())]
    pub(super) upload_roots: Vec<PathBuf>,
    /// Directory where exports are saved
    #[arg(long, global = true, value_name = "DIR", value_parser = typed::path())]
    pub(super) download_dir: Option<PathBuf>,
    /// Directory with the secrets of other services, one file each
    #[arg(long, global = true, value_name = "DIR", value_parser = typed::path())]
    pub(super) secrets_dir: Option<PathBuf>,
    /// Show new webhook secrets in answers
    #[arg(long, global = true)]
    pub(super) reveal_secrets: bool,
    /// What somebody must agree to first: auto, cost, always or never
    #[arg(long, global = true, value_name = "WHAT")]
    pub(super) confirm: Option<String>,
    /// The most mt that one run may be estimated at
    #[arg(long, global = true, value_name = "MT")]
    pub(super) max_mt_per_run: Option<String>,
    /// The most mt that the runs of a day may be estimated at together
    #[arg(long, global = true, value_name = "MT")]
    pub(super) max_mt_per_day: Option<String>,
    /// File with the secret that seals confirmations, if several processes share them
    #[arg(long, global = true, value_name = "FILE", value_parser = typed::path())]
    pub(super) state_secret_file: Option<PathBuf>,
    /// Whether `http` counts in a Redis
    #[arg(skip)]
    pub(super) counts_elsewhere: bool,
}

/// Lists the groups of tools, for the help.
fn toolsets() -> String {
    format!("Groups of tools to offer: {}", catalog::toolsets().collect::<Vec<_>>().join(", "))
}

impl Settings {
    /// The same, for the configuration.
    pub(super) fn flags(self, stage: Stage) -> Flags {
        stage.with(Flags {
            api_key_file: self.api_key_file,
            base_url: self.base_url,
            timeout: self.timeout,
            max_retries: self.max_retries,
            max_concurrency: self.max_concurrency,
            scopes: self.scopes,
            read_only: self.read_only.then_some(true),
            allow_destructive: self.allow_destructive.then_some(true),
            toolsets: self.toolsets,
            tools: self.tools,
            exclude_tools: self.exclude_tools,
            output: self.output,
            log: self.log,
            log_format: self.log_format,
            state_dir: self.state_dir,
            upload_roots: self.upload_roots,
            download_dir: self.download_dir,
            secrets_dir: self.secrets_dir,
            reveal_secrets: self.reveal_secrets.then_some(true),
            confirm: self.confirm,
            max_mt_per_run: self.max_mt_per_run,
            max_mt_per_day: self.max_mt_per_day,
            state_secret_file: self.state_secret_file,
            counts_elsewhere: self.counts_elsewhere,
            ..Flags::default()
        })
    }
}

//! `playground`: the local API in the foreground, and its session tokens.

use std::{path::PathBuf, time::Duration};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::json;
use tokio::net::TcpListener;

use super::{Failure, Ready, print};
use crate::{
    api::Scopes,
    config::distinct,
    mcp::lifecycle,
    playground::{self, Options, choices::CHOICES, faults::Fault},
    reach::Reach,
};

/// How many days a session token is good, unless the user says otherwise.
const TOKEN_DAYS: u64 = 30;

/// Arguments of `playground`.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// Directory that keeps keys, runs and prompts; without it everything is in memory
    #[arg(long, value_name = "DIR", global = true, value_parser = super::typed::path())]
    data_dir: Option<PathBuf>,
    /// A directory that plays the part of a cloud bucket; may be repeated
    #[arg(long, value_name = "NAME=DIR", value_parser = bucket)]
    bucket: Vec<(String, PathBuf)>,
    /// Print one line of JSON: `base_url`, `api_key`, `key_id`, `jwt`
    #[arg(long)]
    json: bool,
    /// Print what nobody knows about the API and what the playground does instead, and end; with --json as JSON
    #[arg(long)]
    explain: bool,
    /// Delay every answer by so many milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency_ms: u64,
    /// Break some answers on purpose: `KIND[:PROBABILITY][,every=K][,times=N][,path=TEXT]`; may be repeated
    #[arg(long, value_name = "FAULT")]
    fail: Vec<String>,
    /// Refuse calls beyond the rate limits with 429, as the service does
    #[arg(long)]
    enforce_limits: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Print a session token for the playground that keeps its data in --data-dir
    Token {
        /// How many days it is good
        #[arg(long, default_value_t = TOKEN_DAYS, value_parser = clap::value_parser!(u64).range(1..=3650))]
        days: u64,
    },
}

impl Arguments {
    /// The settings whose variables the command reads.
    pub fn used(&self) -> &'static [&'static str] {
        match self.command {
            Some(Command::Token { .. }) => &["LOG", "LOG_FORMAT"],
            None => &["SCOPES", "LOG", "LOG_FORMAT"],
        }
    }
}

/// The name of a bucket and its directory, which must be there.
pub fn bucket(text: &str) -> Result<(String, PathBuf), String> {
    let (name, directory) = text.split_once('=').ok_or("give it as NAME=DIR")?;
    if name.is_empty() {
        return Err("the bucket has no name".to_owned());
    }
    match super::typed::expanded(directory.into()).canonicalize() {
        Ok(directory) if directory.is_dir() => Ok((name.to_owned(), directory)),
        Ok(_) => Err(format!("{directory} is not a directory")),
        Err(error) => Err(format!("{directory} cannot be used: {}", crate::disk::unusable(&error))),
    }
}

/// Serves until stopped, or prints a token.
pub fn run(arguments: Arguments, ready: &Ready) -> Result<(), Failure> {
    if let Some(Command::Token { days }) = arguments.command {
        let dir = arguments.data_dir.as_deref().ok_or_else(|| {
            Failure::usage(anyhow::anyhow!("a token needs --data-dir; a playground in memory prints its own with --json"))
        })?;
        if !playground::is_kept_in(dir) {
            let shown = dir.display();
            return Err(Failure::usage(anyhow::anyhow!(
                "{shown} is no data directory of a playground, so no playground would take a token from there; start one with: videosearch-mcp playground --data-dir {}",
                super::word::word(&shown.to_string())
            )));
        }
        print::with_secret(playground::token(dir, Duration::from_secs(days * 86_400))?)?;
        return Ok(());
    }
    if arguments.explain {
        return explain(arguments.json);
    }
    let faults = arguments.fail.iter().map(|fault| fault.parse()).collect::<Result<Vec<Fault>, _>>().map_err(Failure::usage)?;
    distinct(&arguments.bucket).map_err(Failure::usage)?;
    // The key of a playground in memory is nowhere else.
    if arguments.data_dir.is_none() && print::leads_nowhere() {
        return Err(Failure::usage(anyhow::anyhow!(
            "stdout leads nowhere, so nobody would see the address, the key and the session token. Give a --data-dir, for which `playground token` prints a token"
        )));
    }
    let options = Options {
        data_dir: arguments.data_dir.clone(),
        start_scopes: ready.config.ceiling.unwrap_or(Scopes::ALL),
        latency: Duration::from_millis(arguments.latency_ms),
        faults,
        buckets: arguments.bucket.clone(),
        program: Some(super::link::program()),
        enforce_limits: arguments.enforce_limits,
        webhooks: Reach::PublicAndLoopback,
        tools: super::link::page_tools,
    };
    super::runtime()?.block_on(serve(&arguments, options))
}

/// Prints the choices of the playground, by topic.
fn explain(as_json: bool) -> Result<(), Failure> {
    if as_json {
        let rows = CHOICES.iter().map(|choice| json!({"topic": choice.topic, "unknown": choice.unknown, "chosen": choice.chosen}));
        print::out(rows.into_iter().collect::<serde_json::Value>())?;
        return Ok(());
    }
    let mut text = "What nobody knows about the API, and what the playground does instead.".to_owned();
    let mut topic = "";
    for choice in CHOICES {
        if choice.topic != topic {
            topic = choice.topic;
            text.push_str(&format!("\n\n{topic}"));
        }
        text.push_str(&format!("\n  {}:\n    {}.", choice.unknown, choice.chosen));
    }
    print::out(text)?;
    Ok(())
}

async fn serve(arguments: &Arguments, options: Options) -> Result<(), Failure> {
    let mut signals = lifecycle::signals()?;
    let address = ("127.0.0.1", arguments.port);
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on port {} of 127.0.0.1; --port takes another one, and --port 0 any that is free", arguments.port)
    })?;
    let handle = playground::start(options, listener).await?;
    let jwt = handle.token(Duration::from_secs(TOKEN_DAYS * 86_400))?;
    let (base_url, api_key, key_id) = (handle.base_url(), handle.api_key(), handle.key_id());
    if arguments.json {
        print::with_secret(json!({"base_url": base_url, "api_key": api_key, "key_id": key_id, "jwt": jwt}))?;
    } else {
        print::with_secret(format_args!(
            "The playground serves {base_url}\n\nexport VIDEOSEARCH_BASE_URL={base_url}\nexport VIDEOSEARCH_API_KEY={api_key}\nexport VIDEOSEARCH_JWT={jwt}"
        ))?;
        print::note("Ctrl-C stops it.");
    }
    // Without a listener for signals nothing could stop it, so the end of the channel is a reason to stop, too.
    let _ = signals.recv().await;
    handle.shutdown().await;
    Ok(())
}

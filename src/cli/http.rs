//! `http`: MCP over HTTP for many callers.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Failure, Ready, Settings, Stage, link, print};
use crate::{
    api::Scopes,
    consent::Rules,
    files::Files,
    http::{
        self, Allowed, Auth, Callers, Face, Maker, Metrics, Rate, Service, Shared,
        tokens::{self, Tokens},
    },
    ledger::{Ledger, Redis},
    mcp::{lifecycle, streamable},
    telemetry,
};

/// Arguments of `http`.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    stage: Stage,
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", env = "VIDEOSEARCH_HTTP_LISTEN", hide_env_values = true, default_value = "127.0.0.1:8080")]
    listen: String,
    /// How callers show who they are
    #[arg(long, value_enum, env = "VIDEOSEARCH_HTTP_AUTH", hide_env_values = true, default_value = "key")]
    auth: How,
    /// File with the tokens of --auth token-file
    #[arg(long, value_name = "FILE", env = "VIDEOSEARCH_HTTP_TOKEN_FILE", hide_env_values = true, global = true, value_parser = super::typed::path())]
    token_file: Option<PathBuf>,
    /// Host that requests may name, beside this machine; may be repeated
    #[arg(long = "allow-host", value_name = "HOST", env = "VIDEOSEARCH_HTTP_ALLOW_HOST", hide_env_values = true, value_delimiter = ',')]
    allow_hosts: Vec<String>,
    /// Origin of web pages that may call, beside those of this machine; may be repeated
    #[arg(
        long = "allow-origin",
        value_name = "ORIGIN",
        env = "VIDEOSEARCH_HTTP_ALLOW_ORIGIN",
        hide_env_values = true,
        value_delimiter = ','
    )]
    allow_origins: Vec<String>,
    /// How many requests a caller may send in a minute; 0 sets no limit
    #[arg(long, value_name = "N", env = "VIDEOSEARCH_HTTP_MAX_PER_MINUTE", hide_env_values = true, default_value_t = 6000)]
    max_per_minute: u32,
    /// Redis where several machines count together: redis://HOST:PORT/NUMBER; needs --state-secret-file
    #[arg(long, value_name = "URL", env = "VIDEOSEARCH_HTTP_SHARED_STATE", hide_env_values = true)]
    shared_state: Option<String>,
    /// Address and port for /metrics; without it there are none
    #[arg(long, value_name = "ADDRESS", env = "VIDEOSEARCH_HTTP_METRICS", hide_env_values = true)]
    metrics: Option<String>,
}

/// How callers show who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum How {
    /// With an API key of their own, as X-API-Key or as a bearer token
    Key,
    /// With a bearer token of this server; all of them use the server's key
    TokenFile,
    /// Not at all; only where nobody but this machine can connect
    None,
}

#[derive(Subcommand)]
enum Command {
    /// Manage the tokens of --auth token-file
    #[command(subcommand)]
    Token(TokenCommand),
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Make a token that may do at most what --scopes says, add it to the file, and print it once
    Add {
        /// Who it is for
        name: String,
    },
    /// List the tokens of the file: names and scopes
    List,
    /// Remove a token from the file
    Remove {
        /// Who it is for
        name: String,
    },
}

impl Arguments {
    fn tokens(&self) -> Result<&PathBuf, Failure> {
        let missing = || Failure::usage(anyhow::anyhow!("name the file with the tokens: --token-file FILE"));
        self.token_file.as_ref().ok_or_else(missing)
    }
}

/// Serves until a signal comes, or manages tokens. For a new token, --scopes says what it may do, and does not limit this process.
pub fn run(
    arguments: Arguments,
    settings: Settings,
    prepare: impl FnOnce(Settings, Stage) -> Result<Ready, Failure>,
) -> Result<(), Failure> {
    if let Some(Command::Token(command)) = &arguments.command {
        return manage(command, settings.scopes.as_deref(), arguments.tokens()?);
    }
    let ready = prepare(settings, arguments.stage.clone())?;
    telemetry::take_panics();
    let allowed = Allowed::new(&arguments.allow_hosts, &arguments.allow_origins).map_err(Failure::usage)?;
    super::runtime()?.block_on(serve(&arguments, allowed, &ready))
}

fn manage(command: &TokenCommand, scopes: Option<&str>, file: &Path) -> Result<(), Failure> {
    match command {
        TokenCommand::Add { name } => {
            let scopes = scopes.ok_or_else(|| Failure::usage(anyhow::anyhow!("say what the token may do at most: --scopes read")))?;
            let scopes = Scopes::parse(scopes).map_err(Failure::usage)?;
            let token = tokens::add(file, name, scopes)?;
            print::hand_over(&token)?;
            print::note("This is the only time that the token is shown. The file holds its SHA-256 sum.");
        }
        TokenCommand::List => {
            let lines: Vec<String> = tokens::list(file)?.iter().map(|entry| format!("{}  {}", entry.name, entry.scopes)).collect();
            print::out(if lines.is_empty() { "there are no tokens".to_owned() } else { lines.join("\n") })?;
        }
        TokenCommand::Remove { name } if tokens::remove(file, name)? => print::note(format_args!("the token `{name}` is removed")),
        TokenCommand::Remove { name } => return Err(anyhow::anyhow!("there is no token `{name}`").into()),
    }
    Ok(())
}

async fn serve(arguments: &Arguments, allowed: Allowed, ready: &Ready) -> Result<(), Failure> {
    http::raise_limits();
    let mut signals = lifecycle::signals()?;
    let (listener, bound) = listen(&arguments.listen, "--listen").await?;
    let auth = match arguments.auth {
        How::Key => Auth::Key,
        How::TokenFile => {
            let tokens = Arc::new(Tokens::open(arguments.tokens()?).map_err(Failure::usage)?);
            tokio::spawn(Arc::clone(&tokens).follow());
            Auth::Tokens(tokens)
        }
        How::None if bound.ip().is_loopback() => Auth::Nobody,
        How::None => {
            let problem = "--auth none is for loopback only, since everybody who reaches the server could use its key";
            return Err(Failure::usage(anyhow::anyhow!(problem)));
        }
    };
    let redis = match &arguments.shared_state {
        Some(url) => Some(Arc::new(shared(url, ready).await?)),
        None => None,
    };
    let mut rules = Rules::new(&ready.config);
    if let Some(redis) = &redis {
        rules.ledger = Ledger::in_redis(Arc::clone(redis));
    }
    let rate = Rate::new(arguments.max_per_minute, &rules.ledger);
    let (control, metrics) = (streamable::control(), Arc::new(Metrics::default()));
    let maker = Maker {
        rules,
        shelf: redis.map(|redis| Arc::new(Shared(redis)) as _),
        // Files and secrets of this machine are its owner's. Callers with keys of their own are somebody else.
        files: if matches!(auth, Auth::Key) { Files::default() } else { Files::new(&ready.config) },
        selection: ready.selection,
        form: ready.form(),
        control: control.clone(),
        cut_off: CancellationToken::new(),
        watcher: Arc::clone(&metrics) as _,
    };
    let (session, playground_key) = link::opened(&ready.config).await.map_err(|error| anyhow::anyhow!("the playground: {error}"))?;
    let measured = Arc::clone(&metrics);
    session.measure(Box::new(move |took| measured.api_answered(took))).await?;
    let callers = Callers::open(session, auth, maker).await?;
    let service = Arc::new(Service::new(callers, allowed, rate, control, metrics));
    let stop = CancellationToken::new();
    let side = match &arguments.metrics {
        Some(address) => {
            let (listener, bound) = listen(address, "--metrics").await?;
            print::note(format_args!("videosearch-mcp serves metrics at http://{bound}{}", http::METRICS_PATH));
            Some(tokio::spawn(http::serve(listener, Face::Metrics, Arc::clone(&service), stop.clone())))
        }
        None => None,
    };
    let url = format!("http://{bound}{}", http::PATH);
    print::note(format_args!("videosearch-mcp serves MCP at {url}"));
    #[cfg(feature = "playground")]
    if let Some(key) = playground_key {
        print::with_secret(serde_json::json!({"url": url, "api_key": key}))?;
    }
    let serving = http::serve(listener, Face::Protocol, service, stop.clone());
    tokio::pin!(serving);
    tokio::select! {
        () = &mut serving => return Ok(()),
        _ = signals.recv() => stop.cancel(),
    }
    tokio::select! {
        () = &mut serving => {}
        // A second signal ends it at once.
        Some(()) = signals.recv() => {}
    }
    drop(side);
    Ok(())
}

/// The Redis that several machines share.
async fn shared(url: &str, ready: &Ready) -> Result<Redis, Failure> {
    let redis = Redis::at(url).map_err(|error| Failure::usage(anyhow::anyhow!("--shared-state: {error}")))?;
    if ready.config.state_secret_file.is_none() {
        let missing =
            "--shared-state needs --state-secret-file, with one secret for all machines, so that they accept each other's confirmations";
        return Err(Failure::usage(anyhow::anyhow!(missing)));
    }
    if let Err(error) = redis.check().await {
        print::note(format_args!("{error}; until it can, whatever costs or deletes is refused"));
    }
    Ok(redis)
}

async fn listen(address: &str, flag: &str) -> Result<(TcpListener, SocketAddr), Failure> {
    let bound = http::bind(address).await;
    Ok(bound.with_context(|| format!("cannot listen on {address}; {flag} takes another address"))?)
}

//! `http`: MCP over HTTP for many callers.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use clap::{Args, Subcommand};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Failure, Ready, Settings, Stage, link, print};
use crate::{
    api::Scopes,
    config::{HttpAuth, HttpConfig, HttpFlags, variable},
    consent::Rules,
    files::Files,
    http::{
        self, Allowed, Auth, Callers, Face, Maker, Metrics, Rate, Service, Shared,
        tokens::{self, Tokens},
    },
    key::KeySource,
    ledger::{Ledger, Redis},
    mcp::{
        lifecycle::{self, Signal},
        streamable,
    },
    telemetry,
};

/// Arguments of `http`.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    stage: Stage,
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// How callers show who they are: key, token-file or none [default: key]
    #[arg(long, value_name = "HOW")]
    auth: Option<String>,
    /// File with the tokens of --auth token-file
    #[arg(long, value_name = "FILE", global = true, value_parser = super::typed::secret_file())]
    token_file: Option<PathBuf>,
    /// Host that requests may name, beside this machine; may be repeated
    #[arg(long = "allow-host", value_name = "HOST")]
    allow_hosts: Vec<String>,
    /// Origin of web pages that may call, beside those of this machine; may be repeated
    #[arg(long = "allow-origin", value_name = "ORIGIN")]
    allow_origins: Vec<String>,
    /// How many requests a caller may send in a minute; 0 sets no limit [default: 6000]
    #[arg(long, value_name = "N")]
    max_per_minute: Option<String>,
    /// Redis where several machines count together: redis://HOST:PORT/NUMBER; needs --state-secret-file
    #[arg(long, value_name = "URL")]
    shared_state: Option<String>,
    /// Address and port for /metrics; without it there are none
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<String>,
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
        #[arg(value_parser = tokens::checked_name)]
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
    fn resolve(self) -> Result<HttpConfig, Failure> {
        let flags = HttpFlags {
            listen: self.listen,
            auth: self.auth,
            token_file: self.token_file,
            allow_hosts: self.allow_hosts,
            allow_origins: self.allow_origins,
            max_per_minute: self.max_per_minute,
            metrics: self.metrics,
            shared_state: self.shared_state,
        };
        HttpConfig::resolve(&flags, &variable).map_err(Failure::usage)
    }
}

/// The file with the tokens, which must be named.
pub fn named(token_file: Option<&PathBuf>) -> Result<&Path, Failure> {
    token_file.map(PathBuf::as_path).ok_or_else(|| Failure::usage(anyhow::anyhow!("name the file with the tokens: --token-file FILE")))
}

/// Serves until a signal comes, or manages tokens. For a new token, --scopes says what it may do, and does not limit this process.
pub fn run(
    mut arguments: Arguments,
    settings: Settings,
    prepare: impl FnOnce(Settings, Stage) -> Result<Ready, Failure>,
) -> Result<(), Failure> {
    let (command, stage, with_tokens) = (arguments.command.take(), arguments.stage.clone(), arguments.token_file.is_some());
    if let Some(Command::Token(command)) = command {
        let file = HttpConfig::token_file(arguments.token_file.as_deref(), &variable);
        return manage(&command, settings.scopes.as_deref(), named(file.as_ref())?);
    }
    let http = arguments.resolve()?;
    if with_tokens && http.auth != HttpAuth::TokenFile {
        return Err(Failure::usage(anyhow::anyhow!(
            "--token-file: the server would not read it; give --auth token-file, too, or leave it out"
        )));
    }
    if let (HttpAuth::Key, Some(flag)) = (http.auth, of_one_caller(&settings)) {
        let why = "with --auth key each caller brings a key of their own, and nothing of this machine is for them";
        return Err(Failure::usage(anyhow::anyhow!(
            "{flag}: the server would not use it, since {why}; leave it out, or choose another --auth"
        )));
    }
    let ready = prepare(Settings { counts_elsewhere: http.shared_state.is_some(), ..settings }, stage)?;
    has_key(http.auth, &ready.config.key)?;
    if ready.config.playground && http.auth == HttpAuth::Key && print::leads_nowhere() {
        return Err(Failure::usage(anyhow::anyhow!(
            "stdout leads nowhere, so nobody would see the key of the playground, which callers need; let stdout lead somewhere, or use --auth none"
        )));
    }
    telemetry::take_panics();
    let allowed = Allowed::new(&http.allow_hosts, &http.allow_origins).map_err(Failure::usage)?;
    super::runtime()?.block_on(serve(&http, allowed, &ready))
}

/// A flag about the key and the files of this machine that was given.
fn of_one_caller(settings: &Settings) -> Option<&'static str> {
    let given = [
        (settings.api_key_file.is_some(), "--api-key-file"),
        (!settings.upload_roots.is_empty(), "--upload-root"),
        (settings.download_dir.is_some(), "--download-dir"),
        (settings.secrets_dir.is_some(), "--secrets-dir"),
    ];
    given.into_iter().find_map(|(given, flag)| given.then_some(flag))
}

/// Refuses to start where callers use the key of this server and it can never have one. A key file may still be written.
fn has_key(auth: HttpAuth, source: &KeySource) -> Result<(), Failure> {
    let how = match auth {
        HttpAuth::Key => return Ok(()),
        HttpAuth::TokenFile => "token-file",
        HttpAuth::None => "none",
    };
    let why = match source {
        KeySource::Missing { placeholders } if placeholders.is_empty() => "no API key is configured".to_owned(),
        KeySource::Missing { placeholders } => {
            format!("no API key is configured ({} holds a placeholder that was not filled in)", placeholders.join(", "))
        }
        KeySource::Variable { name, key: Err(fault) } => format!("the value of {name} is not an API key: {fault}"),
        _ => return Ok(()),
    };
    let remedy = "name a file that holds the key with --api-key-file or VIDEOSEARCH_API_KEY_FILE, or set VIDEOSEARCH_API_KEY";
    Err(Failure::usage(anyhow::anyhow!("with --auth {how} all callers use the API key of this server, and {why}; {remedy}")))
}

fn manage(command: &TokenCommand, scopes: Option<&str>, file: &Path) -> Result<(), Failure> {
    if !matches!(command, TokenCommand::Add { .. }) && !file.try_exists().unwrap_or(true) {
        return Err(anyhow::anyhow!("there is no file {}; `http token add` makes it", file.display()).into());
    }
    match command {
        TokenCommand::Add { name } => {
            let scopes = scopes.ok_or_else(|| Failure::usage(anyhow::anyhow!("say what the token may do at most: --scopes read")))?;
            let scopes = Scopes::parse(scopes).map_err(Failure::usage)?;
            if print::leads_nowhere() {
                return Err(Failure::usage(anyhow::anyhow!(
                    "stdout leads nowhere, so nobody would see the token; {} was not changed",
                    file.display()
                )));
            }
            let token = tokens::add(file, name, scopes)?;
            if let Err(error) = print::hand_over(&token) {
                // Nobody holds it, and its name must be free for the next try.
                tokens::remove(file, name)?;
                return Err(anyhow::anyhow!("printing the token failed: {error}; it was removed from {} again", file.display()).into());
            }
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

async fn serve(config: &HttpConfig, allowed: Allowed, ready: &Ready) -> Result<(), Failure> {
    let mut rules = Rules::new(&ready.config);
    // Without the secret every confirmation would fail, and nobody would know until then.
    rules.seals.check().await.map_err(|why| Failure::usage(anyhow::anyhow!("--state-secret-file: {why}")))?;
    http::raise_limits();
    let mut signals = lifecycle::signals()?;
    let (listener, bound) = listen(&config.listen, "--listen").await?;
    let auth = match config.auth {
        HttpAuth::Key => Auth::Key,
        HttpAuth::TokenFile => {
            let tokens = Arc::new(Tokens::open(named(config.token_file.as_ref())?).map_err(Failure::usage)?);
            tokio::spawn(Arc::clone(&tokens).follow());
            Auth::Tokens(tokens)
        }
        HttpAuth::None => {
            may_ask_nobody(bound.ip())?;
            Auth::Nobody
        }
    };
    let redis = match &config.shared_state {
        Some(url) => Some(Arc::new(shared(url, ready.config.state_secret_file.as_deref())?)),
        None => None,
    };
    if let Some(redis) = &redis {
        rules.ledger = Ledger::in_redis(Arc::clone(redis));
    }
    // A Redis may come back. A directory that cannot be used stays like that until somebody does something about it.
    let counted = rules.ledger.check().await;
    if let (Some(directory), Err(error)) = (rules.ledger.directory(), counted) {
        let what = "used confirmations and the spending of the day are counted there";
        return Err(Failure::usage(anyhow::anyhow!("{}: {error}; {what}", directory.display())));
    }
    let (rate, ledger) = (Rate::new(config.max_per_minute, &rules.ledger), rules.ledger.clone());
    let (control, metrics) = (streamable::control(), Arc::new(Metrics::default()));
    let maker = Maker {
        rules,
        shelf: redis.map(|redis| Arc::new(Shared(redis)) as _),
        files: match &auth {
            // Files and secrets of this machine are its owner's. Callers with keys of their own are somebody else.
            Auth::Key => Files::for_strangers(&ready.config),
            Auth::Tokens(_) => Files::for_remote_callers(&ready.config),
            // Whoever reaches this server sits at this machine.
            Auth::Nobody => Files::new(&ready.config),
        },
        selection: match &auth {
            // What would always refuse is not listed.
            Auth::Key => ready.selection.for_strangers(ready.config.reveal_secrets),
            Auth::Tokens(_) | Auth::Nobody => ready.selection,
        },
        form: ready.form(),
        control: control.clone(),
        watcher: Arc::clone(&metrics) as _,
    };
    let (session, playground_key) = link::opened(&ready.config).await.map_err(|error| anyhow::anyhow!("the playground: {error}"))?;
    let measured = Arc::clone(&metrics);
    session.measure(Box::new(move |took| measured.api_answered(took))).await?;
    // Whether the API accepts the key, /readyz says. The start does not wait for that.
    let problem = if config.auth == HttpAuth::Key { None } else { session.key_report().await.problem };
    let callers = Callers::open(session, auth, maker).await?;
    let service = Arc::new(Service::new(callers, allowed, rate, ledger, control, metrics));
    let stop = CancellationToken::new();
    let side = match &config.metrics {
        Some(address) => {
            let (listener, bound) = listen(address, "--metrics").await?;
            print::announce(format_args!("videosearch-mcp serves metrics at http://{}{}", here(bound), http::METRICS_PATH));
            Some(tokio::spawn(http::serve(listener, Face::Metrics, Arc::clone(&service), stop.clone())))
        }
        None => None,
    };
    let url = format!("http://{}{}", here(bound), http::PATH);
    print::announce(format_args!("videosearch-mcp serves MCP at {url}"));
    if let Some(problem) = problem {
        print::announce(format_args!(
            "Until this is mended, every call fails and the server is not ready: {problem}. {}",
            problem.remedy()
        ));
    }
    #[cfg(not(feature = "playground"))]
    drop(playground_key);
    #[cfg(feature = "playground")]
    if let Some(key) = playground_key {
        match config.auth {
            // The server takes no key there.
            HttpAuth::TokenFile => print::out(serde_json::json!({"url": url}))?,
            HttpAuth::Key | HttpAuth::None => print::with_secret(serde_json::json!({"url": url, "api_key": key}))?,
        }
    }
    let serving = http::serve(listener, Face::Protocol, service, stop.clone());
    tokio::pin!(serving);
    tokio::select! {
        () = &mut serving => return Ok(()),
        _ = signals.recv() => stop.cancel(),
    }
    loop {
        tokio::select! {
            () = &mut serving => break,
            // A supervisor may signal the process and then its whole group. A person who presses Ctrl-C again does not want to wait.
            Some(signal) = signals.recv() => if signal == Signal::Interrupt {
                return Err(anyhow::anyhow!("what was under way was cut off").into());
            },
        }
    }
    drop(side);
    Ok(())
}

/// An address at which this machine reaches what listens there.
fn here(bound: SocketAddr) -> SocketAddr {
    let loopback = match bound.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(loopback, bound.port())
}

/// Refuses to let everybody in who reaches an address, unless only this machine does.
pub fn may_ask_nobody(ip: IpAddr) -> Result<(), Failure> {
    if ip.is_loopback() {
        return Ok(());
    }
    let problem = "--auth none is for loopback only, since everybody who reaches the server could use its key";
    Err(Failure::usage(anyhow::anyhow!(problem)))
}

/// The Redis that several machines share. They need one secret, which a file holds.
pub fn shared(url: &str, secret: Option<&Path>) -> Result<Redis, Failure> {
    let redis = Redis::at(url).map_err(|error| Failure::usage(anyhow::anyhow!("--shared-state: {error}")))?;
    if secret.is_none() {
        let missing =
            "--shared-state needs --state-secret-file, with one secret for all machines, so that they accept each other's confirmations";
        return Err(Failure::usage(anyhow::anyhow!(missing)));
    }
    Ok(redis)
}

async fn listen(address: &str, flag: &str) -> Result<(TcpListener, SocketAddr), Failure> {
    let bound = http::bind(address).await;
    Ok(bound.with_context(|| format!("cannot listen on {address}; {flag} takes another address"))?)
}

#[cfg(test)]
mod tests {
    use super::here;

    #[test]
    fn an_address_that_is_told_can_be_reached() {
        for (bound, told) in [("0.0.0.0:81", "127.0.0.1:81"), ("[::]:82", "[::1]:82"), ("192.0.2.1:83", "192.0.2.1:83")] {
            assert_eq!(here(bound.parse().unwrap()).to_string(), told);
        }
    }
}

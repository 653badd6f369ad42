//! The command line: its arguments, what it prints, and its exit codes.
//!
//! This is the only layer that knows clap, prints, or ends the process. It connects the other layers and must not hold rules of theirs.
//!
//! Start with [`Cli`] (what a person can type), then `serve` (what clients start). Everything is printed by `print`.

mod bar;
mod call;
mod doctor;
#[cfg(feature = "http")]
mod http;
mod keys;
mod link;
#[cfg(all(test, feature = "playground"))]
pub use link::page_tools;
mod manifest;
mod offered;
mod owner;
#[cfg(feature = "playground")]
mod playground;
mod print;
mod serve;
mod settings;
mod setup;
mod table;
mod terminal;
mod tools;
mod typed;
mod uses;
mod webhooks;
mod word;

use std::{process::ExitCode, time::Duration};

use clap::{Args, Parser, Subcommand};

use crate::{
    config::{Config, ConfigError, Flags, Output, variable},
    key::SPELLINGS,
    telemetry,
    tools::{Form, Selection},
};
pub use print::Failure;
use settings::Settings;

/// MCP server for the VideoVector API: video search, prompt runs and key introspection for AI assistants.
#[derive(Parser)]
// Help names the program without the `.exe` that it has on Windows.
#[command(name = "videosearch-mcp", bin_name = "videosearch-mcp", version, about, max_term_width = 100)]
#[command(after_help = "Without a command it serves MCP over stdio, as MCP clients start it. \
Settings can also be given as environment variables; see the README.")]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    stage: Stage,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Subcommand)]
enum Command {
    /// Serve MCP over stdio (the default)
    Serve(Stage),
    /// Serve MCP over HTTP, for many callers
    #[cfg(feature = "http")]
    Http(http::Arguments),
    /// Run a local VideoVector API with a sample library
    #[cfg(feature = "playground")]
    Playground(playground::Arguments),
    /// List the tools that a client would get under these settings
    Tools(tools::Arguments),
    /// Call one tool and print its answer
    Call(call::Arguments),
    /// Manage the account's API keys, with a session token
    Keys(keys::Arguments),
    /// Find out why it does not work: settings, key, network, API, this server, clients
    Doctor(doctor::Arguments),
    /// Write our entry into a client's configuration, or list the clients and their state
    Setup(setup::Arguments),
    /// Check what a receiver of webhooks got
    Webhooks(webhooks::Arguments),
    /// Print a manifest of this server, or check the committed copy
    Manifest(manifest::Arguments),
}

/// Which API a command talks to. This is no setting, since `--playground` means something else for the commands that manage keys: a
/// playground in another process. It stands before the command or after it.
#[derive(Args, Clone, Debug, Default)]
struct Stage {
    /// Use a playground in this process instead of the API; no key is read
    #[cfg(feature = "playground")]
    #[arg(long = "playground", id = "in_playground", help_heading = "Settings")]
    in_playground: bool,
    /// With --playground, a directory that plays the part of a cloud bucket; may be repeated
    #[cfg(feature = "playground")]
    #[arg(long = "bucket", id = "buckets", value_name = "NAME=DIR", value_parser = playground::bucket, help_heading = "Settings")]
    buckets: Vec<(String, std::path::PathBuf)>,
    /// With --playground, refuse calls beyond the rate limits with 429
    #[cfg(feature = "playground")]
    #[arg(long = "enforce-limits", id = "limited", help_heading = "Settings")]
    enforce_limits: bool,
}

impl Stage {
    /// What both say, of which one stands before the command and the other after it.
    #[cfg_attr(not(feature = "playground"), expect(unused_variables, unused_mut, reason = "there is nothing to say"))]
    fn and(mut self, other: Self) -> Self {
        #[cfg(feature = "playground")]
        {
            self.in_playground |= other.in_playground;
            self.buckets.extend(other.buckets);
            self.enforce_limits |= other.enforce_limits;
        }
        self
    }

    /// Adds it to the flags.
    #[cfg_attr(not(feature = "playground"), expect(clippy::unused_self, reason = "there is nothing to add"))]
    fn with(self, flags: Flags) -> Flags {
        #[cfg(feature = "playground")]
        let flags = Flags {
            playground: self.in_playground.then_some(true),
            buckets: self.buckets,
            enforce_limits: self.enforce_limits.then_some(true),
            ..flags
        };
        flags
    }
}

impl Cli {
    /// What the parser makes of a command line without arguments. Most clients start the program like this, and building the parser would
    /// take a quarter of the time until the handshake is answered.
    fn bare() -> Self {
        Self { command: None, stage: Stage::default(), settings: Settings::default() }
    }
}

/// The settings that a client's command line gives the server. An error says why this command line does not serve, and repeats none of its
/// arguments.
fn served_with(arguments: &[String]) -> Result<Flags, String> {
    let line = std::iter::once("videosearch-mcp").chain(arguments.iter().map(String::as_str));
    let cli = Cli::try_parse_from(line).map_err(|error| error.kind().to_string())?;
    let stage = match cli.command {
        None => Stage::default(),
        Some(Command::Serve(stage)) => stage,
        Some(_) => return Err("they ask for something else than serving".into()),
    };
    Ok(cli.settings.flags(cli.stage.and(stage)))
}

/// A configuration that has passed every check. The commands that serve or call tools start from it.
struct Ready {
    config: Config,
    selection: Selection,
}

impl Ready {
    const fn form(&self) -> Form {
        form(self.config.output)
    }
}

/// The form of answers that a setting stands for.
const fn form(output: Output) -> Form {
    match output {
        Output::Both => Form::Both,
        Output::Lines => Form::Lines,
        Output::Json => Form::Json,
    }
}

/// Checks all settings and starts the log. Toolsets that a command names apply in place of those of the settings.
fn prepare(settings: Settings, stage: Stage, toolsets: Option<&[String]>) -> Result<Ready, Failure> {
    ready(Config::resolve(&settings.flags(stage), &variable), toolsets)
}

/// The same for a command that uses few settings, named without their prefix. Variables of the others are not read, so what is wrong with them
/// does not stop it.
fn prepare_few(settings: Settings, stage: Stage, used: &[&str]) -> Result<Ready, Failure> {
    let setting = |name: &str| SPELLINGS.iter().find_map(|prefix| name.strip_prefix(prefix)).map(str::to_owned);
    let few = |name: &str| setting(name).is_none_or(|setting| used.contains(&setting.as_str())).then(|| variable(name)).flatten();
    ready(Config::resolve(&settings.flags(stage), &few), None)
}

fn ready(config: Result<Config, ConfigError>, toolsets: Option<&[String]>) -> Result<Ready, Failure> {
    let config = config.map_err(Failure::usage)?;
    let toolsets = toolsets.or(config.toolsets.as_deref()).unwrap_or_default();
    let selection = Selection::new(toolsets, &config.tools, &config.exclude_tools, config.allow_destructive).map_err(Failure::usage)?;
    telemetry::start(&config);
    doctor::warn_of_misspelt();
    Ok(Ready { selection: selection.only_reading(config.read_only), config })
}

/// The definition of the command line, from which shell completions and manual pages are made.
pub fn command() -> clap::Command {
    offered::definition()
}

/// Does what the command line says. Exit codes: 0 fine, 1 the operation failed, 2 bad usage or configuration.
pub fn run() -> ExitCode {
    // What a panic says may repeat what somebody else wrote.
    std::panic::set_hook(Box::new(|panic| print::note(panic)));
    typed::hide_mistaken(variable);
    #[cfg(feature = "playground")]
    if std::env::args_os().nth(1).is_some_and(|first| first == crate::playground::QUERY) {
        // The playground has started this process for one query.
        return print::answer_of_query();
    }
    let (cli, name) = if std::env::args_os().len() > 1 {
        match uses::parse() {
            Ok(parsed) => parsed,
            Err(error) => return print::usage(&error),
        }
    } else {
        (Cli::bare(), String::new())
    };
    let Cli { command, stage, settings } = cli;
    let staged = |other: Stage| stage.clone().and(other);
    let ready = |settings, other| prepare(settings, staged(other), None);
    // Whoever names a tool wants that tool, in whatever toolset it is. Toolsets say what is listed, and nothing is listed here.
    let any_tool = |settings, other| prepare(settings, staged(other), Some(&["all".to_owned(), "catalog".to_owned()]));
    let outcome = match command {
        None => ready(settings, Stage::default()).and_then(serve::run),
        Some(Command::Serve(stage)) => ready(settings, stage).and_then(serve::run),
        #[cfg(feature = "http")]
        Some(Command::Http(arguments)) => http::run(arguments, settings, ready),
        #[cfg(feature = "playground")]
        Some(Command::Playground(arguments)) => {
            prepare_few(settings, staged(Stage::default()), arguments.used()).and_then(|ready| playground::run(arguments, &ready))
        }
        Some(Command::Tools(arguments)) => ready(settings, arguments.stage.clone()).and_then(|ready| tools::run(&arguments, &ready)),
        Some(Command::Call(arguments)) => any_tool(settings, arguments.stage.clone()).and_then(|ready| call::run(arguments, &ready)),
        Some(Command::Keys(arguments)) => {
            // Here --scopes says what a new key may do. It does not limit this process.
            let (given, settings) = (settings.scopes.is_some(), Settings { scopes: None, ..settings });
            let ready = arguments.check_scopes(given).and_then(|()| prepare_few(settings, staged(Stage::default()), keys::USED));
            ready.and_then(|ready| keys::run(arguments, &ready.config))
        }
        // doctor has to report settings that cannot be used, so it takes them unchecked.
        Some(Command::Doctor(arguments)) => doctor::run(&arguments, settings.flags(staged(arguments.stage.clone()))),
        Some(Command::Setup(arguments)) => setup::run(arguments, settings),
        Some(Command::Webhooks(arguments)) => webhooks::run(arguments),
        Some(Command::Manifest(arguments)) => manifest::run(&arguments),
    };
    telemetry::finish();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => print::failure(&failure, &name),
    }
}

/// How long a command waits at its end for work on other threads: not for a name that does not resolve or a half decoded picture.
const LEFT_BEHIND: Duration = Duration::from_millis(50);

/// The runtime of a command. It has one thread, since most of its work is waiting. When dropped, it does not wait for work that blocks
/// other threads.
struct Runtime(Option<tokio::runtime::Runtime>);

fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map(|runtime| Runtime(Some(runtime)))
}

impl Runtime {
    fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        #[expect(clippy::expect_used, reason = "only drop takes the runtime")]
        self.0.as_ref().expect("it runs").block_on(work)
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_timeout(LEFT_BEHIND);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_command_line_is_what_the_parser_makes_of_it() {
        let parsed = Cli::try_parse_from(["videosearch-mcp"]).unwrap();
        assert!(parsed.command.is_none());
        assert_eq!(parsed.settings, Cli::bare().settings);
        assert_eq!(format!("{:?}", parsed.stage), format!("{:?}", Stage::default()));
    }

    #[test]
    fn a_command_does_not_wait_for_work_that_cannot_be_cancelled() {
        let (release, released) = std::sync::mpsc::channel::<()>();
        let (ended, end) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = runtime().unwrap();
            runtime.block_on(async {
                let (started, start) = tokio::sync::oneshot::channel();
                tokio::task::spawn_blocking(move || {
                    started.send(()).unwrap();
                    released.recv()
                });
                start.await.unwrap();
            });
            drop(runtime);
            ended.send(()).unwrap();
        });
        assert!(end.recv_timeout(Duration::from_mins(1)).is_ok(), "the work goes on until it is released, and the command does not");
        drop(release);
    }
}

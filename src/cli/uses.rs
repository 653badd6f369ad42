//! Which settings each command uses.
//!
//! The settings of the server are flags of the whole program, so that they may stand before a command or after it. But most commands use few
//! of them. [`USES`] says which. What a command does not use is refused, and its help does not show it. Variables of the environment are
//! another matter: they are there for all commands, and a command reads those that it uses.

use clap::{ArgMatches, Command, CommandFactory, FromArgMatches, error::ErrorKind, parser::ValueSource};

use super::Cli;

/// What a command uses.
struct Use {
    /// The command, for its subcommands as well.
    command: &'static [&'static str],
    /// The ids of the settings.
    settings: Ids,
}

/// Ids of settings. An id is the name of a flag with underscores.
enum Ids {
    All,
    AllBut(&'static [&'static str]),
    These(&'static [&'static str]),
}

/// What decides which tools are listed, and how the API is asked about the key.
const LISTING: &[&str] = &[
    "in_playground",
    "buckets",
    "limited",
    "api_key_file",
    "base_url",
    "scopes",
    "read_only",
    "allow_destructive",
    "toolsets",
    "tools",
    "exclude_tools",
    "output",
    "confirm",
    "timeout",
    "max_retries",
    "max_concurrency",
    "state_dir",
    "log",
    "log_format",
];
/// The scopes are that of the new key. The commands about keys refuse the flags of the playground and of scopes in their own words.
const KEYS: &[&str] = &[
    "in_playground",
    "buckets",
    "limited",
    "scopes",
    "base_url",
    "timeout",
    "max_retries",
    "max_concurrency",
    "state_dir",
    "log",
    "log_format",
];
/// Flags that the program takes before a command only for the commands that serve or call.
const STAGE: &[&str] = &["in_playground", "buckets", "limited"];

/// The table. The longest line that fits a command applies, and a command without a line uses all.
static USES: &[Use] = &[
    Use { command: &["playground"], settings: Ids::These(&["scopes", "log", "log_format"]) },
    Use { command: &["playground", "token"], settings: Ids::These(&["log", "log_format"]) },
    Use { command: &["tools"], settings: Ids::These(LISTING) },
    // A named tool is called in whatever toolset it is.
    Use { command: &["call"], settings: Ids::AllBut(&["toolsets", "tools"]) },
    Use { command: &["keys"], settings: Ids::These(KEYS) },
    Use { command: &["doctor"], settings: Ids::AllBut(&["output"]) },
    Use { command: &["setup"], settings: Ids::AllBut(STAGE) },
    Use { command: &["http", "token"], settings: Ids::These(&[]) },
    Use { command: &["http", "token", "add"], settings: Ids::These(&["scopes"]) },
    Use { command: &["webhooks"], settings: Ids::These(&[]) },
    Use { command: &["manifest"], settings: Ids::These(&[]) },
];

impl Ids {
    fn has(&self, id: &str) -> bool {
        match self {
            Self::All => true,
            Self::AllBut(others) => !others.contains(&id),
            Self::These(these) => these.contains(&id),
        }
    }
}

/// What a command uses.
fn used_by(command: &[&str]) -> &'static Ids {
    let lines = USES.iter().filter(|line| command.starts_with(line.command));
    lines.max_by_key(|line| line.command.len()).map_or(&Ids::All, |line| &line.settings)
}

/// Reads the command line of this process, and names the command: `keys create`. Without one, that is empty.
pub fn parse() -> Result<(Cli, String), clap::Error> {
    let mut definition = Cli::command();
    let mut matches = definition.try_get_matches_from_mut(std::env::args_os()).map_err(|error| match error.kind() {
        // Only the help differs, so only whoever asks for it waits for that.
        ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            fitted().try_get_matches_from(std::env::args_os()).err().unwrap_or(error)
        }
        _ => error,
    })?;
    let command = check(&mut definition, &matches)?;
    let cli = Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut definition))?;
    Ok((cli, command))
}

/// Refuses a setting that the command does not use. Names the command.
fn check(definition: &mut Command, matches: &ArgMatches) -> Result<String, clap::Error> {
    let (mut path, mut inner) = (Vec::new(), matches);
    while let Some((name, deeper)) = inner.subcommand() {
        path.push(name);
        inner = deeper;
    }
    let command = path.join(" ");
    let used = used_by(&path);
    let has_json = inner.try_get_one::<bool>("json").is_ok();
    let given = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    let ignored = |id: &str| match (path.as_slice(), id) {
        // The form of answers shows in the list as clients get it, and in its size.
        (["tools"], "output") => !inner.get_flag("json") && !inner.get_flag("tokens"),
        // Settings go into the entry of a client, and there is none to write.
        (["setup"], _) => !used.has(id) || !inner.contains_id("client") || inner.get_flag("remove"),
        _ => !used.has(id),
    };
    let arguments = definition.get_arguments().filter(|argument| argument.get_help_heading() == Some("Settings"));
    let Some(flag) =
        arguments.filter(|argument| given(argument.get_id().as_str()) && ignored(argument.get_id().as_str())).find_map(clap::Arg::get_long)
    else {
        return Ok(command);
    };
    let advice = match (flag, path.as_slice()) {
        ("output", _) if has_json => "; for JSON, use --json",
        (_, ["setup"]) => "; it goes into the entry that is written for a client",
        _ => "",
    };
    let message = format!("`{command}` does not use --{flag}{advice}");
    // The usage that the message ends with is that of the command.
    let place = path.iter().try_fold(&mut *definition, |place, name| place.find_subcommand_mut(name));
    Err(match place {
        Some(place) => place.error(ErrorKind::ArgumentConflict, message),
        None => definition.error(ErrorKind::ArgumentConflict, message),
    })
}

/// The definition of the command line, in which each command shows only the settings that it uses.
fn fitted() -> Command {
    let definition = Cli::command();
    let settings: Vec<clap::Arg> = definition.get_arguments().filter(|argument| argument.is_global_set()).cloned().collect();
    fit(definition, &[], &settings)
}

/// Hides what a command and those below it do not use. The parser does not hand down an argument to a command that has one with this id, so
/// only a command that differs from the one above it gets arguments of its own here.
fn fit(definition: Command, path: &[&str], settings: &[clap::Arg]) -> Command {
    definition.mut_subcommands(|command| {
        let name = command.get_name().to_owned();
        let below: Vec<&str> = path.iter().copied().chain([name.as_str()]).collect();
        let differs = |setting: &&clap::Arg| {
            let id = setting.get_id().as_str();
            let own = command.get_arguments().any(|argument| argument.get_id() == id);
            !own && (shows(&below, id) != shows(path, id) || help(&below, id).is_some())
        };
        let adapted = |setting: &clap::Arg| {
            let hidden = !shows(&below, setting.get_id().as_str());
            told(&below, setting.clone().hide(hidden))
        };
        let adapted: Vec<clap::Arg> = settings.iter().filter(differs).map(adapted).collect();
        fit(command.args(adapted), &below, settings)
    })
}

/// Whether the help of a command shows a setting. The scopes of a new key are an argument of `keys create` itself.
pub fn shows(command: &[&str], id: &str) -> bool {
    used_by(command).has(id) && !(command.starts_with(&["keys"]) && id == "scopes")
}

/// A setting with the help that it has for a command.
pub fn told(command: &[&str], setting: clap::Arg) -> clap::Arg {
    match help(command, setting.get_id().as_str()) {
        Some(help) => setting.help(help),
        None => setting,
    }
}

/// What a setting means for a command, where it is something else than for the others.
fn help(command: &[&str], id: &str) -> Option<&'static str> {
    match (command, id) {
        (["http", "token", "add"], "scopes") => Some("What the token may do at most, which must be said: search, read, write, admin"),
        (["playground"], "scopes") => Some("Scopes of the key that is made at the start: search, read, write, admin"),
        _ => None,
    }
}

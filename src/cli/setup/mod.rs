//! `setup`: writes our entry into the configuration of an MCP host.
//!
//! `hosts` knows what to write and where. This folder reads and writes the files, asks the questions and words the messages. A
//! configuration belongs to somebody else. So we write it only after we have worked out and checked the whole change, shown it, and got a
//! yes. This folder must not print a text of a configuration that setup did not write itself, since that may be a key.
//!
//! Start with [`run`]. `kept` knows what stays of an entry, `plan` works out the change, `diff` and `mask` show it, `file` writes it, and
//! `key` finds or stores the key that the entry refers to.

mod account;
mod binary;
mod diff;
mod file;
mod here;
mod kept;
mod key;
mod list;
mod maker;
mod mask;
mod memory;
mod plan;
mod remote;
mod remove;
mod target;

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::{Args, builder::PossibleValuesParser};

use super::{Failure, Settings, keys::rules, owner::Account, prepare, print};
use crate::{
    config::SETTINGS,
    hosts::{Entry, HOSTS, Host, Shows},
    key::{BaseUrl, SPELLINGS},
};
use here::Here;
use kept::Kept;
use key::{Chosen, KeyPlan};
use plan::Plan;
use target::{Target, agree};

/// The name of our entry, unless the user names another.
const NAME: &str = "videosearch";

/// Arguments of `setup`.
#[derive(Args)]
pub struct Arguments {
    /// The client; without one, all are listed with their state
    #[arg(value_parser = PossibleValuesParser::new(HOSTS.iter().map(|host| host.id)))]
    client: Option<String>,
    /// Print the entry to paste, and write nothing
    #[arg(long, requires = "client", conflicts_with = "remove")]
    print: bool,
    /// Take our entry out, or put back the one it replaced
    #[arg(long, requires = "client")]
    remove: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Name of the entry
    #[arg(long, default_value = NAME, value_parser = entry_name)]
    name: String,
    /// The client's configuration file, if it is not in its usual place
    #[arg(long, value_name = "FILE", requires = "client", value_parser = super::typed::path())]
    config: Option<PathBuf>,
    /// File that holds the key, or will: by default api-key in your configuration directory
    #[arg(long, value_name = "FILE", value_parser = super::typed::secret_file())]
    key_file: Option<PathBuf>,
    /// Write the key itself into the client's configuration
    #[arg(long, conflicts_with = "key_variable")]
    inline_key: bool,
    /// Try it without a key: the entry starts the playground and its sample library
    #[cfg(feature = "playground")]
    #[arg(long, conflicts_with_all = ["key_file", "inline_key", "playground", "jwt_file", "api_key_file", "url", "expires_in_days"])]
    demo: bool,
    /// Address of a server that others run over HTTP, to which the client connects instead of starting a program
    #[arg(long, value_name = "URL", requires = "client", conflicts_with_all = ["remove", "jwt_file", "expires_in_days"], value_parser = remote::address)]
    url: Option<String>,
    /// Variable of the client's environment that holds the key or token for --url
    #[arg(long, value_name = "NAME", requires = "url", default_value = key::VARIABLE, value_parser = remote::variable)]
    key_variable: String,
    /// The server at --url asks for no key
    #[arg(long, requires = "url", conflicts_with_all = ["inline_key", "key_file", "key_variable"])]
    no_key: bool,
    /// Days until a key that is created here ends, 1 to 365; without it, it never does
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=i64::from(rules::MOST_DAYS)))]
    expires_in_days: Option<u32>,
    #[command(flatten)]
    account: Account,
}

/// Checks that all hosts accept a name.
fn entry_name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if (1..=64).contains(&text.len()) && text.chars().all(plain) {
        Ok(text.to_owned())
    } else {
        Err("a name has 1 to 64 letters, digits, - or _".into())
    }
}

impl Arguments {
    #[cfg(feature = "playground")]
    fn demo(&self) -> bool {
        self.demo
    }

    #[cfg(not(feature = "playground"))]
    #[expect(clippy::unused_self, reason = "with the playground there is a member to read")]
    fn demo(&self) -> bool {
        false
    }
}

/// Tells whether setup wrote the entry of a name in a client's file. What cannot be read remembers nothing.
pub fn wrote() -> impl Fn(&Path, &str) -> bool {
    let memory = memory::Memory::open(&Here::new()).ok();
    move |file, name| memory.as_ref().is_some_and(|memory| memory.knows(file, name))
}

/// Lists the clients, or sets one up.
pub fn run(arguments: Arguments, settings: Settings) -> Result<(), Failure> {
    let here = Here::new();
    let Some(host) = arguments.client.as_deref().and_then(Host::find) else {
        print::out(list::table(&here))?;
        print::note("Set one up with: videosearch-mcp setup CLIENT");
        return Ok(());
    };
    let around = here.surroundings();
    let file = arguments.config.clone().or_else(|| host.config_file(&around)).ok_or_else(|| {
        Failure::usage(anyhow!(
            "where {} keeps its configuration is not known, since the home directory is not; name the file with --config",
            host.title
        ))
    })?;
    let file = std::path::absolute(&file).with_context(|| format!("the path {}", file.display()))?;
    let target = Target { host, file, name: arguments.name.clone() };
    if arguments.remove {
        return remove::run(&target, &here, arguments.yes);
    }
    put(&target, &arguments, settings, &here)
}

fn put(target: &Target, arguments: &Arguments, settings: Settings, here: &Here) -> Result<(), Failure> {
    if let Some(url) = &arguments.url {
        remote::check(arguments, &settings)?;
        return remote::put(target, arguments, url, &prepare(settings, super::Stage::default(), None)?, here);
    }
    if arguments.expires_in_days.is_some() && !arguments.account.is_named() {
        let problem = "--expires-in-days is for a key that is made here, which takes a session token (VIDEOSEARCH_JWT or --jwt-file)";
        return Err(Failure::usage(anyhow!("{problem}; a key that you have keeps its end")));
    }
    let mut given = given(&settings)?;
    let kept = Kept::of(target).without(&given, target.host);
    given.extend(kept.others.iter().cloned());
    let suited = suits(&given, target.host);
    given.extend(suited);
    kept::in_order(&mut given);
    not_taken(&given);
    let flag = settings.api_key_file.clone();
    let scopes = settings.scopes.clone();
    let named = |name: &String| crate::config::variable(name).is_some_and(|value| !value.is_empty());
    let named = settings.base_url.is_some() || SPELLINGS.map(|prefix| format!("{prefix}BASE_URL")).iter().any(named);
    let ready = prepare(whole(settings)?, super::Stage::default(), None)?;
    let (command, doubt) = binary::own()?;
    if let Some(doubt) = doubt {
        print::note(format_args!("Note: {doubt}"));
    }
    let mut entry = Entry { command, ..Entry::default() };
    if arguments.demo() {
        entry.args.push("--playground".into());
        entry.env = given;
        Kept { base: None, ..kept }.tell(target);
        if arguments.print {
            needs(target.host);
            return Ok(print::out(target.host.snippet(&target.name, &entry))?);
        }
        return write(target, here, &entry, None, arguments.yes);
    }
    let chosen = match (key::chosen_file(arguments.key_file.as_ref().or(flag.as_ref()), &ready.config.key, here)?, &kept.key_file) {
        (Chosen { named: false, .. }, Some(path)) => Chosen { path: path.clone(), named: false },
        (chosen, _) => chosen,
    };
    // The address that is named now, or that of the account, takes the place of the one in the entry.
    let settle = |account: Option<&BaseUrl>| {
        let base = account.or_else(|| named.then_some(&ready.config.base_url));
        let Some(base) = base else {
            kept.tell(target);
            return kept.base.clone();
        };
        Kept { base: None, others: kept.others.clone(), key_file: None }.tell(target);
        (base.as_str() != BaseUrl::DEFAULT).then(|| ("VIDEOSEARCH_BASE_URL".to_owned(), base.to_string()))
    };
    let wish = account::Wish { scopes: scopes.as_deref(), days: arguments.expires_in_days };
    let owner = || arguments.account.is_named().then(|| arguments.account.open(&ready.config)).transpose();
    if arguments.print {
        // What is printed is what would be written: for the address of the account's API, and with the file that its key has or would get.
        let key = owner()?.map(|owner| account::plan(owner, &chosen, &wish)).transpose()?;
        let path = key.as_ref().map_or(chosen.path.as_path(), KeyPlan::path);
        entry.env.push(key::variable(arguments.inline_key.then_some(key::PLACEHOLDER), path)?);
        entry.env.extend(settle(key.as_ref().and_then(KeyPlan::base)));
        entry.env.extend(given);
        if !arguments.inline_key {
            key::missing(path, key.as_ref().is_some_and(KeyPlan::creates));
        }
        needs(target.host);
        return Ok(print::out(target.host.snippet(&target.name, &entry))?);
    }
    // We check that the change is possible before we ask for a key or create one.
    Plan::new(target, &entry)?.writable(target, arguments.inline_key)?;
    let owner = owner()?;
    let mut key = match owner {
        Some(owner) => account::plan(owner, &chosen, &wish)?,
        None => key::plan(&chosen, arguments.inline_key.then(|| plan::present(target)).flatten(), &ready.config.key, arguments.yes)?,
    };
    key.inline = arguments.inline_key;
    entry.env.push(key.variable()?);
    entry.env.extend(settle(key.base()));
    entry.env.extend(given);
    write(target, here, &entry, Some(key), arguments.yes)
}

/// Shows the change, asks, and makes it.
fn write(target: &Target, here: &Here, entry: &Entry, mut key: Option<KeyPlan>, yes: bool) -> Result<(), Failure> {
    let file = target.file.display();
    let mut plan = Plan::new(target, entry)?;
    let closed = key.as_ref().is_some_and(|key| key.inline);
    plan.writable(target, closed)?;
    if let Some(key) = &key {
        key.tell();
    }
    if plan.changes() {
        plan.show(target, key.as_ref());
        agree(&format!("Write {file}?"), yes)?;
    } else if key.as_ref().is_some_and(KeyPlan::creates) {
        agree("Create this key?", yes)?;
    }
    let installed = target.host.is_installed(&here.surroundings());
    let _lock = here.lock().map_err(|error| {
        anyhow!(
            "{error:#}. Nothing was written. To paste the entry by hand: videosearch-mcp setup {} --print, with the same flags",
            target.host.id
        )
    })?;
    let mut entry = entry.clone();
    if let Some(key) = &mut key {
        key.store(&mut entry)?;
    }
    if !plan.changes() && key.as_ref().is_none_or(|key| !key.inline) {
        print::note(format_args!("{} is already set up: {file}", target.host.title));
        needs(target.host);
        return Ok(());
    }
    // Some hosts rewrite their file while they run. Then we start again from its new content, but only once.
    for attempt in 0.. {
        let now = Plan::new(target, &entry)?;
        if now.before != plan.before {
            print::note(format_args!("{file} was changed in the meantime. Starting again from its new content."));
            now.show(target, key.as_ref());
        }
        plan = now;
        if !plan.changes() {
            print::note(format_args!("{} is already set up: {file}", target.host.title));
            needs(target.host);
            return Ok(());
        }
        match plan.write(target, here, closed)? {
            file::Outcome::Written { backup } => {
                told(target, backup.as_deref());
                if !installed {
                    print::note(format_args!("{} does not seem to be installed here.", target.host.title));
                }
                return Ok(());
            }
            file::Outcome::Changed if attempt == 0 => {}
            file::Outcome::Changed => break,
        }
    }
    Err(anyhow!("another program keeps changing {file}. Quit {} and try again", target.host.title).into())
}

fn told(target: &Target, backup: Option<&Path>) {
    print::note(format_args!("Wrote {}", target.file.display()));
    if let Some(backup) = backup {
        print::note(format_args!("What it held before is in {}", backup.display()));
    }
    print::note(format_args!("Then: {}.", target.host.reload));
    needs(target.host);
}

/// Says what else the client's user has to do.
fn needs(host: &Host) {
    if let Some(needs) = host.needs {
        print::note(format_args!("Note: {needs}."));
    }
}

/// Names the settings of this shell that the entry does not get: a client hands none of them on.
fn not_taken(given: &[(String, String)]) {
    let of_key = |name: &str| name.contains("_API_KEY") || name.ends_with("_BASE_URL");
    let set = SETTINGS.iter().filter(|setting| !of_key(setting.name) && !given.iter().any(|(name, _)| name == setting.name));
    let set: Vec<&str> =
        set.map(|setting| setting.name).filter(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty())).collect();
    if !set.is_empty() {
        print::note(format_args!(
            "Note: of this shell, {} will not be in the entry; give the flag if the client needs it.",
            set.join(", ")
        ));
    }
}

/// The settings that suit the client, as far as they are not given. Says which.
fn suits(given: &[(String, String)], host: &Host) -> Vec<(String, String)> {
    let open = |name: &str, value: Option<&str>| {
        let name = format!("VIDEOSEARCH_{name}");
        Some((name, value?.to_owned())).filter(|(name, _)| !kept::has(given, name))
    };
    let toolsets = open("TOOLSETS", host.toolsets());
    if let Some((_, toolsets)) = &toolsets {
        let title = host.title;
        print::note(format_args!(
            "{title} loads tools only when it needs them, so the toolset is `{toolsets}`; --toolsets chooses others."
        ));
    }
    let output = open("OUTPUT", host.output());
    if let Some((_, output)) = &output {
        let why = match host.shows {
            Shows::Structured => "shows its model the structured part of an answer",
            Shows::Text | Shows::Unknown => "may show its model the structured part of an answer",
        };
        print::note(format_args!("{} {why}, so answers come as `{output}`, which cost less; --output chooses another form.", host.title));
    }
    toolsets.into_iter().chain(output).collect()
}

/// The settings of a command line as variables of an entry. The key and the address are added elsewhere.
fn given(settings: &Settings) -> Result<Vec<(String, String)>, Failure> {
    let truth = |given: bool| given.then(|| "true".to_owned());
    let directory = |path: &PathBuf| here::text(&std::path::absolute(path)?);
    let optional = |path: &Option<PathBuf>| path.as_ref().map(directory).transpose();
    let state = optional(&settings.state_dir)?;
    let roots = roots(&settings.upload_roots)?;
    let (downloads, secrets) = (optional(&settings.download_dir)?, optional(&settings.secrets_dir)?);
    let shared_secret = optional(&settings.state_secret_file)?;
    let all = [
        ("SCOPES", settings.scopes.clone()),
        ("READ_ONLY", truth(settings.read_only)),
        ("ALLOW_DESTRUCTIVE", truth(settings.allow_destructive)),
        ("TOOLSETS", settings.toolsets.clone()),
        ("TOOLS", settings.tools.clone()),
        ("EXCLUDE_TOOLS", settings.exclude_tools.clone()),
        ("OUTPUT", settings.output.clone()),
        ("TIMEOUT", settings.timeout.clone()),
        ("MAX_RETRIES", settings.max_retries.clone()),
        ("MAX_CONCURRENCY", settings.max_concurrency.clone()),
        ("LOG", settings.log.clone()),
        ("LOG_FORMAT", settings.log_format.clone()),
        ("STATE_DIR", state),
        ("UPLOAD_ROOTS", roots),
        ("DOWNLOAD_DIR", downloads),
        ("SECRETS_DIR", secrets),
        ("REVEAL_SECRETS", truth(settings.reveal_secrets)),
        ("CONFIRM", settings.confirm.clone()),
        ("MAX_MT_PER_RUN", settings.max_mt_per_run.clone()),
        ("MAX_MT_PER_DAY", settings.max_mt_per_day.clone()),
        ("STATE_SECRET_FILE", shared_secret),
    ];
    Ok(all.into_iter().filter_map(|(name, value)| Some((format!("VIDEOSEARCH_{name}"), value?))).collect())
}

/// The same settings with a whole path to the state directory, as the entry will have it.
fn whole(settings: Settings) -> Result<Settings, Failure> {
    let state_dir = settings.state_dir.map(std::path::absolute).transpose()?;
    Ok(Settings { state_dir, ..settings })
}

/// The directories for uploads as one variable, which separates them by commas.
fn roots(given: &[PathBuf]) -> Result<Option<String>, Failure> {
    let mut roots = Vec::new();
    for root in given {
        let text = here::text(&std::path::absolute(root)?)?;
        if text.contains(',') {
            let why = "the name of a directory for uploads cannot contain a comma in a client's configuration";
            return Err(Failure::usage(anyhow!("{text}: {why}")));
        }
        if !root.is_dir() {
            print::note(format_args!("Note: {text} is no directory yet. Nothing can be uploaded from it until it is there."));
        }
        roots.push(text);
    }
    Ok((!roots.is_empty()).then(|| roots.join(",")))
}

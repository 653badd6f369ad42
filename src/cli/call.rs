//! `call`: one tool, from the command line.

use std::{
    io::{IsTerminal, Read, stdin},
    path::PathBuf,
    time::Duration,
};

use anyhow::Context as _;
use base64::{Engine, engine::general_purpose::STANDARD};
use clap::Args;
use serde_json::{Map, Value};

use super::{
    Failure, Ready,
    bar::{Bar, Lines},
    link, print,
    terminal::{self, AtTerminal},
    typed,
};
use crate::{
    consent::{Person, Rules},
    disk::{self, Readers},
    files::Files,
    session::Deadline,
    tools::{
        self, Context, Form, Memory, Offer, Report, Step,
        answer::Picture,
        catalog,
        finder::{self, Meant},
    },
};

/// The most that is read from stdin as arguments, in bytes.
const MAX_INPUT: u64 = 16 << 20;

/// What stands for the arguments where they come from stdin.
const STDIN: &str = "-";

/// What is said where somebody had to agree and nobody could.
const UNDONE: &str = "Nothing was done.";
const AGREE: &str =
    "Run the command at a terminal to be asked, or set VIDEOSEARCH_STATE_SECRET_FILE to get a confirmation that the next process accepts.";
/// The same where stdin held the arguments.
const AGREE_UNPIPED: &str = "Nobody could be asked, since the arguments came from stdin. Give them on the command line at a terminal to be asked, or set VIDEOSEARCH_STATE_SECRET_FILE to get a confirmation that the next process accepts.";

/// What to give where a tool is to be called without arguments.
const NO_ARGUMENTS: &str = "give {} for a call without arguments";

/// How long a call may take during which a person may be asked.
const WITH_A_PERSON: Duration = Duration::from_mins(10);

/// Arguments of `call`.
#[derive(Args)]
pub struct Arguments {
    /// The tool
    tool: String,
    /// Its arguments as a JSON object, or - to read them from stdin
    #[arg(default_value = "{}")]
    arguments: String,
    /// Write the picture of the answer to this file
    #[arg(long, value_name = "FILE", value_parser = typed::output())]
    picture: Option<PathBuf>,
    #[command(flatten)]
    pub(super) stage: super::Stage,
}

/// Calls a tool like a client would, and prints the text of its answer. An error goes to stderr, or to stdout as JSON with
/// `--output json`.
pub fn run(arguments: Arguments, ready: &Ready) -> Result<(), Failure> {
    let form = ready.form();
    call(arguments, ready).map_err(|failure| match (failure, form) {
        // What reads the answer as JSON reads the error, too.
        (Failure::Usage(error), Form::Json) => {
            let suggestion = "Correct the command.".into();
            let message = format!("{error:#}");
            let report = Report { code: "invalid_call".into(), message, suggestion, recoverable: true, ..Report::default() };
            print::out(report.json()).map_or_else(Failure::from, |()| Failure::UsageTold)
        }
        (failure, _) => failure,
    })
}

fn call(arguments: Arguments, ready: &Ready) -> Result<(), Failure> {
    let Some(tool) = catalog::find(&arguments.tool) else {
        let hint = catalog::nearest(&arguments.tool).map_or_else(|| ";".to_owned(), |near| format!("; did you mean `{near}`?"));
        let list = "`videosearch-mcp tools` lists the tools";
        return Err(Failure::usage(anyhow::anyhow!("unknown tool `{}`{hint} {list}", arguments.tool)));
    };
    if let Err(setting) = ready.selection.check(tool) {
        return Err(Failure::usage(anyhow::anyhow!("the tool `{}` is switched off; see {setting}", tool.name)));
    }
    let given = read(&arguments.arguments).map_err(Failure::Usage)?;
    let meant = finder::meant(tool, given, &ready.selection).map_err(|error| Failure::usage(anyhow::anyhow!("{error}")))?;
    let (tool, given, notes) = meant.into_parts();
    let form = ready.form();
    let shows_secret = tool.makes_secret() && ready.config.reveal_secrets;
    if shows_secret && print::leads_nowhere() {
        let advice = "Without --reveal-secrets it goes to a file. The API was not called";
        return Err(Failure::usage(anyhow::anyhow!("stdout leads nowhere, so nobody would see the secret, which is shown once. {advice}")));
    }
    // Arguments from stdin leave nobody who could answer there.
    let agree = if arguments.arguments == STDIN { AGREE_UNPIPED } else { AGREE };
    let attended = arguments.arguments != STDIN && terminal::attended();
    let (outcome, offer) = super::runtime()?.block_on(async {
        let session = link::session(&ready.config);
        let beliefs = session.settle(Duration::from_millis(1500)).await;
        let offer = Offer::new(ready.selection, beliefs);
        let bar = Bar::at_terminal();
        let lines = Lines::default();
        let report = move |step: Step| -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
            if let Some(bar) = &bar {
                bar.show(&step);
            } else if let Some(line) = lines.line(&step) {
                print::note(line);
            }
            Box::pin(std::future::ready(()))
        };
        let memory = Memory::default();
        let files = Files::new(&ready.config);
        let rules = Rules::new(&ready.config);
        let person = if attended { Person::Now(&AtTerminal) } else { Person::Nobody };
        let mut cx = Context::new(&session, &offer, &memory, &files, &rules);
        cx.progress = Some(&report);
        cx.person = person;
        if attended && tool.effect != tools::Effect::Read {
            cx.deadline = Deadline::after(WITH_A_PERSON);
        }
        let outcome = Meant::finish(notes, tool.call(given, &cx).await);
        (outcome, Offer::new(ready.selection, session.beliefs()))
    });
    match outcome {
        Ok(mut answer) => {
            let planned = answer.has(tools::CONFIRM);
            if planned && ready.config.state_secret_file.is_none() {
                // It would end with this process.
                answer.untell(tools::CONFIRM);
                // A script must be able to tell a plan from what it asked for.
                answer.script_fact("error", true);
                answer.script_fact("code", "not_agreed");
                answer.script_fact("message", UNDONE);
                answer.script_fact("suggestion", agree);
                answer.script_fact("recoverable", true);
                print::note(format_args!("{UNDONE} {agree}"));
            }
            if answer.is_table() && form != Form::Json {
                // The table is what was asked for, and what else there is to say is no row of it.
                let (table, remarks) = answer.table(false);
                print::out(table)?;
                print::note(remarks);
                return Ok(());
            }
            let rendered = answer.render(tool.form(form));
            if shows_secret {
                print::out_once(&rendered.text).context("the secret could not be shown; rotate_webhook_secret makes another")?;
            } else {
                print::out(&rendered.text)?;
            }
            pictures(&rendered.pictures, arguments.picture.as_ref())?;
            if rendered.failed { Err(Failure::Told) } else { Ok(()) }
        }
        Err(error) => {
            let report = error.report(tool, &offer);
            match form {
                Form::Both | Form::Lines => print::note(report.text(tool)),
                Form::Json => print::out(report.json())?,
            }
            Err(Failure::Told)
        }
    }
}

/// Reads the arguments of the tool.
fn read(text: &str) -> anyhow::Result<Map<String, Value>> {
    let piped;
    let is_piped = text == STDIN;
    let text = if is_piped {
        if stdin().is_terminal() {
            print::note("Type the arguments as a JSON object, and end them with Ctrl-D on a line of its own.");
        }
        let mut bytes = Vec::new();
        stdin().take(MAX_INPUT + 1).read_to_end(&mut bytes).context("reading the arguments from stdin")?;
        if bytes.len() as u64 > MAX_INPUT {
            anyhow::bail!("the arguments on stdin are larger than {} MiB", MAX_INPUT >> 20);
        }
        piped = decoded(&bytes)?;
        piped.as_str()
    } else {
        text
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Nothing in a pipe means that what should have written there has failed.
    if text.trim().is_empty() {
        return if is_piped { Err(anyhow::anyhow!("stdin is empty; {NO_ARGUMENTS}")) } else { Ok(Map::new()) };
    }
    let given: Value =
        serde_json::from_str(text).context("the arguments are not valid JSON; quote them for your shell, or pipe them in and give -")?;
    anyhow::ensure!(!(is_piped && given.is_null()), "stdin holds null and no arguments; {NO_ARGUMENTS}");
    Ok(tools::arguments(given)?)
}

/// Text from a pipe. PowerShell sends UTF-8 with a byte order mark, or UTF-16 where it is told to or where a file was written by it.
/// JSON begins with an ASCII character, so UTF-16 shows by a zero byte beside the first one, with or without a mark.
fn decoded(bytes: &[u8]) -> anyhow::Result<String> {
    let utf16 = |order: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|&pair| order(pair)).collect();
        if rest.is_empty() { String::from_utf16(&units).ok() } else { None }
    };
    let (text, encoding) = match bytes {
        [0xff, 0xfe, ..] | [_, 0, ..] => (utf16(u16::from_le_bytes), "UTF-16"),
        [0xfe, 0xff, ..] | [0, _, ..] => (utf16(u16::from_be_bytes), "UTF-16"),
        _ => (String::from_utf8(bytes.to_vec()).ok(), "UTF-8"),
    };
    text.with_context(|| format!("the arguments on stdin are not valid {encoding}; send JSON in UTF-8"))
}

fn pictures(pictures: &[Picture], to: Option<&PathBuf>) -> Result<(), Failure> {
    match (pictures.first(), to) {
        (Some(picture), Some(file)) => {
            let bytes = STANDARD.decode(&picture.base64)?;
            disk::replace(file, &bytes, Readers::AsBefore).with_context(|| format!("writing {}", file.display()))?;
            print::note(format_args!("Picture ({}) written to {}", picture.media_type, file.display()));
        }
        (Some(picture), None) => print::note(format_args!("The answer has a picture ({}); --picture FILE saves it.", picture.media_type)),
        (None, Some(_)) => print::note("The answer has no picture."),
        (None, None) => {}
    }
    Ok(())
}

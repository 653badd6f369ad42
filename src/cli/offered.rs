//! The command line as shell completions and manual pages show it: each command with the flags that it takes, and with the words that a flag
//! takes.
//!
//! The parser takes the settings of the server after every command and then refuses those that the command does not use (see `uses`). What
//! generates completions knows nothing of that, and offers hidden flags, too.

use std::ffi::OsStr;

use clap::{
    Arg, Command, CommandFactory,
    builder::{PossibleValue, StringValueParser, TypedValueParser},
};

use super::{Cli, uses};
use crate::{config, tools::catalog};

/// The definition. It is for generators only: its settings stand after the command alone.
pub fn definition() -> Command {
    let definition = Cli::command();
    let settings: Vec<Arg> =
        definition.get_arguments().filter(|argument| argument.is_global_set()).map(|argument| argument.clone().global(false)).collect();
    place(definition.mut_args(|argument| worded(argument.global(false))), &[], &settings)
}

/// Gives each command the settings that it uses.
fn place(definition: Command, path: &[&str], settings: &[Arg]) -> Command {
    definition.mut_subcommands(|command| {
        let name = command.get_name().to_owned();
        let below: Vec<&str> = path.iter().copied().chain([name.as_str()]).collect();
        let own = |setting: &&Arg| command.get_arguments().any(|argument| argument.get_id() == setting.get_id());
        let used = settings.iter().filter(|setting| uses::shows(&below, setting.get_id().as_str()) && !own(setting));
        let used: Vec<Arg> = used.map(|setting| uses::told(&below, setting.clone())).collect();
        place(command.args(used).mut_args(worded), &below, settings)
    })
}

/// An argument with the words that it takes, if it takes words.
fn worded(argument: Arg) -> Arg {
    let words: Vec<&'static str> = match argument.get_id().as_str() {
        "toolsets" => catalog::toolsets().collect(),
        "tool" => catalog::all().map(|tool| tool.name).collect(),
        id => config::words(&id.to_ascii_uppercase()),
    };
    if words.is_empty() { argument } else { argument.value_parser(Words(words)).hide_possible_values(true) }
}

/// Offers words and takes any text, since a list of them is one, too.
#[derive(Clone)]
struct Words(Vec<&'static str>);

impl TypedValueParser for Words {
    type Value = String;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(|word| PossibleValue::new(*word))))
    }
}

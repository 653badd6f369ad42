//! `tools`: what a client would get.

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::{Failure, Ready, link, print};
use crate::{
    api::Scope,
    consent::Confirm,
    gate::{KeyState, Standing},
    mcp,
    tools::{
        Form, Offer, Tool,
        catalog::{self, Reach},
        finder,
    },
};

/// How long we wait for the key's scopes. A person waits longer than a client.
const SETTLE: Duration = Duration::from_secs(10);
/// How many tenths of a character a token of the list has. Measured against o200k: 4.2 characters in the core, 4.3 elsewhere.
const TENTHS: usize = 42;

/// Arguments of `tools`.
#[derive(Args)]
pub struct Arguments {
    /// Print the tools as MCP lists them
    #[arg(long)]
    json: bool,
    /// Only the tools that fit these words, best first
    #[arg(long, value_name = "WORDS", conflicts_with = "json")]
    find: Option<String>,
    /// Show what each tool costs a model to know, in estimated tokens
    #[arg(long, conflicts_with = "json")]
    tokens: bool,
    #[command(flatten)]
    pub(super) stage: super::Stage,
}

/// Lists the tools under the present settings and key.
pub fn run(arguments: &Arguments, ready: &Ready) -> Result<(), Failure> {
    let (beliefs, report) = super::runtime()?.block_on(async {
        let session = link::session(&ready.config);
        (session.settle(SETTLE).await, session.key_report().await)
    });
    let offer = Offer::new(ready.selection, beliefs);
    match (report.problem, report.state) {
        (Some(problem), _) => print::note(format_args!("The list does not know the key: {problem}. {}", problem.remedy())),
        // What was learnt of a scope that decides about no tool here does not matter.
        (None, KeyState::Unknown(cause)) if catalog::all().any(|tool| within_reach(&offer, tool) && unknown(&offer, tool).is_some()) => {
            print::note(format_args!("The list does not know what the key may do: {cause}."));
        }
        (None, _) => {}
    }
    let listing = mcp::listing(&offer, ready.form(), ready.config.confirm);
    if arguments.json {
        print::out(serde_json::to_string_pretty(&listing)?)?;
        return Ok(());
    }
    let tools: Vec<&Tool> = match &arguments.find {
        Some(words) => finder::found(words),
        None => catalog::all().collect(),
    };
    if tools.is_empty() {
        return Err(anyhow::anyhow!("no tool has a word of \"{}\"", arguments.find.as_deref().unwrap_or_default()).into());
    }
    let width = tools.iter().map(|tool| tool.name.len()).max().unwrap_or_default();
    let (mut total, mut listed) = (0, 0);
    let mut lines = Vec::new();
    for tool in tools {
        let scope = tool.scope().map_or("none", crate::api::Scope::as_str);
        let mut line = format!("{:width$}  {scope:6}  {:7}", tool.name, tool.effect.as_str());
        if arguments.tokens {
            let entry = listing.iter().find(|entry| entry.name == tool.name);
            let tokens = entry.map_or(0, tokens);
            (total, listed) = (total + tokens, listed + usize::from(entry.is_some()));
            line.push_str(&format!("  {tokens:>5}"));
        }
        line.push_str(&format!("  {}", standing(&offer, tool)));
        lines.push(line.trim_end().to_owned());
    }
    let tokens = if arguments.tokens { "  tokens" } else { "" };
    print::out(format_args!("{:width$}  scope   effect {tokens}  state", "tool"))?;
    print::out(lines.join("\n"))?;
    if arguments.tokens {
        let (whole, tenths) = (TENTHS / 10, TENTHS % 10);
        print::out(format_args!("About {total} tokens for {}, at {whole}.{tenths} characters a token.", listed_tools(listed)))?;
    }
    Ok(())
}

fn listed_tools(count: usize) -> String {
    if count == 1 { "the one listed tool".to_owned() } else { format!("the {count} listed tools") }
}

/// Whether a tool is listed, and if not, why.
fn standing(offer: &Offer, tool: &Tool) -> String {
    let unknown = unknown(offer, tool).map(|scope| format!("; whether the key holds {scope} is unknown")).unwrap_or_default();
    match offer.reach(tool) {
        Reach::Listed => format!("listed{unknown}"),
        Reach::Through(pair) => format!("through {pair}{unknown}"),
        Reach::Scope(scope) => format!("hidden: needs {scope}"),
        Reach::Ceiling(scope) => format!("hidden: needs {scope}, which --scopes or --read-only takes away"),
        Reach::Off(setting) => format!("off: {setting}"),
    }
}

/// Whether a client can call a tool, as far as we know.
fn within_reach(offer: &Offer, tool: &Tool) -> bool {
    matches!(offer.reach(tool), Reach::Listed | Reach::Through(_))
}

/// The scope that a tool needs, if it is not known whether the key holds it.
fn unknown(offer: &Offer, tool: &Tool) -> Option<Scope> {
    tool.scope().filter(|scope| offer.beliefs().of(*scope).standing == Standing::Unknown)
}

/// What all listed tools cost a model.
pub fn total_tokens(offer: &Offer, form: Form, confirm: Confirm) -> usize {
    mcp::listing(offer, form, confirm).iter().map(tokens).sum()
}

/// What a tool's entry in the list costs a model, in tokens.
fn tokens(entry: &impl Serialize) -> usize {
    serde_json::to_string(entry).map_or(0, |json| json.chars().count()) * 10 / TENTHS
}

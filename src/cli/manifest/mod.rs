//! `manifest`: describes this server as data, in its own form and in those of hosts and registries.
//!
//! Everything comes from the catalogue, the settings and Cargo.toml, so this folder must not repeat a fact of theirs. A test compares the
//! committed copies, and so does `--check`. Start with [`run`].

mod mcpb;
mod own;
mod registry;

use std::path::Path;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use serde_json::Value;

use super::{Failure, print};
use crate::{
    config::Setting,
    disk::{self, Whose},
    tools::catalog::toolsets,
};

/// The largest committed copy, in bytes.
const MAX_COMMITTED: u64 = 4 << 20;

/// Arguments of `manifest`.
#[derive(Args)]
pub struct Arguments {
    /// Whose form: that of this program, of MCPB bundles, or of the MCP registry
    #[arg(long, value_name = "FORM", default_value = "own")]
    format: Format,
    /// Compare with the copy committed below this directory instead of printing; exit code 1 if they differ
    #[arg(long)]
    check: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Own,
    Mcpb,
    Registry,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Mcpb => "mcpb",
            Self::Registry => "registry",
        }
    }

    /// The committed copy.
    fn file(self) -> &'static str {
        match self {
            Self::Own => "mcp-manifest.json",
            Self::Mcpb => "packaging/mcpb/manifest.json",
            Self::Registry => "packaging/registry/server.json",
        }
    }

    fn value(self) -> Value {
        match self {
            Self::Own => own::value(),
            Self::Mcpb => mcpb::value(),
            Self::Registry => registry::value(),
        }
    }
}

/// Prints a manifest, or checks the committed copy.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(&arguments.format.value())?;
    if arguments.check {
        check(arguments.format, &text)?;
        print::note(format_args!("{} is up to date.", arguments.format.file()));
    } else {
        print::out(text)?;
    }
    Ok(())
}

fn check(format: Format, text: &str) -> anyhow::Result<()> {
    let file = format.file();
    let committed = disk::read_patiently(Path::new(file), MAX_COMMITTED, Whose::Users)
        .with_context(|| format!("reading {file} below the current directory"))?;
    let committed = String::from_utf8(committed.bytes).with_context(|| format!("reading {file}"))?;
    if committed.trim_end() != text {
        let flag = if matches!(format, Format::Own) { String::new() } else { format!(" --format {}", format.name()) };
        bail!("{file} differs from what this binary offers; renew it with: videosearch-mcp manifest{flag} > {file}");
    }
    Ok(())
}

/// The owner of the repository: the last but one part of its address.
fn owner() -> &'static str {
    env!("CARGO_PKG_REPOSITORY").rsplit('/').nth(1).unwrap_or_default()
}

/// What a form says about a setting. Settings do not know tools, so the names of toolsets are added here.
fn description(setting: &Setting) -> String {
    match setting.name {
        "VIDEOSEARCH_TOOLSETS" => format!("{} There are {}.", setting.meaning, toolsets().collect::<Vec<_>>().join(", ")),
        _ => setting.meaning.to_owned(),
    }
}

//! `manifest`: what this server is, as data.

use std::fs;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Value, json};

use super::{Failure, print};
use crate::{
    api::Scope,
    config::SETTINGS,
    tools::{catalog, manifest},
};

/// The committed copy.
const FILE: &str = "mcp-manifest.json";

/// Arguments of `manifest`.
#[derive(Args)]
pub struct Arguments {
    /// Compare with mcp-manifest.json in this directory instead of printing; exit code 1 if they differ
    #[arg(long)]
    check: bool,
}

/// Prints the manifest, or checks the committed copy.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(&own())?;
    if arguments.check {
        check(&text)?;
        print::note(format_args!("{FILE} is up to date."));
    } else {
        print::out(text)?;
    }
    Ok(())
}

fn check(text: &str) -> anyhow::Result<()> {
    let committed = fs::read_to_string(FILE).with_context(|| format!("reading {FILE} in the current directory"))?;
    if committed.trim_end() != text {
        bail!("{FILE} differs from what this binary offers; renew it with: videosearch-mcp manifest > {FILE}");
    }
    Ok(())
}

/// Everything a host or a registry may want to know.
fn own() -> Value {
    let setting = |setting: &crate::config::Setting| {
        json!({
            "name": setting.name,
            "flag": setting.flag,
            "default": setting.default,
            "description": setting.meaning,
            "secret": setting.name == "VIDEOSEARCH_API_KEY",
        })
    };
    json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "description": env!("CARGO_PKG_DESCRIPTION"),
        "license": env!("CARGO_PKG_LICENSE"),
        "transport": "stdio",
        "command": env!("CARGO_PKG_NAME"),
        "arguments": [],
        "environment": SETTINGS.iter().map(setting).collect::<Value>(),
        "scopes": Scope::ALL,
        "toolsets": catalog::TOOLSETS,
        "default_toolsets": ["core"],
        "tools": manifest::tools(),
    })
}

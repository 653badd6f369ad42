//! `server.json`, which describes this server to the MCP registry.
//!
//! It names the npm package, whose address follows from the version. The bundles' hashes exist only once they are packed, so the release
//! adds them to its copy.

use serde_json::{Value, json};

use crate::{
    config::{Field, Kind, SETTINGS, Setting},
    mcp,
};

const SCHEMA: &str = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json";

/// The registry takes at most 100 characters.
const DESCRIPTION: &str = "Search VideoVector libraries, look at moments and run prompts, each call checked against the key.";

pub(super) fn value() -> Value {
    let (package, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    json!({
        "$schema": SCHEMA,
        "name": format!("io.github.{}/{package}", super::owner()),
        "title": mcp::TITLE,
        "description": DESCRIPTION,
        "version": version,
        "repository": {"url": env!("CARGO_PKG_REPOSITORY"), "source": "github"},
        "packages": [{
            "registryType": "npm",
            "identifier": package,
            "version": version,
            "transport": {"type": "stdio"},
            "environmentVariables": SETTINGS.iter().filter_map(|setting| Some(variable(setting, setting.form?))).collect::<Value>(),
        }],
    })
}

fn variable(setting: &Setting, field: Field) -> Value {
    let (name, description) = (setting.name, super::description(setting));
    match field.kind {
        Kind::Secret => json!({"name": name, "description": description, "isRequired": true, "isSecret": true, "format": "string"}),
        Kind::Text => json!({"name": name, "description": description, "format": "string", "default": setting.default}),
        Kind::Switch => json!({"name": name, "description": description, "format": "boolean", "default": setting.default}),
    }
}

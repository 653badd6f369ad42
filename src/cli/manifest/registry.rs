//! `server.json`, which describes this server to the MCP registry.
//!
//! It names the npm package, whose address follows from the version. The bundles' hashes exist only once they are packed, so the release
//! adds them to its copy. Its remote form is a server that a team runs for itself, so the user has to name the host.

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
        "remotes": [{
            "type": "streamable-http",
            "url": "https://{host}/mcp",
            "variables": {"host": {
                "description": "The host at which your team runs `videosearch-mcp http`, with its port if it has one.",
                "isRequired": true,
                "placeholder": "mcp.example.com",
                "format": "string",
            }},
            "headers": [{
                "name": "Authorization",
                "description": "Your API key, or the token that the server's operator gave you.",
                "value": "Bearer {key}",
                "isRequired": true,
                "isSecret": true,
                "variables": {"key": {"description": "The API key or the token.", "isRequired": true, "isSecret": true, "format": "string"}},
            }],
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

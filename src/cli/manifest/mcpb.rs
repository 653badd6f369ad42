//! The manifest of an MCPB bundle: a zip with the program in it, which a host installs and whose settings it asks for in a form.
//!
//! It says version 0.3 and uses only keys that 0.2 has as well. One bundle holds one program, so the script that packs it narrows
//! `compatibility.platforms` to the platform of that program.

use serde_json::{Map, Value, json};

use crate::{
    config::{Field, Kind, SETTINGS, Setting},
    mcp,
    tools::catalog,
};

pub(super) fn value() -> Value {
    let mut environment = Map::new();
    let mut form = Map::new();
    for (setting, field) in SETTINGS.iter().filter_map(|setting| Some((setting, setting.form?))) {
        let name = setting.name.trim_start_matches("VIDEOSEARCH_").to_ascii_lowercase();
        environment.insert(setting.name.to_owned(), format!("${{user_config.{name}}}").into());
        form.insert(name, asked(setting, field));
    }
    let program = concat!("server/", env!("CARGO_PKG_NAME"));
    let tool = |tool: &crate::tools::Tool| json!({"name": tool.name, "description": tool.title});
    json!({
        "manifest_version": "0.3",
        "name": env!("CARGO_PKG_NAME"),
        "display_name": mcp::TITLE,
        "version": env!("CARGO_PKG_VERSION"),
        "description": env!("CARGO_PKG_DESCRIPTION"),
        "author": {"name": env!("CARGO_PKG_AUTHORS")},
        "repository": {"type": "git", "url": env!("CARGO_PKG_REPOSITORY")},
        "license": env!("CARGO_PKG_LICENSE"),
        "server": {
            "type": "binary",
            "entry_point": program,
            "mcp_config": {
                "command": format!("${{__dirname}}/{program}"),
                "args": [],
                "env": environment,
                // Only the command: an `env` here would replace the one above instead of adding to it.
                "platform_overrides": {"win32": {"command": format!("${{__dirname}}/{program}.exe")}},
            },
        },
        "tools": catalog::all().filter(|row| row.core).map(tool).collect::<Value>(),
        // Those of the key's scopes and the chosen toolsets, which only the running server knows.
        "tools_generated": true,
        "compatibility": {"claude_desktop": ">=0.10.0", "platforms": ["darwin", "linux", "win32"]},
        "user_config": form,
    })
}

/// A field. An optional one without a default would reach the program as the text `${user_config.NAME}`.
fn asked(setting: &Setting, field: Field) -> Value {
    let (title, description) = (field.title, super::description(setting));
    match field.kind {
        Kind::Secret => json!({"type": "string", "title": title, "description": description, "required": true, "sensitive": true}),
        Kind::Text => json!({"type": "string", "title": title, "description": description, "required": false, "default": setting.default}),
        Kind::Switch => {
            json!({"type": "boolean", "title": title, "description": description, "required": false, "default": setting.default == "true"})
        }
    }
}

//! The program's own form: everything that a host may want to know, with the tools' schemas.

use serde_json::{Value, json};

use crate::{
    api::Scope,
    config::{Field, Kind, SETTINGS, Setting},
    tools::{catalog, manifest},
};

pub(super) fn value() -> Value {
    let setting = |setting: &Setting| {
        json!({
            "name": setting.name,
            "flag": setting.flag,
            "default": setting.default,
            "description": setting.meaning,
            "secret": matches!(setting.form, Some(Field { kind: Kind::Secret, .. })),
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
        "toolsets": catalog::toolsets().collect::<Value>(),
        "default_toolsets": [catalog::CORE, catalog::PAIR],
        "tools": manifest::tools(),
    })
}

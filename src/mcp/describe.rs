//! Turns rows of the tool catalog into MCP tools.

use std::sync::{Arc, OnceLock};

use rmcp::model::{Tool as McpTool, ToolAnnotations};

use crate::tools::{Form, Offer, Tool, catalog};

/// The offered tools as MCP lists them, in catalog order.
pub fn listing(offer: &Offer, form: Form) -> Vec<McpTool> {
    all(form).iter().filter(|tool| offer.has(&tool.name)).cloned().collect()
}

/// The offered tool of this name.
pub fn one(offer: &Offer, form: Form, name: &str) -> Option<McpTool> {
    all(form).iter().find(|tool| tool.name == name && offer.has(name)).cloned()
}

/// All tools, described once for each form.
fn all(form: Form) -> &'static [McpTool] {
    static ALL: [OnceLock<Vec<McpTool>>; 3] = [const { OnceLock::new() }; 3];
    let [both, lines, json] = &ALL;
    let kept = match form {
        Form::Both => both,
        Form::Lines => lines,
        Form::Json => json,
    };
    kept.get_or_init(|| catalog::all().map(|tool| describe(tool, form)).collect())
}

fn describe(tool: &'static Tool, form: Form) -> McpTool {
    let [read_only, destructive, idempotent, open_world] = tool.effect.hints();
    let annotations = if tool.core {
        ToolAnnotations::new().read_only(read_only).destructive(destructive).idempotent(idempotent).open_world(open_world)
    } else if read_only {
        // Outside of the core, what the protocol assumes anyway is not worth its tokens.
        ToolAnnotations::new().read_only(true)
    } else {
        ToolAnnotations::new().destructive(destructive)
    };
    let mcp = McpTool::new(tool.name, tool.description(), Arc::new(tool.input_schema().clone()))
        .with_title(tool.title)
        .with_annotations(annotations);
    match tool.output_schema(form) {
        Some(schema) => mcp.with_raw_output_schema(Arc::new(schema)),
        None => mcp,
    }
}

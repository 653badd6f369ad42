//! Turns rows of the tool catalog into MCP tools.

use std::sync::{Arc, OnceLock};

use rmcp::model::{Tool as McpTool, ToolAnnotations};
use serde_json::json;

use crate::{
    consent::Confirm,
    tools::{Form, Offer, Tool, catalog},
};

/// The offered tools as MCP lists them, in catalog order.
pub fn listing(offer: &Offer, form: Form, confirm: Confirm) -> Vec<McpTool> {
    let offered = all(form).filter(|(tool, _)| offer.has(tool.name));
    offered.map(|(tool, kept)| confirmable(kept.get_or_init(|| describe(tool, form)).clone(), tool, confirm)).collect()
}

/// The offered tool of this name.
pub fn one(offer: &Offer, form: Form, confirm: Confirm, name: &str) -> Option<McpTool> {
    let (tool, kept) = all(form).find(|(tool, _)| tool.name == name).filter(|_| offer.has(name))?;
    Some(confirmable(kept.get_or_init(|| describe(tool, form)).clone(), tool, confirm))
}

/// Adds the argument of a second call, where the rules make calls of this tool need one.
fn confirmable(mut mcp: McpTool, tool: &Tool, confirm: Confirm) -> McpTool {
    if tool.takes_confirmation(confirm) {
        let schema = Arc::make_mut(&mut mcp.input_schema);
        if let Some(properties) = schema.entry("properties").or_insert_with(|| json!({})).as_object_mut() {
            properties.entry("confirm").or_insert_with(|| json!({"type": "string"}));
        }
    }
    mcp
}

/// All tools with the places for their descriptions. A tool is described when it is first listed: most never are, and schemas take memory.
fn all(form: Form) -> impl Iterator<Item = (&'static Tool, &'static OnceLock<McpTool>)> {
    static KEPT: [OnceLock<Vec<OnceLock<McpTool>>>; 3] = [const { OnceLock::new() }; 3];
    let [both, lines, json] = &KEPT;
    let kept = match form {
        Form::Both => both,
        Form::Lines => lines,
        Form::Json => json,
    };
    catalog::all().zip(kept.get_or_init(|| catalog::all().map(|_| OnceLock::new()).collect()))
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

//! Turns rows of the tool catalog into MCP tools.

use std::sync::{Arc, OnceLock};

use rmcp::model::{Tool as McpTool, ToolAnnotations};

use crate::tools::{Form, Offer, Tool, catalog::TOOLS};

/// The offered tools as MCP lists them, in catalog order. All tools are described once for each form; the offer then selects from them.
pub fn listing(offer: &Offer, form: Form) -> Vec<McpTool> {
    static ALL: [OnceLock<Vec<McpTool>>; 3] = [const { OnceLock::new() }; 3];
    let [both, lines, json] = &ALL;
    let kept = match form {
        Form::Both => both,
        Form::Lines => lines,
        Form::Json => json,
    };
    let all = kept.get_or_init(|| TOOLS.iter().map(|tool| describe(tool, form)).collect());
    all.iter().zip(&TOOLS).filter(|(_, tool)| offer.has(tool.name)).map(|(mcp, _)| mcp.clone()).collect()
}

fn describe(tool: &'static Tool, form: Form) -> McpTool {
    let [read_only, destructive, idempotent, open_world] = tool.effect.hints();
    let annotations = ToolAnnotations::new().read_only(read_only).destructive(destructive).idempotent(idempotent).open_world(open_world);
    let mcp = McpTool::new(tool.name, tool.description(), Arc::new(tool.input_schema().clone()))
        .with_title(tool.title)
        .with_annotations(annotations);
    match tool.output_schema(form) {
        Some(schema) => mcp.with_raw_output_schema(Arc::new(schema)),
        None => mcp,
    }
}

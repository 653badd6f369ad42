//! Catalog rows as MCP tools.

use std::sync::{Arc, OnceLock};

use rmcp::model::{Tool as McpTool, ToolAnnotations};

use crate::tools::{Offer, Tool, catalog::TOOLS};

/// The offered tools as MCP lists them, in table order.
pub fn listing(offer: &Offer) -> Vec<McpTool> {
    static ALL: OnceLock<Vec<McpTool>> = OnceLock::new();
    let all = ALL.get_or_init(|| TOOLS.iter().map(describe).collect());
    all.iter().zip(&TOOLS).filter(|(_, tool)| offer.has(tool.name)).map(|(mcp, _)| mcp.clone()).collect()
}

fn describe(tool: &'static Tool) -> McpTool {
    let [read_only, destructive, idempotent, open_world] = tool.effect.hints();
    let annotations = ToolAnnotations::new().read_only(read_only).destructive(destructive).idempotent(idempotent).open_world(open_world);
    McpTool::new(tool.name, tool.description(), Arc::new(tool.input_schema().clone()))
        .with_title(tool.title)
        .with_raw_output_schema(Arc::new(tool.output_schema()))
        .with_annotations(annotations)
}

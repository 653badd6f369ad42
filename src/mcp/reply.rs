//! What the tools layer answers, as MCP results.
//!
//! An error is a result that a model can read; protocol errors are for requests that cannot be routed. Errors carry no structured
//! content, since clients check that against the output schema even then; the machine-readable part is in `_meta`.

use rmcp::model::{CallToolResult, ContentBlock, MetaObject};
use serde_json::{Value, json};

use crate::tools::{Answer, Offer, Report, Style, Tool, ToolError};

/// The `_meta` member of an error result that holds code, request id and the like.
const ERROR_META: &str = "videosearch/error";

/// A success, or an error that a model can act on.
pub fn result(tool: &Tool, outcome: Result<Answer, ToolError>, offer: &Offer, style: Style) -> CallToolResult {
    match outcome {
        Ok(answer) => success(answer, style),
        Err(error) => failure(tool, &error.report(tool, offer), style),
    }
}

fn success(answer: Answer, style: Style) -> CallToolResult {
    let rendered = answer.render(style);
    let mut content = vec![ContentBlock::text(rendered.text)];
    content.extend(rendered.pictures.into_iter().map(|picture| ContentBlock::image(picture.base64, picture.media_type)));
    let mut result = CallToolResult::success(content);
    result.structured_content = Some(Value::Object(rendered.structured));
    result
}

fn failure(tool: &Tool, report: &Report, style: Style) -> CallToolResult {
    let text = match style {
        Style::Lines => report.text(tool),
        Style::Json => report.json(),
    };
    let mut result = CallToolResult::error(vec![ContentBlock::text(text)]);
    let mut facts = json!({
        "code": report.code,
        "recoverable": report.recoverable,
        "request_id": report.request_id,
        "retry_after": report.retry_after,
    });
    crate::tools::text::prune(&mut facts);
    let mut meta = MetaObject::new();
    meta.0.insert(ERROR_META.into(), facts);
    result.meta = Some(meta);
    result
}

//! The catalog as data and as the README's table. Committed copies are compared with this by a test.

use serde_json::{Value, json};

use super::{
    Form, Tool,
    catalog::{self, FAMILIES, Family},
};

/// Every tool with everything that is declared about it, in listing order.
pub fn tools() -> Value {
    catalog::with_families().map(|(family, row)| tool(family, row)).collect()
}

fn tool(family: &Family, tool: &Tool) -> Value {
    let [read_only, destructive, idempotent, open_world] = tool.effect.hints();
    let mut out = json!({
        "name": tool.name,
        "title": tool.title,
        "description": tool.description(),
        "toolset": family.name,
        "core": tool.core,
        "required_scope": tool.scope(),
        "effect": tool.effect.as_str(),
        "http": (!tool.path.is_empty()).then(|| json!({"method": tool.method.as_str(), "path": tool.path})),
        "annotations": {
            "readOnlyHint": read_only,
            "destructiveHint": destructive,
            "idempotentHint": idempotent,
            "openWorldHint": open_world,
        },
        "inputSchema": tool.input_schema(),
    });
    if let (Value::Object(members), Some(schema)) = (&mut out, tool.output_schema(Form::Both)) {
        members.insert("outputSchema".into(), Value::Object(schema));
    }
    out
}

/// The tools as Markdown: a table of those that are listed by default, and one for each family, folded.
pub fn table() -> String {
    let listed: Vec<&Tool> = catalog::all().filter(|tool| tool.core).collect();
    let mut out = rows(&listed);
    for family in FAMILIES {
        let others: Vec<&Tool> = family.tools.iter().filter(|tool| !tool.core).collect();
        if !others.is_empty() {
            let count = super::text::count(others.len(), "tool");
            out.push_str(&format!("\n<details>\n<summary><b>{}</b>: {} ({count})</summary>\n\n", family.name, family.about));
            out.push_str(&rows(&others));
            out.push_str("\n</details>\n");
        }
    }
    out
}

fn rows(tools: &[&Tool]) -> String {
    let mut out = String::from("| Tool | What it does | Scope | Effect |\n| --- | --- | --- | --- |\n");
    for tool in tools {
        let scope = tool.scope().map_or("none", crate::api::Scope::as_str);
        let what = super::text::sentence(tool.description(), 160).replace('|', "\\|");
        out.push_str(&format!("| `{}` | {what} | {scope} | {} |\n", tool.name, tool.effect.as_str()));
    }
    out
}

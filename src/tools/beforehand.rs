//! What refuses a change before anybody is asked about it: things of this machine that are not there, and what is known to break a rule of the
//! API. A person who agreed to a call that then fails was asked in vain.

use serde_json::{Map, Value};

use super::{Context, Tool, ToolError, connectors, webhooks};

/// Refuses a call that cannot go well.
pub async fn check(tool: &Tool, arguments: &Map<String, Value>, cx: &Context<'_>) -> Result<(), ToolError> {
    for (name, value) in arguments {
        match value {
            Value::String(path) if name == "file_path" => drop(cx.files.upload(path).await?),
            Value::String(place) if name.ends_with("_from") => drop(cx.files.secret(place).await?),
            credentials if name == "credentials_json" => connectors::are_credentials(credentials)?,
            _ => {}
        }
    }
    if tool.path.starts_with("/webhooks") {
        webhooks::check(arguments, cx).await?;
    }
    Ok(())
}

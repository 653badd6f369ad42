//! The API's own pages about MCP: what the package is, a client configuration, and tools that the service runs itself.
//!
//! Each tool names a single call, and the handler of that call runs it directly. Which tools there are is told to the playground when it
//! starts, so that there is one list of them.

use std::{sync::Arc, time::Instant};

use serde_json::{Map, Value, json};

use crate::{
    api::{
        Method, Scope,
        keys::Key,
        mcp::{GetMcpConfig, GetMcpStatus, ListMcpTools, McpStatus, McpToolOutcome, McpTools, RunMcpTool},
    },
    playground::{
        Refusal,
        arguments::Arguments,
        auth::Caller,
        front,
        mount::{Answer, Call, Reply, Route},
        service::Service,
        store::keys,
    },
};

const PLATFORMS: [&str; 3] = ["claude-desktop", "cursor", "custom"];
const CONFIG_KEY_NAME: &str = "MCP configuration";
const BINARY: &str = "videosearch-mcp";
const KEY_VARIABLE: &str = "VIDEOSEARCH_API_KEY";
const BASE_VARIABLE: &str = "VIDEOSEARCH_BASE_URL";

/// A tool and the call behind it. The program that starts a playground says which tools there are.
#[derive(Clone, Debug)]
pub struct PageTool {
    /// The name.
    pub name: &'static str,
    /// The group that it is in.
    pub category: &'static str,
    /// What it does.
    pub description: String,
    /// Whether it only reads.
    pub reads: bool,
    /// The method of its call.
    pub method: Method,
    /// The path of its call.
    pub path: &'static str,
}

/// Says what the program is.
pub async fn get_mcp_status(service: Arc<Service>, _: Caller, _: GetMcpStatus) -> Reply<McpStatus> {
    Ok(McpStatus {
        server_name: BINARY.to_owned(),
        server_version: env!("CARGO_PKG_VERSION").to_owned(),
        package_name: env!("CARGO_PKG_NAME").to_owned(),
        // The program is one binary; npm has nothing to install.
        npm_install_command: String::new(),
        documentation_url: format!("{}/mcp/tools", service.base_url),
        tools_count: served(&service).count() as u64,
        supported_platforms: PLATFORMS.map(str::to_owned).to_vec(),
    })
}

/// Lists the tools, by category.
pub async fn list_mcp_tools(service: Arc<Service>, _: Caller, _: ListMcpTools) -> Reply<McpTools> {
    let mut categories = Map::new();
    let mut tools = Vec::new();
    for (tool, route) in served(&service) {
        if let Some(names) = categories.entry(tool.category).or_insert_with(|| json!([])).as_array_mut() {
            names.push(tool.name.into());
        }
        let described = json!({
            "name": tool.name,
            "description": tool.description,
            "category": tool.category,
            "required_scope": route.access.scope(),
            "read_only": tool.reads,
        });
        tools.extend(described.as_object().cloned());
    }
    Ok(McpTools { total_count: tools.len() as u64, tools, categories: categories.into() })
}

/// Runs a tool. A tool that fails gives an answer with its error. A missing scope gives a refusal, as the call itself would.
pub async fn run_mcp_tool(service: Arc<Service>, caller: Caller, call: RunMcpTool) -> Reply<McpToolOutcome> {
    let started = Instant::now();
    let route = served(&service).find(|(tool, _)| tool.name == call.tool_name).map(|(_, route)| Arc::clone(route));
    let answer = match route {
        None => Err(format!("This playground has no tool `{}`; GET /mcp/tools lists its tools.", call.tool_name)),
        Some(route) => {
            caller.permit(route.access)?;
            run(service, &route, caller, call.arguments).await.map_err(|refusal| refusal.placed())
        }
    };
    let (result, error) = match answer {
        Ok(result) => (result, None),
        Err(error) => (Value::Null, Some(error)),
    };
    let execution_time_ms = started.elapsed().as_secs_f64() * 1000.0;
    Ok(McpToolOutcome { tool_name: call.tool_name, success: error.is_none(), result, error, execution_time_ms })
}

/// Makes a client configuration for the key with the fewest scopes that can read, or for a new key if there is none. Nobody here knows the
/// secret of an existing key, so the configuration has a placeholder for it.
pub async fn get_mcp_config(service: Arc<Service>, _: Caller, call: GetMcpConfig) -> Reply<Value> {
    let platform = call.platform.unwrap_or_else(|| "claude-desktop".to_owned());
    if !PLATFORMS.contains(&platform.as_str()) {
        let message = "Input should be 'claude-desktop', 'cursor' or 'custom'";
        return Err(Refusal::argument(["query", "platform"], message, "enum"));
    }
    let chosen = service.store.write(|tx| {
        if let Some(key) = keys::least_reader(tx)? {
            Ok(Chosen::Existing(key))
        } else {
            let made = keys::create(tx, CONFIG_KEY_NAME, &[Scope::Read], None)?;
            Ok(Chosen::Made { key_id: made.key_id, secret: made.key.0 })
        }
    });
    let (key_id, key_name, secret, note) = match chosen.await? {
        Chosen::Existing(key) => {
            let note = format!(
                "Put in the secret of the key `{}`. It starts with {}. It was shown once, when the key was made. If it is lost, rotate the key.",
                key.name, key.key_prefix
            );
            (key.key_id, key.name, "<your-api-key>".to_owned(), note)
        }
        Chosen::Made { key_id, secret } => (
            key_id,
            CONFIG_KEY_NAME.to_owned(),
            secret,
            "This key was made for this configuration. Its secret is shown only now.".to_owned(),
        ),
    };
    let created = secret.starts_with("sk_live_");
    let env = json!({KEY_VARIABLE: secret, BASE_VARIABLE: service.base_url});
    let config = match platform.as_str() {
        "claude-desktop" => json!({"mcpServers": {"videosearch": {"command": BINARY, "args": [], "env": env}}}),
        "cursor" => json!({"mcpServers": {"videosearch": {"type": "stdio", "command": BINARY, "args": [], "env": env}}}),
        _ => json!({"command": BINARY, "args": [], "env": env}),
    };
    Ok(json!({
        "platform": platform,
        "key_id": key_id,
        "key_name": key_name,
        "key_created": created,
        "config": config,
        "instructions": note,
    }))
}

enum Chosen {
    Existing(Key),
    Made { key_id: String, secret: String },
}

/// The tools whose call is served, each with its route.
fn served(service: &Service) -> impl Iterator<Item = (&PageTool, &Arc<Route>)> {
    service.page_tools.iter().filter_map(|tool| {
        let route = service.routes.iter().find(|route| route.method == tool.method && route.path == tool.path)?;
        Some((tool, route))
    })
}

async fn run(service: Arc<Service>, route: &Route, caller: Caller, mut arguments: Map<String, Value>) -> Reply<Value> {
    let key = match arguments.remove("idempotency_key") {
        // Empty is as good as left out, as everywhere.
        Some(Value::String(key)) if !key.trim().is_empty() => Some(front::checked_key(&key)?),
        _ => None,
    };
    let body = match route.call(service, caller, Call::plain(Arguments::Members(arguments)), key).await? {
        Answer::Json(body) => Some(body),
        Answer::Raw(raw) => raw.into_json(),
    };
    let other = || Refusal::bad_request("unsupported_tool", "This tool answers with something else than JSON.");
    Ok(serde_json::from_slice(&body.ok_or_else(other)?)?)
}

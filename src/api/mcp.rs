//! The API's own calls about MCP. The playground serves them. This server makes none of them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Access, Scope, endpoint};

/// Describes the MCP package.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetMcpStatus {}

endpoint!(GetMcpStatus, Get, "/mcp/status", Access::AnyKeyOrSession, McpStatus);

/// What the package is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct McpStatus {
    pub server_name: String,
    pub server_version: String,
    pub package_name: String,
    pub npm_install_command: String,
    pub documentation_url: String,
    pub tools_count: u64,
    pub supported_platforms: Vec<String>,
}

/// Makes the configuration of a client with a key in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetMcpConfig {
    /// `claude-desktop`, `cursor` or `custom`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
}

endpoint!(GetMcpConfig, Get, "/mcp/config", Access::Session, Value);

/// Lists the MCP tools.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListMcpTools {}

endpoint!(ListMcpTools, Get, "/mcp/tools", Access::Scope(Scope::Read), McpTools);

/// The MCP tools.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct McpTools {
    pub total_count: u64,
    pub tools: Vec<Map<String, Value>>,
    pub categories: Value,
}

/// Lets the service run one MCP tool. Tools that change something need `write`, too.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunMcpTool {
    /// The tool.
    pub tool_name: String,
    /// Its arguments.
    pub arguments: Map<String, Value>,
}

endpoint!(RunMcpTool, Post, "/mcp/playground", Access::Scope(Scope::Read), McpToolOutcome);

/// What the tool did.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct McpToolOutcome {
    pub tool_name: String,
    pub success: bool,
    pub result: Value,
    pub error: Option<String>,
    pub execution_time_ms: f64,
}

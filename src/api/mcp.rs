//! The API's own calls about MCP. The playground serves them. This server makes none of them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Access, Endpoint, Method, Scope};

/// Describes the MCP package.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetMcpStatus {}

impl Endpoint for GetMcpStatus {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/mcp/status";
    const ACCESS: Access = Access::AnyKeyOrSession;
    type Output = McpStatus;
}

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

impl Endpoint for GetMcpConfig {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/mcp/config";
    const ACCESS: Access = Access::Session;
    type Output = Value;
}

/// Lists the MCP tools.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListMcpTools {}

impl Endpoint for ListMcpTools {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/mcp/tools";
    const ACCESS: Access = Access::Scope(Scope::Read);
    type Output = McpTools;
}

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

impl Endpoint for RunMcpTool {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/mcp/playground";
    const ACCESS: Access = Access::Scope(Scope::Read);
    type Output = McpToolOutcome;
}

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

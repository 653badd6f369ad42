//! A bare rmcp server over HTTP: `bare ADDRESS URL_OF_INDEXES`.

use std::sync::Arc;

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::*,
    service::RequestContext,
    transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager},
};
use serde_json::json;

#[derive(Clone)]
struct Bare {
    client: reqwest::Client,
    url: Arc<str>,
}

impl ServerHandler for Bare {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(&self, _: Option<PaginatedRequestParams>, _: RequestContext<RoleServer>) -> Result<ListToolsResult, ErrorData> {
        let schema = json!({"type": "object", "properties": {}}).as_object().unwrap().clone();
        Ok(ListToolsResult::with_all_items(vec![Tool::new("list_indexes", "List indexes", Arc::new(schema))]))
    }

    async fn call_tool(&self, _: CallToolRequestParams, _: RequestContext<RoleServer>) -> Result<CallToolResponse, ErrorData> {
        let answer = self.client.get(&*self.url).header("x-api-key", "key").send().await;
        match answer {
            Ok(answer) => Ok(CallToolResult::success(vec![ContentBlock::text(answer.text().await.unwrap_or_default())]).into()),
            Err(error) => Ok(CallToolResult::error(vec![ContentBlock::text(error.to_string())]).into()),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let bare = Bare { client: reqwest::Client::builder().no_proxy().build().unwrap(), url: arguments[2].as_str().into() };
    let config = StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true);
    let service = StreamableHttpService::new(move || Ok(bare.clone()), Arc::<NeverSessionManager>::default(), config);
    let listener = tokio::net::TcpListener::bind(&arguments[1]).await.unwrap();
    axum::serve(listener, axum::Router::new().nest_service("/mcp", service)).await.unwrap();
}

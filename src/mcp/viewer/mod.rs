//! The viewer: a page that draws a moment, for hosts that declare the extension MCP Apps. To all others it does not exist.
//!
//! The page is one file, `moment.html`. It gets a tool's result from the host, and what it draws besides the picture stands in the result's
//! `_meta`. It loads nothing but the medium behind a signed link. So the policy names the places of such links and nothing else.

use rmcp::{
    RoleServer,
    model::{CacheScope, MetaObject, ReadResourceResult, Resource, ResourceContents, Tool as McpTool},
    service::RequestContext,
};
use serde_json::json;

use super::server::Server;
use crate::tools::{Offer, Tool, catalog};

/// The extension's name.
const EXTENSION: &str = "io.modelcontextprotocol/ui";
/// The type of the page.
const MEDIA_TYPE: &str = "text/html;profile=mcp-app";
/// The address of the page.
const PAGE: &str = "ui://videosearch/moment";
/// The member of `_meta` that is the extension's.
const META: &str = "ui";
/// How long a client may keep the page, in milliseconds. It changes only with this program.
const TTL_MS: u64 = 300_000;
/// Where the API stores media, besides its own address.
const STORAGE: &str = "https://storage.googleapis.com";

/// The page as it is committed. It may load no media.
const HTML: &str = include_str!("moment.html");
/// What stands in the page for the places of media.
const NO_MEDIA: &str = "media-src 'none'";

/// Whether the client draws pages of this type.
pub fn is_wanted(context: &RequestContext<RoleServer>) -> bool {
    let extensions = context.client_capabilities().and_then(|capabilities| capabilities.extensions);
    let types = extensions.as_ref().and_then(|extensions| extensions.get(EXTENSION)?.get("mimeTypes")?.as_array());
    types.is_some_and(|types| types.iter().any(|media_type| media_type == MEDIA_TYPE))
}

/// Whether this is the address of the page.
pub fn is_at(uri: &str) -> bool {
    uri == PAGE
}

/// Links the tools that show moments to the page, if the client draws it.
pub fn linked(mut tools: Vec<McpTool>, context: &RequestContext<RoleServer>) -> Vec<McpTool> {
    if is_wanted(context) {
        for tool in tools.iter_mut().filter(|tool| catalog::find(&tool.name).is_some_and(shows)) {
            tool.meta.get_or_insert_default().0.insert(META.into(), json!({"resourceUri": PAGE}));
        }
    }
    tools
}

/// Whether the page draws the answers of a tool.
const fn shows(tool: &Tool) -> bool {
    tool.pictured
}

impl Server {
    /// The row of the page in the list of resources, if the client draws it and this key can show moments.
    pub(super) async fn viewer(&self, offer: &Offer, context: &RequestContext<RoleServer>) -> Option<Resource> {
        if !is_wanted(context) || !catalog::all().any(|tool| shows(tool) && offer.way_to(tool.name).is_some()) {
            return None;
        }
        let page = Resource::new(PAGE, "moment_viewer").with_title("Viewer of a moment").with_mime_type(MEDIA_TYPE);
        Some(page.with_meta(meta(&self.media().await)))
    }

    /// The page.
    pub(super) async fn page(&self, uri: &str) -> ReadResourceResult {
        let media = self.media().await;
        let html = HTML.replace(NO_MEDIA, &format!("media-src {}", media.join(" ")));
        let page = ResourceContents::text(html, uri).with_mime_type(MEDIA_TYPE).with_meta(meta(&media));
        ReadResourceResult::new(vec![page]).with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Private)
    }

    /// The places of media. The address of the API is the user's, and a policy must not be opened by what stands in it.
    async fn media(&self) -> Vec<String> {
        let plain = |origin: &String| origin.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/.-[]_".contains(&byte));
        let offer = self.offer();
        let origin = self.context(&offer, None).session.origin().await;
        origin.filter(plain).into_iter().chain([STORAGE.to_owned()]).collect()
    }
}

/// What the page needs of the host: no connection, no frame, media from these places, and the clipboard to copy a citation.
fn meta(media: &[String]) -> MetaObject {
    let policy = json!({"connectDomains": [], "resourceDomains": media, "frameDomains": [], "baseUriDomains": []});
    let mut meta = MetaObject::new();
    meta.0.insert(META.into(), json!({"csp": policy, "permissions": {"clipboardWrite": {}}, "prefersBorder": true}));
    meta
}

//! The parameters of requests: which method takes which, and how other spellings of them are read.

#[cfg(feature = "http")]
use rmcp::model::GetExtensions;
use rmcp::model::{ClientRequest, CustomRequest, Extensions, JsonObject, Request, RequestMetaObject, RequestNoParam, RequestOptionalParam};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::objects;

/// The most characters of a line that a refusal repeats.
const REPEATED: usize = 200;

/// Reads a request of a known or unknown method. The error says what does not fit.
///
/// Only methods that this server answers are listed. All others (tasks, skills, log levels, resource subscriptions) count as unknown,
/// whatever their parameters are. rmcp's handler would give the same answer to them.
pub(super) fn request(method: &str, params: Option<Value>) -> Result<ClientRequest, String> {
    use ClientRequest as C;
    Ok(match method {
        "tools/call" => C::CallToolRequest(mended(params, |params| objects::mend(params, "arguments"))?),
        "tools/list" => C::ListToolsRequest(optional(params)?),
        "initialize" if is_without_handshake(params.as_ref()) => other(method, params),
        "initialize" => C::InitializeRequest(mended(params, |params| {
            Ok(objects::mend_capabilities(params, "capabilities")? | objects::mend_client(params, "clientInfo")?)
        })?),
        "server/discover" => C::DiscoverRequest(required(params)?),
        "ping" => C::PingRequest(bare(params)?),
        "subscriptions/listen" => C::SubscriptionsListenRequest(mended(params, |params| objects::mend(params, "notifications"))?),
        "resources/list" => C::ListResourcesRequest(optional(params)?),
        "resources/templates/list" => C::ListResourceTemplatesRequest(optional(params)?),
        "resources/read" => C::ReadResourceRequest(required(params)?),
        "prompts/list" => C::ListPromptsRequest(optional(params)?),
        "prompts/get" => C::GetPromptRequest(required(params)?),
        "completion/complete" => C::CompleteRequest(required(params)?),
        _ => other(method, params),
    })
}

/// Whether parameters follow the protocol that has no handshake, and cannot begin one.
fn is_without_handshake(params: Option<&Value>) -> bool {
    let member = |name: &str| params.and_then(|params| params.get(name));
    let stated = member("_meta").and_then(|meta| meta.get("io.modelcontextprotocol/protocolVersion"));
    stated.is_some() && member("protocolVersion").is_none()
}

fn required<M: Default, P: DeserializeOwned>(params: Option<Value>) -> Result<Request<M, P>, String> {
    mended(params, |_| Ok(false))
}

/// Marks a request that was written in a way that rmcp does not read.
#[derive(Clone, Copy, Debug)]
struct Mended;

/// Whether a request was written in a way that rmcp does not read.
#[cfg(feature = "http")]
pub fn is_mended(request: &ClientRequest) -> bool {
    request.extensions().get::<Mended>().is_some()
}

/// Reads parameters. `mend` first turns members that must be objects into objects, and says whether it changed any.
fn mended<M: Default, P: DeserializeOwned>(
    params: Option<Value>,
    mend: impl FnOnce(&mut JsonObject) -> Result<bool, String>,
) -> Result<Request<M, P>, String> {
    let (params, mut extensions) = split(params)?;
    let mut params = params.unwrap_or_default();
    if mend(&mut params)? {
        extensions.insert(Mended);
    }
    let mut request = Request::new(fit(params)?);
    request.extensions = extensions;
    Ok(request)
}

fn optional<M: Default, P: DeserializeOwned>(params: Option<Value>) -> Result<RequestOptionalParam<M, P>, String> {
    let (params, extensions) = split(params)?;
    Ok(RequestOptionalParam { method: M::default(), params: params.map(fit).transpose()?, extensions })
}

fn bare<M: Default>(params: Option<Value>) -> Result<RequestNoParam<M>, String> {
    let (_, extensions) = split(params)?;
    Ok(RequestNoParam { method: M::default(), extensions })
}

fn other(method: &str, params: Option<Value>) -> ClientRequest {
    // The answer repeats only the method. Of the parameters only the metadata matters, because it says which version of MCP the request
    // follows.
    let mut request = CustomRequest::new(cut(method), None);
    if let Ok((_, extensions)) = split(params) {
        request.extensions = extensions;
    }
    ClientRequest::CustomRequest(request)
}

/// Separates `_meta` from the other parameters: rmcp keeps it in the extensions.
pub(super) fn split(params: Option<Value>) -> Result<(Option<JsonObject>, Extensions), String> {
    let mut extensions = Extensions::new();
    let mut changed = params.as_ref().is_some_and(|params| !params.is_object());
    let params = objects::read(params.unwrap_or_default()).map_err(|kind| format!("`params` must be an object, not {kind}"))?;
    let Some(mut params) = params else { return Ok((None, extensions)) };
    changed |= objects::mend(&mut params, "_meta")?;
    if let Some(Value::Object(mut meta)) = params.remove("_meta") {
        changed |= objects::mend_capabilities(&mut meta, "io.modelcontextprotocol/clientCapabilities")?;
        changed |= objects::mend_client(&mut meta, "io.modelcontextprotocol/clientInfo")?;
        if let Some(Value::String(version)) = meta.get_mut("io.modelcontextprotocol/protocolVersion") {
            // The refusal of an unknown version repeats it.
            *version = cut(version);
        }
        extensions.insert(RequestMetaObject::from(meta));
    }
    if changed {
        extensions.insert(Mended);
    }
    Ok((Some(params), extensions))
}

pub(super) fn fit<P: DeserializeOwned>(params: JsonObject) -> Result<P, String> {
    serde_json::from_value(Value::Object(params)).map_err(|error| cut(&error.to_string()))
}

/// The text, or its beginning and its end if it is longer than a refusal may repeat.
pub(super) fn cut(text: &str) -> String {
    let at = |index: usize| text.char_indices().nth(index).map(|(at, _)| at);
    if at(REPEATED).is_none() {
        return text.to_owned();
    }
    let tail = text.char_indices().rev().nth(REPEATED / 4).map_or(0, |(at, _)| at);
    let (head, tail) = (at(REPEATED / 2).and_then(|end| text.get(..end)), text.get(tail..));
    format!("{}…{}", head.unwrap_or_default(), tail.unwrap_or_default())
}

//! The head of a request of HTTP, before rmcp sees it: what rmcp would take too strictly, and what it would let pass or refuse in other words.

use hyper::{
    HeaderMap, StatusCode,
    header::{ACCEPT, HeaderValue},
};
use rmcp::{
    ErrorData,
    model::{ClientJsonRpcMessage, ClientRequest, ErrorCode, GetMeta, JsonRpcMessage, ProtocolVersion},
};
use serde_json::json;

use crate::tools::text;

/// The header with the version of the protocol.
const VERSION: &str = "mcp-protocol-version";
/// What rmcp wants to read in the header of accepted media types.
const BOTH: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");
/// The most characters of a version that an error repeats.
const MOST_REPEATED: usize = 40;

/// Why a head is refused.
pub(super) type Unfit = (StatusCode, ErrorData);

/// Checks a head, and spells out what it accepts.
pub(super) fn prepare(headers: &mut HeaderMap, message: Option<&ClientJsonRpcMessage>) -> Result<(), Unfit> {
    if takes(headers, "application/json") && takes(headers, "text/event-stream") {
        headers.insert(ACCEPT, BOTH);
    }
    let mut versions = headers.get_all(VERSION).iter();
    let (version, another) = (versions.next(), versions.next());
    if another.is_some() {
        // What stands before this server may go by the other one.
        return Err((StatusCode::BAD_REQUEST, ErrorData::header_mismatch("duplicate MCP-Protocol-Version header", None)));
    }
    let request = match message {
        Some(JsonRpcMessage::Request(request)) => Some(&request.request),
        _ => None,
    };
    let own_version = request.and_then(|request| request.get_meta().protocol_version());
    if let Some(version) = version
        && own_version.is_none()
        && !matches!(request, Some(ClientRequest::InitializeRequest(_)))
    {
        let known = ProtocolVersion::KNOWN_VERSIONS;
        if !known.iter().any(|known| known.as_str().as_bytes() == version.as_bytes()) {
            let requested = text::line(&String::from_utf8_lossy(version.as_bytes()), MOST_REPEATED);
            let names: Vec<&str> = known.iter().map(ProtocolVersion::as_str).collect();
            let told = format!("unsupported MCP-Protocol-Version; this server knows {}", names.join(", "));
            let data = json!({"requested": requested, "supported": names});
            return Err((StatusCode::BAD_REQUEST, ErrorData::new(ErrorCode::UNSUPPORTED_PROTOCOL_VERSION, told, Some(data))));
        }
    }
    let is_modern = own_version.is_some_and(|version| version >= ProtocolVersion::V_2026_07_28);
    if let Some(request) = request.filter(|request| is_modern && is_of_older_era(request.method())) {
        // rmcp would first miss a header that such a request does not need.
        let told = format!("there is no method `{}`", text::line(request.method(), MOST_REPEATED));
        return Err((StatusCode::NOT_FOUND, ErrorData::new(ErrorCode::METHOD_NOT_FOUND, told, None)));
    }
    Ok(())
}

/// Whether a method ended with the handshake.
fn is_of_older_era(method: &str) -> bool {
    matches!(method, "resources/subscribe" | "resources/unsubscribe")
}

/// Whether a client takes answers of a media type. The range that fits best decides. Without the header, it takes all.
fn takes(headers: &HeaderMap, media_type: &str) -> bool {
    let kind = media_type.split('/').next().unwrap_or_default();
    let mut best = if headers.contains_key(ACCEPT) { (0, false) } else { (0, true) };
    for range in headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let fit = match parts.next().and_then(|range| range.split_once('/')) {
            Some(("*", "*")) => 1,
            Some((of, "*")) if of.eq_ignore_ascii_case(kind) => 2,
            Some((of, _)) if of.eq_ignore_ascii_case(kind) && range_is(range, media_type) => 3,
            _ => continue,
        };
        let refused = parts.any(|part| {
            let weight = part.split_once('=').filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
            weight.is_some_and(|(_, weight)| weight.trim().parse() == Ok(0.0_f32))
        });
        if fit >= best.0 {
            best = (fit, !refused);
        }
    }
    best.1
}

fn range_is(range: &str, media_type: &str) -> bool {
    range.split(';').next().is_some_and(|range| range.trim().eq_ignore_ascii_case(media_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_accept_what_they_stand_for() {
        for (accept, json, events) in [
            (None, true, true),
            (Some("*/*"), true, true),
            (Some("application/*, text/*;q=0.1"), true, true),
            (Some("Application/JSON; charset=utf-8, text/event-stream"), true, true),
            (Some("application/json"), true, false),
            (Some("*/*, text/event-stream;q=0"), true, false),
            (Some("text/html, */*;q=0.0"), false, false),
            (Some("application/*;q=0, application/json"), true, false),
            (Some(""), false, false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.append(ACCEPT, accept.parse().unwrap());
            }
            assert_eq!((takes(&headers, "application/json"), takes(&headers, "text/event-stream")), (json, events), "{accept:?}");
        }
    }
}

//! Signed addresses of the files of media, and the bytes behind them.
//!
//! A token names the item and the time until which it is good, and is signed by the secret of the store. It is all that a caller needs, as
//! for the signed addresses of a cloud. The samples of the library have no files, so there is no address for them.

use std::{fs::File, io, sync::Arc};

use axum::http::{HeaderValue, StatusCode, header::CONTENT_DISPOSITION};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use ring::hmac;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::{
    api::links::{SignUrl, SignedUrl, StreamMedia},
    playground::{
        Refusal,
        auth::Caller,
        cursor,
        media::Kind,
        mount::Reply,
        raw::{Raw, Wanted},
        runs::Item,
        service::Service,
        store::{facts, library},
        time::{Millis, SECOND, now, rfc3339},
    },
};

/// How long an address is good.
const LIFE: Millis = 3_600 * SECOND;
/// Keeps these signatures apart from all others under the same secret.
const PURPOSE: &[u8] = b"media stream\0";
/// Longer texts cannot be tokens of ours.
const MOST_CHARS: usize = 2_048;

/// What a token says.
#[derive(Serialize, Deserialize)]
struct Claims {
    video_id: String,
    expires: Millis,
    /// What a browser calls the file that it saves. Without it, a browser shows the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// An address of an item's file that is good for a while, and until when. `name` makes it a download of that name. `None` if there is no file.
pub fn address(connection: &Connection, base_url: &str, item: &Item, name: Option<String>) -> Reply<Option<(String, Millis)>> {
    if item.source.as_ref().is_none_or(|source| source.file.is_none()) {
        return Ok(None);
    }
    let expires = now() + LIFE;
    let token = sealed(connection, &Claims { video_id: item.video_id.clone(), expires, name })?;
    Ok(Some((format!("{base_url}/media/stream?token={token}"), expires)))
}

/// Makes an address. To make one costs nothing here, so each call makes a new one.
pub async fn sign_url(service: Arc<Service>, _: Caller, call: SignUrl) -> Reply<SignedUrl> {
    if !call.gcs_uri.starts_with("gs://") {
        let message = "String should begin with gs://. The samples of the playground are not stored anywhere: they have stills only.";
        return Err(Refusal::argument(["body", "gcs_uri"], message, "string_pattern_mismatch"));
    }
    let base_url = service.base_url.clone();
    let (signed_url, expires) = service
        .store
        .read(move |connection| {
            let media = library::media(connection)?;
            let all = media.values().filter_map(|item| Some((item, item.source.as_ref()?)));
            // An object that was registered before it was there has more than one item.
            let found =
                all.filter(|(_, source)| source.uri == call.gcs_uri).max_by_key(|(item, source)| (source.file.is_some(), item.order));
            let (item, source) = found.ok_or_else(|| Refusal::not_found("object"))?;
            address(connection, &base_url, item, None)?.ok_or_else(|| not_stored(&source.uri))
        })
        .await?;
    Ok(SignedUrl { signed_url, expires_at: Some(rfc3339(expires)) })
}

/// The refusal of an address for media that are not here.
pub fn not_stored(uri: &str) -> Refusal {
    let message = format!("The playground has no copy of {uri}, so there is no address for it.");
    Refusal::new(StatusCode::NOT_FOUND, "resource_object_not_stored", message)
}

/// The bytes of a file, or the range of them that the caller asks for.
pub async fn stream_media(service: Arc<Service>, _: Caller, call: StreamMedia, _: Wanted) -> Reply<Raw> {
    let found = service.store.read(move |connection| {
        let claims = opened(connection, &call.token)?.filter(|claims| claims.expires > now());
        let claims = claims.ok_or_else(|| {
            let message = "This address has expired, or the playground did not make it. Ask for a new one.";
            Refusal::new(StatusCode::UNAUTHORIZED, "authentication_invalid_media_token", message)
        })?;
        let source = library::media(connection)?.get(&claims.video_id).and_then(|item| item.source.clone());
        let file = source.and_then(|source| source.file).ok_or_else(|| Refusal::not_found("video"))?;
        Ok((file, claims.name))
    });
    let (file, name) = found.await?;
    // A browser must not take a stored file for a page, so only the types of media are sent.
    let media_type = Kind::named(&file).map_or("application/octet-stream", |kind| kind.mime);
    let path = service.scratch.folder(library::MEDIA_FOLDER).map_err(Refusal::internal)?.join(file);
    let opened = tokio::task::spawn_blocking(move || {
        let file = File::open(path)?;
        Raw::file(media_type, file)
    });
    let raw = opened.await.map_err(Refusal::internal)?.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Refusal::not_found("video"),
        _ => Refusal::internal(error),
    })?;
    Ok(match name.and_then(|name| saved_as(&name)) {
        Some(value) => raw.header(CONTENT_DISPOSITION, value),
        None => raw,
    })
}

/// The header that makes a browser save a file under this name.
fn saved_as(name: &str) -> Option<HeaderValue> {
    let name = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{name}")).ok()
}

fn key(connection: &Connection) -> Result<hmac::Key, Refusal> {
    let secret = facts::get(connection, cursor::SECRET_FACT)?.ok_or_else(|| Refusal::internal("the store has no secret"))?;
    Ok(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()))
}

fn sealed(connection: &Connection, claims: &Claims) -> Result<String, Refusal> {
    let claims = serde_json::to_vec(claims)?;
    let tag = hmac::sign(&key(connection)?, &[PURPOSE, &claims].concat());
    Ok(format!("{}.{}", BASE64.encode(claims), BASE64.encode(tag)))
}

/// What a token says, if this store made it.
fn opened(connection: &Connection, token: &str) -> Result<Option<Claims>, Refusal> {
    let key = key(connection)?;
    let read = || {
        let (claims, tag) = token.split_once('.').filter(|_| token.len() <= MOST_CHARS)?;
        let (claims, tag) = (BASE64.decode(claims).ok()?, BASE64.decode(tag).ok()?);
        hmac::verify(&key, &[PURPOSE, &claims].concat(), &tag).ok()?;
        serde_json::from_slice(&claims).ok()
    };
    Ok(read())
}

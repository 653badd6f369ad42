//! The picture of a segment. It is taken from wherever the API has it, decoded in limited memory, scaled down for a model and encoded anew.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use image::RgbImage;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::{
    api::{
        ids::SegmentId,
        segments::{GetThumbnail, Segment},
    },
    client, imaging,
    session::CallError,
    tools::{
        Context,
        answer::{MAX_PICTURE_CHARS, Picture},
    },
};

/// The longest side of a picture that is shown, in pixels. Models see no more in larger ones, and pay for every pixel.
const MAX_SIDE: u32 = 512;
/// The most bytes of a picture as the API gives it.
const MAX_BYTES: usize = 4 << 20;
/// How long decoding or encoding a picture may take, with the wait for a free place.
const PATIENCE: Duration = Duration::from_secs(20);
/// How many pictures may be fetched and decoded at a time. With [`MAX_BYTES`] this limits the memory of pictures that are not decoded yet.
static HELD: Semaphore = Semaphore::const_new(8);

/// What came of looking for a picture.
#[derive(Clone)]
pub enum Outcome<T = Picture> {
    /// The picture.
    Shown(T),
    /// The API has none.
    None,
    /// The API has one, but it could not be shown.
    Failed(String),
}

/// A decoded picture, scaled down.
#[derive(Clone)]
pub struct Small {
    /// Its pixels.
    pub pixels: RgbImage,
    /// Whether the file says that it is drawn, not taken from a video.
    pub drawn: bool,
}

/// The picture of a segment, ready to be sent.
pub async fn of(cx: &Context<'_>, segment: &Segment) -> Outcome {
    match small(cx, segment, MAX_SIDE).await {
        Outcome::Shown(small) => encoded(cx, small).await.map_or_else(Outcome::Failed, Outcome::Shown),
        Outcome::None => Outcome::None,
        Outcome::Failed(why) => Outcome::Failed(why),
    }
}

/// Puts the pictures on one sheet. `None` if there are no pictures.
pub async fn sheet(cx: &Context<'_>, shown: Vec<Outcome<Small>>) -> Result<Option<Picture>, String> {
    let mut drawn = false;
    let tiles: Vec<_> = shown
        .into_iter()
        .map(|outcome| match outcome {
            Outcome::Shown(small) => {
                drawn |= small.drawn;
                Some(small.pixels)
            }
            Outcome::None | Outcome::Failed(_) => None,
        })
        .collect();
    if tiles.iter().all(Option::is_none) {
        return Ok(None);
    }
    let pixels = imaging::beside(cx.deadline.remaining(), move || imaging::sheet(&tiles)).await.map_err(|error| error.to_string())?;
    encoded(cx, Small { pixels, drawn }).await.map(Some)
}

/// The picture of a segment, scaled down to fit into a square of this side.
pub async fn small(cx: &Context<'_>, segment: &Segment, side: u32) -> Outcome<Small> {
    let Ok(_held) = HELD.acquire().await else { return Outcome::None };
    match bytes(cx, segment).await {
        Ok(None) => Outcome::None,
        Ok(Some(bytes)) => decoded(cx, bytes, side).await.map_or_else(Outcome::Failed, Outcome::Shown),
        Err(why) => Outcome::Failed(why),
    }
}

/// A JPEG that an answer can hold.
pub async fn encoded(cx: &Context<'_>, picture: Small) -> Result<Picture, String> {
    let Small { pixels, drawn } = picture;
    let jpeg = imaging::beside(patience(cx), move || imaging::jpeg(&pixels, MAX_PICTURE_CHARS / 4 * 3)).await;
    let jpeg = jpeg.and_then(|jpeg| jpeg).map_err(|error| error.to_string())?;
    Ok(Picture { media_type: "image/jpeg", base64: STANDARD.encode(jpeg), drawn })
}

async fn decoded(cx: &Context<'_>, bytes: Bytes, side: u32) -> Result<Small, String> {
    let work = move || {
        let picture = imaging::decode(&bytes)?;
        Ok(Small { pixels: imaging::within(&picture, side, side), drawn: imaging::is_drawn(&bytes) })
    };
    let small: Result<Small, imaging::PictureError> = imaging::beside(patience(cx), work).await.and_then(|small| small);
    small.map_err(|error| error.to_string())
}

fn patience(cx: &Context<'_>) -> Duration {
    cx.deadline.remaining().min(PATIENCE)
}

/// Finds the picture of a segment: inline data first, then the thumbnail endpoint (bytes, or JSON with data or a link), then the segment's
/// own link. What fails does not keep the next from being tried.
async fn bytes(cx: &Context<'_>, segment: &Segment) -> Result<Option<Bytes>, String> {
    // What a picture that exists failed for, and what only says that there may be none.
    let (mut failure, mut missing) = (None, None);
    if let Some(data) = segment.thumbnail_data.as_deref().filter(|data| !data.is_empty()) {
        match from_base64(data) {
            Ok(bytes) => return Ok(Some(bytes)),
            Err(why) => failure = Some(why),
        }
    }
    let own_link = segment.thumbnail_uri.as_deref().filter(|link| link.starts_with("http"));
    if let Ok(segment_id) = SegmentId::parse(segment.segment_id.as_str()) {
        match cx.session.fetch(&GetThumbnail { segment_id }, &cx.deadline).await {
            Ok(response) => match of_answer(cx, &response).await {
                Ok(None) => missing = Some("the API's answer held none".to_owned()),
                Ok(found) => return Ok(found),
                Err(why) => failure = Some(why),
            },
            Err(CallError::Upstream(error)) if matches!(error.kind, client::Kind::TooLarge { .. }) => {
                missing = Some(client::PictureError::TooLarge.to_string());
            }
            Err(_) => missing = Some("the API did not give it".to_owned()),
        }
    }
    match own_link {
        Some(link) => from_link(cx, link).await.map(Some),
        None => failure.or(missing.filter(|_| segment.thumbnail_available)).map_or(Ok(None), Err),
    }
}

/// The picture in an answer of the thumbnail endpoint, if it holds one.
async fn of_answer(cx: &Context<'_>, response: &client::Response) -> Result<Option<Bytes>, String> {
    if !response.is_json() {
        return bounded(response.body.clone()).map(Some);
    }
    match client::decode_as::<Value>(response).ok().as_ref().and_then(picture_member) {
        Some(text) if text.starts_with("http") => from_link(cx, text).await.map(Some),
        Some(data) => from_base64(data).map(Some),
        None => Ok(None),
    }
}

/// The member of a thumbnail answer that holds the picture or a link to it. The API's documentation does not name it.
fn picture_member(answer: &Value) -> Option<&str> {
    let names = ["thumbnail_data", "data", "image_data", "thumbnail", "thumbnail_uri", "thumbnail_url", "signed_url", "url", "uri"];
    names.iter().find_map(|name| answer.get(name)?.as_str().filter(|text| !text.is_empty()))
}

async fn from_link(cx: &Context<'_>, link: &str) -> Result<Bytes, String> {
    cx.session.picture(link, &cx.deadline).await.map_err(|error| error.to_string())
}

fn from_base64(data: &str) -> Result<Bytes, String> {
    let data = data.split_once(";base64,").map_or(data, |(_, data)| data);
    let data: String = data.split_ascii_whitespace().collect();
    if data.len() / 4 * 3 > MAX_BYTES {
        return Err(too_long());
    }
    STANDARD.decode(data).map(Bytes::from).map_err(|_| "its base64 is broken".to_owned())
}

fn bounded(bytes: Bytes) -> Result<Bytes, String> {
    if bytes.len() > MAX_BYTES { Err(too_long()) } else { Ok(bytes) }
}

fn too_long() -> String {
    format!("it is larger than {} MiB", MAX_BYTES >> 20)
}

/// Why there is no picture, if there is none.
pub fn why_missing(outcome: &Outcome<Small>) -> Option<String> {
    match outcome {
        Outcome::Shown(_) => None,
        Outcome::None => Some("the API has none".into()),
        Outcome::Failed(why) => Some(why.clone()),
    }
}

//! The moving preview of an item: its stills, one after the other.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use image::{
    Delay, DynamicImage, Frame,
    codecs::gif::{GifEncoder, Repeat},
    imageops::FilterType,
};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::{
    api::links::GetVideoGif,
    playground::{
        Refusal,
        auth::Caller,
        library::{self as sample, picture},
        media,
        mount::Reply,
        service::Service,
        store::library,
    },
};

/// The most stills of a preview, and how long each is shown.
const MOST_STILLS: usize = 6;
const MILLISECONDS: u32 = 700;
/// Pixels.
const WIDTH: u32 = 120;
/// The quality of the colours, from 1 (best) to 30 (fastest).
const SPEED: i32 = 30;

/// The preview in base64, since the description of the API says that the answer is an object. It is made on request and not stored.
pub async fn get_video_gif(service: Arc<Service>, _: Caller, call: GetVideoGif) -> Reply<Value> {
    let video_id = call.video_id.to_string();
    let found =
        move |connection: &Connection| library::media(connection)?.get(&video_id).cloned().ok_or_else(|| Refusal::not_found("video"));
    let item = service.store.read(found).await?;
    let mut jpegs = Vec::new();
    if let Some(file) = item.source.as_ref().and_then(|source| source.file.as_deref()) {
        for piece in item.pieces.iter().take(MOST_STILLS) {
            jpegs.extend(media::still(&service, file, piece).await?);
        }
    }
    let sample = sample::library().map_err(Refusal::internal)?;
    let scenes: Vec<_> = item.pieces.iter().filter_map(|piece| sample.scene(piece.scene.as_deref()?)).take(MOST_STILLS).collect();
    if scenes.is_empty() && jpegs.is_empty() {
        return Err(Refusal::not_found("preview"));
    }
    let drawn = tokio::task::spawn_blocking(move || {
        let drawn = scenes.into_iter().map(|(film, scene)| picture::draw(film, scene).map(DynamicImage::from).map_err(Refusal::internal));
        let read = jpegs.iter().map(|jpeg| image::load_from_memory(jpeg).map_err(Refusal::internal));
        animated(drawn.chain(read).collect::<Result<Vec<_>, _>>()?.into_iter())
    });
    let bytes = drawn.await.map_err(Refusal::internal)??;
    Ok(json!({"video_id": item.video_id, "content_type": "image/gif", "gif_data": BASE64_STANDARD.encode(bytes)}))
}

/// An endless film of stills.
fn animated(stills: impl Iterator<Item = DynamicImage>) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut bytes, SPEED);
    encoder.set_repeat(Repeat::Infinite).map_err(Refusal::internal)?;
    for still in stills {
        let small = still.resize(WIDTH, WIDTH, FilterType::Triangle).into_rgba8();
        let frame = Frame::from_parts(small, 0, 0, Delay::from_numer_denom_ms(MILLISECONDS, 1));
        encoder.encode_frame(frame).map_err(Refusal::internal)?;
    }
    drop(encoder);
    Ok(bytes)
}

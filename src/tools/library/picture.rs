//! The picture of a segment: wherever the API has it, scaled down for a model.

use std::io::Cursor;

use base64::{Engine, engine::general_purpose::STANDARD};
use image::{ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder, imageops::FilterType};
use serde_json::Value;

use crate::{
    api::{
        ids::SegmentId,
        segments::{GetThumbnail, Segment},
    },
    client,
    tools::{
        Context,
        answer::{MAX_PICTURE_CHARS, Picture},
    },
};

/// The longest side of a picture that is shown, in pixels. Models see no more in larger ones, and pay for every pixel.
const MAX_SIDE: u32 = 512;
/// The most pixels of a picture that is decoded.
const MAX_PIXELS: u64 = 40_000_000;

/// What came of looking for a picture.
pub enum Outcome {
    /// Here it is.
    Shown(Picture),
    /// The API has none.
    None,
    /// It has one, but it could not be shown.
    Failed(String),
}

/// Finds the picture of a segment: inline data first, then the thumbnail endpoint (bytes, or JSON with data or a link), then the link.
pub async fn of(cx: &Context<'_>, segment: &Segment) -> Outcome {
    if let Some(data) = segment.thumbnail_data.as_deref().filter(|data| !data.is_empty()) {
        return shown(from_base64(data).await);
    }
    let mut failure = None;
    if let Ok(segment_id) = SegmentId::parse(segment.segment_id.as_str()) {
        match cx.session.fetch(&GetThumbnail { segment_id }, &cx.deadline).await {
            Ok(response) if response.is_json() => match client::decode_as::<Value>(&response).ok().as_ref().and_then(picture_member) {
                Some(text) if text.starts_with("http") => return shown(from_link(cx, text).await),
                Some(data) => return shown(from_base64(data).await),
                None => failure = Some("the API's answer held none".to_owned()),
            },
            Ok(response) => return shown(scaled(response.body.to_vec()).await),
            Err(_) => failure = Some("the API did not give it".to_owned()),
        }
    }
    match segment.thumbnail_uri.as_deref().filter(|link| link.starts_with("http")) {
        Some(link) => shown(from_link(cx, link).await),
        None if segment.thumbnail_available => failure.map_or(Outcome::None, Outcome::Failed),
        None => Outcome::None,
    }
}

fn shown(result: Result<Picture, String>) -> Outcome {
    result.map_or_else(Outcome::Failed, Outcome::Shown)
}

/// The member of a thumbnail answer that holds the picture or a link to it; which one it is, is documented nowhere.
fn picture_member(answer: &Value) -> Option<&str> {
    let names = ["thumbnail_data", "data", "image_data", "thumbnail", "thumbnail_uri", "thumbnail_url", "signed_url", "url", "uri"];
    names.iter().find_map(|name| answer.get(name)?.as_str().filter(|text| !text.is_empty()))
}

async fn from_link(cx: &Context<'_>, link: &str) -> Result<Picture, String> {
    let bytes = cx.session.picture(link, &cx.deadline).await.map_err(|error| error.to_string())?;
    scaled(bytes.to_vec()).await
}

async fn from_base64(data: &str) -> Result<Picture, String> {
    let data = data.split_once(";base64,").map_or(data, |(_, data)| data);
    let data: String = data.split_ascii_whitespace().collect();
    scaled(STANDARD.decode(data).map_err(|_| "its base64 is broken".to_owned())?).await
}

/// Decoding takes milliseconds of work, so it is done beside the runtime's thread.
async fn scaled(bytes: Vec<u8>) -> Result<Picture, String> {
    match tokio::task::spawn_blocking(move || fit(&bytes)).await {
        Ok(result) => result,
        Err(_) => Err("decoding it failed".to_owned()),
    }
}

/// A JPEG or PNG of at most [`MAX_SIDE`]; small ones pass as they are.
fn fit(bytes: &[u8]) -> Result<Picture, String> {
    let unreadable = |_| "it is neither JPEG, PNG, WebP nor GIF, or it is damaged".to_owned();
    let reader = || ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let guessed = reader().map_err(|_| "it is unreadable".to_owned())?;
    let format = guessed.format();
    let (width, height) = guessed.into_dimensions().map_err(unreadable)?;
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(format!("it has {width} x {height} pixels"));
    }
    let mut decoder = reader().map_err(|_| "it is unreadable".to_owned())?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(256 << 20);
    decoder.limits(limits);
    // Decoding tells whether it is whole, also where the bytes are then sent as they are.
    let picture = decoder.decode().map_err(unreadable)?;
    let media_type = match format {
        Some(ImageFormat::Jpeg) => Some("image/jpeg"),
        Some(ImageFormat::Png) => Some("image/png"),
        _ => None,
    };
    if let Some(media_type) = media_type.filter(|_| width.max(height) <= MAX_SIDE && bytes.len().div_ceil(3) * 4 <= MAX_PICTURE_CHARS) {
        return Ok(Picture { media_type, base64: STANDARD.encode(bytes) });
    }
    let side = width.max(height).min(MAX_SIDE);
    let small = if width.max(height) > side { picture.resize(side, side, FilterType::Triangle) } else { picture };
    let mut out = Vec::new();
    // Named rather than chosen by format, which would bring the encoders of all formats along.
    small.into_rgb8().write_with_encoder(JpegEncoder::new(&mut out)).map_err(|_| "it could not be scaled".to_owned())?;
    Ok(Picture { media_type: "image/jpeg", base64: STANDARD.encode(out) })
}

#[cfg(test)]
mod tests {
    use image::DynamicImage;

    use super::*;

    fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let picture =
            image::RgbImage::from_fn(width, height, |x, y| image::Rgb([(x % 251).to_le_bytes()[0], (y % 241).to_le_bytes()[0], 120]));
        let mut out = Vec::new();
        DynamicImage::ImageRgb8(picture).write_to(&mut Cursor::new(&mut out), format).unwrap();
        out
    }

    #[test]
    fn small_pictures_pass_and_large_ones_shrink() {
        let small = encoded(320, 180, ImageFormat::Png);
        assert_eq!(fit(&small).unwrap(), Picture { media_type: "image/png", base64: STANDARD.encode(&small) });
        let large = fit(&encoded(2000, 1000, ImageFormat::Jpeg)).unwrap();
        let back = image::load_from_memory(&STANDARD.decode(large.base64).unwrap()).unwrap();
        assert_eq!((large.media_type, back.width(), back.height()), ("image/jpeg", 512, 256));
        assert_eq!(fit(&encoded(100, 50, ImageFormat::Gif)).unwrap().media_type, "image/jpeg");
    }

    #[test]
    fn what_is_no_whole_picture_is_refused() {
        assert!(fit(b"<html>").is_err());
        let png = encoded(300, 300, ImageFormat::Png);
        assert!(fit(&png[..png.len() / 2]).is_err());
    }
}

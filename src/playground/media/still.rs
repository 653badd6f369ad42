//! Stills of uploaded files: one frame of a film, or the picture itself. They are made when somebody asks and not stored.

use std::{ffi::OsString, path::Path, time::Duration};

use image::{DynamicImage, RgbImage};

use super::{Kind, child};
use crate::{
    disk::{self, Whose},
    imaging,
    playground::Refusal,
};

/// The largest side of a still, and the most bytes.
const MOST_SIDE: u32 = 480;
const MOST_BYTES: usize = 64 << 10;
/// The largest picture file that is decoded, and the largest that ffmpeg may give.
const MOST_FILE: u64 = 64 << 20;
const MOST_FRAME: usize = 8 << 20;
/// How long it may take.
const LIMIT: Duration = Duration::from_secs(15);

/// The still of a stretch, as a JPEG. `None` if it cannot be had.
pub async fn jpeg(ffmpeg: Option<&Path>, kind: &Kind, path: &Path, (start, end): (f64, f64)) -> Result<Option<Vec<u8>>, Refusal> {
    let Some(bytes) = encoded(ffmpeg, kind, path, &[f64::midpoint(start, end), start]).await else { return Ok(None) };
    let made = imaging::beside(LIMIT, move || {
        let picture = imaging::decode(&bytes)?;
        imaging::jpeg(&imaging::within(&picture, MOST_SIDE, MOST_SIDE), MOST_BYTES)
    });
    match made.await {
        Ok(Ok(jpeg)) => Ok(Some(jpeg)),
        Ok(Err(error)) | Err(error) => {
            tracing::debug!(%error, "a still of an uploaded file could not be made");
            Ok(None)
        }
    }
}

/// The pixels of a picture file, and its size before it was made small. `None` if they cannot be had.
pub async fn picture(ffmpeg: Option<&Path>, kind: &Kind, path: &Path) -> Option<(RgbImage, (u32, u32))> {
    let bytes = encoded(ffmpeg, kind, path, &[0.0]).await?;
    let decoded = imaging::beside(LIMIT, move || imaging::decode(&bytes).map(small)).await;
    decoded.ok()?.ok()
}

fn small(picture: DynamicImage) -> (RgbImage, (u32, u32)) {
    (imaging::within(&picture, MOST_SIDE, MOST_SIDE), (picture.width(), picture.height()))
}

/// A picture in a format that we can decode, from the first of these moments that has one.
async fn encoded(ffmpeg: Option<&Path>, kind: &Kind, path: &Path, moments: &[f64]) -> Option<Vec<u8>> {
    if kind.is_image() && kind.reader.is_none() {
        let path = path.to_owned();
        let read = tokio::task::spawn_blocking(move || disk::read(&path, MOST_FILE, Whose::Ours)).await.ok()?;
        return read.ok().map(|content| content.bytes);
    }
    let (ffmpeg, reader) = (ffmpeg?, kind.reader?);
    for moment in moments {
        let mut arguments: Vec<OsString> = ["-nostdin", "-threads", "2"].map(OsString::from).to_vec();
        if !kind.is_image() {
            arguments.extend(["-ss".into(), format!("{moment:.3}").into()]);
        }
        arguments.extend(child::input(reader, path));
        // Both sides at once, so that a tall film stays small too.
        let filter = format!("scale=w={MOST_SIDE}:h={MOST_SIDE}:force_original_aspect_ratio=decrease:force_divisible_by=2");
        let output = ["-map", "0:V:0", "-frames:v", "1", "-vf", &filter, "-c:v", "png", "-f", "image2pipe", "pipe:1"];
        arguments.extend(output.map(OsString::from));
        let mut frame = Vec::new();
        let taken = |piece: &[u8]| {
            if frame.len() < MOST_FRAME {
                frame.extend_from_slice(piece);
            }
        };
        match child::run(ffmpeg, arguments, LIMIT, taken).await {
            Ok(_) if !frame.is_empty() => return Some(frame),
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(%error, "ffmpeg gave no still");
                return None;
            }
        }
    }
    None
}

//! Pictures from strangers, decoded in bounded memory.
//!
//! A picture of a few kilobytes can unpack to gigabytes, and decoding it can take minutes. So three things hold for every picture:
//!
//! - Its dimensions are read first, and what decoding can take at most is worked out from them, its format and its size in bytes. A
//!   picture above [`MAX_MEMORY`] is refused before anything is allocated for it. Parts that say nothing about pixels (profiles, comments),
//!   which some formats compress, are taken out before a decoder sees them (`strip`).
//! - At most two pictures are decoded at a time in this process, whoever asks ([`beside`]).
//! - Each is decoded on a thread of its own that nobody waits for longer than its limit: the thread of a picture that takes too long is
//!   left alone, keeps its place until it ends, and does not keep the process from ending.
//!
//! This layer knows pictures and nothing of this program; the tools and the playground both use it.

mod cost;
mod sheet;
mod strip;

pub use sheet::{GAP, MAX_TILES, columns, sheet, tile_side};

use std::{borrow::Cow, io::Cursor, time::Duration};

use image::{DynamicImage, ImageError, ImageFormat, ImageReader, Limits, Rgb, RgbImage, codecs::jpeg::JpegEncoder, imageops::FilterType};
use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};

/// The most bytes that decoding one picture may take.
pub const MAX_MEMORY: u64 = 64 << 20;
/// The most pixels of each side.
pub const MAX_SIDE: u32 = 16_384;

/// How many pictures are decoded at a time.
static PLACES: Semaphore = Semaphore::const_new(2);

/// Why a picture was not decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// None of the formats that are read.
    #[error("it is neither JPEG, PNG, WebP nor GIF")]
    UnknownFormat,
    /// Cut off or damaged, or of a kind that is not read.
    #[error("it is damaged or of a kind that cannot be read")]
    Damaged,
    /// Decoding it could take more memory than one picture gets.
    #[error("it is too large to be decoded safely ({width} x {height} pixels)")]
    TooLarge {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// Not decoded in time, or no place was free in time.
    #[error("decoding it takes too long")]
    TooSlow,
}

/// Decodes a JPEG, PNG, WebP or GIF (the first frame of a moving one) within [`MAX_MEMORY`].
///
/// It works as long as it takes, so call it through [`beside`].
pub fn decode(bytes: &[u8]) -> Result<DynamicImage, PictureError> {
    let format = image::guess_format(bytes).map_err(|_| PictureError::UnknownFormat)?;
    let bytes = match format {
        ImageFormat::Png => strip::png(bytes).ok_or(PictureError::Damaged)?,
        ImageFormat::Jpeg => strip::jpeg(bytes).ok_or(PictureError::Damaged)?,
        ImageFormat::WebP | ImageFormat::Gif => Cow::Borrowed(bytes),
        _ => return Err(PictureError::UnknownFormat),
    };
    let open = || {
        let mut reader = ImageReader::with_format(Cursor::new(&*bytes), format);
        let mut limits = Limits::default();
        limits.max_alloc = Some(MAX_MEMORY);
        reader.limits(limits);
        reader
    };
    // The headers come first: no decoder allocates for pixels while it reads them.
    let (width, height) = open().into_dimensions().map_err(|_| PictureError::Damaged)?;
    let too_large = PictureError::TooLarge { width, height };
    if width.max(height) > MAX_SIDE || cost::of(&bytes, format, width, height) > MAX_MEMORY {
        return Err(too_large);
    }
    open().decode().map_err(|error| match error {
        ImageError::Limits(_) => too_large,
        _ => PictureError::Damaged,
    })
}

/// Does work on pictures on a thread of its own, when one of the two places is free. Whoever no longer waits, or has waited so long, leaves
/// the thread alone; it keeps its place until it is through.
pub async fn beside<T: Send + 'static>(patience: Duration, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PictureError> {
    let done = async {
        let place = PLACES.acquire().await.map_err(|_| PictureError::TooSlow)?;
        let (send, receive) = oneshot::channel();
        // Not one of the runtime's threads, for which a runtime waits when it ends.
        let thread = std::thread::Builder::new().name("picture".into()).spawn(move || {
            let _place = place;
            // Nobody may be waiting any more.
            let _ = send.send(work());
        });
        thread.map_err(|_| PictureError::TooSlow)?;
        // A decoder that panicked sends nothing.
        receive.await.map_err(|_| PictureError::Damaged)
    };
    timeout(patience, done).await.map_err(|_| PictureError::TooSlow)?
}

/// What a JPEG has as its first comment that was drawn, not photographed.
pub const DRAWN: &[u8] = b"drawn";

/// The JPEG with a comment that says that it is drawn.
pub fn marked_as_drawn(jpeg: &[u8]) -> Vec<u8> {
    let (start, rest) = jpeg.split_at(jpeg.len().min(2));
    let length = u16::try_from(DRAWN.len() + 2).unwrap_or_default().to_be_bytes();
    [start, &[0xff, 0xfe], &length, DRAWN, rest].concat()
}

/// Whether a picture says of itself that it is drawn.
pub fn is_drawn(bytes: &[u8]) -> bool {
    bytes.get(2..4) == Some(&[0xff, 0xfe]) && bytes.get(6..).is_some_and(|rest| rest.starts_with(DRAWN))
}

/// The picture scaled down to lie within so many pixels, if it is larger; transparent ones are put on white.
pub fn within(picture: &DynamicImage, width: u32, height: u32) -> RgbImage {
    let larger = |times: u32| picture.width() > width.saturating_mul(times) || picture.height() > height.saturating_mul(times);
    // Taking means of whole pixels needs no memory besides; what is left is small enough for the better way.
    let near = larger(2).then(|| picture.thumbnail(width.saturating_mul(2), height.saturating_mul(2)));
    let near = near.as_ref().unwrap_or(picture);
    let small = larger(1).then(|| near.resize(width, height, FilterType::Triangle));
    let small = small.as_ref().unwrap_or(near);
    if !small.color().has_alpha() {
        return small.to_rgb8();
    }
    let mut flat = RgbImage::new(small.width(), small.height());
    for (to, from) in flat.pixels_mut().zip(small.to_rgba8().pixels()) {
        let [r, g, b, alpha] = from.0.map(u16::from);
        *to = Rgb([r, g, b].map(|c| u8::try_from((c * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)));
    }
    flat
}

/// A JPEG of at most so many bytes: the quality is lowered and then the picture halved until it fits.
pub fn jpeg(picture: &RgbImage, most_bytes: usize) -> Result<Vec<u8>, PictureError> {
    let mut picture = Cow::Borrowed(picture);
    loop {
        for quality in [82, 60, 40] {
            let mut out = Vec::new();
            // Named rather than chosen by format, which would bring the encoders of all formats along.
            picture.write_with_encoder(JpegEncoder::new_with_quality(&mut out, quality)).map_err(|_| PictureError::Damaged)?;
            if out.len() <= most_bytes || picture.width().max(picture.height()) <= 16 {
                return Ok(out);
            }
        }
        let (width, height) = (picture.width().div_ceil(2), picture.height().div_ceil(2));
        picture = Cow::Owned(image::imageops::thumbnail(&*picture, width, height));
    }
}

#[cfg(test)]
mod tests;

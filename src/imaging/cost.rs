//! What decoding a picture can take at most, in bytes.
//!
//! The figures are read from the decoders in use (`image` 0.25 with `png`, `zune-jpeg`, `gif` and `image-webp`): the buffer of the picture
//! itself, which is in the first number, and what the decoder holds besides. `tests/it/pictures.rs` measures them in the built program.

use image::ImageFormat;

/// What a lossless WebP can make its decoder keep in tables for one byte of its own: a code table of 4 KiB can be written in 11 bytes.
const WEBP_TABLES: u64 = 372;

/// What decoding can take at most.
pub fn of(bytes: &[u8], format: ImageFormat, width: u32, height: u32) -> u64 {
    let pixels = u64::from(width) * u64::from(height);
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let for_pixels = |each: u64| pixels.saturating_mul(each);
    match format {
        // Rows are read one by one into the picture, and nothing is converted.
        ImageFormat::Png => for_pixels(png_bytes(bytes)).saturating_add(length),
        // One scan is read by rows; of several the coefficients of the whole picture are kept, 2 bytes each.
        ImageFormat::Jpeg => {
            let components = u64::from(jpeg_components(bytes));
            let coefficients = if jpeg_is_sequential(bytes) { 0 } else { 2 * components };
            for_pixels(components.min(3) + 1 + coefficients).saturating_add(length)
        }
        // The frame in colours, and the picture that it is put on.
        ImageFormat::Gif => for_pixels(8).saturating_add(length),
        _ => {
            let (each, coded) = webp(bytes);
            for_pixels(each).saturating_add(coded.saturating_mul(WEBP_TABLES)).saturating_add(length)
        }
    }
}

/// Bytes of a pixel of a PNG once it is expanded.
fn png_bytes(bytes: &[u8]) -> u64 {
    // Signature, length and name of the first chunk, width, height; then depth and colour type.
    let (Some(&depth), Some(&colours)) = (bytes.get(24), bytes.get(25)) else { return u64::MAX };
    let channels = match colours {
        0 => 1,
        4 => 2,
        6 => 4,
        // Colours, directly or from a palette.
        _ => 3,
    };
    // One of the colours may stand for transparency.
    let channels = channels + u64::from(has(bytes, b"tRNS"));
    if depth == 16 { channels * 2 } else { channels }
}

/// The frame header of a JPEG: its marker and what follows the length.
fn jpeg_frame(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let mut rest = bytes.get(2..)?;
    loop {
        let [0xff, marker, ..] = rest else { return None };
        let length = usize::from(u16::from_be_bytes([*rest.get(2)?, *rest.get(3)?]));
        let segment = rest.get(4..2 + length)?;
        // The frame headers, without the tables that have numbers between theirs.
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            return Some((*marker, segment));
        }
        rest = rest.get(2 + length..)?;
    }
}

fn jpeg_components(bytes: &[u8]) -> u8 {
    jpeg_frame(bytes).and_then(|(_, frame)| frame.get(5).copied()).unwrap_or(4)
}

/// Whether a JPEG has one scan with all its components, in order of rows.
fn jpeg_is_sequential(bytes: &[u8]) -> bool {
    let Some((marker, frame)) = jpeg_frame(bytes) else { return false };
    let scans: Vec<_> = bytes.windows(5).filter(|window| window.starts_with(&[0xff, 0xda])).collect();
    matches!(marker, 0xc0 | 0xc1) && matches!(scans.as_slice(), [only] if only.get(4) == frame.get(5))
}

/// Bytes of a pixel of a WebP while it is decoded, and how many bytes of it are coded losslessly.
fn webp(bytes: &[u8]) -> (u64, u64) {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    match bytes.get(12..16) {
        // Brightness and colours apart, and the picture.
        Some(b"VP8 ") => (5, 0),
        // The picture, and the same with transparency.
        Some(b"VP8L") => (8, length),
        // Any of these with a mask, and the frame that they are put on.
        _ => (12, if has(bytes, b"VP8L") || has(bytes, b"ALPH") { length } else { 0 }),
    }
}

fn has(bytes: &[u8], name: &[u8]) -> bool {
    bytes.windows(name.len()).any(|window| window == name)
}

//! Taking out of a picture what says nothing about its pixels.
//!
//! Colour profiles and texts of a PNG are compressed, and their decoder unpacks them without being asked.

use std::borrow::Cow;

/// A PNG of nothing but the chunks that its pixels need. `None` if it is not made of chunks.
pub fn png(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    const SIGNATURE: usize = 8;
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(bytes.get(..SIGNATURE)?);
    let mut rest = bytes.get(SIGNATURE..)?;
    while let Some((head, _)) = rest.split_first_chunk::<8>() {
        let [a, b, c, d, name @ ..] = *head;
        // Length, name, content and checksum. A last chunk that is cut off is left to the decoder, which says what is wrong.
        let whole = usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?.checked_add(12)?;
        let (chunk, after) = rest.split_at(whole.min(rest.len()));
        if matches!(&name, b"IHDR" | b"PLTE" | b"tRNS" | b"IDAT" | b"IEND") {
            out.extend_from_slice(chunk);
        }
        rest = after;
    }
    Some(Cow::Owned(out))
}

/// A JPEG without the segments of applications and comments before its first scan, but for the two that say how its colours are coded.
/// `None` if it is not made of segments.
pub fn jpeg(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(bytes.get(..2)?);
    let mut rest = bytes.get(2..)?;
    loop {
        match rest {
            // Markers may be filled up.
            [0xff, 0xff, ..] => rest = rest.get(1..)?,
            // The scan goes on to the end of the picture.
            [0xff, 0xda, ..] => {
                out.extend_from_slice(rest);
                return Some(Cow::Owned(out));
            }
            [0xff, marker, high, low, ..] => {
                let whole = usize::from(u16::from_be_bytes([*high, *low])).checked_add(2)?;
                let (segment, after) = rest.split_at_checked(whole)?;
                let said_by_others = matches!(marker, 0xe1..=0xed | 0xef | 0xfe);
                if !said_by_others {
                    out.extend_from_slice(segment);
                }
                rest = after;
            }
            _ => return None,
        }
    }
}

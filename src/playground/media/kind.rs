//! What kind of file it is: by its extension, and by its first bytes, which must agree.

use crate::playground::Refusal;

/// How many bytes of a file are enough to tell its kind.
pub const HEAD: usize = 64;

/// A kind of file that can be uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The extension, in lower case.
    pub extension: &'static str,
    /// `video`, `audio` or `image`, as the API has it.
    pub media_type: &'static str,
    /// The media type of HTTP.
    pub mime: &'static str,
    /// The reader of ffmpeg for it. We name it, so that the content cannot choose one that opens other files. `None` if it has none.
    pub reader: Option<&'static str>,
    /// What its first bytes look like.
    signature: Signature,
}

/// The form of the first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signature {
    /// Boxes with names, as in MP4.
    Boxes,
    /// Boxes, of which the first one says that it is a HEIF picture.
    Heif,
    /// A RIFF file with this name.
    Riff(&'static [u8; 4]),
    /// One of these beginnings.
    Begins(&'static [&'static [u8]]),
    /// Frames of MPEG audio, or a tag that may stand before them.
    Frames,
}

const fn kind(
    extension: &'static str,
    media_type: &'static str,
    mime: &'static str,
    reader: Option<&'static str>,
    signature: Signature,
) -> Kind {
    Kind { extension, media_type, mime, reader, signature }
}

/// The 20 kinds of the API.
pub static KINDS: &[Kind] = &[
    kind("mp4", "video", "video/mp4", Some("mov"), Signature::Boxes),
    kind("avi", "video", "video/x-msvideo", Some("avi"), Signature::Riff(b"AVI ")),
    kind("mkv", "video", "video/x-matroska", Some("matroska"), Signature::Begins(&[&[0x1a, 0x45, 0xdf, 0xa3]])),
    kind("mov", "video", "video/quicktime", Some("mov"), Signature::Boxes),
    kind("webm", "video", "video/webm", Some("matroska"), Signature::Begins(&[&[0x1a, 0x45, 0xdf, 0xa3]])),
    kind("mp3", "audio", "audio/mpeg", Some("mp3"), Signature::Frames),
    kind("wav", "audio", "audio/wav", Some("wav"), Signature::Riff(b"WAVE")),
    kind("flac", "audio", "audio/flac", Some("flac"), Signature::Begins(&[b"fLaC"])),
    kind("m4a", "audio", "audio/mp4", Some("mov"), Signature::Boxes),
    kind("ogg", "audio", "audio/ogg", Some("ogg"), Signature::Begins(&[b"OggS"])),
    kind("aac", "audio", "audio/aac", Some("aac"), Signature::Frames),
    kind("jpg", "image", "image/jpeg", None, Signature::Begins(&[&[0xff, 0xd8, 0xff]])),
    kind("jpeg", "image", "image/jpeg", None, Signature::Begins(&[&[0xff, 0xd8, 0xff]])),
    kind("png", "image", "image/png", None, Signature::Begins(&[b"\x89PNG\r\n\x1a\n"])),
    kind("webp", "image", "image/webp", None, Signature::Riff(b"WEBP")),
    kind("gif", "image", "image/gif", None, Signature::Begins(&[b"GIF87a", b"GIF89a"])),
    kind("bmp", "image", "image/bmp", Some("bmp_pipe"), Signature::Begins(&[b"BM"])),
    kind("tiff", "image", "image/tiff", Some("tiff_pipe"), Signature::Begins(&[b"II*\0", b"MM\0*"])),
    kind("heic", "image", "image/heic", None, Signature::Heif),
    kind("heif", "image", "image/heif", None, Signature::Heif),
];

impl Kind {
    /// The kind of a file with this name and these first bytes. Refuses a kind that the API does not take, and a content of another kind.
    pub fn of(name: &str, head: &[u8]) -> Result<&'static Self, Refusal> {
        let Some(kind) = Self::named(name) else {
            let known: Vec<_> = KINDS.iter().map(|kind| kind.extension).collect();
            let message = format!("The name of the file should end with one of: {}.", known.join(", "));
            return Err(Refusal::bad_request("validation_media_extension", message));
        };
        if !kind.signature.fits(head) {
            let message = format!("The content is not of the kind that the extension .{} says.", kind.extension);
            return Err(Refusal::bad_request("validation_media_content", message));
        }
        Ok(kind)
    }

    /// The kind that the extension of a name says.
    pub fn named(name: &str) -> Option<&'static Self> {
        let (_, extension) = name.rsplit_once('.')?;
        KINDS.iter().find(|kind| kind.extension.eq_ignore_ascii_case(extension))
    }

    /// The kind of this media type of HTTP.
    pub fn of_type(media_type: &str) -> Option<&'static Self> {
        let wanted = media_type.split(';').next().unwrap_or_default().trim();
        KINDS.iter().find(|kind| kind.mime.eq_ignore_ascii_case(wanted))
    }

    /// Whether it is a still picture.
    pub fn is_image(&self) -> bool {
        self.media_type == "image"
    }
}

impl Signature {
    fn fits(self, head: &[u8]) -> bool {
        let at = |from: usize, word: &[u8]| head.get(from..from + word.len()) == Some(word);
        match self {
            // Old QuickTime files begin with another box than `ftyp`.
            Self::Boxes => [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"].iter().any(|name| at(4, *name)),
            Self::Heif => at(4, b"ftyp") && [b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"].iter().any(|name| at(8, *name)),
            Self::Riff(name) => (at(0, b"RIFF") || at(0, b"RF64")) && at(8, name),
            Self::Begins(words) => words.iter().any(|word| at(0, word)),
            Self::Frames => at(0, b"ID3") || at(0, b"ADIF") || matches!(head, [0xff, second, ..] if second & 0xe0 == 0xe0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_and_the_content_must_agree() {
        let good: [(&str, &[u8]); 8] = [
            ("a.mp4", b"\0\0\0\x20ftypisom"),
            ("Film.MOV", b"\0\0\0\x08wide\0\0"),
            ("a.b.wav", b"RIFF\0\0\0\0WAVEfmt "),
            ("a.avi", b"RIFF\0\0\0\0AVI LIST"),
            ("a.mp3", &[0xff, 0xfb, 0x90]),
            ("a.heic", b"\0\0\0\x18ftypheic"),
            ("a.tiff", b"II*\0"),
            ("a.png", b"\x89PNG\r\n\x1a\n"),
        ];
        for (name, head) in good {
            assert!(Kind::of(name, head).is_ok(), "{name}");
        }
        let bad: [(&str, &[u8]); 7] = [
            ("a.mp4", b"#EXTM3U\nhttp://"),
            ("a.mp4", b"RIFF\0\0\0\0AVI LIST"),
            ("a.wav", b"RIFF\0\0\0\0AVI LIST"),
            ("a.png", &[0xff, 0xd8, 0xff]),
            ("a.heic", b"\0\0\0\x18ftypisom"),
            ("a.mkv", b""),
            ("a.ogg", b"Ogg"),
        ];
        for (name, head) in bad {
            assert!(Kind::of(name, head).unwrap_err().to_string().contains("extension"), "{name}");
        }
        for name in ["a.txt", "mp4", "", "a.", "a.mp4/..", "a.m3u8"] {
            assert!(Kind::of(name, b"\0\0\0\x20ftypisom").is_err(), "{name}");
        }
    }
}

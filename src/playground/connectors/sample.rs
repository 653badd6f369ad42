//! The sample connector, which every new playground has, and the files in its bucket.
//!
//! The files are made when they are read: two tones that can be imported, a text that cannot, and a film that is empty.

use super::bucket::Object;
use crate::{
    api::connectors::Connector,
    playground::time::{Millis, rfc3339},
};

/// The id of the connector.
pub const CONNECTOR: &str = "conn_sample_bucket";
/// The name of its bucket. A directory of this name takes its place.
pub const BUCKET: &str = "sample-bucket";
/// When the files were changed: 2026-01-05, 08:00 UTC.
const CHANGED: Millis = 1_767_600_000_000;
/// Samples per second of the tones.
const RATE: u32 = 8_000;

/// The files, in order of their paths, each with the period of its tone in samples.
const FILES: [(&str, Content); 4] = [
    ("films/empty.mp4", Content::Nothing),
    ("read-me.txt", Content::Text),
    ("tones/high.wav", Content::Tone { period: 10 }),
    ("tones/low.wav", Content::Tone { period: 40 }),
];

#[derive(Clone, Copy)]
enum Content {
    Nothing,
    Text,
    /// Two seconds of one tone.
    Tone {
        period: u32,
    },
}

impl Content {
    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Text => b"The files of the sample bucket of the playground.\n".to_vec(),
            Self::Tone { period } => tone(period),
        }
    }
}

/// The connector.
pub fn connector(created: Millis) -> Connector {
    Connector {
        connector_id: CONNECTOR.to_owned(),
        name: "Sample bucket".to_owned(),
        provider: "gcs".to_owned(),
        status: "active".to_owned(),
        scopes: vec!["import".to_owned(), "export".to_owned()],
        import_mode: "all".to_owned(),
        bucket: Some(BUCKET.to_owned()),
        gcp_project_id: Some("sample-project".to_owned()),
        created_at: Some(rfc3339(created)),
        updated_at: Some(rfc3339(created)),
        last_tested_at: Some(rfc3339(created)),
        last_test_result: Some("success".to_owned()),
        ..Connector::default()
    }
}

/// The files in the bucket.
pub fn objects() -> impl Iterator<Item = Object> {
    FILES.into_iter().map(|(path, content)| Object { path: path.to_owned(), size: content.bytes().len() as u64, modified: CHANGED })
}

/// The content of a file.
pub fn content(path: &str) -> Option<Vec<u8>> {
    FILES.into_iter().find(|(known, _)| *known == path).map(|(_, content)| content.bytes())
}

/// A WAV file of one channel with 8 bits per sample.
fn tone(period: u32) -> Vec<u8> {
    let length = 2 * RATE;
    let mut file = Vec::new();
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + length).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16_u32.to_le_bytes());
    for half in [1_u16, 1] {
        file.extend_from_slice(&half.to_le_bytes());
    }
    for whole in [RATE, RATE] {
        file.extend_from_slice(&whole.to_le_bytes());
    }
    for half in [1_u16, 8] {
        file.extend_from_slice(&half.to_le_bytes());
    }
    file.extend_from_slice(b"data");
    file.extend_from_slice(&length.to_le_bytes());
    file.extend((0..length).map(|at| if at % period < period / 2 { 96_u8 } else { 160 }));
    file
}

//! How a segment ends: which operations were tried on it, and which of them damaged media make fail.

use super::{Item, Piece, Settings};

/// What damaged media do to a run. Each cause always fails the same way, so that failures can be counted on.
#[derive(Debug, PartialEq, Eq)]
pub struct Damage {
    /// Words of which one stands in the cause that the library states.
    words: &'static [&'static str],
    /// The machine-readable cause.
    pub code: &'static str,
    /// Whether the sound cannot be used.
    sound: bool,
    /// Whether the pictures cannot be used.
    pictures: bool,
    /// Whether trying again is offered.
    pub retryable: bool,
    /// Whether trying again helps.
    mends: bool,
}

/// The causes, by the words that tell them; the last one takes whatever is left.
static DAMAGES: [Damage; 5] = [
    Damage { words: &["emulsion"], code: "frames_lost", sound: false, pictures: true, retryable: false, mends: false },
    // The one cause that a second try gets past: the frames are whole, and can be put straight.
    Damage { words: &["torn", "register"], code: "frames_out_of_register", sound: false, pictures: true, retryable: true, mends: true },
    Damage {
        words: &["faded", "threshold"],
        code: "below_detection_threshold",
        sound: false,
        pictures: true,
        retryable: true,
        mends: false,
    },
    Damage { words: &["audio", "sound"], code: "stream_truncated", sound: true, pictures: true, retryable: false, mends: false },
    Damage { words: &[], code: "media_undecodable", sound: true, pictures: true, retryable: false, mends: false },
];

impl Damage {
    /// What becomes of another try, in words.
    pub const fn outlook(&self) -> &'static str {
        if self.mends { "every run fails here, a retry of the segment alone succeeds" } else { "it always fails" }
    }

    /// The kind of a cause that is stated in words.
    pub fn of(cause: &str) -> &'static Self {
        let cause = cause.to_lowercase();
        let [first @ .., rest] = &DAMAGES;
        first.iter().find(|damage| damage.words.iter().any(|word| cause.contains(word))).unwrap_or(rest)
    }
}

/// How the operations on one segment ended. `None` for an operation that was not asked for or that the medium does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether the prompt's fields were filled.
    pub field_extraction: bool,
    /// Whether speech was written down.
    pub transcription: Option<bool>,
    /// Whether the still was made searchable.
    pub image_embedding: Option<bool>,
}

impl Outcome {
    /// The outcome of the first try.
    pub fn of(settings: &Settings, item: &Item, piece: &Piece) -> Self {
        let damage = piece.damage();
        Self {
            field_extraction: damage.is_none(),
            transcription: (settings.transcription && item.media_type != "image").then(|| damage.is_none_or(|damage| !damage.sound)),
            image_embedding: (settings.image_embedding && item.media_type != "audio").then(|| damage.is_none_or(|damage| !damage.pictures)),
        }
    }

    /// The outcome of a retry.
    pub fn of_retry(settings: &Settings, item: &Item, piece: &Piece) -> Self {
        let first = Self::of(settings, item, piece);
        if piece.damage().is_some_and(|damage| !damage.mends) {
            return first;
        }
        Self {
            field_extraction: true,
            transcription: first.transcription.map(|_| true),
            image_embedding: first.image_embedding.map(|_| true),
        }
    }

    /// Whether everything that was asked for succeeded.
    pub const fn succeeded(self) -> bool {
        self.field_extraction && !matches!(self.transcription, Some(false)) && !matches!(self.image_embedding, Some(false))
    }

    /// The operations that failed, in the API's words.
    pub fn failed_operations(self) -> Vec<String> {
        [
            ("field_extraction", self.field_extraction),
            ("transcription", self.transcription.unwrap_or(true)),
            ("image_embedding", self.image_embedding.unwrap_or(true)),
        ]
        .into_iter()
        .filter(|(_, succeeded)| !succeeded)
        .map(|(name, _)| name.to_owned())
        .collect()
    }
}

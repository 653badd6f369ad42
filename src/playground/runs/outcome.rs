//! How a segment ends: which operations a run tries on it, and which of them fail on damaged media.

use super::{Item, Piece, Settings};

/// What damage does to a run. Each cause always fails in the same way, so that tests can count on it.
#[derive(Debug, PartialEq, Eq)]
pub struct Damage {
    /// A cause is of this kind if it contains one of these words. The library states causes in words.
    words: &'static [&'static str],
    /// The cause, for programs.
    pub code: &'static str,
    /// Whether the sound cannot be used.
    sound: bool,
    /// Whether the pictures cannot be used.
    pictures: bool,
    /// Whether the API offers a retry.
    pub retryable: bool,
    /// Whether a retry succeeds.
    mends: bool,
}

/// The kinds of damage, found by their words. The last one is for all other causes.
static DAMAGES: [Damage; 5] = [
    Damage { words: &["emulsion"], code: "frames_lost", sound: false, pictures: true, retryable: false, mends: false },
    // Only this cause succeeds at a second try: the frames are whole, and a decoder can put them in order.
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
    /// What will happen at another try, in words.
    pub const fn outlook(&self) -> &'static str {
        if self.mends { "every run fails here, a retry of the segment alone succeeds" } else { "it always fails" }
    }

    /// The kind of a cause that the library states in words.
    pub fn of(cause: &str) -> &'static Self {
        let cause = cause.to_lowercase();
        let [first @ .., rest] = &DAMAGES;
        first.iter().find(|damage| damage.words.iter().any(|word| cause.contains(word))).unwrap_or(rest)
    }
}

/// How the operations on one segment ended. `None` for an operation that nobody asked for or that the medium does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether the prompt's fields were filled.
    pub field_extraction: bool,
    /// Whether speech was transcribed.
    pub transcription: Option<bool>,
    /// Whether the still can be searched.
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

    /// Whether every operation of the run succeeded.
    pub const fn succeeded(self) -> bool {
        self.field_extraction && !matches!(self.transcription, Some(false)) && !matches!(self.image_embedding, Some(false))
    }

    /// The operations that failed, by their names in the API.
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

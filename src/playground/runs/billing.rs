//! The prices of runs, in media tokens (mt). The rates are the playground's own, because the vendor publishes none.

use serde_json::{Map, Value, json};

use super::{Facts, Item, Piece, Progress, Retry, Settings, Status, outcome::Outcome};

/// The model that a run uses if the request names none.
pub const DEFAULT_MODEL: &str = "gemini-2.5-flash";
/// The first balance of an account. It is enough to try much, and little enough to try what happens when it runs out.
pub const STARTING_BALANCE_MT: f64 = 250_000.0;

/// The known models, and their prices relative to that of the default one.
const MODELS: [(&str, f64); 4] =
    [(DEFAULT_MODEL, 1.0), ("gemini-2.5-flash-lite", 0.4), ("gemini-2.5-pro", 4.0), ("gemini-3-pro-preview", 5.0)];

/// The price of one second of each medium with the default model.
const VIDEO_MT_PER_SECOND: f64 = 1.0;
const AUDIO_MT_PER_SECOND: f64 = 0.4;
/// A picture has no length in seconds, so it has one price.
const MT_PER_IMAGE: f64 = 2.0;
/// The prices of the other operations, as shares of the price of the extraction.
const TRANSCRIPTION_SHARE: f64 = 0.2;
const IMAGE_EMBEDDING_SHARE: f64 = 0.1;
/// The price of a result for a whole item, per item.
const MT_PER_VIDEO_LEVEL_RESULT: f64 = 5.0;

/// The price of a run, split by what it is for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Price {
    seconds: f64,
    extraction: f64,
    transcription: f64,
    image_embedding: f64,
    video_level: f64,
}

impl Price {
    /// The total in mt, with two decimals.
    pub fn total(&self) -> f64 {
        cents(self.extraction + self.transcription + self.image_embedding + self.video_level)
    }

    /// The parts of the price, for an estimate.
    pub fn breakdown(&self, settings: &Settings) -> Map<String, Value> {
        let model = settings.model.as_deref().unwrap_or(DEFAULT_MODEL);
        let members = json!({
            "media_seconds": self.seconds,
            "processing_model": model,
            "model_factor": model_factor(model),
            "field_extraction_mt": cents(self.extraction),
            "transcription_mt": cents(self.transcription),
            "image_embedding_mt": cents(self.image_embedding),
            "video_level_mt": cents(self.video_level),
        });
        if let Value::Object(members) = members { members } else { Map::new() }
    }

    fn add(&mut self, settings: &Settings, item: &Item, piece: &Piece, operations: Outcome) {
        let rate = match item.media_type.as_str() {
            "image" => MT_PER_IMAGE,
            "audio" => AUDIO_MT_PER_SECOND * piece.seconds(),
            _ => VIDEO_MT_PER_SECOND * piece.seconds(),
        };
        let price = rate * model_factor(settings.model.as_deref().unwrap_or(DEFAULT_MODEL));
        self.seconds += piece.seconds();
        self.extraction += price;
        if operations.transcription.is_some() {
            self.transcription += price * TRANSCRIPTION_SHARE;
        }
        if operations.image_embedding.is_some() {
            self.image_embedding += price * IMAGE_EMBEDDING_SHARE;
        }
    }
}

/// All prices, for the page of prices.
pub fn prices() -> Map<String, Value> {
    let models: Vec<Value> = MODELS.iter().map(|(name, factor)| json!({"processing_model": name, "model_factor": factor})).collect();
    let members = json!({
        "unit": "mt",
        "default_processing_model": DEFAULT_MODEL,
        "processing_models": models,
        "field_extraction": {
            "video_mt_per_second": VIDEO_MT_PER_SECOND,
            "audio_mt_per_second": AUDIO_MT_PER_SECOND,
            "mt_per_image": MT_PER_IMAGE,
        },
        "transcription_share": TRANSCRIPTION_SHARE,
        "image_embedding_share": IMAGE_EMBEDDING_SHARE,
        "mt_per_video_level_result": MT_PER_VIDEO_LEVEL_RESULT,
    });
    if let Value::Object(members) = members { members } else { Map::new() }
}

/// The price of a run if all of it succeeds.
pub fn estimate<'a>(settings: &Settings, items: impl IntoIterator<Item = &'a Item>, video_level: bool) -> Price {
    let mut price = Price::default();
    for item in items {
        for piece in &item.pieces {
            price.add(settings, item, piece, Outcome::of(settings, item, piece));
        }
        if video_level {
            price.video_level += MT_PER_VIDEO_LEVEL_RESULT;
        }
    }
    price
}

/// The charge for a run. It is nothing before the run ends. Then the run pays for the segments that succeeded at the first try. Failed and
/// cancelled segments are free. Retries are charged separately.
pub fn charged(progress: &Progress) -> f64 {
    if !progress.status.is_terminal() {
        return 0.0;
    }
    let facts = progress.facts;
    let mut price = Price::default();
    for item in &progress.items {
        let mut any = false;
        for step in &item.steps {
            if let Some(outcome) = step.first.outcome().filter(|outcome| outcome.succeeded()) {
                price.add(&facts.settings, item.item, step.piece, outcome);
                any = true;
            }
        }
        if any && facts.video_level() && item.status != Status::Cancelled {
            price.video_level += MT_PER_VIDEO_LEVEL_RESULT;
        }
    }
    price.total()
}

/// The expected charge for a retry.
pub fn retry_estimate(facts: &Facts, retry: &Retry) -> f64 {
    let mut price = Price::default();
    if let Some(item) = facts.items.iter().find(|item| item.video_id == retry.video_id)
        && let Some(piece) = item.pieces.iter().find(|piece| piece.segment_id == retry.segment_id)
    {
        price.add(&facts.settings, item, piece, Outcome::of(&facts.settings, item, piece));
    }
    price.total()
}

/// The charge for a retry: its estimate if it succeeded.
pub fn retry_charged(facts: &Facts, retry: &Retry, status: Status) -> f64 {
    if status == Status::Completed { retry_estimate(facts, retry) } else { 0.0 }
}

/// The API's word for the state of a charge.
pub fn billing_status(ended: bool, charged: f64) -> &'static str {
    match (ended, charged > 0.0) {
        (false, _) => "pending",
        (true, true) => "confirmed",
        (true, false) => "released",
    }
}

/// The price of a model relative to the default one. The API accepts any name, so an unknown model has the price of the default.
fn model_factor(model: &str) -> f64 {
    MODELS.iter().find(|(name, _)| *name == model).map_or(1.0, |(_, factor)| *factor)
}

/// Rounds to two decimals, as the API shows amounts.
pub fn cents(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}

//! The stored facts of a run, and the media that it covers.

use std::{collections::HashMap, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Millis;
use crate::{
    api::prompts::Prompt,
    playground::media::{Measured, REMEDY},
};

/// One media item and the segments it is cut into, in order of time.
#[derive(Clone, Debug)]
pub struct Item {
    /// The item.
    pub video_id: String,
    /// Its display name.
    pub title: String,
    /// The index that the item is in, if it is in one.
    pub index_id: Option<String>,
    /// `video`, `audio` or `image`.
    pub media_type: String,
    /// Running time in seconds; 0 for images.
    pub duration: f64,
    /// Its place in lists. 0 before it is stored.
    pub order: i64,
    /// When it was added.
    pub created: Millis,
    /// Its segments.
    pub pieces: Vec<Piece>,
    /// Where it came from, if somebody added it. The sample library has only descriptions and stills of films, not the films.
    pub source: Option<Source>,
    /// How its own processing stands: `processing`, `processed` or `failed`. Runs count too, so `None` says little.
    pub state: Option<String>,
}

/// Where an added item came from, and what is known of its file.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Its address, `gs://…`.
    pub uri: String,
    /// Its file, relative to the directory of the playground's media. `None` if the playground has no copy.
    pub file: Option<String>,
    /// The media type of the file, as `video/mp4`.
    pub content_type: Option<String>,
    /// The size of the file in bytes.
    pub size: Option<u64>,
    /// Whether its running time is known.
    pub measured: bool,
    /// Why it cannot be processed.
    pub problem: Option<String>,
    /// Whatever else was measured.
    pub facts: Option<Arc<Measured>>,
}

impl Item {
    /// The address of its media.
    pub fn uri(&self) -> String {
        match &self.source {
            Some(source) => source.uri.clone(),
            None => format!("playground://videos/{}", self.video_id),
        }
    }

    /// Its running time, if it is known.
    pub fn length(&self) -> Option<f64> {
        Some(self.duration).filter(|_| self.source.as_ref().is_none_or(|source| source.measured))
    }

    /// Why no run can process it.
    pub fn problem(&self) -> Option<String> {
        let source = self.source.as_ref()?;
        let unmeasured = || match source.facts.as_ref().and_then(|facts| facts.unmeasured.as_ref()) {
            Some(why) => format!("its duration is not known, because ffprobe could not tell it: {why}"),
            None if source.file.is_none() => "its duration is not known, because the playground has no copy of the file".to_owned(),
            None => format!(
                "its duration is not known, because no ffprobe was there to measure it. {REMEDY} Media in a data directory are measured then"
            ),
        };
        source.problem.clone().or_else(|| (!source.measured).then(unmeasured))
    }

    /// The code of the refusal of a run, for [`Item::problem`].
    pub fn problem_code(&self) -> &'static str {
        let known = self.source.as_ref().is_some_and(|source| source.problem.is_some());
        if known { "validation_media_not_processable" } else { "validation_media_duration_unknown" }
    }
}

/// One segment. Its times are seconds from the start of its item.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The segment.
    pub segment_id: String,
    /// Where it begins.
    pub start: f64,
    /// Where it ends.
    pub end: f64,
    /// For damaged media, why the segment cannot be processed.
    pub damage: Option<String>,
    /// The scene of the library that the segment shows, by the segment id of that scene.
    pub scene: Option<String>,
    /// What was measured of the file that the segment is a part of. `None` for the library.
    pub film: Option<Arc<Measured>>,
}

impl Piece {
    /// Whether there is a still of it.
    pub fn pictured(&self) -> bool {
        self.scene.is_some() || self.film.as_ref().is_some_and(|film| film.pictured)
    }
}

/// Items by id. They are shared, because the runs of a list cover the same few items.
pub type Media = HashMap<String, Arc<Item>>;

/// The settings of a run: the members of its request, with the service's defaults for absent ones.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// `smart`, `fixed` or `content_aware`.
    pub video_segmentation: String,
    /// `fixed` or `content_aware`.
    pub audio_segmentation: String,
    /// Seconds, for fixed segmentation of videos.
    pub video_segment_duration: Option<u32>,
    /// Seconds, for fixed segmentation of audio.
    pub audio_segment_duration: Option<u32>,
    /// The model that the request names.
    pub model: Option<String>,
    /// Whether speech is transcribed.
    pub transcription: bool,
    /// Whether stills can be searched by picture.
    pub image_embedding: bool,
    /// Target and index as the API's `run_context`.
    pub context: Map<String, Value>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            video_segmentation: "smart".into(),
            audio_segmentation: "content_aware".into(),
            video_segment_duration: None,
            audio_segment_duration: None,
            model: None,
            transcription: true,
            image_embedding: true,
            context: Map::new(),
        }
    }
}

impl Settings {
    /// The length of the segments that media of this type are cut into. `None` if the media keep their scenes.
    pub fn fixed_seconds(&self, media_type: &str) -> Option<u32> {
        let (kind, seconds) = match media_type {
            "video" => (&self.video_segmentation, self.video_segment_duration),
            "audio" => (&self.audio_segmentation, self.audio_segment_duration),
            _ => return None,
        };
        seconds.filter(|_| kind == "fixed")
    }
}

/// A request to stop a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// When somebody made the request.
    pub at: Millis,
    /// The key or account that made the request.
    pub by: String,
}

/// A retry of one failed segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The retry.
    pub retry_id: String,
    /// The item.
    pub video_id: String,
    /// The segment.
    pub segment_id: String,
    /// When somebody asked for the retry.
    pub created: Millis,
    /// When its end was settled.
    pub settled: Option<Millis>,
}

/// All that the store knows of a run.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The run.
    pub run_id: String,
    /// The prompt as it was when the run was started.
    pub prompt: Prompt,
    /// The settings of the run.
    pub settings: Settings,
    /// The key or account that started the run.
    pub executed_by: String,
    /// When it was started.
    pub started: Millis,
    /// How many milliseconds one segment takes.
    pub step: Millis,
    /// The request to stop it, if there is one.
    pub stop: Option<Stop>,
    /// The items it covers, in the order in which they are processed.
    pub items: Vec<Arc<Item>>,
    /// Retries of its segments, oldest first.
    pub retries: Vec<Retry>,
    /// What it was expected to cost, and what it was charged once it was settled. Both stay when its media are deleted. `None` before it is
    /// stored.
    pub bill: Option<(f64, Option<f64>)>,
    /// When its end was settled. It has ended from then on, even if the clock goes back.
    pub settled: Option<Millis>,
}

impl Facts {
    /// Whether the prompt also asks for one result per item.
    pub fn video_level(&self) -> bool {
        self.prompt.video_level.is_some()
    }

    /// The index that the run was started on, if it was one.
    fn index_id(&self) -> Option<&str> {
        self.settings.context.get("index_id")?.as_str()
    }

    /// Whether the run is about one of these indexes: it was started on it, or covers media of it. `None` stands for media without an index.
    /// Of a run whose media were all deleted nobody can tell, so it is about all.
    pub fn is_about(&self, indexes: &[Option<&str>]) -> bool {
        let of_items = || self.items.iter().any(|item| indexes.contains(&item.index_id.as_deref()));
        self.index_id().is_some_and(|index_id| indexes.contains(&Some(index_id)))
            || self.items.is_empty() && self.index_id().is_none()
            || of_items()
    }

    /// What the run is about, in words.
    pub fn about(&self) -> String {
        let mut indexes: Vec<Option<&str>> =
            self.items.iter().map(|item| item.index_id.as_deref()).chain(self.index_id().map(Some)).collect();
        indexes.sort_unstable();
        indexes.dedup();
        let name = self.settings.context.get("index_name").and_then(Value::as_str).map(|name| format!("\"{name}\" ")).unwrap_or_default();
        let told = indexes.iter().map(|index| match index {
            Some(index_id) if self.index_id() == Some(index_id) => format!("the index {name}({index_id})"),
            Some(index_id) => format!("the index {index_id}"),
            None => "media without an index".to_owned(),
        });
        told.collect::<Vec<_>>().join(" and ")
    }

    /// The model that works for the run.
    pub fn model(&self) -> &str {
        self.settings.model.as_deref().unwrap_or(super::billing::DEFAULT_MODEL)
    }
}

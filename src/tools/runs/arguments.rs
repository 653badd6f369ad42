//! What a run covers and how media are cut: the arguments that estimating and executing share.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    api::{
        ids::{PromptId, VideoId},
        runs::{RunRequest, Target},
    },
    session::CallError,
    tools::{
        Answer, ArgumentError, Context, ToolError,
        names::{IndexName, Named},
        text,
    },
};

/// Shared arguments; the API's defaults rule for what is left out.
#[derive(Deserialize, JsonSchema)]
pub struct RunArguments {
    prompt_id: PromptId,
    target: GivenTarget,
    video_segmentation_type: Option<VideoSegmentation>,
    /// Seconds, for fixed.
    #[schemars(range(min = 1, max = 300), extend("x-seconds" = true))]
    video_segment_duration: Option<u32>,
    audio_segmentation_type: Option<AudioSegmentation>,
    /// Seconds, for fixed.
    #[schemars(range(min = 1, max = 300), extend("x-seconds" = true))]
    audio_segment_duration: Option<u32>,
    /// gemini-3-pro-preview, gemini-2.5-pro, gemini-2.5-flash or gemini-2.5-flash-lite.
    processing_model: Option<String>,
    /// Default true.
    enable_transcription: Option<bool>,
    /// Default true.
    enable_image_embedding: Option<bool>,
}

/// index: all of `index_id`. videos: those in `video_ids`, with `index_id` if they have one. playground: all uploads in no index.
#[derive(Deserialize, JsonSchema)]
struct GivenTarget {
    #[serde(rename = "type")]
    #[schemars(extend("x-fits" = {"video_ids": "videos", "index_id": "index"}))]
    kind: TargetKind,
    /// Index id or name.
    index_id: Option<IndexName>,
    #[schemars(length(min = 1))]
    video_ids: Option<Vec<VideoId>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum TargetKind {
    Index,
    Videos,
    Playground,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum VideoSegmentation {
    Smart,
    Fixed,
    ContentAware,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum AudioSegmentation {
    Fixed,
    ContentAware,
}

/// The models that the API is known to take. It may know more.
const KNOWN_MODELS: [&str; 4] = ["gemini-3-pro-preview", "gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite"];

/// A run request, and the name of its index where it has one.
pub struct Prepared {
    /// The request, with the ids to try next.
    pub request: RunRequest,
    named: Option<Named>,
}

impl RunArguments {
    /// Checks the rules across arguments and resolves the name of the index.
    pub async fn prepare(self, cx: &Context<'_>) -> Result<Prepared, ToolError> {
        let fixed = "needs its duration in seconds (1 to 300) when the type is fixed";
        if self.video_segmentation_type == Some(VideoSegmentation::Fixed) && self.video_segment_duration.is_none() {
            return Err(ArgumentError(format!("`video_segment_duration`: video segmentation {fixed}")).into());
        }
        if self.audio_segmentation_type == Some(AudioSegmentation::Fixed) && self.audio_segment_duration.is_none() {
            return Err(ArgumentError(format!("`audio_segment_duration`: audio segmentation {fixed}")).into());
        }
        // Nobody who names media means all of them, and all of them cost more.
        if self.target.kind != TargetKind::Videos && self.target.video_ids.as_ref().is_some_and(|ids| !ids.is_empty()) {
            let rule = "`target.video_ids` goes with `target.type` videos: give that type to take these media alone, or leave the ids out";
            return Err(ArgumentError(rule.into()).into());
        }
        if self.target.kind == TargetKind::Playground && self.target.index_id.is_some() {
            let rule = "`target.index_id` goes with `target.type` index or videos; `playground` takes the media of no index";
            return Err(ArgumentError(rule.into()).into());
        }
        let mut named = match (self.target.kind, self.target.index_id) {
            (TargetKind::Index, None) => return Err(ArgumentError("`target.index_id` is needed when `target.type` is index".into()).into()),
            (TargetKind::Index | TargetKind::Videos, Some(name)) => Some(Named::new(name, None)),
            _ => None,
        };
        let index_id = match &mut named {
            Some(named) => Some(named.one(cx).await?),
            None => None,
        };
        let target = match (self.target.kind, index_id) {
            (TargetKind::Index, Some(index_id)) => Target::Index { index_id },
            (TargetKind::Videos, index_id) => {
                let video_ids = self.target.video_ids.filter(|ids| !ids.is_empty());
                let video_ids =
                    video_ids.ok_or_else(|| ArgumentError("`target.video_ids` is needed when `target.type` is videos".into()))?;
                Target::Videos { video_ids, index_id }
            }
            _ => Target::Playground,
        };
        let request = RunRequest {
            prompt_id: self.prompt_id,
            target,
            video_segmentation_type: self.video_segmentation_type.map(|kind| {
                match kind {
                    VideoSegmentation::Smart => "smart",
                    VideoSegmentation::Fixed => "fixed",
                    VideoSegmentation::ContentAware => "content_aware",
                }
                .to_owned()
            }),
            audio_segmentation_type: self.audio_segmentation_type.map(|kind| {
                match kind {
                    AudioSegmentation::Fixed => "fixed",
                    AudioSegmentation::ContentAware => "content_aware",
                }
                .to_owned()
            }),
            video_segment_duration: self.video_segment_duration,
            audio_segment_duration: self.audio_segment_duration,
            processing_model: self.processing_model.map(|model| model.trim().to_owned()).filter(|model| !model.is_empty()),
            enable_transcription: Some(self.enable_transcription.unwrap_or(true)),
            enable_image_embedding: Some(self.enable_image_embedding.unwrap_or(true)),
        };
        Ok(Prepared { request, named })
    }
}

impl Prepared {
    /// Adds what the caller should know about the request.
    pub fn notes(&self, answer: &mut Answer) {
        if let Some(model) = self.request.processing_model.as_deref().filter(|model| !KNOWN_MODELS.contains(model)) {
            let near = text::nearest(model, KNOWN_MODELS.into_iter()).map(|near| format!("; did you mean {near}?"));
            let near = near.unwrap_or_else(|| ".".to_owned());
            answer.note(format!(
                "`{}` is none of the models known here ({}){near} The API was asked for it all the same.",
                text::line(model, 80),
                KNOWN_MODELS.join(", ")
            ));
        }
    }

    /// After an error: looks the index up by its name and puts its id into the request, or returns the error.
    pub async fn retry(&mut self, cx: &Context<'_>, error: CallError) -> Result<(), ToolError> {
        let Some(named) = &mut self.named else { return Err(error.into()) };
        let (id, _) = named.retry(cx, error).await?;
        match &mut self.request.target {
            Target::Index { index_id } | Target::Videos { index_id: Some(index_id), .. } => *index_id = id,
            Target::Videos { .. } | Target::Playground => {}
        }
        Ok(())
    }
}

//! Handles of moments: `<video_id>@<start>-<end>`, with times in seconds or like `1:01:20`.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    api::ids::{ID_KEYWORD, IdError, SegmentId, VideoId, kind_by_prefix},
    tools::{ArgumentError, Context, ToolError, schema::SECONDS, text},
};

/// The kind of an argument that names a moment, in the schema.
pub const MOMENT: &str = "moment";

/// The kind of an argument that names a segment by its id or by a handle, in the check of arguments.
pub const SEGMENT: &str = "segment or handle";

/// A moment as callers name it: a handle, the id of a segment, or the id of a video that is meant as a whole.
///
/// The text of an id does not tell whether it is a segment's or a video's. So try [`MomentRef::place`], and after an error
/// [`MomentRef::retry`].
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct MomentRef(pub String);

/// Where a moment is.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The video.
    pub video: VideoId,
    /// The part of it.
    pub part: Part,
}

/// The part of a video that is meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// A range, in seconds.
    Range(f64, f64),
    /// One segment.
    Segment(SegmentId),
    /// All of it: no part was named.
    Whole,
}

impl MomentRef {
    /// The place to try first. An id is taken for that of a video, unless an answer of this process has shown it as a segment's.
    pub fn place(&self, cx: &Context<'_>) -> Result<Place, ToolError> {
        let refused = |error: IdError| ArgumentError(error.to_string());
        if let Some((video, start, end)) = handle(&self.0) {
            return Ok(Place { video: VideoId::parse(video).map_err(refused)?, part: Part::Range(start, end) });
        }
        if let Some(video) = cx.memory.video_of(&self.0) {
            let part = Part::Segment(SegmentId::parse(self.0.as_str()).map_err(refused)?);
            return Ok(Place { video: VideoId::parse(video).map_err(refused)?, part });
        }
        Ok(Place { video: VideoId::parse(self.0.as_str()).map_err(refused)?, part: Part::Whole })
    }

    /// The place to try after an error, if there is no such video and a segment has this id. Otherwise the error.
    pub async fn retry(&self, cx: &Context<'_>, error: ToolError) -> Result<Place, ToolError> {
        // What says that it is of another kind is no segment, and to look for one takes many requests.
        let is_other = kind_by_prefix(&self.0).is_some_and(|kind| kind != "segment");
        if is_other || handle(&self.0).is_some() || !super::lookup::may_be_segment(&error) {
            return Err(error);
        }
        let Ok(segment) = SegmentId::parse(self.0.as_str()) else { return Err(error) };
        match super::segment_video(cx, &segment).await {
            Some(video) => Ok(Place { video, part: Part::Segment(segment) }),
            None => Err(error),
        }
    }
}

impl JsonSchema for MomentRef {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "MomentRef".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "minLength": 1, ID_KEYWORD: MOMENT})
    }
}

/// A time in a video: seconds, or a text like `1:01:20`. The schema says string, since a choice of types breaks clients.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub f64);

impl JsonSchema for Seconds {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Seconds".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "minimum": 0, SECONDS: true})
    }
}

/// Splits a handle into video, start and end. `None` for any other text: a `@` may be part of an id, so only a well-formed end counts.
pub fn handle(text: &str) -> Option<(&str, f64, f64)> {
    let (video, range) = text.rsplit_once('@')?;
    let (start, end) = range.split_once('-')?;
    let (start, end) = (text::seconds(start)?, text::seconds(end)?);
    (!video.is_empty() && start >= 0.0 && end >= start).then_some((video, start, end))
}

/// What stands after the `@` of a text that was meant as a handle, if it is a time and no range, or one that ends before it begins.
pub fn broken_range(text: &str) -> Option<&str> {
    let (video, range) = text.rsplit_once('@')?;
    let of_times = range.chars().any(|c| c.is_ascii_digit()) && range.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | '.' | '-'));
    (!video.is_empty() && of_times && handle(text).is_none()).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_read_and_odd_ids_are_left_alone() {
        assert_eq!(handle("v@12-31.5"), Some(("v", 12.0, 31.5)));
        assert_eq!(handle("a@b@0-1"), Some(("a@b", 0.0, 1.0)));
        assert_eq!(handle("v@1:05-1:01:20"), Some(("v", 65.0, 3680.0)));
        for odd in ["v", "v@x-y", "v@5", "v@9-3", "@1-2", "v@-1-2", "v@inf-inf", "v@1:99-2:00"] {
            assert_eq!(handle(odd), None, "{odd}");
        }
        for broken in ["v@5", "v@9-3", "v@61:00", "v@-1-2", "v@1:99-2:00", "v@10-"] {
            assert!(broken_range(broken).is_some(), "{broken}");
        }
        for other in ["v", "v@12-31.5", "v@x-y", "@1-2", "v@", "v@home"] {
            assert_eq!(broken_range(other), None, "{other}");
        }
    }
}

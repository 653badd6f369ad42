//! `set_marker`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    api::{
        Endpoint,
        ids::{ResourceId, VideoId},
        markers::{ResourceType, SetMarker},
        segments::ListSegments,
    },
    tools::{
        Answer, ArgumentError, Context, Effect, Spec, ToolError,
        library::place::{Wanted, find_one},
        names::handle,
        proxy::{DONE, done},
        schema::Member,
    },
};

/// Put a colour or note on a thing or one of its fields.
#[derive(Deserialize, JsonSchema)]
pub struct SetMarkerTool {
    #[serde(flatten)]
    call: SetMarker,
}

impl Spec for SetMarkerTool {
    type Endpoint = SetMarker;
    const NAME: &'static str = "set_marker";
    const TITLE: &'static str = "Set marker";
    const EFFECT: Effect = Effect::Overwrite;
    const OUTPUT: &'static [Member] = DONE;

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let mut call = self.call;
        SetMarker::RULE(&call).map_err(ArgumentError)?;
        let moment = handle(call.resource_id.as_str()).filter(|_| call.resource_type == ResourceType::Segment);
        if let Some((video, start, end)) = moment {
            let video_id = VideoId::parse(video).map_err(|rule| ArgumentError(format!("`resource_id`: {rule}")))?;
            let list = ListSegments { video_id, run_id: None, latest_run: Some(true), limit: Some(100), cursor: None };
            let segment = find_one(cx, list, Wanted::Range(start, end), None).await?;
            call.resource_id = ResourceId::parse(segment.segment_id).map_err(|rule| ArgumentError(rule.to_string()))?;
        }
        Ok(done("Marker set", cx.session.call(&call, &cx.deadline).await?))
    }
}

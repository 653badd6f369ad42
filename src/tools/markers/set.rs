//! `set_marker`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    api::{
        Endpoint,
        ids::{ResourceId, VideoId},
        markers::{ListMarkers, PlacedMarker, ResourceType, SetMarker},
    },
    session::CallError,
    tools::{
        Answer, ArgumentError, Context, Effect, Spec, ToolError,
        library::place,
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
            // The note of another segment would be lost.
            let segment = place::exact(cx, &video_id, (start, end), None).await?;
            call.resource_id = ResourceId::parse(segment.segment_id).map_err(|rule| ArgumentError(rule.to_string()))?;
        }
        let kept = keep(&mut call, cx).await?;
        let mut answer = done("Marker set", cx.session.call(&call, &cx.deadline).await?);
        match kept {
            Kept::Nothing => {}
            Kept::Member(name) => {
                answer.note(format!("Its {name} was kept, since none was given."));
                answer.close(format!("To be rid of its {name}: delete_marker, then set_marker with what is to stay"));
            }
            Kept::Unknown => answer.note("The key may not read markers: a colour or note that was there and was not given again is gone."),
        }
        Ok(answer)
    }
}

/// What a marker has kept.
enum Kept {
    Nothing,
    /// What was not given.
    Member(&'static str),
    /// What it had cannot be read.
    Unknown,
}

/// Gives the call what the marker has already and the call does not name, since the API sets all of it anew.
async fn keep(call: &mut SetMarker, cx: &Context<'_>) -> Result<Kept, ToolError> {
    if call.color.is_some() && call.note.is_some() {
        return Ok(Kept::Nothing);
    }
    let all = match cx.session.call(&ListMarkers {}, &cx.deadline).await {
        Ok(all) => all.data,
        Err(CallError::Refused(_)) => return Ok(Kept::Unknown),
        Err(error) => return Err(error.into()),
    };
    let is_same = |placed: &PlacedMarker| {
        placed.resource_type == call.resource_type.as_str()
            && placed.resource_id == call.resource_id.as_str()
            && placed.field_path == call.field_path
    };
    let before = all.into_iter().find(is_same).map(|placed| placed.marker).unwrap_or_default();
    let (member, before, name) =
        if call.color.is_none() { (&mut call.color, before.color, "colour") } else { (&mut call.note, before.note, "note") };
    *member = before;
    Ok(if member.is_some() { Kept::Member(name) } else { Kept::Nothing })
}

//! Markers: colours and notes of the account's users. `set` puts them on things; the other tools pass one call on. `going` tells which ones
//! go with what is deleted.

mod going;
mod set;

pub use going::going;

use crate::{
    api::{
        ids::check_id,
        markers::{DeleteMarker, ListMarkers, PlacedMarker, SetMarker},
    },
    tools::{
        ArgumentError, Context, Tool, ToolError,
        catalog::Family,
        consent::Plan,
        proxy::{Noun, Planned, one},
        text,
    },
};

/// The tools of this family.
pub static FAMILY: Family = Family { name: "markers", about: "colours and notes on things", tools: &TOOLS };

static TOOLS: [Tool; 3] = [
    Tool::proxy::<ListMarkers>("list_markers", "List markers").words("labels notes colours flags comments marked"),
    Tool::of::<set::SetMarkerTool>()
        .ruled::<SetMarker>()
        .words("mark annotate highlight flag tag label; leave put comment note colour red green shot scene")
        .example(
            r#"{"resource_type": "video", "resource_id": "vid_great_train_robbery_1903", "color": "green", "note": "for the trailer"}"#,
        ),
    Tool::deletes::<DeleteMarker>("delete_marker", "Delete marker")
        .words("unmark clear; label flag note colour take")
        .example(r#"{"marker_id": "marker_last_shot"}"#),
];

impl Noun for PlacedMarker {
    const NOUN: &'static str = "marker";
    const LIST: &'static str = "markers";
    const TOTAL: &'static str = "total_markers";
    const NONE: (&'static str, &'static str) = ("Nothing is marked yet.", "set_marker marks something.");
    const TOLD: &'static [&'static str] = &["marker_id", "color", "note", "updated_at", "resource_type", "resource_id", "field_path"];

    fn line(&self) -> String {
        let mut line = text::id(self.marker.marker_id.as_deref().unwrap_or("(without id)"));
        if !self.resource_id.is_empty() {
            line.push_str(&format!(" on {} {}", text::line(&self.resource_type, 40), text::id(&self.resource_id)));
        }
        if let Some(path) = &self.field_path {
            line.push_str(&format!(", field {}", text::line(path, 200)));
        }
        if let Some(color) = &self.marker.color {
            line.push_str(&format!(", {}", text::line(color, 40)));
        }
        if let Some(note) = &self.marker.note {
            line.push_str(&format!(": {}", text::line(note, 300)));
        }
        line
    }
}

impl Planned for DeleteMarker {
    /// The API has no call that reads one marker, so this looks through the list.
    async fn plan(&self, cx: &Context<'_>) -> Result<Plan, ToolError> {
        let all = cx.session.call(&ListMarkers {}, &cx.deadline).await?;
        let wanted = self.marker_id.as_str();
        let found = all.data.iter().find(|placed| placed.marker.marker_id.as_deref() == Some(wanted));
        let Some(found) = found else {
            let known = all.data.iter().filter_map(|placed| placed.marker.marker_id.as_deref()).filter(|id| check_id(id).is_ok());
            let known = text::names(known, 10);
            let known = if known.is_empty() { "there are no markers".to_owned() } else { format!("known ids: {known}") };
            return Err(ArgumentError(format!("no marker `{wanted}`; {known}")).into());
        };
        Ok(Plan::loss(one(format!("Would delete the marker {}", found.line()), found, PlacedMarker::TOLD), ""))
    }
}

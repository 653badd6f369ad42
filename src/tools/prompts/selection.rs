//! The selection filter of a prompt: whether the prompt has the fields that it names.
//!
//! The API takes any name. A filter on a field that no result has takes no result, and the run is billed all the same. How a filter is
//! written is not documented, so what does not read as one is left to the API.

use serde_json::{Map, Value};

use super::fields;
use crate::{
    api::{
        ids::{PromptId, RunId},
        prompts::{GetPrompt, Prompt},
        runs::GetRun,
    },
    tools::{ArgumentError, Context, ToolError, text},
};

/// The filters of a prompt that is to be made.
///
/// # Errors
///
/// One of them is on a field that the prompt does not have.
pub fn check_new(arguments: &Map<String, Value>) -> Result<(), ToolError> {
    let object = |name: &str| arguments.get(name).and_then(Value::as_object);
    let (Some(selection), Some(schema)) = (object("selection_filter"), object("json_schema")) else { return Ok(()) };
    let of_videos = object("video_level").and_then(|level| level.get("json_schema")?.as_object());
    check(selection, schema, of_videos)
}

/// The same of filters and schemas that are known: that of the segments, and that of whole videos.
pub fn check(selection: &Map<String, Value>, schema: &Map<String, Value>, of_videos: Option<&Map<String, Value>>) -> Result<(), ToolError> {
    match lacking(selection, schema, of_videos).first() {
        Some(fault) => Err(ArgumentError(format!("`selection_filter`: {fault}")).into()),
        None => Ok(()),
    }
}

/// What is wrong with the filters of a prompt that is there.
pub fn faults(selection: &Map<String, Value>, prompt: &Prompt) -> Vec<String> {
    lacking(selection, &prompt.json_schema, prompt.video_level.as_ref().map(|level| &level.json_schema))
}

/// What is wrong with the filters of a run's prompt, if that can be read.
pub async fn faults_in(cx: &Context<'_>, run_id: &RunId, selection: &Map<String, Value>) -> Vec<String> {
    let aside = cx.aside();
    let Ok(run) = cx.session.call(&GetRun { run_id: run_id.clone() }, &aside).await else { return Vec::new() };
    let Ok(prompt_id) = PromptId::parse(run.prompt_id) else { return Vec::new() };
    let prompt = cx.session.call(&GetPrompt { prompt_id }, &aside).await;
    prompt.map(|prompt| faults(selection, &prompt)).unwrap_or_default()
}

/// A sentence for each filter on a field that the prompt does not have.
fn lacking(selection: &Map<String, Value>, schema: &Map<String, Value>, of_videos: Option<&Map<String, Value>>) -> Vec<String> {
    let filters = selection.get("filters").and_then(Value::as_array);
    let paths = filters.into_iter().flatten().filter_map(|filter| filter.get("field")?.as_str()).map(str::trim);
    let lacks = |path: &&str| fields::lacks(schema, path) && of_videos.is_none_or(|schema| fields::lacks(schema, path));
    let told = paths.filter(lacks).map(|path| {
        let fields = fields::of(schema);
        let near =
            fields::nearest(&fields, path).map_or_else(|| ".".to_owned(), |near| format!("; did you mean `{}`?", text::line(near, 120)));
        let named: Vec<String> = fields.iter().map(|field| format!("{} {}", field.path, field.kind)).collect();
        let listed = text::names(named.iter().map(String::as_str), 30);
        format!("`{}` is no field of this prompt{near} Fields: {listed}", text::line(path, 80))
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_fields_that_cannot_be_there_are_faults() {
        let schema = json!({"type": "object", "properties": {
            "people_count": {"type": "integer"}, "cast": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
            "place": {"type": "object"}, "words": {"type": "array", "items": {"type": "string"}},
        }});
        let open = json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": true});
        let whole = json!({"type": "object", "properties": {"summary": {"type": "string"}}});
        let found = |schema: &Value, field: &str| {
            let selection = json!({"filters": [{"field": field, "value": 1}]});
            lacking(selection.as_object().unwrap(), schema.as_object().unwrap(), whole.as_object())
        };
        for fine in ["people_count", "cast[].name", "cast.name", "cast", "place.city", "words[]", "summary"] {
            assert!(found(&schema, fine).is_empty(), "{fine}");
        }
        for wrong in ["people", "cast[].age", "Summary", ""] {
            assert_eq!(found(&schema, wrong).len(), 1, "{wrong}");
        }
        assert!(found(&open, "b").is_empty() && found(&json!({}), "b").is_empty());
        assert!(found(&schema, "people")[0].starts_with("`people` is no field of this prompt"));
        for odd in [json!({}), json!({"filters": "people"}), json!({"filters": [1, {"field": 2}]})] {
            assert!(lacking(odd.as_object().unwrap(), schema.as_object().unwrap(), None).is_empty());
        }
    }
}

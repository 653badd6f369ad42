//! `filter_videos`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Number, Value, json};

use super::{
    hits::{self, Asked},
    read,
    searched::put_aside,
    why::Nothing,
};
use crate::{
    api::{
        filter::{Condition, FieldType, Operator, Wanted},
        ids::RunId,
        reader,
        search::FilterSearch,
    },
    tools::{
        Answer, ArgumentError, Context, Detail, Effect, Spec, ToolError,
        answer::Paging,
        args,
        names::{IndexName, Named},
        schema::{self, ANY_SCALAR, Kind, Member},
        text,
    },
};

/// How many hits a page has by default, as in the API.
const DEFAULT_PAGE: u32 = 50;

/// Find segments whose extracted fields meet 1 to 4 conditions, all of them. `greater_*` and `less_*` are for numbers, `item_*` and
/// `length_*` for arrays.
#[derive(Deserialize, JsonSchema)]
pub struct FilterVideos {
    /// Index id or name, or `all`.
    index_id: Option<IndexName>,
    /// Runs to look in, from `list_prompts`.
    #[schemars(with = "Vec<RunId>", length(min = 1))]
    run_ids: Vec<String>,
    #[schemars(length(min = 1, max = 4))]
    conditions: Vec<GivenCondition>,
    #[schemars(range(min = 1, max = 100))]
    page_size: Option<u32>,
    cursor: Option<String>,
    /// Several, instead of `index_id`.
    index_ids: Option<Vec<IndexName>>,
    /// full: all of each hit.
    #[serde(default)]
    detail: Detail,
}

// A condition as `filter_videos` takes it, for tools that must not repeat its schema in every conversation.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct AnyCondition(Map<String, Value>);

impl JsonSchema for AnyCondition {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AnyCondition".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "object"})
    }
}

// A condition as callers give it. No doc comment: the schema would carry it to every model.
#[derive(Deserialize, JsonSchema)]
pub struct GivenCondition {
    /// Field path from `list_prompts`.
    #[schemars(length(min = 1))]
    field: String,
    operator: OperatorName,
    /// Text, number or boolean.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<AnyScalar>")]
    value: Option<Value>,
    #[serde(rename = "type")]
    kind: TypeName,
}

/// Keeps a given null apart from an absent value: the operators without a value do not even take null.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// The schema says string, since a union breaks clients. Any scalar is taken, and read by the condition's type.
pub(super) struct AnyScalar;

impl JsonSchema for AnyScalar {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AnyScalar".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", ANY_SCALAR: true})
    }
}

/// An operator's word. The schema allows all of them for every type, so that the refusal of a wrong one can name those of its type.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct OperatorName(pub(super) Operator);

impl JsonSchema for OperatorName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Operator".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "enum": Operator::ALL.map(Operator::as_str)})
    }
}

/// A type's word.
#[derive(Deserialize)]
#[serde(transparent)]
struct TypeName(FieldType);

impl JsonSchema for TypeName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FieldType".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "enum": FieldType::ALL.map(FieldType::as_str)})
    }
}

impl Spec for FilterVideos {
    type Endpoint = FilterSearch;
    const NAME: &'static str = "filter_videos";
    const TITLE: &'static str = "Filter by extracted fields";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] =
        &[Member::always("total_results", Kind::Count), Member::maybe("next_cursor", Kind::Text), Member::always("results", Kind::Rows)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let conditions = self.conditions.into_iter().enumerate().map(|(n, given)| given.read(n)).collect::<Result<Vec<_>, _>>()?;
        let mut indexes = Named::new(self.index_id, self.index_ids);
        let (index_id, index_ids) = indexes.ids(cx).await?;
        let mut search = FilterSearch {
            index_id,
            conditions,
            page_size: Some(self.page_size.unwrap_or(DEFAULT_PAGE)),
            cursor: self.cursor,
            run_ids: Some(self.run_ids),
            index_ids,
        };
        let response = loop {
            match cx.session.fetch(&search, &cx.deadline).await {
                Ok(response) => break response,
                Err(error) => (search.index_id, search.index_ids) = indexes.retry(cx, error).await?,
            }
        };
        let most = usize::try_from(search.page_size.unwrap_or(DEFAULT_PAGE)).unwrap_or(usize::MAX);
        let mut page = read::hits(response, most, self.detail)?;
        let cursor = page.next_cursor.take();
        let more = cursor.is_some();
        let mut answer = Answer::new(format!(
            "{} on this page in {}{}",
            text::count(page.rows.len(), "hit"),
            hits::place(&search.index_id, search.index_ids.as_deref()),
            if more { "" } else { "; no more pages" }
        ));
        // In the contract an answer repeats each condition with these three members.
        let conditions = search.conditions.iter().map(|c| json!({"field": c.field, "operator": c.operator, "value": c.value}));
        answer.fact("conditions", conditions.collect::<Value>());
        answer.fact("has_more", more);
        answer.paging(Paging { size: "page_size", cursor: "cursor" }, cursor.as_deref());
        answer.began(search.cursor.as_deref());
        answer.fact("index_ids", hits::others(search.index_ids.as_deref()));
        put_aside(&mut answer, &search.index_id, search.index_ids.as_deref());
        let asked = Asked { search_type: Some("filter"), conditions: &search.conditions, detail: self.detail, ..Asked::default() };
        // A page after the last hit needs no reason, only an empty first page does.
        let empty = page.rows.is_empty() && search.cursor.is_none();
        hits::write(cx, &mut answer, search.index_id.as_str(), &asked, page).await;
        if empty {
            let nothing = Nothing {
                index_ids: hits::searched(&search.index_id, search.index_ids.as_deref()),
                run_ids: search.run_ids.as_deref().unwrap_or_default(),
                conditions: &search.conditions,
                filters: &[],
                search_fields: &[],
                is_counted: false,
            };
            nothing.explain(cx, &mut answer).await;
        }
        Ok(answer)
    }
}

impl GivenCondition {
    /// Reads conditions whose members were not checked yet.
    pub fn read_all(given: Vec<AnyCondition>) -> Result<Vec<Condition>, ArgumentError> {
        let schema = schema::strict::<Self>();
        let read = |(position, AnyCondition(mut members)): (usize, AnyCondition)| {
            // A member that means nothing here may have been meant to narrow the search.
            args::check(&schema, args::Strangers::Refused, &mut members)
                .map_err(|error| ArgumentError(format!("`conditions[{position}]`: {error}")))?;
            let given: Self = reader::members(members)
                .map_err(|error| ArgumentError(format!("`conditions[{position}]`: {}", text::line(&error.to_string(), 200))))?;
            given.read(position)
        };
        given.into_iter().enumerate().map(read).collect()
    }

    /// The condition with its value read by its type, checked by the rules of the API.
    fn read(self, position: usize) -> Result<Condition, ArgumentError> {
        let (operator, kind) = (self.operator.0, self.kind.0);
        let value = match (self.value, operator.wants(kind)) {
            (Some(Value::String(text)), Some(wanted)) => Some(scalar(text, wanted)),
            // A number for a text field can only mean its digits.
            (Some(Value::Number(number)), Some(Wanted::Text)) => Some(Value::String(number.to_string())),
            // Numbers like 3.0 are whole.
            (Some(Value::Number(number)), Some(Wanted::Integer | Wanted::Count)) => Some(whole(&number).unwrap_or(Value::Number(number))),
            (value, _) => value,
        };
        let condition = Condition { field: self.field, operator, value, kind };
        condition.check().map_err(|rule| ArgumentError(format!("`conditions[{position}]`: {rule}")))?;
        Ok(condition)
    }
}

/// Reads a value that was given as text as what the operator wants. A text that does not read as that stays a text.
fn scalar(text: String, wanted: Wanted) -> Value {
    let word = text.trim();
    let read = match wanted {
        Wanted::Integer | Wanted::Count => word.parse::<i64>().ok().map(Value::from),
        Wanted::Number => word.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number),
        Wanted::Boolean => match word.to_ascii_lowercase().as_str() {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        Wanted::Nothing | Wanted::Text | Wanted::Scalar => None,
    };
    read.unwrap_or(Value::String(text))
}

fn whole(number: &Number) -> Option<Value> {
    let value = number.as_f64().filter(|value| value.fract() == 0.0 && value.abs() < 9e15)?;
    #[expect(clippy::cast_possible_truncation, reason = "whole and small enough")]
    Some(Value::from(value as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(condition: Value) -> Result<Condition, String> {
        serde_json::from_value::<GivenCondition>(condition).unwrap().read(0).map_err(|error| error.0)
    }

    #[test]
    fn values_are_read_by_the_type() {
        let value = |kind: &str, operator: &str, value: Value| {
            read(json!({"field": "f", "operator": operator, "type": kind, "value": value})).map(|condition| condition.value)
        };
        assert_eq!(value("integer", "equals", json!("3")), Ok(Some(json!(3))));
        assert_eq!(value("integer", "less_than", json!(3.0)), Ok(Some(json!(3))));
        assert_eq!(value("number", "equals", json!("0.5")), Ok(Some(json!(0.5))));
        assert_eq!(value("boolean", "equals", json!("True")), Ok(Some(json!(true))));
        assert_eq!(value("string", "equals", json!(1902)), Ok(Some(json!("1902"))));
        assert_eq!(value("array", "item_equals", json!("3")), Ok(Some(json!("3"))));
        assert_eq!(value("array", "length_equals", json!("2")), Ok(Some(json!(2))));
        assert!(value("integer", "equals", json!("three")).unwrap_err().ends_with("takes a whole number"));
        assert!(value("integer", "equals", json!(true)).is_err());
        assert!(value("number", "equals", json!("inf")).is_err());
        assert!(value("array", "length_less", json!(-1)).is_err());
        assert!(value("string", "contains", json!("  ")).is_err());
        assert!(value("string", "greater_than", json!("a")).unwrap_err().contains("valid: equals, contains, starts_with"));
        assert!(value("string", "item_contains", json!("a")).unwrap_err().contains("only for array (the type of the field"));
        assert!(value("string", "less_than", json!(1)).unwrap_err().contains("only for integer or number"));
        assert!(value("string", "is_empty", Value::Null).unwrap_err().ends_with("takes no value"));
        assert!(read(json!({"field": "f", "operator": "is_empty", "type": "array"})).is_ok());
        assert!(read(json!({"field": "f", "operator": "equals", "type": "boolean"})).is_err());
    }
}

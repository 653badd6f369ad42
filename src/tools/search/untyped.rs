//! Conditions without a type, as `search_media` takes them: the API finds the types out itself.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    filter::{AnyScalar, OperatorName},
    known::{Known, instead_of, is_of, one},
};
use crate::{
    api::{
        facade::Filter,
        filter::{Condition, FieldType},
        reader,
    },
    tools::{ArgumentError, ToolError, args, schema, text},
};

// A condition as `search_media` takes it.
#[derive(Deserialize, JsonSchema)]
struct UntypedCondition {
    #[schemars(length(min = 1))]
    field: String,
    operator: Option<OperatorName>,
    #[schemars(with = "Option<AnyScalar>")]
    value: Option<Value>,
}

/// Reads conditions without a type. A given type is left out: the API finds the types out itself, and refuses a given one.
pub fn read(given: Vec<Map<String, Value>>) -> Result<Vec<Filter>, ToolError> {
    let schema = schema::strict::<UntypedCondition>();
    let one = |(position, mut members): (usize, Map<String, Value>)| {
        let wrong = |error: String| ToolError::from(ArgumentError(format!("`filters[{position}]`: {}", text::line(&error, 600))));
        members.shift_remove("type");
        args::check(&schema, args::Strangers::Refused, &mut members).map_err(|error| wrong(error.to_string()))?;
        let given: UntypedCondition = reader::members(members).map_err(|error| wrong(error.to_string()))?;
        Ok(Filter { field: given.field, operator: given.operator.map(|name| name.0), value: given.value })
    };
    given.into_iter().enumerate().map(one).collect()
}

impl Known<'_> {
    /// What a condition without a type means: for the type that its field has, else for any that it can have.
    pub fn reading(&self, filter: &Filter) -> Option<Condition> {
        let mut readings: Vec<Condition> = filter.readings().collect();
        let has = |condition: &Condition| self.find_as(filter.field.trim(), |kind| is_of(condition.kind.as_str(), kind)).is_some();
        let best = readings.iter().position(has).unwrap_or_default();
        (best < readings.len()).then(|| readings.swap_remove(best))
    }

    /// Why a condition without a type can match nothing.
    pub fn fault_of_filter(&self, filter: &Filter) -> Option<String> {
        let path = filter.field.trim();
        let Some(field) = self.find(path) else { return Some(self.unknown(path)) };
        let reading = self.reading(filter)?;
        // `objects[]` stands for the items, whose type nobody knows.
        if path.ends_with("[]") || self.find_as(path, |kind| is_of(reading.kind.as_str(), kind)).is_some() {
            return self.fault_of_condition(&reading);
        }
        let (name, kind) = (text::line(path, 80), field.kind);
        let operator = reading.operator;
        let wanted = FieldType::ALL.into_iter().find(|known| known.as_str() == kind).and_then(|kind| operator.wants(kind));
        Some(match wanted {
            Some(wanted) => format!("`{name}` is {}: there `{}` takes {}.", one(kind), operator.as_str(), wanted.describe()),
            None => {
                format!("`{name}` is {}, to which `{}` does not apply: use {}.", one(kind), operator.as_str(), instead_of(operator, kind))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::known::tests::prompt, *};

    #[test]
    fn conditions_without_a_type_are_explained_by_the_field() {
        let fault = |filter: Value| {
            let filter: Filter = serde_json::from_value(filter).unwrap();
            filter.check().unwrap();
            Known::of(&[prompt()], true).fault_of_filter(&filter).unwrap_or_default()
        };
        assert!(fault(json!({"field": "nope", "value": 20})).starts_with("`nope` is no field of these runs"));
        for (filter, told) in [
            (json!({"field": "people_count", "value": "many"}), "`people_count` is an integer: there `equals` takes a whole number."),
            (json!({"field": "mood", "value": "Zzz"}), "`mood` is always one of: calm, tense."),
            (json!({"field": "objects", "value": "x"}), "`objects` is an array, to which `equals` does not apply: use item_equals."),
            (
                json!({"field": "people_count", "operator": "contains", "value": "3"}),
                "`people_count` is an integer, to which `contains` does not apply: use equals, greater_than or less_than.",
            ),
            (json!({"field": "entities.name", "value": "x"}), "`entities.name` lies in a list: write `entities[].name`."),
        ] {
            assert_eq!(fault(filter.clone()), told, "{filter}");
        }
        for fine in [
            json!({"field": "mood", "value": "calm"}),
            json!({"field": "objects[]", "value": "x"}),
            json!({"field": "objects", "operator": "item_equals", "value": "x"}),
            json!({"field": "outdoor", "value": true}),
            json!({"field": "people_count", "value": 3}),
            json!({"field": "people_count", "operator": "greater_than", "value": 1.5}),
        ] {
            assert_eq!(fault(fine.clone()), "", "{fine}");
        }
    }
}

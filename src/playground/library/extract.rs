//! Fills the JSON Schema of any prompt from what we know about a scene or a film.
//!
//! If the name of a property is the name of a known fact, the property gets that fact, turned into the type that the schema wants. Every
//! other property gets a neutral value of its type. So the answer always conforms to the schema. We understand `type` (also a list),
//! `properties`, `items`, `enum`, `const`, `anyOf`/`oneOf` (first branch), `allOf` (first branch), local `$ref`, `minimum`, `maximum`,
//! `minLength`, `maxLength`, `minItems` and `maxItems`. Other keywords are not enforced.

use std::{cell::Cell, collections::HashSet};

use serde_json::{Map, Number, Value};

use super::{Film, Scene, facts};

/// Schemas that are nested deeper than this, or that refer to themselves, are cut off with null.
const DEPTH: u8 = 24;
/// The largest `minItems` and `minLength` that we follow.
const PADDING: u64 = 256;
/// What one result may cost, and what each of its values costs besides the bytes of its text. A schema of a few lines can repeat itself so
/// often that no memory holds the result. Of such a one, the values that the budget no longer covers are null.
const MOST_COST: usize = 1 << 20;
const VALUE_COST: usize = 512;
/// For each byte of the choices of an `enum`, what it costs to look for the right one.
const CHOICES_PER_COST: usize = 8;

/// The metadata of a scene in the form of the schema. `span` is the stretch of the film that shows the scene, in seconds.
pub fn extract(schema: &Value, film: &Film, scene: &Scene, span: (f64, f64)) -> Value {
    filled(schema, &facts::of_scene(film, scene, span))
}

/// The metadata of a whole film in the form of the schema, as far as these scenes show it.
pub fn extract_film(schema: &Value, film: &Film, scenes: &[&Scene]) -> Value {
    filled(schema, &facts::of_film(film, scenes))
}

/// The metadata of measured media in the form of the schema. In contrast to the library, most of it is not known. So a property that nothing
/// is known of, and that cannot be empty, is left out if the schema allows that.
pub fn extract_measured(schema: &Value, facts: &Map<String, Value>) -> Value {
    let filler = Filler { root: schema, facts, sparse: true, left: Cell::new(MOST_COST) };
    filler.object(schema, facts, DEPTH)
}

fn filled(schema: &Value, facts: &Map<String, Value>) -> Value {
    let filler = Filler { root: schema, facts, sparse: false, left: Cell::new(MOST_COST) };
    filler.object(schema, facts, DEPTH)
}

struct Filler<'a> {
    root: &'a Value,
    facts: &'a Map<String, Value>,
    /// Whether properties may be left out.
    sparse: bool,
    /// What is left of [`MOST_COST`].
    left: Cell<usize>,
}

impl Filler<'_> {
    /// A value for `schema`: made from `fact` if there is one, otherwise neutral.
    fn value(&self, schema: &Value, fact: Option<&Value>, depth: u8) -> Value {
        let Some(depth) = depth.checked_sub(1).filter(|_| self.affords(VALUE_COST)) else {
            return Value::Null;
        };
        if let Some(fixed) = schema.get("const") {
            return self.within_budget(fixed.clone());
        }
        if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
            let looking = choices.iter().map(size).sum::<usize>() / CHOICES_PER_COST;
            return if self.affords(looking) { self.within_budget(chosen(choices, fact, self.sparse)) } else { Value::Null };
        }
        if let Some(inner) = self.indirection(schema) {
            return self.value(inner, fact, depth);
        }
        match kind(schema, fact) {
            "object" => {
                let known = fact.and_then(Value::as_object).unwrap_or(self.facts);
                self.object(schema, known, depth)
            }
            "array" => self.array(schema, fact, depth),
            "string" => self.within_budget(text(schema, fact)),
            "integer" => number(schema, fact, true),
            "number" => number(schema, fact, false),
            "boolean" => Value::Bool(fact.is_some_and(truth)),
            "any" => self.within_budget(fact.cloned().unwrap_or(Value::Null)),
            _ => Value::Null,
        }
    }

    /// Whether the budget covers this. What it does not cover uses it up, so that nothing is tried again and again.
    fn affords(&self, cost: usize) -> bool {
        let left = self.left.get().checked_sub(cost);
        self.left.set(left.unwrap_or_default());
        left.is_some()
    }

    /// The value, or null if the budget does not cover it.
    fn within_budget(&self, value: Value) -> Value {
        if self.affords(size(&value)) { value } else { Value::Null }
    }

    fn object(&self, schema: &Value, known: &Map<String, Value>, depth: u8) -> Value {
        let schema = self.indirection(schema).unwrap_or(schema);
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return Value::Object(Map::new());
        };
        let required: HashSet<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let fill = |(name, inner): (&String, &Value)| {
            let fact = known.get(name).or_else(|| known.get(&name.to_lowercase()));
            let left_out = self.sparse && !required.contains(name.as_str()) && self.would_claim(inner, fact);
            (!left_out).then(|| (name.clone(), self.value(inner, fact, depth)))
        };
        Value::Object(properties.iter().filter_map(fill).collect())
    }

    /// Whether any value of this schema would say something that is not known.
    fn would_claim(&self, schema: &Value, fact: Option<&Value>) -> bool {
        let schema = self.indirection(schema).unwrap_or(schema);
        if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
            return fitting(choices, fact).or_else(|| unknown(choices)).is_none();
        }
        fact.is_none() && matches!(kind(schema, fact), "integer" | "number" | "boolean")
    }

    fn array(&self, schema: &Value, fact: Option<&Value>, depth: u8) -> Value {
        let any = Value::Bool(true);
        let items = schema.get("items").unwrap_or(&any);
        let mut list: Vec<Value> = match fact {
            Some(Value::Array(facts)) => facts.iter().map(|one| self.value(items, Some(one), depth)).collect(),
            Some(Value::Null) | None => Vec::new(),
            Some(Value::String(text)) if text.is_empty() => Vec::new(),
            Some(one) => vec![self.value(items, Some(one), depth)],
        };
        if let Some(most) = limit(schema, "maxItems").and_then(|most| usize::try_from(most).ok()) {
            list.truncate(most);
        }
        let least = limit(schema, "minItems").unwrap_or(0).min(PADDING);
        while u64::try_from(list.len()).is_ok_and(|length| length < least) {
            list.push(self.value(items, None, depth));
        }
        Value::Array(list)
    }

    /// The schema that a local reference or the first branch of a choice leads to.
    fn indirection<'s>(&'s self, schema: &'s Value) -> Option<&'s Value> {
        if let Some(pointer) = schema.get("$ref").and_then(Value::as_str) {
            return self.root.pointer(pointer.strip_prefix('#')?);
        }
        if schema.get("type").is_some() || schema.get("properties").is_some() {
            return None;
        }
        let branches = ["anyOf", "oneOf", "allOf"].iter().find_map(|word| schema.get(*word))?;
        branches.as_array()?.first()
    }
}

/// How many bytes the texts of a value have, names of members included.
fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(|item| size(item) + 1).sum(),
        Value::Object(members) => members.iter().map(|(name, member)| name.len() + size(member) + 1).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    }
}

/// The type to produce. A list of types gives the first one that fits the fact. It gives null only if nothing is known.
fn kind<'a>(schema: &'a Value, fact: Option<&Value>) -> &'a str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str);
            let first_real = kinds.clone().find(|kind| *kind != "null");
            let nullable = kinds.any(|kind| kind == "null");
            let unknown = fact.is_none_or(|fact| fact.is_null() || *fact == "");
            if nullable && unknown { "null" } else { first_real.unwrap_or("null") }
        }
        _ if schema.get("properties").is_some() => "object",
        _ if schema.get("items").is_some() => "array",
        _ => "any",
    }
}

/// The choice that fits the fact, otherwise the first of all. If facts are sparse, a choice that says "unknown" comes before the first.
fn chosen(choices: &[Value], fact: Option<&Value>, sparse: bool) -> Value {
    let none = || if sparse { unknown(choices) } else { None };
    fitting(choices, fact).or_else(none).or_else(|| choices.first()).cloned().unwrap_or(Value::Null)
}

/// The choice that equals the fact, or that equals another word for it, otherwise the first one that the text of the fact mentions.
fn fitting<'a>(choices: &'a [Value], fact: Option<&Value>) -> Option<&'a Value> {
    let said = fact.map(plain).unwrap_or_default().to_lowercase();
    let word = |choice: &Value| plain(choice).to_lowercase();
    let also = fact.and_then(|fact| fact.get("also")).and_then(Value::as_array).into_iter().flatten();
    let mut wanted = std::iter::once(said.clone()).chain(also.map(plain)).filter(|said| !said.is_empty());
    let equal = wanted.find_map(|said| choices.iter().find(|choice| word(choice) == said));
    equal.or_else(|| choices.iter().find(|choice| !word(choice).is_empty() && said.contains(&word(choice))))
}

/// The choice that says that nothing is known.
fn unknown(choices: &[Value]) -> Option<&Value> {
    let words = ["", "unknown", "unclear", "undetermined", "not_applicable", "n/a", "na"];
    choices.iter().find(|choice| choice.is_null() || choice.as_str().is_some_and(|text| words.contains(&text.to_lowercase().as_str())))
}

fn text(schema: &Value, fact: Option<&Value>) -> Value {
    let mut text = fact.map(plain).unwrap_or_default();
    if let Some(most) = limit(schema, "maxLength").and_then(|most| usize::try_from(most).ok()) {
        text = text.chars().take(most).collect();
    }
    let least = limit(schema, "minLength").unwrap_or(0).min(PADDING);
    while u64::try_from(text.chars().count()).is_ok_and(|length| length < least) {
        text.push('-');
    }
    Value::String(text)
}

fn number(schema: &Value, fact: Option<&Value>, whole: bool) -> Value {
    let mut value = match fact {
        Some(Value::Number(number)) => number.as_f64().unwrap_or(0.0),
        Some(Value::String(text)) => text.trim().parse().unwrap_or(0.0),
        Some(Value::Bool(true)) => 1.0,
        // A measurement on a scale.
        Some(Value::Object(scale)) => scale.get("value").and_then(Value::as_f64).unwrap_or(0.0),
        _ => 0.0,
    };
    let bound = |word: &str| schema.get(word).and_then(Value::as_f64);
    if let Some(most) = bound("maximum") {
        value = value.min(if whole { most.floor() } else { most });
    }
    if let Some(least) = bound("minimum") {
        value = value.max(if whole { least.ceil() } else { least });
    }
    if whole || value.fract() == 0.0 {
        // Counts and seconds are written as 12 and not as 12.0.
        return Value::from(rounded(value));
    }
    Number::from_f64(value).map_or(Value::from(0), Value::Number)
}

#[expect(clippy::cast_possible_truncation, reason = "a cast from float saturates, and facts are small counts and seconds")]
fn rounded(value: f64) -> i64 {
    value.round() as i64
}

fn truth(fact: &Value) -> bool {
    match fact {
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64().is_some_and(|value| value != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(_) => true,
        Value::Null => false,
    }
}

/// A fact as a person would write it: lists with commas, objects by their name.
fn plain(fact: &Value) -> String {
    match fact {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(members) => {
            let named = ["name", "kind", "setting"].iter().find_map(|name| members.get(*name));
            named.map(plain).unwrap_or_default()
        }
        other => other.to_string(),
    }
}

fn limit(schema: &Value, word: &str) -> Option<u64> {
    schema.get(word).and_then(Value::as_u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn span(scene: &Scene) -> (f64, f64) {
        (scene.start.into(), scene.end.into())
    }

    use super::{extract, extract_film};
    use crate::playground::library::{Scene, library};

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    fn conforms(schema: &Value, value: &Value) -> Result<bool, String> {
        let validator = jsonschema::validator_for(schema).map_err(|error| error.to_string())?;
        Ok(validator.is_valid(value))
    }

    #[test]
    fn the_sample_prompts_are_filled_for_every_scene_and_film() -> Outcome {
        let library = library()?;
        for prompt in &library.prompts {
            let segment = jsonschema::validator_for(&prompt.json_schema)?;
            for film in &library.films {
                for scene in &film.scenes {
                    let metadata = extract(&prompt.json_schema, film, scene, span(scene));
                    assert!(segment.is_valid(&metadata), "{} {metadata}", scene.segment_id);
                }
                let scenes: Vec<&Scene> = film.scenes.iter().collect();
                if let Some(whole) = &prompt.video_level {
                    for part in [scenes.as_slice(), &[]] {
                        let metadata = extract_film(&whole.json_schema, film, part);
                        assert!(conforms(&whole.json_schema, &metadata)?, "{} {metadata}", film.video_id);
                    }
                }
            }
        }
        Ok(())
    }

    #[test]
    fn known_names_carry_the_facts() -> Outcome {
        let (film, scene) = library()?.scene("seg_apollo_11_1969_009").ok_or("missing scene")?;
        let schema = json!({"type": "object", "properties": {
            "people_count": {"type": "string"}, "objects": {"type": "string"}, "spoken_words": {"type": "array", "items": {"type": "string"}},
            "setting": {"enum": ["sea", "Space"]}, "location": {"type": "object", "properties": {"kind": {"type": "string"}, "outdoor": {"type": "boolean"}}},
            "entities": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}, "maxItems": 1},
            "shoe_size": {"type": ["number", "null"]}, "colour": {"type": "string"}, "year": {"type": "integer"}
        }});
        assert_eq!(
            extract(&schema, film, scene, span(scene)),
            json!({
                "people_count": "1", "objects": "ladder, boot, lander leg, lunar surface",
                "spoken_words": ["That's one small step for man, one giant leap for mankind."],
                "setting": "Space", "location": {"kind": "space", "outdoor": true},
                "entities": [{"name": "one person"}], "shoe_size": null, "colour": "", "year": 1969
            })
        );
        Ok(())
    }

    #[test]
    fn a_schema_that_points_at_itself_ends() -> Outcome {
        let (film, scene) = library()?.scene("seg_apollo_11_1969_001").ok_or("missing scene")?;
        let schema = json!({"type": "object", "properties": {"again": {"$ref": "#"}, "list": {"type": "array", "minItems": 1, "items": {"$ref": "#/properties/list"}}}});
        assert!(extract(&schema, film, scene, span(scene)).get("again").is_some());
        let broken = json!({"$ref": "#", "properties": 3});
        assert_eq!(extract(&broken, film, scene, span(scene)), json!({}));
        Ok(())
    }

    fn any_schema() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!({"type": "string"})),
            (0_u64..5, 0_u64..5).prop_map(|(least, more)| json!({"type": "string", "minLength": least, "maxLength": least + more})),
            (-9_i64..9, 0_i64..9).prop_map(|(least, more)| json!({"type": "integer", "minimum": least, "maximum": least + more})),
            Just(json!({"type": "number", "minimum": 0.5})),
            Just(json!({"type": "boolean"})),
            Just(json!({"type": ["string", "null"]})),
            Just(json!({"enum": ["outdoor", "indoor", 3]})),
            Just(json!({"anyOf": [{"type": "integer"}, {"type": "null"}]})),
        ];
        leaf.prop_recursive(3, 24, 5, |inner| {
            let name = prop::sample::select(vec![
                "scene",
                "objects",
                "people_count",
                "mood",
                "outdoor",
                "location",
                "entities",
                "kind",
                "unheard_of",
            ]);
            prop_oneof![
                prop::collection::btree_map(name, inner.clone(), 0..6).prop_map(|properties| {
                    let required: Vec<&str> = properties.keys().copied().collect();
                    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
                }),
                (inner, 0_u64..3)
                    .prop_map(|(items, least)| json!({"type": "array", "items": items, "minItems": least, "maxItems": least + 2})),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn whatever_is_asked_for_is_answered_in_its_form(inner in any_schema(), pick in 0_usize..150) {
            let schema = json!({"type": "object", "properties": {"scene": inner.clone(), "objects": inner, "year": {"type": "integer"}}});
            let library = library().map_err(|error| TestCaseError::fail(error.to_string()))?;
            let mut all = library.films.iter().flat_map(|film| film.scenes.iter().map(move |scene| (film, scene)));
            let (film, scene) = all.nth(pick).ok_or_else(|| TestCaseError::fail("too few scenes"))?;
            let segment = extract(&schema, film, scene, span(scene));
            prop_assert_eq!(conforms(&schema, &segment), Ok(true), "{}", segment);
            let whole = extract_film(&schema, film, &[scene]);
            prop_assert_eq!(conforms(&schema, &whole), Ok(true), "{}", whole);
        }
    }
}

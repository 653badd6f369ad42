//! JSON trees of bounded size.
//!
//! A tree takes many times the memory of its text: an answer of 16 MiB can hold a million empty lists. Code that shows only a few lines of
//! a value reads it as [`Bounded`]. That builds a number of values and skips the rest of the text.

use std::{cell::Cell, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value, value::RawValue};

/// How many values one tree may hold.
const MOST_VALUES: usize = 2_000;
/// The mark in place of values that were left out.
pub const LEFT_OUT: &str = "…";

/// A value with at most 2,000 values inside. What comes after them is left out and marked with `…`.
#[derive(Debug, Default)]
pub struct Bounded(pub Value);

impl<'de> Deserialize<'de> for Bounded {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Tree { left: &Cell::new(MOST_VALUES) }.deserialize(deserializer).map(Self)
    }
}

/// Reads one member of an object that is still text, and skips the others. `None` if there is no such member, or if it cannot be read.
pub fn member(object: &RawValue, name: &str) -> Option<Value> {
    struct Member<'a>(&'a str);

    impl<'de> Visitor<'de> for Member<'_> {
        type Value = Option<Value>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = None;
            while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                if name == self.0 {
                    found = Some(map.next_value::<Bounded>()?.0);
                } else {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            Ok(found)
        }
    }

    serde_json::Deserializer::from_str(object.get()).deserialize_map(Member(name)).ok().flatten()
}

/// The value at a path of extracted metadata. A path has names joined by `.`, and `[]` after a name whose value is a list. The path goes on
/// in each item of a list, so it may lead to several values. They come as a list.
pub fn at_path(object: &RawValue, path: &str) -> Option<Value> {
    let mut parts = path.trim().split('.').map(|part| {
        let name = part.trim_end_matches("[]");
        (name, name.len() < part.len())
    });
    let (first, mut listed) = parts.next()?;
    let mut found = vec![member(object, first)?];
    let mut several = false;
    for (name, lists) in parts {
        several |= listed;
        found = spread(found).filter_map(|value| value.get(name).cloned()).collect();
        listed = lists;
    }
    match found.len() {
        0 => None,
        1 if !several => found.pop(),
        _ => Some(Value::Array(found)),
    }
}

/// Replaces each list by its items, and leaves other values as they are.
fn spread(values: Vec<Value>) -> impl Iterator<Item = Value> {
    values.into_iter().flat_map(|value| match value {
        Value::Array(items) => items,
        other => vec![other],
    })
}

/// Builds a tree as long as there are values left.
struct Tree<'a> {
    left: &'a Cell<usize>,
}

impl Tree<'_> {
    /// Uses up one value. Whether there was one left.
    fn take(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while self.take() {
            match list.next_element_seed(Tree { left: self.left })? {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
        if list.next_element::<IgnoredAny>()?.is_some() {
            items.push(LEFT_OUT.into());
            while list.next_element::<IgnoredAny>()?.is_some() {}
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while self.take() {
            match map.next_key::<String>()? {
                Some(name) => drop(members.insert(name, map.next_value_seed(Tree { left: self.left })?)),
                None => return Ok(Value::Object(members)),
            }
        }
        if map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            members.insert(LEFT_OUT.into(), LEFT_OUT.into());
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn small_trees_are_whole_and_large_ones_end() {
        let small = json!({"a": [1, -2, 0.5, "x", null, true, {}], "b": {"c": []}});
        assert_eq!(serde_json::from_str::<Bounded>(&small.to_string()).unwrap().0, small);
        let large = serde_json::from_str::<Bounded>(&json!({"a": vec![json!([]); 9_000], "b": 1}).to_string()).unwrap().0;
        let items = large["a"].as_array().unwrap();
        assert!(items.len() < MOST_VALUES && items.last().unwrap() == LEFT_OUT, "{}", items.len());
        assert_eq!(large.as_object().unwrap().len(), 2);
    }

    #[test]
    fn paths_lead_through_objects_and_lists() {
        let text = json!({"mood": "calm", "place": {"outdoor": false}, "cast": [{"name": "a"}, {"name": "b"}, {}], "objects": ["x"]});
        let object = RawValue::from_string(text.to_string()).unwrap();
        let at = |path: &str| at_path(&object, path);
        assert_eq!(at("mood"), Some(json!("calm")));
        assert_eq!(at("place.outdoor"), Some(json!(false)));
        assert_eq!(at("cast[].name"), Some(json!(["a", "b"])));
        assert_eq!(at("objects[]"), Some(json!(["x"])));
        for none in ["", "moods", "mood.x", "place.indoor", "cast[].age"] {
            assert_eq!(at(none), None, "{none}");
        }
    }
}

//! Reads arguments as the type of a call, and says at which place they do not fit.
//!
//! One reader serves the arguments of tools, and the queries, forms and bodies of the playground. So each type is compiled once, and not once
//! for each format and again for the place of an error, as it would be with one crate for each of that. Unlike the reader of `serde_json` it
//! takes no list for an object.
//!
//! [`tolerant`] reads answers of the API that come as values. There, a member that is not needed may be of another type.

use std::{fmt, vec};

use serde::{
    Deserializer,
    de::{self, DeserializeOwned, DeserializeSeed, Error as _, IntoDeserializer, Unexpected, Visitor, value::StringDeserializer},
    forward_to_deserialize_any,
};
use serde_json::{Map, Value, map};

/// A part of the place of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A member of an object.
    Member(String),
    /// A place in a list.
    Item(usize),
}

/// Why arguments cannot be read.
#[derive(Debug)]
pub struct Misfit {
    /// The place, the innermost step first while it is on its way out.
    steps: Vec<Step>,
    /// What is wrong there.
    pub message: String,
}

impl Misfit {
    fn within(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// The place, from the outside to the inside.
    pub fn place(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().rev()
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Misfit {}

impl de::Error for Misfit {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { steps: Vec::new(), message: message.to_string() }
    }
}

/// Reads the members of a JSON object.
#[inline(never)]
pub fn members<T: DeserializeOwned>(members: Map<String, Value>) -> Result<T, Misfit> {
    T::deserialize(Reader { value: Value::Object(members), text: false })
}

/// Reads pairs of text. A name that comes more than once is a list. The type decides what is a number, a truth or a list of one.
pub fn pairs<T: DeserializeOwned>(pairs: Vec<(String, String)>) -> Result<T, Misfit> {
    T::deserialize(Reader { value: Value::Object(grouped(pairs)), text: true })
}

/// How many members of another type one value may have.
const MOST_ODD: usize = 16;

/// Reads a value that another program wrote. A member of another type reads as absent, if it need not be there. The error is the first one.
#[inline(never)]
pub fn tolerant<T: DeserializeOwned>(mut value: Value) -> Result<T, Misfit> {
    let mut first = None;
    for _ in 0..MOST_ODD {
        let misfit = match T::deserialize(Reader { value: value.clone(), text: false }) {
            Ok(read) => return Ok(read),
            Err(misfit) => misfit,
        };
        let emptied = empty(&mut value, &misfit);
        first.get_or_insert(misfit);
        if !emptied {
            break;
        }
    }
    Err(first.unwrap_or_else(|| Misfit::custom("nothing was read")))
}

/// Puts null in the place of a misfit. Fails for what lacks a member, what is null already, and what is no member.
fn empty(value: &mut Value, misfit: &Misfit) -> bool {
    let mut at = Some(value);
    for step in misfit.place() {
        at = at.and_then(|value| match step {
            Step::Member(name) => value.get_mut(name),
            Step::Item(place) => value.get_mut(place),
        });
    }
    match at {
        Some(odd) if !odd.is_null() && matches!(misfit.place().last(), Some(Step::Member(_))) => {
            *odd = Value::Null;
            true
        }
        _ => false,
    }
}

fn grouped(pairs: Vec<(String, String)>) -> Map<String, Value> {
    let mut grouped: Map<String, Value> = Map::new();
    for (name, value) in pairs {
        let value = Value::String(value);
        match grouped.get_mut(&name) {
            None => drop(grouped.insert(name, value)),
            Some(Value::Array(items)) => items.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    grouped
}

struct Reader {
    value: Value,
    /// Whether texts stand for numbers and truths, too.
    text: bool,
}

impl Reader {
    fn unexpected(&self) -> Unexpected<'_> {
        match &self.value {
            Value::Null => Unexpected::Unit,
            Value::Bool(truth) => Unexpected::Bool(*truth),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => Unexpected::Unsigned(number),
                (None, Some(number)) => Unexpected::Signed(number),
                (None, None) => Unexpected::Float(number.as_f64().unwrap_or_default()),
            },
            Value::String(text) => Unexpected::Str(text),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
        }
    }

    /// The text that stands for something else.
    fn written(&self) -> Option<&str> {
        if self.text { self.value.as_str() } else { None }
    }
}

/// Reads texts as numbers where the type wants numbers.
macro_rules! numbers {
    ($($method:ident: $number:ty => $visit:ident,)*) => {
        $(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
                match self.written().map(str::parse::<$number>) {
                    None => self.deserialize_any(visitor),
                    Some(Ok(number)) => visitor.$visit(number),
                    Some(Err(_)) => Err(Misfit::invalid_type(self.unexpected(), &visitor)),
                }
            }
        )*
    };
}

impl<'de> Deserializer<'de> for Reader {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(truth) => visitor.visit_bool(truth),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => visitor.visit_u64(number),
                (None, Some(number)) => visitor.visit_i64(number),
                (None, None) => visitor.visit_f64(number.as_f64().unwrap_or_default()),
            },
            Value::String(text) => visitor.visit_string(text),
            Value::Array(items) => visitor.visit_seq(Items { items: items.into_iter(), next: 0, text: self.text }),
            Value::Object(members) => visitor.visit_map(Members { members: members.into_iter(), value: None, text: self.text }),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.written().map(str::to_ascii_lowercase).as_deref() {
            None => self.deserialize_any(visitor),
            Some("true" | "1" | "on" | "yes") => visitor.visit_bool(true),
            Some("false" | "0" | "off" | "no") => visitor.visit_bool(false),
            Some(_) => Err(Misfit::invalid_type(self.unexpected(), &visitor)),
        }
    }

    numbers! {
        deserialize_u8: u8 => visit_u8,
        deserialize_u16: u16 => visit_u16,
        deserialize_u32: u32 => visit_u32,
        deserialize_u64: u64 => visit_u64,
        deserialize_i8: i8 => visit_i8,
        deserialize_i16: i16 => visit_i16,
        deserialize_i32: i32 => visit_i32,
        deserialize_i64: i64 => visit_i64,
        deserialize_f32: f32 => visit_f32,
        deserialize_f64: f64 => visit_f64,
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        if self.written().is_some() {
            let text = self.text;
            return visitor.visit_seq(Items { items: vec![self.value].into_iter(), next: 0, text });
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        // Some types take null for an empty object.
        if self.value.is_object() { self.deserialize_any(visitor) } else { Err(Misfit::invalid_type(self.unexpected(), &visitor)) }
    }

    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Misfit> {
        // A list would be taken for the fields in their order.
        if self.value.is_array() { Err(Misfit::invalid_type(Unexpected::Seq, &"an object")) } else { self.deserialize_any(visitor) }
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Misfit> {
        match self.value {
            Value::String(name) => {
                let name: StringDeserializer<Misfit> = name.into_deserializer();
                visitor.visit_enum(name)
            }
            _ => Err(Misfit::invalid_type(self.unexpected(), &"a text")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct identifier }
}

struct Items {
    items: vec::IntoIter<Value>,
    next: usize,
    text: bool,
}

impl<'de> de::SeqAccess<'de> for Items {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        let Some(value) = self.items.next() else { return Ok(None) };
        let at = self.next;
        self.next += 1;
        seed.deserialize(Reader { value, text: self.text }).map(Some).map_err(|misfit| misfit.within(Step::Item(at)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Members {
    members: map::IntoIter,
    /// The member whose name was read last.
    value: Option<(String, Value)>,
    text: bool,
}

impl<'de> de::MapAccess<'de> for Members {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        let Some((name, value)) = self.members.next() else { return Ok(None) };
        self.value = Some((name.clone(), value));
        let name: StringDeserializer<Misfit> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Misfit> {
        let (name, value) = self.value.take().ok_or_else(|| Misfit::custom("a member has no name"))?;
        seed.deserialize(Reader { value, text: self.text }).map_err(|misfit| misfit.within(Step::Member(name)))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        One,
        Two,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Inner {
        number: u32,
        words: Option<Vec<Word>>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Outer {
        inner: Vec<Inner>,
        truth: Option<bool>,
        share: Option<f64>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Flat {
        number: Option<i64>,
        truth: Option<bool>,
        words: Vec<Word>,
        text: String,
    }

    fn body<T: DeserializeOwned>(value: Value) -> Result<T, (Vec<Step>, String)> {
        let Value::Object(given) = value else { unreachable!() };
        members(given).map_err(|misfit| (misfit.place().cloned().collect(), misfit.message))
    }

    #[test]
    fn a_misfit_has_its_place() {
        let read = body::<Outer>(json!({"inner": [{"number": 1, "words": ["one", "two"]}], "share": 2, "more": [1]})).unwrap();
        assert_eq!(
            read,
            Outer { inner: vec![Inner { number: 1, words: Some(vec![Word::One, Word::Two]) }], truth: None, share: Some(2.0) }
        );
        let member = |name: &str| Step::Member(name.to_owned());
        let second = vec![member("inner"), Step::Item(1)];
        let within = |name: &str| [second.clone(), vec![member(name)]].concat();
        for (wrong, place, message) in [
            (json!({}), second.clone(), "missing field `number`"),
            (json!({"number": "1"}), within("number"), "invalid type: string \"1\", expected u32"),
            (json!({"number": -1}), within("number"), "invalid value: integer `-1`, expected u32"),
            (json!({"number": 1, "words": ["three"]}), [within("words"), vec![Step::Item(0)]].concat(), "unknown variant `three`"),
            (json!({"number": 1, "words": [{"one": 1}]}), [within("words"), vec![Step::Item(0)]].concat(), "expected a text"),
            // The fields in their order are no object.
            (json!([1, null]), second.clone(), "invalid type: sequence, expected an object"),
            (json!([]), second.clone(), "invalid type: sequence, expected an object"),
        ] {
            let (found, told) = body::<Outer>(json!({"inner": [{"number": 1}, wrong]})).unwrap_err();
            assert_eq!(found, place, "{told}");
            assert!(told.contains(message), "{told}");
        }
    }

    #[test]
    fn null_is_no_object_and_may_stand_for_nothing() {
        #[derive(Debug, Deserialize)]
        struct Wrapped {
            #[expect(dead_code, reason = "only whether it can be read matters")]
            object: Map<String, Value>,
        }
        assert_eq!(body::<Wrapped>(json!({"object": null})).unwrap_err().0, [Step::Member("object".to_owned())]);
        assert!(body::<Wrapped>(json!({"object": {}})).is_ok());
        assert_eq!(body::<Outer>(json!({"inner": [], "truth": null})).unwrap().truth, None);
    }

    #[test]
    fn a_member_of_another_type_reads_as_absent_if_it_need_not_be_there() {
        let read: Outer = tolerant(json!({"inner": [{"number": 1, "words": "x"}], "truth": 7, "share": [{}]})).unwrap();
        assert_eq!(read, Outer { inner: vec![Inner { number: 1, words: None }], truth: None, share: None });
        let misfit = tolerant::<Outer>(json!({"truth": 7, "inner": [{"number": "x"}]})).unwrap_err();
        assert_eq!(misfit.place().cloned().collect::<Vec<_>>(), [Step::Member("truth".to_owned())]);
        assert!(tolerant::<Outer>(json!([])).is_err());
    }

    #[test]
    fn pairs_are_read_as_the_type_wants_them() {
        let flat = |query: &str| pairs::<Flat>(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect());
        let read = flat("number=-7&truth=True&words=one&text=5").unwrap();
        assert_eq!(read, Flat { number: Some(-7), truth: Some(true), words: vec![Word::One], text: "5".into() });
        assert_eq!(flat("words=one&words=two&words=one&text=").unwrap().words, [Word::One, Word::Two, Word::One]);
        for (query, name) in
            [("number=1.5", "number"), ("number=", "number"), ("truth=maybe", "truth"), ("text=a&text=b", "text"), ("words=x", "words")]
        {
            let misfit = flat(query).unwrap_err();
            assert_eq!(misfit.place().next(), Some(&Step::Member(name.to_owned())), "{query}: {misfit}");
        }
    }
}

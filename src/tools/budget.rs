//! How much an answer may weigh, and how to shorten values.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Form, text::is_own};
use crate::api::ids::MAX_ID_CHARS;

/// The most characters of text and minified structured content together.
pub const MAX_CHARS: usize = 45_000;
/// The most estimated tokens of both together: a third of a token for an ASCII character, one for any other character.
pub const MAX_TOKENS: usize = 20_000;
/// The least characters to which a line is cut, or what stands before its JSON. It begins with ids.
const MAX_LEAD: usize = 300;
/// How many brackets of a line are tried as the beginning of its JSON.
const MAX_TRIED: usize = 40;

/// Characters, and estimated tokens in thirds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weight {
    /// Characters.
    pub chars: usize,
    /// Thirds of a token.
    pub units: usize,
}

impl Weight {
    /// One ASCII character.
    pub const ASCII: Self = Self { chars: 1, units: 1 };

    /// The weight of a text.
    pub fn of(text: &str) -> Self {
        if text.is_ascii() {
            return Self { chars: text.len(), units: text.len() };
        }
        text.chars().fold(Self::default(), |sum, c| Self { chars: sum.chars + 1, units: sum.units + if c.is_ascii() { 1 } else { 3 } })
    }

    /// The sum of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { chars: self.chars + other.chars, units: self.units + other.units }
    }

    /// Whether it takes at most one of `parts` equal parts of the budget.
    pub fn fits(self, parts: usize) -> bool {
        self.chars * parts <= MAX_CHARS && self.units * parts <= MAX_TOKENS * 3
    }
}

/// The weight of structured content in a form. `json` sends it twice, since it is the text too; `lines` does not send it.
pub fn times(weight: Weight, form: Form) -> Weight {
    match form {
        Form::Both => weight,
        Form::Lines => Weight::default(),
        Form::Json => weight.plus(weight),
    }
}

/// The weight of a value in an answer of a form.
pub fn weigh(value: &Value, form: Form) -> Weight {
    if form == Form::Lines { Weight::default() } else { times(weigh_json(value), form) }
}

/// The weight of a value as minified JSON.
fn weigh_json(value: &Value) -> Weight {
    match value {
        Value::Null | Value::Bool(_) => Weight { chars: 5, units: 5 },
        Value::Number(number) => {
            let length = number.to_string().len();
            Weight { chars: length, units: length }
        }
        Value::String(text) => {
            let escapes = text.bytes().filter(|byte| matches!(byte, b'"' | b'\\' | b'\n' | b'\t' | b'\r')).count() + 2;
            Weight::of(text).plus(Weight { chars: escapes, units: escapes })
        }
        Value::Array(items) => items.iter().fold(Weight { chars: 2, units: 2 }, |sum, item| sum.plus(weigh_json(item)).plus(Weight::ASCII)),
        Value::Object(members) => members.iter().fold(Weight { chars: 2, units: 2 }, |sum, (name, member)| {
            sum.plus(Weight::of(name)).plus(weigh_json(member)).plus(Weight { chars: 4, units: 4 })
        }),
    }
}

/// Cuts long texts, arrays and objects, at every depth. Members with very long names are left out.
pub fn shorten(value: &mut Value, most_chars: usize, most_items: usize) {
    match value {
        Value::String(text) => cut_text(text, most_chars),
        Value::Array(items) => {
            items.truncate(most_items);
            for item in items {
                shorten(item, most_chars, most_items);
            }
        }
        Value::Object(members) => {
            if members.len() > most_items {
                *members = std::mem::take(members).into_iter().take(most_items).collect();
            }
            if members.keys().any(|name| name.len() > most_chars.max(64)) {
                members.retain(|name, _| name.len() <= most_chars.max(64));
            }
            members.values_mut().for_each(|member| shorten(member, most_chars, most_items));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Takes members that say nothing out of a value, at every depth: nulls, empty texts and empty objects. An empty list stays, since "none"
/// is a fact, and so does what is the user's own ([`is_own`]).
pub fn lean(value: &mut Value) {
    match value {
        Value::Object(members) => {
            lean_members(members);
            members.retain(|name, member| member_says(name, member));
        }
        Value::Array(items) => items.iter_mut().for_each(lean),
        _ => {}
    }
}

/// Does the same with each of some members, and keeps them all.
pub fn lean_members(members: &mut Map<String, Value>) {
    members.iter_mut().filter(|(name, _)| !is_own(name)).for_each(|(_, member)| lean(member));
}

/// Whether a value says anything. An empty list does, since "none" is a fact.
pub fn says(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Object(members) => members.iter().any(|(name, member)| member_says(name, member)),
        _ => true,
    }
}

/// Whether a member says anything. What is the user's own does if there is anything in it.
pub fn member_says(name: &str, member: &Value) -> bool {
    match member {
        Value::Object(members) if is_own(name) => !members.is_empty(),
        member => says(member),
    }
}

/// A copy of a member without what says nothing; `None` if nothing is left.
pub fn leaned<'m>(name: &str, member: &'m Value) -> Option<Cow<'m, Value>> {
    let mut said = Cow::Borrowed(member);
    if matches!(member, Value::Array(_) | Value::Object(_)) && !is_own(name) {
        lean(said.to_mut());
    }
    Some(said).filter(|said| member_says(name, said))
}

/// Cuts a line. If the line ends in JSON, values inside the JSON are shortened, so that it can still be read as JSON.
pub fn cut_line(line: &mut String, most_chars: usize, most_items: usize) {
    match json_tail(line) {
        Some((at, mut value)) => {
            shorten(&mut value, most_chars, most_items);
            line.truncate(at);
            cut_text(line, most_chars.max(MAX_LEAD));
            line.push_str(&value.to_string());
        }
        None => cut_text(line, most_chars.max(MAX_LEAD)),
    }
}

/// The JSON that a line ends in, and where it begins. A bracket in a title, or in `[field=value]`, begins none.
fn json_tail(line: &str) -> Option<(usize, Value)> {
    let open = match line.as_bytes().last()? {
        b'}' => '{',
        b']' => '[',
        _ => return None,
    };
    let parsed = |at: usize| Some((at, serde_json::from_str::<Value>(line.get(at..)?).ok()?));
    line.match_indices(open).take(MAX_TRIED).find_map(|(at, _)| parsed(at))
}

/// Cuts a text and marks the place. What may be an id is not cut, because a cut id is a wrong one: a word goes as a whole, or stays if it is the
/// first.
fn cut_text(text: &mut String, most_chars: usize) {
    let Some((at, _)) = text.char_indices().nth(most_chars) else { return };
    let begin = text.get(..at).and_then(|kept| kept.rfind(char::is_whitespace)).unwrap_or_default();
    let end = text.get(at..).and_then(|rest| rest.find(char::is_whitespace)).map_or(text.len(), |length| at + length);
    let is_id = text.get(begin..end).is_some_and(|word| word.trim_start().chars().nth(MAX_ID_CHARS).is_none());
    let kept = text.get(..begin).map_or(0, |kept| kept.trim_end().len());
    let cut_at = match (is_id && end > at, kept) {
        (false, _) => at,
        (true, 0) => end,
        (true, kept) => kept,
    };
    if cut_at < text.len() {
        text.truncate(cut_at);
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(line: &str) -> String {
        let mut line = line.to_owned();
        cut_line(&mut line, 20, 2);
        line
    }

    #[test]
    fn only_a_tail_that_is_json_is_cut_as_json() {
        let (long, list) = ("x".repeat(500), r#"["a","b","c"]"#);
        let short = format!("{}…", "x".repeat(20));
        for lead in ["", "1. v@0-5 \"[Untitled] {draft}\" ", "[mood=calm] [objects=[1,2]] ", "{ [ {{ [[ "] {
            let line = format!(r#"{lead}{{"scene":"{long}","objects":{list}}}"#);
            assert_eq!(cut(&line), format!(r#"{lead}{{"scene":"{short}","objects":["a","b"]}}"#));
            assert_eq!(cut(&format!("{lead}{list}")), format!(r#"{lead}["a","b"]"#));
        }
        for plain in [format!("a title [1] {long}"), format!("{{\"a\":1}} {long}"), format!("{long} [no json]"), format!("{long} {{}}}}")] {
            let kept: String = plain.chars().take(MAX_LEAD).collect();
            assert_eq!(cut(&plain), format!("{kept}…"));
        }
    }

    #[test]
    fn an_id_is_never_cut() {
        let id = "i".repeat(MAX_ID_CHARS);
        for (given, kept) in [
            (id.clone(), id.clone()),
            (format!("{id} more words"), format!("{id}…")),
            (format!("a word {id}"), "a word…".to_owned()),
            (format!("one two three four {id}"), "one two three four…".to_owned()),
            ("é".repeat(300), format!("{}…", "é".repeat(20))),
        ] {
            let mut value = serde_json::json!({"any": [given]});
            shorten(&mut value, 20, 2);
            assert_eq!(value, serde_json::json!({"any": [kept]}));
        }
    }

    #[test]
    fn a_long_text_before_json_is_cut_too() {
        let line = cut(&format!("{} [1,2,3]", "word ".repeat(1_000)));
        assert!(line.ends_with("…[1,2]") && line.chars().count() < 400, "{line}");
    }
}

//! Writes a prompt from an instruction, by rules.
//!
//! Each part of the instruction becomes a field. A part about something that the playground knows of its media (people, objects, the mood)
//! gets the name under which runs fill it. Any other part gets a name and a type from its words: `whether …` is a boolean, `how many …` a
//! number, `list …` an array.

use serde_json::{Map, Value, json};

use crate::api::{
    facade::Definition,
    prompts::{SemanticIndexing, VideoLevel},
};

/// The most fields of a draft.
const MOST_FIELDS: usize = 12;
/// The most words of a field's name.
const MOST_WORDS: usize = 4;
/// The most characters of a prompt's text.
const MOST_TEXT: usize = 5_000;

/// Words, and the known field that a part with one of them stands for: its name and its type.
const KNOWN: [(&[&str], &str, &str); 9] = [
    (&["people", "persons", "person", "actors", "faces"], "people_count", "integer"),
    (&["mood", "emotion", "tone", "feeling"], "mood", "string"),
    (&["outdoors", "outdoor", "indoors", "indoor", "outside", "inside"], "outdoor", "boolean"),
    (&["speech", "spoken", "dialogue", "transcript", "says", "said", "words"], "spoken_words", "string"),
    (&["objects", "object", "things", "items", "props"], "objects", "array"),
    (&["setting", "place", "location", "where"], "setting", "string"),
    (&["action", "actions", "happens", "happening", "doing"], "action", "string"),
    (&["scene", "describe", "description", "summary", "summarize", "summarise"], "scene", "string"),
    (&["entities", "participants", "characters"], "entities", "array"),
];

/// Words that say what to do, and not what to find.
const EMPTY: &str = " a an the of in on at to for from with by is are be it its this that these those each every any all please extract find get \
give me tell say list name identify detect count number how many much note record write down whether if show shown which what who there their \
segment segments video videos clip clips film films frame frames and or not also main day ";

/// The prompt for an instruction.
pub fn written(instruction: &str) -> Definition {
    let instruction = instruction.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut properties = Map::new();
    for part in parts(&instruction) {
        if properties.len() < MOST_FIELDS
            && let Some((name, schema)) = field(part)
        {
            properties.entry(name).or_insert(schema);
        }
    }
    if properties.is_empty() {
        properties.insert("scene".into(), json!({"type": "string", "description": cut(&instruction, 200)}));
    }
    let names: Vec<String> = properties.keys().cloned().collect();
    let whole = ["whole video", "whole film", "overall", "entire", "per video"];
    let lower = instruction.to_lowercase();
    let video_level = whole.iter().any(|words| lower.contains(words)).then(|| VideoLevel {
        instructions_text: "From the results of its segments, write a short summary of the whole item.".into(),
        included_segment_fields: names.clone(),
        json_schema: object(json!({"type": "object", "properties": {"summary": {"type": "string"}}, "required": ["summary"]})),
    });
    Definition {
        name: titled(&instruction),
        description: cut(&format!("Drafted from: {instruction}"), 500),
        prompt_text: cut(&format!("For each segment, do the following. {instruction}"), MOST_TEXT),
        json_schema: object(json!({"type": "object", "properties": properties, "required": names})),
        video_level,
        semantic_indexing: SemanticIndexing::default(),
    }
}

/// The parts of an instruction: what stands between commas, full stops and `and`.
fn parts(instruction: &str) -> impl Iterator<Item = &str> {
    instruction.split([',', ';', '.', ':', '!', '?']).flat_map(|part| part.split(" and ")).map(str::trim).filter(|part| !part.is_empty())
}

/// The field that a part asks for. `None` if it has no word that says anything.
fn field(part: &str) -> Option<(String, Value)> {
    let words: Vec<String> = part.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let counts = has(&["many", "count", "number"]);
    let described = |kind: &str| match kind {
        "array" => json!({"type": "array", "items": {"type": "string"}, "description": cut(part, 200)}),
        "integer" => json!({"type": "integer", "minimum": 0, "description": cut(part, 200)}),
        kind => json!({"type": kind, "description": cut(part, 200)}),
    };
    if let Some((_, name, kind)) = KNOWN.iter().find(|(known, _, kind)| has(known) && (!counts || *kind == "integer")) {
        return Some(((*name).to_owned(), described(kind)));
    }
    let telling: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| !EMPTY.contains(&format!(" {word} "))).take(MOST_WORDS).collect();
    if telling.is_empty() {
        return None;
    }
    let name = telling.join("_");
    Some(if counts {
        (format!("{name}_count"), described("integer"))
    } else if has(&["whether", "if", "is", "are", "does", "has"]) {
        (name, described("boolean"))
    } else if has(&["list", "all", "every", "names"]) || telling.last().is_some_and(|word| word.len() > 3 && word.ends_with('s')) {
        (name, described("array"))
    } else {
        (name, described("string"))
    })
}

/// A name of 3 to 100 characters.
fn titled(instruction: &str) -> String {
    let start = cut(instruction.trim_end_matches('.'), 60);
    if start.chars().count() < 3 { format!("Prompt {start}") } else { start }
}

/// The start of a text, cut between two words.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let start: String = text.chars().take(most).collect();
    let end = start.rfind(' ').unwrap_or(start.len());
    start.get(..end).unwrap_or(&start).to_owned()
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(members) = value { members } else { Map::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(instruction: &str) -> Vec<String> {
        let written = written(instruction);
        let properties = written.json_schema["properties"].as_object().unwrap();
        properties.iter().map(|(name, schema)| format!("{name} {}", schema["type"].as_str().unwrap())).collect()
    }

    #[test]
    fn each_part_becomes_a_field() {
        assert_eq!(fields("List the vehicles and say whether it is night"), ["vehicles array", "night boolean"]);
        assert_eq!(
            fields("Describe the scene, count the people, name the mood; how many horses? Is it outdoors."),
            ["scene string", "people_count integer", "mood string", "horses_count integer", "outdoor boolean"]
        );
        assert_eq!(fields("??"), ["scene string"]);
        assert_eq!(fields("x"), ["x string"]);
    }

    #[test]
    fn every_draft_keeps_the_limits() {
        let long = "many different words, ".repeat(2_000);
        for instruction in ["x", "é", "List the vehicles", "Summarise the whole film", &long] {
            let written = written(instruction);
            assert!((3..=100).contains(&written.name.chars().count()), "{}", written.name);
            assert!(written.description.chars().count() <= 500 && written.prompt_text.chars().count() <= MOST_TEXT);
            assert_eq!(super::super::schema::check_schema(&written.json_schema), Ok(()));
        }
        assert!(written("Summarise the whole film").video_level.is_some());
    }
}

//! Spoken words among what a run extracted.

use serde_json::Value;

/// The API has no member of its own for spoken words. Prompts put them into fields whose names contain one of these words.
const NAMES: [&str; 8] = ["transcript", "transcription", "spoken", "speech", "dialogue", "dialog", "utterance", "lyrics"];

/// The spoken words in extracted metadata, if there are any.
pub fn of(metadata: &Value) -> Option<String> {
    let Value::Object(members) = metadata else { return None };
    members.iter().find_map(|(name, value)| match value {
        Value::Object(_) => of(value),
        _ if is_speech(name) => words(value),
        // A list of parts: for example, one entry for each speaker.
        Value::Array(items) => {
            let said: Vec<_> = items.iter().filter_map(of).collect();
            (!said.is_empty()).then(|| said.join(" "))
        }
        _ => None,
    })
}

fn is_speech(name: &str) -> bool {
    let name = name.to_lowercase();
    NAMES.iter().any(|word| name.contains(word))
}

/// The texts of a value, with the speaker where one is named.
fn words(value: &Value) -> Option<String> {
    let said = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Array(items) => items.iter().filter_map(words).collect::<Vec<_>>().join(" "),
        Value::Object(members) => {
            let texts: Vec<_> = members.values().filter_map(Value::as_str).filter(|text| !text.trim().is_empty()).collect();
            texts.join(": ")
        }
        _ => String::new(),
    };
    (!said.is_empty()).then_some(said)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn spoken_words_are_found_by_name() {
        assert_eq!(of(&json!({"scene": "x", "audio": {"Spoken_words": "hello"}})).as_deref(), Some("hello"));
        assert_eq!(of(&json!({"transcript": ["a", "b"]})).as_deref(), Some("a b"));
        assert_eq!(
            of(&json!({"dialogue": [{"speaker": "Ann", "text": "No."}, {"speaker": "Bob", "text": "Yes."}]})).as_deref(),
            Some("Ann: No. Bob: Yes.")
        );
        assert_eq!(of(&json!({"people": [{"name": "Ann", "utterance": "No."}]})).as_deref(), Some("No."));
        for silent in [json!({"scene": "speech"}), json!({"spoken_words": " "}), json!({"transcript": []}), json!("speech")] {
            assert_eq!(of(&silent), None);
        }
    }
}

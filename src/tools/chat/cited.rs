//! Reads an answer: its words, and the moments that it cites. The API does not promise a shape for either.

use serde_json::{Map, Value, json};

use super::member;
use crate::{
    api::chat::ChatTurn,
    tools::{answer::Row, excerpt, text},
};

/// The most moments that are told.
const MOST: usize = 20;
/// How deep citations are looked for.
const MOST_DEPTH: usize = 6;
/// The members that hold citations, best first.
const PLACES: [&str; 4] = ["citations", "sources", "references", "evidence"];
/// The members that may hold the number of a citation.
const NUMBERS: [&str; 3] = ["number", "citation_number", "marker"];

/// The words of a message: a text, an object that holds one, or a list of parts.
pub fn words(message: Option<&Value>) -> String {
    match message {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let parts: Vec<String> = parts.iter().map(|part| words(Some(part))).filter(|part| !part.is_empty()).collect();
            parts.join(" ")
        }
        Some(object) => match member(object, &["content", "text", "answer", "message", "parts"]) {
            Some(inner) => words(Some(inner)),
            None => excerpt::brief(object, 2000),
        },
    }
}

/// A moment that an answer cites, and the numbers under which it does. A moment that is cited twice has two.
struct Citation {
    row: Row,
    numbers: Vec<u64>,
}

/// The moments that an answer cites: those that it names as its sources, else those of the results that it was made from. The words say
/// `[2]` of the second source, so each source has its number. Results have none.
pub fn citations(turn: &ChatTurn) -> Vec<Row> {
    let mut found = Found::default();
    let named = turn.assistant_message.iter().filter_map(|message| member(message, &PLACES));
    for place in named {
        found.collect(place, 0);
    }
    if found.citations.is_empty() {
        turn.result_sets.iter().for_each(|sets| found.collect(sets, 0));
        return found.citations.into_iter().map(|citation| citation.row).collect();
    }
    found.citations.into_iter().map(Citation::numbered).collect()
}

impl Citation {
    fn numbered(self) -> Row {
        let Self { mut row, numbers } = self;
        let marks = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join("][");
        row.line = format!("[{marks}] {}", row.line);
        if let Value::Object(members) = &mut row.value {
            members.insert("numbers".to_owned(), json!(numbers));
        }
        row
    }
}

/// What was found so far.
#[derive(Default)]
struct Found {
    citations: Vec<Citation>,
    /// How many sources were met, repeated ones among them.
    met: u64,
}

impl Found {
    fn collect(&mut self, value: &Value, depth: usize) {
        if self.citations.len() >= MOST || depth > MOST_DEPTH {
            return;
        }
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.collect(item, depth + 1)),
            Value::Object(members) => match cited(members) {
                Some(row) => self.add(row, NUMBERS.iter().find_map(|name| members.get(*name)?.as_u64())),
                None => members.values().for_each(|inner| self.collect(inner, depth + 1)),
            },
            _ => {}
        }
    }

    /// Adds a source with its own number, or else that of its place.
    fn add(&mut self, row: Row, number: Option<u64>) {
        self.met += 1;
        let number = number.unwrap_or(self.met);
        let moment = row.value.get("moment");
        match self.citations.iter_mut().find(|known| known.row.value.get("moment") == moment) {
            Some(known) => known.numbers.push(number),
            None => self.citations.push(Citation { row, numbers: vec![number] }),
        }
    }
}

/// An object about a video or a moment of one.
fn cited(members: &Map<String, Value>) -> Option<Row> {
    let text = |names: &[&str], most: usize| {
        let found = names.iter().find_map(|name| members.get(*name)).and_then(Value::as_str).filter(|found| !found.trim().is_empty());
        found.map(|found| text::line(found, most))
    };
    let seconds = |names: &[&str]| names.iter().find_map(|name| members.get(*name)).and_then(Value::as_f64);
    let video_id = text(&["video_id"], 200)?;
    let times = seconds(&["start_time", "start"]).zip(seconds(&["end_time", "end"]));
    let (handle, range) = match times {
        Some((start, end)) => (text::moment(&video_id, start, end), format!(" {}", text::range(start, end))),
        None => (video_id.clone(), String::new()),
    };
    let title = text(&["video_title", "video_name", "title"], 80);
    let quote = text(&["quote", "text", "content_preview", "snippet"], 240);
    let mut line = format!("{handle}{range}");
    if let Some(title) = &title {
        line.push_str(&format!(" {title}"));
    }
    if let Some(quote) = &quote {
        line.push_str(&format!(": {quote}"));
    }
    let times = times.map(|(start, end)| [text::rounded(start, 3), text::rounded(end, 3)]);
    let [start, end] = times.unwrap_or_default();
    let value = json!({
        "moment": handle, "video_id": video_id, "segment_id": text(&["segment_id"], 200), "start_time": start, "end_time": end,
        "title": title, "text": quote,
    });
    Some(Row { line, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_every_likely_place() {
        for message in [
            json!("a b"),
            json!({"role": "assistant", "content": "a b"}),
            json!({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}),
            json!([{"text": "a b"}]),
        ] {
            assert_eq!(words(Some(&message)), "a b", "{message}");
        }
        assert_eq!(words(Some(&json!({"x": 1}))), r#"{"x":1}"#);
        assert_eq!((words(None), words(Some(&Value::Null))), (String::new(), String::new()));
    }

    #[test]
    fn what_an_answer_names_as_its_sources_comes_before_its_results() {
        let hit = |video: &str, start: f64| json!({"video_id": video, "start_time": start, "end_time": start + 5.0, "title": "T"});
        let mut turn =
            ChatTurn { result_sets: Some(json!([{"results": [hit("v", 1.0), hit("v", 1.0), hit("w", 2.5)]}])), ..ChatTurn::default() };
        let lines = |turn: &ChatTurn| citations(turn).into_iter().map(|row| row.line).collect::<Vec<_>>();
        assert_eq!(lines(&turn), ["v@1-6 0:01-0:06 T", "w@2.5-7.5 0:02-0:07 T"]);
        turn.assistant_message = Some(json!({"content": "x", "citations": [{"video_id": "u", "quote": "said\nso"}]}));
        assert_eq!(lines(&turn), ["[1] u: said so"]);
        turn.assistant_message = Some(json!({"content": "x [2] y [3]", "citations": [hit("v", 1.0), hit("w", 1.0), hit("v", 1.0)]}));
        assert_eq!(lines(&turn), ["[1][3] v@1-6 0:01-0:06 T", "[2] w@1-6 0:01-0:06 T"]);
        assert_eq!(citations(&turn)[0].value["numbers"], json!([1, 3]));
        let deep = (0..50).fold(hit("v", 1.0), |inner, _| json!([inner]));
        turn = ChatTurn { result_sets: Some(deep), ..ChatTurn::default() };
        assert!(citations(&turn).is_empty());
    }
}

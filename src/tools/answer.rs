//! What a tool answers: a compact text and the same facts structured, together within a budget.
//!
//! A model pays for every character. Rows carry their line and their structured form side by side, so that both are cut at the same
//! place, and what was cut is said together with the way to get the rest.
//!
//! Many hosts show their model only the structured part. So no tool writes `notes` itself: [`Answer::render`] puts every line that stands
//! after the rows (notes, advice, what was cut) into that member, and leaves nulls and empty values out of all members.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::{
    budget::{Weight, cut_line, lean, shorten, times, weigh},
    text,
};

/// The most base64 characters of a picture.
pub const MAX_PICTURE_CHARS: usize = 700_000;

/// What an answer consists of, pictures aside. [`super::Tool::form`] says which form a tool's answer takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Lines for a model, and the same facts structured.
    #[default]
    Both,
    /// Lines alone: neither an output schema nor structured content.
    Lines,
    /// The structured content, and the same as minified JSON for the text.
    Json,
}

/// A picture, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// `image/jpeg`.
    pub media_type: &'static str,
    /// The bytes in base64.
    pub base64: String,
    /// Whether it is drawn rather than taken from a video, as those of the playground are.
    pub drawn: bool,
}

/// One row of a list: its line and its structured form.
#[derive(Clone, Debug)]
pub struct Row {
    /// One line of text.
    pub line: String,
    /// The same facts, with the contract's member names.
    pub value: Value,
}

/// What begins the lines that only the server writes.
const OWN_VOICE: [&str; 2] = ["note:", "more:"];

/// A row's line, marked if what came from upstream begins it like a line of the server's own.
fn unforged(line: &str) -> Cow<'_, str> {
    let own = OWN_VOICE.iter().any(|word| line.trim_start().get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)));
    if own { Cow::Owned(format!("- {line}")) } else { Cow::Borrowed(line) }
}

/// How the rest of a list is had.
#[derive(Clone, Copy, Debug)]
pub struct Paging {
    /// The argument that sets how many rows come back.
    pub size: &'static str,
    /// The member that holds the cursor, which is also the argument that takes it.
    pub cursor: &'static str,
}

/// An answer under construction.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    lines: Vec<String>,
    facts: Map<String, Value>,
    rows: Option<(&'static str, Vec<Row>)>,
    paging: Option<Paging>,
    cursor: Option<String>,
    closing: Vec<Closing>,
    pictures: Vec<Picture>,
}

/// A line after the rows.
#[derive(Clone, Debug)]
enum Closing {
    /// What to do next.
    Advice(String),
    /// How the answer came about.
    Note(String),
}

/// An answer as it is sent.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// For the text block.
    pub text: String,
    /// For `structuredContent`; none in the form that has no structure.
    pub structured: Option<Map<String, Value>>,
    /// For image blocks.
    pub pictures: Vec<Picture>,
}

impl Answer {
    /// An answer that opens with this line.
    pub fn new(line: impl Into<String>) -> Self {
        Self { lines: vec![line.into()], ..Self::default() }
    }

    /// Adds a line before the rows.
    pub fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// Sets a structured member. A null is left out.
    pub fn fact(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        if !value.is_null() {
            self.facts.insert(name.to_owned(), value);
        }
    }

    /// Takes the members of an object as facts, without nulls.
    pub fn facts(&mut self, value: Value) {
        if let Value::Object(members) = value {
            for (name, value) in members {
                self.fact(&name, value);
            }
        }
    }

    /// Sets the rows and the member that holds them.
    pub fn rows(&mut self, member: &'static str, rows: Vec<Row>) {
        self.rows = Some((member, rows));
    }

    /// Says how many rows an argument asks for, and where the next page starts if there is one.
    pub fn paging(&mut self, paging: Paging, cursor: Option<&str>) {
        self.paging = Some(paging);
        self.cursor = cursor.map(str::to_owned);
    }

    /// Adds advice on what to do next, after the rows.
    pub fn close(&mut self, advice: impl Into<String>) {
        self.closing.push(Closing::Advice(advice.into()));
    }

    /// Adds something that the caller should know about how the answer came about, after the rows.
    pub fn note(&mut self, note: impl Into<String>) {
        self.closing.push(Closing::Note(note.into()));
    }

    /// How many rows there are.
    pub fn row_count(&self) -> usize {
        self.rows.as_ref().map_or(0, |(_, rows)| rows.len())
    }

    /// Adds a picture, and says so if it is a drawn one.
    pub fn picture(&mut self, picture: Picture) {
        if picture.drawn {
            self.note("The picture is drawn by the playground, which has no footage.");
        }
        self.pictures.push(picture);
    }

    /// Cleans, bounds and writes the answer.
    pub fn render(mut self, form: Form) -> Rendered {
        text::clean_members(&mut self.facts);
        self.facts.values_mut().for_each(lean);
        for row in self.rows.iter_mut().flat_map(|(_, rows)| rows) {
            text::clean_value(&mut row.value);
            lean(&mut row.value);
        }
        let cut = self.fit(form);
        let more = self.paging.zip(self.cursor.as_deref()).filter(|_| !cut.as_ref().is_some_and(|cut| cut.rows));
        let more = more.map(|(paging, cursor)| (paging, text::clean(cursor).into_owned()));
        let text = if form == Form::Json { String::new() } else { self.text(more.as_ref(), cut.as_ref()) };
        if form == Form::Lines {
            return Rendered { text, structured: None, pictures: self.pictures };
        }
        let mut structured = std::mem::take(&mut self.facts);
        if let Some((member, rows)) = self.rows {
            structured.insert(member.to_owned(), rows.into_iter().map(|row| row.value).collect());
        }
        if let Some((paging, cursor)) = more {
            structured.insert(paging.cursor_member().to_owned(), Value::String(cursor));
        }
        let closing = self.closing.iter().map(|line| text::clean_line(line.as_str()).into_owned());
        let mut notes: Vec<String> = cut.iter().map(|cut| cut.note.clone()).chain(closing).collect();
        notes.retain(|note| !structured.values().any(|fact| fact == note));
        if cut.is_some() {
            structured.insert("truncated".to_owned(), json!(true));
        }
        if !notes.is_empty() {
            structured.insert("notes".to_owned(), json!(notes));
        }
        let text = if form == Form::Json { Value::Object(structured.clone()).to_string() } else { text };
        Rendered { text, structured: Some(structured), pictures: self.pictures }
    }

    /// The lines, from the first to the last note.
    fn text(&self, more: Option<&(Paging, String)>, cut: Option<&Cut>) -> String {
        let mut text = String::with_capacity(1024);
        let mut add = |label: &str, line: &str| {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(label);
            text.push_str(&text::clean_line(line));
        };
        self.lines.iter().for_each(|line| add("", line));
        self.rows.iter().flat_map(|(_, rows)| rows).for_each(|row| add("", &unforged(&row.line)));
        if let Some(cut) = cut {
            add("", &cut.note);
        }
        if let Some((paging, cursor)) = more {
            add("", &format!("More: {}={cursor}", paging.cursor));
        }
        for line in &self.closing {
            add(line.label(), line.as_str());
        }
        text
    }

    /// Makes the answer fit the budget; says what was cut.
    fn fit(&mut self, form: Form) -> Option<Cut> {
        let whole = self.weight(form);
        if whole.fits(1) {
            return None;
        }
        // Long texts first: a list of shortened rows helps more than a few whole ones.
        let mut shortened = false;
        for (most_chars, most_items) in [(4000, 200), (1000, 80), (300, 30)] {
            for row in self.rows.iter_mut().flat_map(|(_, rows)| rows) {
                if !weigh_row(row, form).fits(4) {
                    shortened |= shorten_row(row, most_chars, most_items);
                }
            }
        }
        for (most_chars, most_items) in [(8000, 400), (2000, 100), (500, 40), (120, 12), (40, 4), (8, 1)] {
            if self.fixed_weight(form).fits(2) {
                break;
            }
            shortened = true;
            self.facts.values_mut().for_each(|value| shorten(value, most_chars, most_items));
            for line in self.lines.iter_mut().chain(self.closing.iter_mut().map(Closing::text_mut)) {
                cut_line(line, most_chars, most_items);
            }
            let most_lines = most_items * 2;
            self.lines.truncate(most_lines);
            self.closing.truncate(most_lines);
        }
        let mut used = self.fixed_weight(form);
        let mut kept = 0;
        if let Some((_, rows)) = &mut self.rows {
            let all = rows.len();
            for row in rows.iter_mut() {
                let mut next = used.plus(weigh_row(row, form));
                for (most_chars, most_items) in [(100, 10), (40, 4), (8, 1)] {
                    if !next.fits(1) && kept == 0 {
                        shorten_row(row, most_chars, most_items);
                        shortened = true;
                        next = used.plus(weigh_row(row, form));
                    }
                }
                if !next.fits(1) {
                    break;
                }
                used = next;
                kept += 1;
            }
            rows.truncate(kept);
            if kept < all {
                let how = match self.paging {
                    Some(paging) if self.cursor.is_some() => {
                        format!("ask with {}={} and follow {}", paging.size, kept.max(1), paging.cursor)
                    }
                    Some(paging) => format!("ask with {} up to {}, or narrow the question", paging.size, kept.max(1)),
                    None => "narrow the question".to_owned(),
                };
                let note = format!("Cut: {kept} of {all} rows shown, {} left out; {how}.", all - kept);
                return Some(Cut { note, rows: true });
            }
        }
        let note = "Cut: long texts and lists were shortened (texts are marked …); ask for fewer items at a time to see them whole.";
        shortened.then(|| Cut { note: note.to_owned(), rows: false })
    }

    /// The weight of everything but the rows, with room for what [`Answer::render`] adds.
    fn fixed_weight(&self, form: Form) -> Weight {
        let mut weight = Weight { chars: 600, units: 600 };
        if form != Form::Json {
            weight = self.lines.iter().fold(weight, |sum, line| sum.plus(Weight::of(line)).plus(Weight::ASCII));
        }
        for line in &self.closing {
            let line = Weight::of(line.as_str()).plus(Weight { chars: 12, units: 12 });
            // Once in the text and once in the structure, which only one form has not.
            weight = if form == Form::Lines { weight.plus(line) } else { weight.plus(line).plus(line) };
        }
        let cursor = self.cursor.as_deref().map_or(Weight::default(), Weight::of);
        for (name, value) in &self.facts {
            weight = weight.plus(weigh(value, form)).plus(times(Weight::of(name).plus(Weight { chars: 8, units: 8 }), form));
        }
        weight.plus(cursor).plus(cursor)
    }

    fn weight(&self, form: Form) -> Weight {
        let rows = self.rows.iter().flat_map(|(_, rows)| rows).map(|row| weigh_row(row, form));
        rows.fold(self.fixed_weight(form), Weight::plus)
    }
}

/// What was cut.
struct Cut {
    /// In words, with the way to the rest.
    note: String,
    /// Whether rows were left out; then the cursor, which lies behind them, would skip them.
    rows: bool,
}

impl Closing {
    /// What stands before it in the text.
    const fn label(&self) -> &'static str {
        match self {
            Self::Advice(_) => "",
            Self::Note(_) => "Note: ",
        }
    }

    fn as_str(&self) -> &str {
        match self {
            Self::Advice(text) | Self::Note(text) => text,
        }
    }

    fn text_mut(&mut self) -> &mut String {
        match self {
            Self::Advice(text) | Self::Note(text) => text,
        }
    }
}

impl Paging {
    /// The member name of the next cursor: the contract calls the argument `cursor` and the member `next_cursor`.
    fn cursor_member(self) -> &'static str {
        if self.cursor == "cursor" { "next_cursor" } else { self.cursor }
    }
}

fn weigh_row(row: &Row, form: Form) -> Weight {
    let value = weigh(&row.value, form).plus(times(Weight::ASCII, form));
    if form == Form::Json { value } else { value.plus(Weight::of(&row.line)).plus(Weight::ASCII) }
}

fn shorten_row(row: &mut Row, most_chars: usize, most_items: usize) -> bool {
    cut_line(&mut row.line, most_chars, most_items);
    shorten(&mut row.value, most_chars, most_items);
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn within(rendered: &Rendered) -> bool {
        let structured = rendered.structured.clone().map(|members| Value::Object(members).to_string()).unwrap_or_default();
        Weight::of(&rendered.text).plus(Weight::of(&structured)).fits(1)
    }

    fn row(line: &str, value: Value) -> Row {
        Row { line: line.into(), value }
    }

    #[test]
    fn a_small_answer_is_whole() {
        let mut answer = Answer::new("2 hits");
        answer.fact("query", "q");
        answer.fact("nothing", Value::Null);
        answer.rows("results", vec![row("a", json!({"id": "a"})), row("b", json!({"id": "b"}))]);
        answer.paging(Paging { size: "limit", cursor: "cursor" }, Some("c1"));
        let rendered = answer.clone().render(Form::Both);
        assert_eq!(rendered.text, "2 hits\na\nb\nMore: cursor=c1");
        let structured = json!({"query": "q", "results": [{"id": "a"}, {"id": "b"}], "next_cursor": "c1"});
        assert_eq!(rendered.structured.map(Value::Object), Some(structured.clone()));
        assert_eq!(answer.clone().render(Form::Json).text, structured.to_string());
        let lines = answer.render(Form::Lines);
        assert_eq!((lines.text, lines.structured), (rendered.text, None));
    }

    #[test]
    fn what_stands_after_the_rows_is_structured_too_and_nothing_empty_is() {
        let mut answer = Answer::new("1 hit");
        answer.fact("verdict", "retry");
        answer.rows("rows", vec![row("a", json!({"a": null, "b": "", "c": {"d": {}}, "e": [], "f": 0, "g": false}))]);
        answer.note("a note");
        answer.close("Next: this.");
        answer.close("retry");
        let rendered = answer.render(Form::Both);
        assert_eq!(rendered.text, "1 hit\na\nNote: a note\nNext: this.\nretry");
        assert_eq!(
            rendered.structured.map(Value::Object),
            Some(json!({"verdict": "retry", "rows": [{"e": [], "f": 0, "g": false}], "notes": ["a note", "Next: this."]}))
        );
    }

    #[test]
    fn json_in_a_line_stays_json_and_the_cursor_stays_where_no_row_was_left_out() {
        let everything = json!({"metadata": {"text": "x".repeat(60_000), "list": vec!["y"; 9_000]}});
        let mut answer = Answer::new("1 row");
        answer.rows("rows", vec![row(&format!("1. {everything}"), everything.clone())]);
        answer.paging(Paging { size: "limit", cursor: "cursor" }, Some("c2"));
        for form in [Form::Both, Form::Lines] {
            let text = answer.clone().render(form).text;
            let line = text.lines().nth(1).and_then(|line| line.strip_prefix("1. ")).unwrap();
            assert!(serde_json::from_str::<Value>(line).is_ok() && line.contains('…'), "{line}");
            assert!(text.contains("\nCut: ") && text.ends_with("More: cursor=c2"), "{text}");
        }
    }

    #[test]
    fn rows_are_cut_in_step_and_no_cursor_skips_them() {
        let mut answer = Answer::new("many");
        answer.rows("rows", (0..900).map(|n| row(&format!("{n} {}", "x".repeat(60)), json!({"n": n, "t": "x".repeat(60)}))).collect());
        answer.paging(Paging { size: "limit", cursor: "cursor" }, Some("beyond"));
        let rendered = answer.render(Form::Both);
        assert!(within(&rendered));
        let structured = rendered.structured.unwrap();
        let kept = structured["rows"].as_array().unwrap().len();
        assert!(kept > 100 && kept < 900, "{kept}");
        assert_eq!(rendered.text.lines().count(), kept + 2);
        assert!(
            rendered.text.ends_with(&format!("{} left out; ask with limit={kept} and follow cursor.", 900 - kept)),
            "{}",
            rendered.text
        );
        assert!(!structured.contains_key("next_cursor"));
        assert_eq!((&structured["truncated"], structured["notes"][0].as_str()), (&json!(true), rendered.text.lines().last()));
    }

    fn json_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,40}".prop_map(Value::from),
            (0_usize..60_000).prop_map(|n| Value::from("é\"".repeat(n)))
        ];
        leaf.prop_recursive(3, 40, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::btree_map(".{0,12}", inner, 0..8).prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn nothing_exceeds_the_budget(facts in prop::collection::vec(json_value(), 0..4), rows in prop::collection::vec(json_value(), 0..12), line in ".{0,400}", form in prop::sample::select(vec![Form::Both, Form::Lines, Form::Json])) {
            let mut answer = Answer::new(line.clone());
            for (n, fact) in facts.into_iter().enumerate() {
                answer.fact(&format!("fact{n}"), fact);
            }
            answer.rows("rows", rows.into_iter().map(|value| row(&line.repeat(30), value)).collect());
            answer.note(line.repeat(40));
            let rendered = answer.render(form);
            prop_assert!(within(&rendered), "{} + {:?}", rendered.text.len(), rendered.structured.map(|members| Value::Object(members).to_string().len()));
        }
    }
}

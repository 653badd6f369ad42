//! What a tool answers: a compact text and the same facts structured, together within a budget.
//!
//! A model pays for every character. Rows carry their line and their structured form side by side, so that both are cut at the same
//! place, and what was cut is said together with the way to get the rest.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::{
    budget::{Weight, cut_text, shorten, times, weigh},
    text,
};

/// The most base64 characters of a picture.
pub const MAX_PICTURE_CHARS: usize = 700 * 1024;

/// How the text of an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Lines for a model.
    #[default]
    Lines,
    /// The structured content as minified JSON, for scripted harnesses.
    Json,
}

/// A picture, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// `image/jpeg` or `image/png`.
    pub media_type: &'static str,
    /// The bytes in base64.
    pub base64: String,
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
    closing: Vec<String>,
    pictures: Vec<Picture>,
    only_json: &'static [&'static str],
}

/// An answer as it is sent.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// For the text block.
    pub text: String,
    /// For `structuredContent`.
    pub structured: Map<String, Value>,
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

    /// Adds a line after the rows.
    pub fn close(&mut self, line: impl Into<String>) {
        self.closing.push(line.into());
    }

    /// Adds something that the caller should know about how the answer came about, in text and structure.
    pub fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        self.closing.push(format!("Note: {note}"));
        if let Value::Array(notes) = self.facts.entry("notes").or_insert_with(|| json!([])) {
            notes.push(Value::String(note));
        }
    }

    /// Names members of the rows that only scripted harnesses need; where a model reads the answer they are left out.
    pub fn leave_to_json(&mut self, members: &'static [&'static str]) {
        self.only_json = members;
    }

    /// How many rows there are.
    pub fn row_count(&self) -> usize {
        self.rows.as_ref().map_or(0, |(_, rows)| rows.len())
    }

    /// Adds a picture.
    pub fn picture(&mut self, picture: Picture) {
        self.pictures.push(picture);
    }

    /// Cleans, bounds and writes the answer.
    pub fn render(mut self, style: Style) -> Rendered {
        text::clean_members(&mut self.facts);
        for row in self.rows.iter_mut().flat_map(|(_, rows)| rows) {
            if let (false, Value::Object(members)) = (self.only_json.is_empty() || style == Style::Json, &mut row.value) {
                members.retain(|name, _| !self.only_json.contains(&name.as_str()));
            }
            text::clean_value(&mut row.value);
        }
        let cut = self.fit(style);
        let mut structured = std::mem::take(&mut self.facts);
        let mut text = String::with_capacity(1024);
        let mut add = |line: &str| {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&text::clean_line(line));
        };
        self.lines.iter().for_each(|line| add(line));
        if let Some((member, rows)) = self.rows {
            for row in &rows {
                add(&unforged(&row.line));
            }
            structured.insert(member.to_owned(), rows.into_iter().map(|row| row.value).collect());
        }
        match (&cut, self.paging, self.cursor) {
            (None, Some(paging), Some(cursor)) => {
                add(&format!("More: {}={cursor}", paging.cursor));
                structured.insert(paging.cursor_member().to_owned(), Value::String(text::clean(&cursor).into_owned()));
            }
            (Some(note), ..) => {
                add(note);
                structured.insert("truncated".to_owned(), json!(true));
                structured.insert("note".to_owned(), json!(note));
            }
            _ => {}
        }
        self.closing.iter().for_each(|line| add(line));
        if style == Style::Json {
            text = Value::Object(structured.clone()).to_string();
        }
        Rendered { text, structured, pictures: self.pictures }
    }

    /// Makes the answer fit the budget; says what was cut.
    fn fit(&mut self, style: Style) -> Option<String> {
        let whole = self.weight(style);
        if whole.fits(1) {
            return None;
        }
        // Long texts first: a list of shortened rows helps more than a few whole ones.
        let mut shortened = false;
        for (most_chars, most_items) in [(4000, 200), (1000, 80), (300, 30)] {
            for row in self.rows.iter_mut().flat_map(|(_, rows)| rows) {
                if !weigh_row(row, style).fits(4) {
                    shortened |= shorten_row(row, most_chars, most_items);
                }
            }
        }
        for (most_chars, most_items) in [(8000, 400), (2000, 100), (500, 40), (120, 12), (40, 4), (8, 1)] {
            if self.fixed_weight(style).fits(2) {
                break;
            }
            shortened = true;
            self.facts.values_mut().for_each(|value| shorten(value, most_chars, most_items));
            for line in self.lines.iter_mut().chain(&mut self.closing) {
                cut_text(line, most_chars);
            }
            let most_lines = most_items * 2;
            self.lines.truncate(most_lines);
            self.closing.truncate(most_lines);
        }
        let mut used = self.fixed_weight(style);
        let mut kept = 0;
        if let Some((_, rows)) = &mut self.rows {
            let all = rows.len();
            for row in rows.iter_mut() {
                let mut next = used.plus(weigh_row(row, style));
                if !next.fits(1) && kept == 0 {
                    shorten_row(row, 100, 10);
                    shortened = true;
                    next = used.plus(weigh_row(row, style));
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
                return Some(format!("Cut: {kept} of {all} rows shown, {} left out; {how}.", all - kept));
            }
        }
        shortened
            .then(|| "Cut: long texts and lists were shortened (marked …); ask for fewer items at a time to see them whole.".to_owned())
    }

    /// The weight of everything but the rows, with room for what [`Answer::render`] adds.
    fn fixed_weight(&self, style: Style) -> Weight {
        let mut weight = Weight { chars: 600, units: 600 };
        for line in self.lines.iter().chain(&self.closing) {
            if style == Style::Lines {
                weight = weight.plus(Weight::of(line)).plus(Weight::ASCII);
            }
        }
        let cursor = self.cursor.as_deref().map_or(Weight::default(), Weight::of);
        for (name, value) in &self.facts {
            weight = weight.plus(weigh(value, style)).plus(times(Weight::of(name), style)).plus(Weight { chars: 8, units: 8 });
        }
        weight.plus(cursor).plus(cursor)
    }

    fn weight(&self, style: Style) -> Weight {
        let rows = self.rows.iter().flat_map(|(_, rows)| rows).map(|row| weigh_row(row, style));
        rows.fold(self.fixed_weight(style), Weight::plus)
    }
}

impl Paging {
    /// The member name of the next cursor: the contract calls the argument `cursor` and the member `next_cursor`.
    fn cursor_member(self) -> &'static str {
        if self.cursor == "cursor" { "next_cursor" } else { self.cursor }
    }
}

fn weigh_row(row: &Row, style: Style) -> Weight {
    let value = weigh(&row.value, style).plus(Weight::ASCII);
    if style == Style::Json { value } else { value.plus(Weight::of(&row.line)).plus(Weight::ASCII) }
}

fn shorten_row(row: &mut Row, most_chars: usize, most_items: usize) -> bool {
    cut_text(&mut row.line, most_chars);
    shorten(&mut row.value, most_chars, most_items);
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn within(rendered: &Rendered) -> bool {
        let both = Weight::of(&rendered.text).plus(Weight::of(&Value::Object(rendered.structured.clone()).to_string()));
        both.fits(1)
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
        let rendered = answer.clone().render(Style::Lines);
        assert_eq!(rendered.text, "2 hits\na\nb\nMore: cursor=c1");
        let structured = json!({"query": "q", "results": [{"id": "a"}, {"id": "b"}], "next_cursor": "c1"});
        assert_eq!(Value::Object(rendered.structured), structured);
        assert_eq!(answer.render(Style::Json).text, structured.to_string());
    }

    #[test]
    fn rows_are_cut_in_step_and_no_cursor_skips_them() {
        let mut answer = Answer::new("many");
        answer.rows("rows", (0..900).map(|n| row(&format!("{n} {}", "x".repeat(60)), json!({"n": n, "t": "x".repeat(60)}))).collect());
        answer.paging(Paging { size: "limit", cursor: "cursor" }, Some("beyond"));
        let rendered = answer.render(Style::Lines);
        assert!(within(&rendered));
        let kept = rendered.structured["rows"].as_array().unwrap().len();
        assert!(kept > 100 && kept < 900, "{kept}");
        assert_eq!(rendered.text.lines().count(), kept + 2);
        assert!(
            rendered.text.ends_with(&format!("{} left out; ask with limit={kept} and follow cursor.", 900 - kept)),
            "{}",
            rendered.text
        );
        assert!(!rendered.structured.contains_key("next_cursor"));
        assert_eq!(rendered.structured["truncated"], true);
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
        fn nothing_exceeds_the_budget(facts in prop::collection::vec(json_value(), 0..4), rows in prop::collection::vec(json_value(), 0..12), line in ".{0,400}", json in any::<bool>()) {
            let mut answer = Answer::new(line.clone());
            for (n, fact) in facts.into_iter().enumerate() {
                answer.fact(&format!("fact{n}"), fact);
            }
            answer.rows("rows", rows.into_iter().map(|value| row(&line.repeat(30), value)).collect());
            let rendered = answer.render(if json { Style::Json } else { Style::Lines });
            prop_assert!(within(&rendered), "{} + {}", rendered.text.len(), Value::Object(rendered.structured).to_string().len());
        }
    }
}

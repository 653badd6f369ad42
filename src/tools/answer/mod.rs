//! What a tool answers: a compact text and the same facts structured, together within a budget.
//!
//! A model pays for every character. Each row has its line and its structured form side by side, so that both are cut at the same place.
//! The answer says what was cut and how to get the rest.
//!
//! Many hosts show their model only the structured part. So no tool writes `notes` itself: [`Answer::render`] puts every line that stands
//! after the rows (notes, advice, what was cut) into that member.
//!
//! Tools give every member that they know of, null where the API said nothing. A model has no use for those, so [`Answer::render`] leaves
//! nulls, empty texts and empty objects out. The form `json` is for programs and keeps them: there the members of an answer depend on the
//! tool and not on what the API had to say, as in the official server that the contract is of.

mod closing;
mod fit;
mod onward;
mod quote;
mod rows;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::{closing::Closing, fit::Cut, rows::unforged};
pub use self::{onward::Head, rows::FROM_ROW};
use super::{
    budget::{lean, lean_members, member_says},
    schema::Member,
    text,
};

/// The most base64 characters of a picture.
pub const MAX_PICTURE_CHARS: usize = 700_000;

/// The longest cursor that an answer repeats, in bytes.
const MAX_CURSOR: usize = 4_000;

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

/// How much of what upstream said is repeated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(description = "")]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "a description per word would turn the schema into a union")]
pub enum Detail {
    #[default]
    Concise,
    Full,
}

/// A picture, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// `image/jpeg`.
    pub media_type: &'static str,
    /// The bytes in base64.
    pub base64: String,
    /// Whether it is drawn, not taken from a video. The playground's pictures are drawn.
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

/// How to get the rest of a list.
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
    /// The first line of a table whose further lines are the rows.
    head: Option<Head>,
    facts: Map<String, Value>,
    rows: Option<(&'static str, Vec<Row>)>,
    rows_are_whole: bool,
    /// How many rows before these were left out, because the caller has them.
    skipped: usize,
    paging: Option<Paging>,
    cursor: Option<String>,
    /// Where this page begins.
    began: Option<String>,
    /// The cursor of the page that begins with each row, if such cursors can be made.
    row_cursors: Vec<String>,
    /// The call that gives this answer, for a reader who did not make it.
    call: Option<String>,
    /// Facts and lines that hold only if no row is left out.
    of_whole: (Vec<&'static str>, Vec<String>),
    closing: Vec<Closing>,
    pictures: Vec<Picture>,
    only_json: Vec<&'static str>,
    /// The same for the facts.
    script_facts: Vec<&'static str>,
    /// Facts that may be left out if they say nothing. Others are promised in the output schema.
    empty_facts: BTreeSet<String>,
    /// A fact that the lines after the rows quote. The structured form has it once.
    told_once: Option<&'static str>,
    /// The members that the tool's output schema names.
    promised: &'static [Member],
    view: Option<Value>,
    failed: bool,
    /// Whether its structured form is sent although it is an error to clients.
    structured_error: bool,
}

/// An answer as it is sent.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// For the text block.
    pub text: String,
    /// For `structuredContent`; `None` in the form `lines`, and of almost all that clients are to take for an error.
    pub structured: Option<Map<String, Value>>,
    /// For image blocks.
    pub pictures: Vec<Picture>,
    /// For a viewer, if one draws the answer.
    pub view: Option<Value>,
    /// Whether clients are to take it for an error.
    pub failed: bool,
}

impl Answer {
    /// An answer that opens with this line.
    pub fn new(line: impl Into<String>) -> Self {
        Self { lines: vec![line.into()], ..Self::default() }
    }

    /// Names the facts that are kept however large the answer is.
    pub fn promised(&mut self, members: &'static [Member]) {
        self.promised = members;
    }

    /// Adds a line before the rows.
    pub fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// Makes the rows a table: this is its first line.
    pub fn head(&mut self, head: Head) {
        self.head = Some(head);
    }

    /// Sets a structured member. A null says that there is such a member and nothing to say, so it replaces nothing.
    pub fn fact(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        if !(value.is_null() && self.facts.contains_key(name)) {
            self.facts.insert(name.to_owned(), value);
        }
    }

    /// Takes the members of an object as facts. Those that say nothing are only in the form `json`.
    pub fn facts(&mut self, value: Value) {
        if let Value::Object(members) = value {
            for (name, value) in members {
                if !(value.is_null() || member_says(&name, &value)) {
                    self.empty_facts.insert(name.clone());
                }
                self.fact(&name, value);
            }
        }
    }

    /// Sets the rows and the member that holds them.
    pub fn rows(&mut self, member: &'static str, rows: Vec<Row>) {
        self.rows = Some((member, rows));
    }

    /// Leaves the rows out.
    pub fn leave_out_rows(&mut self) {
        self.rows = None;
    }

    /// Says how many rows an argument asks for, and where the next page starts if there is one.
    pub fn paging(&mut self, paging: Paging, cursor: Option<&str>) {
        self.paging = Some(paging);
        self.cursor = cursor.map(str::to_owned);
    }

    /// Says at which cursor this page begins, if it is not the first. An answer that has to be cut tells it, since its caller may have
    /// forgotten it.
    pub fn began(&mut self, cursor: Option<&str>) {
        self.began = cursor.filter(|cursor| cursor.len() <= MAX_CURSOR).map(|cursor| text::clean(cursor).into_owned());
    }

    /// Names members of the rows, and of the things among the facts, that only scripts need. They are left out of every form but `json`.
    pub fn leave_to_json(&mut self, members: impl IntoIterator<Item = &'static str>) {
        self.only_json.extend(members);
    }

    /// Sets a fact that only scripts need. It is left out of every form but `json`.
    pub fn script_fact(&mut self, name: &'static str, value: impl Into<Value>) {
        self.fact(name, value);
        self.script_facts.push(name);
    }

    /// Shows each thing that it tells of: the facts, the things among them, and the rows, each with the video that the answer is about.
    pub fn each_thing(&self, mut look: impl FnMut(&Map<String, Value>, Option<&str>)) {
        let video = self.facts.get("video_id").and_then(Value::as_str);
        let lists = self.facts.values().filter_map(Value::as_array).flatten();
        let rows = self.rows.iter().flat_map(|(_, rows)| rows).map(|row| &row.value);
        std::iter::once(&self.facts).chain(lists.chain(rows).filter_map(Value::as_object)).for_each(|thing| look(thing, video));
    }

    /// Whether it has this fact.
    pub fn has(&self, fact: &str) -> bool {
        self.facts.get(fact).is_some_and(|value| !value.is_null())
    }

    /// Marks an answer about something that failed. It is an error to clients, though the call itself went well.
    pub fn failed(&mut self) {
        self.failed = true;
    }

    /// Marks a plan, which is not what the call was for. It is an error to clients, too. They check structured content even of an error against
    /// the output schema, so its structured form is sent only where the tool has none.
    pub fn planned(&mut self, without_schema: bool) {
        (self.failed, self.structured_error) = (true, without_schema);
    }

    /// Adds a picture, and says so if it is a drawn one.
    pub fn picture(&mut self, picture: Picture) {
        if picture.drawn {
            self.note("The picture is drawn by the playground, which has no footage.");
        }
        self.pictures.push(picture);
    }

    /// Sets what a viewer draws, an object. No model reads it, so it is outside the budget: whoever makes it keeps it small.
    pub fn view(&mut self, view: Value) {
        self.view = Some(view);
    }

    /// Cleans, bounds and writes the answer.
    pub fn render(mut self, form: Form) -> Rendered {
        let (cut, more) = self.settle(form);
        let text = if form == Form::Json { String::new() } else { self.text(more.as_ref(), cut.as_ref()) };
        if form == Form::Lines {
            return Rendered { text, structured: None, pictures: self.pictures, view: self.view, failed: self.failed };
        }
        let mut structured = std::mem::take(&mut self.facts);
        if let Some((member, rows)) = self.rows.take() {
            structured.insert(member.to_owned(), rows.into_iter().map(|row| row.value).collect());
        }
        match (more, self.paging.filter(|_| form == Form::Json && cut.is_none())) {
            (Some((paging, cursor)), _) => drop(structured.insert(paging.cursor_member().to_owned(), Value::String(cursor))),
            (None, Some(paging)) => drop(structured.insert(paging.cursor_member().to_owned(), Value::Null)),
            (None, None) => {}
        }
        let closing = self.closing.iter().map(|line| text::clean_line(line.as_str()).into_owned());
        let mut notes: Vec<String> = cut.iter().map(|cut| cut.note.clone()).chain(closing).collect();
        self.quote_once(&structured, &mut notes);
        notes.retain(|note| !structured.values().any(|fact| fact == note));
        if let Some(cut) = &cut {
            structured.insert("truncated".to_owned(), json!(true));
            if let Some(row) = cut.next_row {
                structured.insert("next_row".to_owned(), json!(row));
            }
            if !cut.next_arguments.is_empty() {
                structured.insert("next_arguments".to_owned(), json!(cut.next_arguments));
            }
        }
        if !notes.is_empty() {
            structured.insert("notes".to_owned(), json!(notes));
        }
        let text = if form == Form::Json { Value::Object(structured.clone()).to_string() } else { text };
        let structured = Some(structured).filter(|_| !self.failed || self.structured_error);
        Rendered { text, structured, pictures: self.pictures, view: self.view, failed: self.failed }
    }

    /// Cleans and bounds it. Returns what was cut, and how to get the next page.
    fn settle(&mut self, form: Form) -> (Option<Cut>, Option<(Paging, String)>) {
        text::clean_members(&mut self.facts);
        if form != Form::Json {
            lean_members(&mut self.facts);
            let (scripts, empty) = (&self.script_facts, &self.empty_facts);
            self.facts.retain(|name, fact| {
                !fact.is_null() && !scripts.contains(&name.as_str()) && (member_says(name, fact) || !empty.contains(name))
            });
        }
        if !self.only_json.is_empty() && form != Form::Json {
            let rows = self.rows.iter_mut().flat_map(|(_, rows)| rows).map(|row| &mut row.value);
            let things = self.facts.values_mut().flat_map(|fact| match fact {
                Value::Array(things) => things.as_mut_slice(),
                thing => std::slice::from_mut(thing),
            });
            for members in rows.chain(things).filter_map(Value::as_object_mut) {
                members.retain(|name, _| !self.only_json.contains(&name.as_str()));
            }
        }
        for row in self.rows.iter_mut().flat_map(|(_, rows)| rows) {
            text::clean_value(&mut row.value);
            if form != Form::Json && !self.rows_are_whole {
                lean(&mut row.value);
            }
        }
        let notes: Vec<_> = self.closing.iter().filter(|line| matches!(line, Closing::Note(_))).map(|line| json!(line.as_str())).collect();
        if let Some(view) = &mut self.view {
            if let Some(members) = view.as_object_mut().filter(|_| !notes.is_empty()) {
                members.insert("notes".to_owned(), Value::Array(notes));
            }
            text::clean_value(view);
            text::prune(view);
        }
        let cut = self.fit(form);
        if cut.as_ref().is_some_and(|cut| cut.rows) {
            self.drop_what_skips();
        }
        let more = self.paging.zip(self.cursor.as_deref()).map(|(paging, cursor)| (paging, text::clean(cursor).into_owned()));
        (cut, more)
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
        self.lines.iter().chain(self.head.as_ref().map(|head| &head.line)).for_each(|line| add("", &unforged(line)));
        self.rows.iter().flat_map(|(_, rows)| rows).for_each(|row| add("", &unforged(&row.line)));
        if let Some(cut) = cut {
            add("", &cut.note);
        }
        if let Some((paging, cursor)) = more {
            add("", &format!("More: {}", self.next_page(*paging, cursor)));
        }
        for line in &self.closing {
            add(line.label(), line.as_str());
        }
        text
    }
}

impl Paging {
    /// The member name of the next cursor: the contract calls the argument `cursor` and the member `next_cursor`.
    fn cursor_member(self) -> &'static str {
        if self.cursor == "cursor" { "next_cursor" } else { self.cursor }
    }
}

#[cfg(test)]
mod tests;

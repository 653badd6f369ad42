//! Tools that pass one call to the API on.
//!
//! Most operations of the API need no work of their own: the arguments are the fields of the call, and the answer is what the API says. Such
//! a tool is one row of its family. The schema comes from the endpoint's fields, the description from its doc comment. What a thing of the
//! API looks like is declared once, as a [`Noun`]. From that follow the lists of such things, one of them alone, and the answer to a call
//! that changed one. An answer of another kind implements [`Show`] itself.
//!
//! - `Tool::proxy` shows what comes back;
//! - `Tool::done` says first what was done. Use it for calls that answer with the thing that they made or changed;
//! - `Tool::planned` and `Tool::deletes` first show what would happen, where somebody must agree to it.
//!
//! The rest follows from the endpoint. A call that carries an idempotency key has the argument `idempotency_key`. An index may be given by
//! its name. A list with pages needs the fields `limit` and `cursor`. How the call is passed on is beside it, in `pass`.

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    Answer, Context, Effect, ToolError,
    answer::{Paging, Row},
    consent::{CONFIRM, Plan},
    excerpt,
    schema::{self, Kind, Member},
    spending::MAX_MT,
    text,
};
use crate::{
    api::{Endpoint, Method, Repeat, keys::Message, page::Rows},
    client,
    consent::Stake,
};

/// The most characters of one member in the lines of a thing that comes alone.
const MEMBER_CHARS: usize = 600;
/// The longest confirmation, in characters.
const MOST_TOKEN: u32 = 300;
/// The argument that carries an idempotency key.
pub(super) const KEY: &str = "idempotency_key";

/// What an endpoint answers, and how it is shown.
pub trait Show: Serialize + DeserializeOwned + Send {
    /// The members that the structured answer has.
    const OUTPUT: &'static [Member];

    /// Writes it: lines for a model, and the same facts as the API names them.
    fn show(self) -> Answer;
}

/// A thing of the API: an index, a webhook, an export.
pub trait Noun: Serialize + DeserializeOwned + Send {
    /// What one is called. Several are called the same with an `s`.
    const NOUN: &'static str;
    /// The member that holds one that was made or changed.
    const MEMBER: &'static str = Self::NOUN;
    /// The member that holds a list of them.
    const LIST: &'static str;
    /// The member that holds how many are in the list.
    const TOTAL: &'static str;
    /// Members by whose values a list is counted: `("by_status", "status")`.
    const COUNTED: &'static [(&'static str, &'static str)] = &[];
    /// Members that are too long for a model that reads a list. Scripted callers get them.
    const LONG: &'static [&'static str] = &[];
    /// Members that [`Noun::line`] tells, so that one alone needs no further line for them.
    const TOLD: &'static [&'static str] = &[];
    /// The members that the structured answer always has if one comes alone.
    const ALONE: &'static [Member] = &[];

    /// Why a list of them is empty, and what to do about that, where it is plain.
    const NONE: (&'static str, &'static str) = ("", "");
    /// The most characters of a member in the lines of one that comes alone.
    const ROOM: usize = MEMBER_CHARS;

    /// One line.
    fn line(&self) -> String;

    /// Its structured form. The default is what the API says of it.
    fn facts(&self) -> Value {
        value(self)
    }

    /// What a call that made or changed it begins its answer with: `said`, unless its state says something else.
    fn said<'s>(&self, said: &'s str) -> &'s str {
        said
    }

    /// What to do next with one that comes alone.
    fn advice(&self) -> Option<String> {
        None
    }
}

/// A call that somebody may have to agree to first.
pub trait Planned: Endpoint<Output: Show> + JsonSchema {
    /// What is at stake.
    const STAKE: Stake = Stake::Loss;
    /// Whether the call itself is billed, so that an identical one soon after is not made. One that leads to runs later is not.
    const BILLED: bool = matches!(Self::STAKE, Stake::Cost);

    /// What would happen, from calls that read: what would be deleted and what depends on it, or what it would cost. The frame adds how to go
    /// on.
    fn plan(&self, cx: &Context<'_>) -> impl Future<Output = Result<Plan, ToolError>> + Send;

    /// Refuses a billed call whose work is under way already, or says what is under way that is like it. Nothing is known by default.
    fn beside(&self, _: &Context<'_>) -> impl Future<Output = Result<Option<String>, ToolError>> + Send {
        std::future::ready(Ok(None))
    }
}

impl<T: Noun> Show for Rows<T> {
    const OUTPUT: &'static [Member] =
        &[Member::always(T::TOTAL, Kind::Count), Member::maybe("next_cursor", Kind::Text), Member::always(T::LIST, Kind::Rows)];

    fn show(self) -> Answer {
        let cursor = self.next_cursor();
        let more = if cursor.is_some() { " on this page" } else { "" };
        let rows = rows(&self.data);
        let counts = T::COUNTED.iter().map(|(name, member)| (*name, text::tally(rows.iter().map(|row| &row.value), member)));
        let counts: Vec<_> = counts.collect();
        // Each member counts all rows anew.
        let told = counts.iter().filter(|(_, counts)| !counts.is_empty()).map(|(_, counts)| text::tallied(counts));
        let told: Vec<String> = told.collect();
        let told = if told.is_empty() { String::new() } else { format!(": {}", told.join("; ")) };
        let mut answer = Answer::new(format!("{}{more}{told}", text::count(self.data.len(), T::NOUN)));
        answer.fact(T::TOTAL, self.data.len());
        for (name, counts) in counts {
            answer.fact(name, Value::Object(counts));
        }
        answer.leave_to_json(T::LONG.iter().copied());
        answer.paging(Paging { size: "limit", cursor: "cursor" }, cursor);
        if rows.is_empty() && cursor.is_none() && !client::was_cut() {
            none(&mut answer, T::NONE);
        }
        answer.rows(T::LIST, rows);
        answer
    }
}

/// Says why there are none.
fn none(answer: &mut Answer, (why, next): (&str, &str)) {
    if !why.is_empty() {
        answer.note(why);
    }
    answer.close(next);
}

impl<T: Noun> Show for T {
    const OUTPUT: &'static [Member] = T::ALONE;

    fn show(self) -> Answer {
        let mut answer = about(self.line(), self.facts(), T::TOLD, T::ROOM);
        if let Some(advice) = self.advice() {
            answer.close(advice);
        }
        answer
    }
}

/// What the API says after a deletion.
impl Show for Message {
    const OUTPUT: &'static [Member] = DONE;

    fn show(self) -> Answer {
        let said = if self.message.is_empty() { Self { message: "Deleted.".to_owned() } } else { self };
        one(text::line(&said.message, MEMBER_CHARS), &said, &["message"])
    }
}

/// Says that a list may go on where it has no pages: it has as many rows as were asked for. `unasked` is how many the API lists if nobody
/// says how many, `most` how many at most. `narrower` names other ways to the rest, if there are any.
pub fn may_go_on(answer: &mut Answer, rows: usize, limit: Option<u32>, unasked: u32, most: Option<u32>, narrower: &str) {
    let asked = limit.unwrap_or(unasked);
    if asked == 0 || rows < usize::try_from(asked).unwrap_or(usize::MAX) {
        return;
    }
    answer.fact("may_have_more", true);
    let or = if narrower.is_empty() { String::new() } else { format!(", or {narrower}") };
    answer.note(match most {
        Some(most) if asked >= most && narrower.is_empty() => format!("There may be more: no call lists more than {most}."),
        Some(most) if asked >= most => format!("There may be more, and no call lists more than {most}: {narrower}."),
        Some(most) => format!("There may be more: ask with a higher limit, at most {most}{or}."),
        None => format!("There may be more: ask with a higher limit{or}."),
    });
}

/// The rows of a list.
pub fn rows<T: Noun>(items: &[T]) -> Vec<Row> {
    items.iter().map(|item| Row { line: item.line(), value: item.facts() }).collect()
}

/// An answer about one thing: a heading, and then a line for each member that has a value. Some members need no line of their own, because
/// the heading says what they hold, or because nobody needs them but a program.
pub fn one(heading: impl Into<String>, thing: &impl Serialize, without_line: &[&str]) -> Answer {
    about(heading.into(), value(thing), without_line, MEMBER_CHARS)
}

fn about(heading: String, facts: Value, without_line: &[&str], room: usize) -> Answer {
    let mut answer = lines(heading, &facts, without_line, room);
    answer.facts(facts);
    answer
}

/// The lines alone.
fn lines(heading: String, facts: &Value, without_line: &[&str], room: usize) -> Answer {
    let mut answer = Answer::new(heading);
    for (name, member) in facts.as_object().into_iter().flatten().filter(|(name, _)| !without_line.contains(&name.as_str())) {
        if let Some(said) = super::budget::leaned(name, member) {
            answer.line(format!("{}: {}", text::line(name, 80), excerpt::plain(&said, room)));
        }
    }
    answer
}

/// A thing as JSON. What was read as JSON can be written as JSON.
fn value(thing: &impl Serialize) -> Value {
    serde_json::to_value(thing).unwrap_or_default()
}

/// What to say of an answer about another thing than the one that was asked for. A cache on the way may mix answers up.
pub fn mixed_up(asked: &str, told: &str) -> Option<String> {
    let is_other = !told.is_empty() && told.trim() != asked;
    is_other.then(|| format!("it is about {} in place of {}, which was asked for", text::id(told), text::id(asked)))
}

/// Refuses such an answer. No plan can be made of it.
pub fn must_be(asked: &str, told: &str) -> Result<(), ToolError> {
    match mixed_up(asked, told) {
        Some(reason) => Err(client::Error::new(client::Kind::Decode { path: ".".into(), reason }).into()),
        None => Ok(()),
    }
}

/// The members that every answer to a change has.
pub(super) const DONE: &[Member] = &[Member::always("message", Kind::Text)];

/// What was done and the thing that it was done to.
pub fn done<T: Noun>(said: &str, thing: T) -> Answer {
    // The caller has just sent what is long.
    let without_line = [T::TOLD, T::LONG].concat();
    let mut answer = told(thing.said(said), T::MEMBER, thing.line(), thing.facts(), &without_line);
    answer.leave_to_json(T::LONG.iter().copied());
    if let Some(advice) = thing.advice() {
        answer.close(advice);
    }
    answer
}

/// What was done, then the thing, as the contract has it: `message` and the thing as a member.
fn told(said: &str, member: &str, line: String, facts: Value, without_line: &[&str]) -> Answer {
    let mut answer = lines(format!("{said}: {line}"), &facts, without_line, MEMBER_CHARS);
    // The contract has what else is to be known in a member of its own.
    let (message, note) = said.split_once("; ").map_or((said, None), |(message, note)| (message, Some(note)));
    answer.fact("message", message);
    if note.is_some() {
        answer.fact("note", note);
    }
    answer.fact(member, facts);
    answer
}

/// The effect that follows from the endpoint.
pub(super) const fn effect<E: Endpoint>() -> Effect {
    match (E::METHOD, E::REPEAT) {
        (Method::Delete, _) => Effect::Destroy,
        (_, Repeat::Read) => Effect::Read,
        (Method::Put | Method::Patch, _) => Effect::Overwrite,
        _ => Effect::Write,
    }
}

/// The schema of the call, with the arguments that the frame takes.
pub(super) fn schema<E: Endpoint + JsonSchema>() -> Value {
    let mut schema = schema::strict::<E>();
    if E::REPEAT.prefix().is_some() {
        add(&mut schema, KEY, json!({"type": "string", "maxLength": 255}));
    }
    schema
}

/// The schema of a call that somebody may have to agree to.
pub(super) fn planned_schema<E: Planned>() -> Value {
    let mut schema = schema::<E>();
    match E::STAKE {
        Stake::Cost => add(&mut schema, MAX_MT, json!({"type": "number", "minimum": 0.0})),
        Stake::Loss => add(&mut schema, CONFIRM, json!({"type": "string", "maxLength": MOST_TOKEN})),
        Stake::Change => {}
    }
    schema
}

fn add(schema: &mut Value, name: &str, property: Value) {
    if let Value::Object(root) = schema
        && let Some(properties) = root.entry("properties").or_insert_with(|| json!({})).as_object_mut()
    {
        properties.insert(name.to_owned(), property);
    }
}

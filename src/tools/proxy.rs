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
//! its name. A list with pages needs the fields `limit` and `cursor`.
//!
//! The work of all these tools is compiled once: only the writing of the request and the reading of the answer depend on the endpoint.

use std::pin::Pin;

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::{
    Answer, ArgumentError, Context, Effect, Running, Tool, ToolError,
    answer::{Paging, Row},
    answered::{self, Earlier},
    consent::{CONFIRM, Plan},
    excerpt,
    runs::Fingerprint,
    schema::{self, Kind, Member},
    spending::{Charge, MAX_MT, not_dearer},
    text,
};
use crate::{
    api::{Endpoint, Method, Repeat, Request, keys::Message, page::Rows, reader},
    client::{self, Response},
    consent::{Stake, Unconfirmed},
    session::{CallError, Session},
};

/// The most characters of one member in the lines of a thing that comes alone.
const MEMBER_CHARS: usize = 600;
/// The longest confirmation, in characters.
const MOST_TOKEN: u32 = 300;
/// The argument that carries an idempotency key.
const KEY: &str = "idempotency_key";

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

    /// The most characters of a member in the lines of one that comes alone.
    const ROOM: usize = MEMBER_CHARS;

    /// One line.
    fn line(&self) -> String;

    /// Its structured form. The default is what the API says of it.
    fn facts(&self) -> Value {
        value(self)
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

    /// What would happen, from calls that read: what would be deleted and what depends on it, or what it would cost. The frame adds how to go
    /// on.
    fn plan(&self, cx: &Context<'_>) -> impl Future<Output = Result<Plan, ToolError>> + Send;
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
        answer.rows(T::LIST, rows);
        answer
    }
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
        one(text::line(&self.message, MEMBER_CHARS), &self, &["message"])
    }
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
        if let Some(said) = super::budget::leaned(member) {
            answer.line(format!("{}: {}", text::line(name, 80), excerpt::plain(&said, room)));
        }
    }
    answer
}

/// A thing as JSON. What was read as JSON can be written as JSON.
fn value(thing: &impl Serialize) -> Value {
    serde_json::to_value(thing).unwrap_or_default()
}

/// The members that every answer to a change has.
pub(super) const DONE: &[Member] = &[Member::always("message", Kind::Text)];

/// How a tool passes its call on.
pub(super) struct Pass {
    /// Writes the request, with this idempotency key if it carries one.
    write: fn(Map<String, Value>, Option<String>) -> Result<Request, ToolError>,
    /// Reads and shows the answer.
    show: fn(&Tool, &Response) -> Result<Answer, Box<client::Error>>,
    /// The prefix of idempotency keys.
    prefix: Option<&'static str>,
    /// What is at stake, and how to find out what would happen.
    plan: Option<(Stake, Planning)>,
}

type Planning = for<'a> fn(Map<String, Value>, &'a Context<'a>) -> Pin<Box<dyn Future<Output = Result<Plan, ToolError>> + Send + 'a>>;

impl Pass {
    pub(super) const fn shown<E: Endpoint<Output: Show>>() -> Self {
        Self { write: write::<E>, show: show::<E>, prefix: E::REPEAT.prefix(), plan: None }
    }

    pub(super) const fn done<E: Endpoint<Output: Noun>>() -> Self {
        Self { write: write::<E>, show: show_done::<E>, prefix: E::REPEAT.prefix(), plan: None }
    }

    pub(super) const fn planned_done<E: Planned<Output: Noun>>() -> Self {
        Self { write: write::<E>, show: show_done::<E>, prefix: E::REPEAT.prefix(), plan: Some((E::STAKE, plan::<E>)) }
    }

    pub(super) const fn planned<E: Planned>() -> Self {
        Self { write: write::<E>, show: show::<E>, prefix: E::REPEAT.prefix(), plan: Some((E::STAKE, plan::<E>)) }
    }

    /// Sends the call and shows what comes back.
    pub(super) fn run<'a>(&'a self, tool: &'a Tool, arguments: Map<String, Value>, cx: &'a Context<'a>) -> Running<'a> {
        Box::pin(self.passed(tool, arguments, cx))
    }

    async fn passed(&self, tool: &Tool, mut arguments: Map<String, Value>, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let given = taken(&mut arguments, KEY).filter(|key| !key.trim().is_empty());
        let (mut charge, mut once, mut lost, mut _turn) = (None, None, None, None);
        if let Some((stake, plan)) = self.plan {
            let max_mt = arguments.shift_remove(MAX_MT).and_then(|most| most.as_f64());
            if answered::is_billed(stake, self.prefix.is_some(), &arguments) {
                let call = answered::asked(&(self.write)(arguments.clone(), None)?);
                // An identical call that is under way may answer this one, too.
                _turn = Some(cx.memory.starts.take(Fingerprint::of_call(&call), &cx.deadline).await?);
                once = Some(call);
            }
            match once.as_deref().and_then(|call| cx.memory.answered.find(call, given.as_deref().map(str::trim))) {
                Some(Earlier::Answered(answer, ago)) => return Ok(answered::again(*answer, ago, self.prefix.is_some())),
                Some(Earlier::Lost(key)) => lost = Some(key),
                None => {}
            }
            charge = self.agreed(stake, plan, &arguments, max_mt, cx).await?;
        }
        let key = match self.prefix {
            Some(prefix) => Some(Session::key_for(given.as_deref().or(lost.as_deref()), prefix)?),
            None => None,
        };
        let request = (self.write)(arguments, key.clone())?;
        if let Some(call) = once.as_ref().filter(|_| key.is_some()) {
            // Before it is sent: a call that is given up halfway may have happened.
            cx.memory.answered.keep(call.clone(), key.clone(), None);
        }
        let outcome = cx.session.exchange(request, |response| (self.show)(tool, response), &cx.deadline).await;
        let uncertain = matches!(&outcome, Err(CallError::Upstream(error)) if error.uncertain);
        match once {
            Some(call) if uncertain || outcome.is_ok() => cx.memory.answered.keep(call, key, outcome.as_ref().ok().cloned()),
            Some(call) => cx.memory.answered.forget(&call, key.as_deref()),
            None => {}
        }
        if let Some(charge) = charge.filter(|_| outcome.is_err() && !uncertain) {
            cx.give_back(charge).await;
        }
        Ok(outcome?)
    }

    /// Returns once a call may go on, with what was counted for it.
    async fn agreed(
        &self,
        stake: Stake,
        plan: Planning,
        arguments: &Map<String, Value>,
        max_mt: Option<f64>,
        cx: &Context<'_>,
    ) -> Result<Option<Charge>, ToolError> {
        // What is written first is checked first. The path names what the call is about.
        let about = (self.write)(arguments.clone(), None)?.target().to_owned();
        if stake != Stake::Cost {
            if cx.needs_plan(stake, None) {
                // What was agreed to is what the plan said. So the plan is made again, and must say the same.
                let planned = plan(arguments.clone(), cx).await?.of(&about);
                let shown = planned.seen().to_owned();
                if cx.agree(planned).await? && plan(arguments.clone(), cx).await?.of(&about).seen() != shown {
                    return Err(Unconfirmed::OtherMeaning.into());
                }
            }
            return Ok(None);
        }
        if !cx.needs_plan(stake, max_mt) {
            return Ok(None);
        }
        let first = plan(arguments.clone(), cx).await?.about(about.clone());
        let (mut price, shown) = (first.price, first.seen().to_owned());
        cx.within_limits(price, max_mt).await?;
        if cx.agree(first).await? {
            let then = price;
            let second = plan(arguments.clone(), cx).await?.about(about);
            price = second.price;
            not_dearer(then, price)?;
            if second.seen() != shown {
                return Err(Unconfirmed::OtherMeaning.into());
            }
        }
        Ok(Some(cx.charge(price).await?))
    }
}

/// Takes an argument that is no field of the call.
fn taken(arguments: &mut Map<String, Value>, name: &str) -> Option<String> {
    match arguments.shift_remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

fn write<E: Endpoint>(arguments: Map<String, Value>, key: Option<String>) -> Result<Request, ToolError> {
    Request::of(&read::<E>(arguments)?, key).map_err(|error| ArgumentError(text::line(&error.to_string(), 200)).into())
}

fn read<E: Endpoint>(arguments: Map<String, Value>) -> Result<E, ToolError> {
    let call = reader::members::<E>(arguments).map_err(|error| ArgumentError(text::line(&error.to_string(), 200)))?;
    E::RULE(&call).map_err(ArgumentError)?;
    Ok(call)
}

fn show<E: Endpoint<Output: Show>>(_: &Tool, response: &Response) -> Result<Answer, Box<client::Error>> {
    Ok(client::decode::<E>(response)?.show())
}

fn show_done<E: Endpoint<Output: Noun>>(tool: &Tool, response: &Response) -> Result<Answer, Box<client::Error>> {
    Ok(done(tool.said, client::decode::<E>(response)?))
}

/// What was done and the thing that it was done to.
pub fn done<T: Noun>(said: &str, thing: T) -> Answer {
    // The caller has just sent what is long.
    let without_line = [T::TOLD, T::LONG].concat();
    let mut answer = told(said, T::MEMBER, thing.line(), thing.facts(), &without_line);
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

fn plan<'a, E: Planned>(
    arguments: Map<String, Value>,
    cx: &'a Context<'a>,
) -> Pin<Box<dyn Future<Output = Result<Plan, ToolError>> + Send + 'a>> {
    match read::<E>(arguments) {
        Ok(call) => Box::pin(async move { call.plan(cx).await }) as Pin<Box<_>>,
        Err(error) => Box::pin(std::future::ready(Err(error))),
    }
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

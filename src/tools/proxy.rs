//! Tools that pass one call to the API on.
//!
//! Most operations of the API need no work of their own: the arguments are the fields of the call, and the answer is what the API says. Such
//! a tool is one row of the catalog, made by [`Tool::proxy`](super::Tool). The schema comes from the endpoint's fields, the description from
//! its doc comment. What a thing of the API looks like is declared once, as [`Item`] if it comes in lists and as [`Show`] if it comes alone.
//! So every list has the same form: how many there are, a line for each, and the cursor of the next page. An endpoint whose list has pages
//! needs the fields `limit` and `cursor`.

use std::pin::Pin;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{
    Answer, Context, ToolError,
    answer::{Paging, Row},
    excerpt, refused_by_type,
    schema::{Kind, Member},
    text,
};
use crate::api::{Endpoint, page::Rows};

/// The most characters of one member in the lines of a thing that comes alone.
const MEMBER_CHARS: usize = 600;

/// What an endpoint answers, and how it is shown.
pub trait Show: Serialize + DeserializeOwned + Send {
    /// The members that the structured answer has.
    const OUTPUT: &'static [Member];

    /// Writes it: lines for a model, and the same facts as the API names them.
    fn show(self) -> Answer;
}

/// A thing that comes in lists.
pub trait Item: Serialize + DeserializeOwned + Send {
    /// What one is called. Several are called the same with an `s`.
    const NOUN: &'static str;
    /// The member that holds the list.
    const LIST: &'static str;
    /// The member that holds how many are in it.
    const TOTAL: &'static str;
    /// Members that are too long for a model that reads a list. Scripted callers get them.
    const LONG: &'static [&'static str] = &[];

    /// One line.
    fn line(&self) -> String;
}

impl<T: Item> Show for Rows<T> {
    const OUTPUT: &'static [Member] =
        &[Member::always(T::TOTAL, Kind::Count), Member::maybe("next_cursor", Kind::Text), Member::always(T::LIST, Kind::Rows)];

    fn show(self) -> Answer {
        let cursor = self.next_cursor();
        let more = if cursor.is_some() { " on this page" } else { "" };
        let mut answer = Answer::new(format!("{}{more}", text::count(self.data.len(), T::NOUN)));
        answer.fact(T::TOTAL, self.data.len());
        answer.leave_to_json(T::LONG);
        answer.paging(Paging { size: "limit", cursor: "cursor" }, cursor);
        answer.rows(T::LIST, rows(&self.data));
        answer
    }
}

/// The rows of a list.
pub fn rows<T: Item>(items: &[T]) -> Vec<Row> {
    items.iter().map(|item| Row { line: item.line(), value: value(item) }).collect()
}

/// An answer about one thing: a heading, and then a line for each member that has a value. Some members need no line of their own, because
/// the heading says what they hold, or because nobody needs them but a program.
pub fn one(heading: impl Into<String>, thing: &impl Serialize, without_line: &[&str]) -> Answer {
    let mut answer = Answer::new(heading);
    let mut facts = value(thing);
    super::budget::lean(&mut facts);
    for (name, member) in facts.as_object().into_iter().flatten().filter(|(name, _)| !without_line.contains(&name.as_str())) {
        answer.line(format!("{}: {}", text::line(name, 80), excerpt::plain(member, MEMBER_CHARS)));
    }
    answer.facts(facts);
    answer
}

/// A thing as JSON. What was read as JSON can be written as JSON.
fn value(thing: &impl Serialize) -> Value {
    serde_json::to_value(thing).unwrap_or_default()
}

/// Sends the call and shows what comes back.
pub fn run<'a, E: Endpoint<Output: Show>>(
    arguments: Map<String, Value>,
    cx: &'a Context<'a>,
) -> Pin<Box<dyn Future<Output = Result<Answer, ToolError>> + Send + 'a>> {
    match serde_json::from_value::<E>(Value::Object(arguments)) {
        Ok(call) => Box::pin(async move { Ok(cx.session.call(&call, &cx.deadline).await?.show()) }),
        Err(error) => refused_by_type(&error),
    }
}

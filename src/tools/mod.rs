//! The tools: what a model can do, and the words that it reads.
//!
//! A tool is one argument type that implements [`Spec`]. Its doc comment is the description that models read. Its fields are the input
//! schema. Its endpoint gives scope, method and path. [`Tool::of`] erases the type, so that families are ordinary static arrays. Listing,
//! checking, calling, the manifest and the README's table all follow from them.
//!
//! This layer does not know MCP: it returns an [`Answer`] or a [`ToolError`], and the protocol layer turns them into messages. It sends
//! requests only through the session, which first checks the key's scopes.
//!
//! A tool that only passes one call on needs no file of its own: it is a row made by `Tool::proxy`, and `proxy` says how its answer is shown.
//! Start with [`Spec`] and [`Tool::call`]; `runs/status.rs` is the shortest tool. To add a tool, write its file beside its family, add its
//! row to the family, and run the tests. They name whatever is missing.

mod advice;
pub mod answer;
mod args;
mod automations;
mod budget;
pub mod catalog;
mod chat;
pub mod completions;
mod confirm;
mod connectors;
mod effect;
mod error;
mod excerpt;
mod exports;
pub mod finder;
mod imports;
mod key;
mod library;
mod links;
pub mod manifest;
mod markers;
mod names;
mod progress;
mod prompts;
mod proxy;
pub mod resources;
mod runs;
pub mod schema;
mod search;
mod sql;
pub mod starters;
pub mod text;
mod together;
mod usage;
mod waiting;
mod webhooks;
mod workflow;

use std::{fmt, future::Future, pin::Pin, sync::OnceLock};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use answer::{Answer, Detail, Form, Rendered};
pub use args::{ArgumentError, arguments};
pub use catalog::{Offer, Selection};
pub use effect::Effect;
pub use error::{Report, ToolError};
pub use names::Memory;
pub use progress::{Progress, Step};
use proxy::Pass;
use resources::Resource;
use schema::Member;

use crate::{
    api::{Access, Endpoint, Method},
    client,
    files::Files,
    session::{Deadline, Session},
};

/// The declaration of one tool: everything that is known about it.
pub trait Spec: DeserializeOwned + JsonSchema + Send + 'static {
    /// The call that the tool cannot do without; it gives scope, method and path.
    type Endpoint: Endpoint;
    /// The name, as in the official contract where that has the tool.
    const NAME: &'static str;
    /// The name for people.
    const TITLE: &'static str;
    /// What it can do to the account.
    const EFFECT: Effect;
    /// The members of its structured answer.
    const OUTPUT: &'static [Member];
    /// Tools of the same purpose that need less, best first. A refusal of this tool names one of them.
    const INSTEAD: &'static [&'static str] = &[];
    /// Whether it answers with a picture. Four hosts drop the picture of an answer that has structured content.
    const PICTURED: bool = false;

    /// Does the work of the tool. Dropping the future stops it, and its requests too.
    fn run(self, cx: &Context<'_>) -> impl Future<Output = Result<Answer, ToolError>> + Send;
}

/// What a tool may use.
pub struct Context<'a> {
    /// The way to the API, through the gate.
    pub session: &'a Session,
    /// Which tools are listed, so that no answer names one that is not.
    pub offer: &'a Offer,
    /// What this process remembers between calls.
    pub memory: &'a Memory,
    /// When the call must be over.
    pub deadline: Deadline,
    /// The user's files that tools may read and write.
    pub files: &'a Files,
    /// Where progress goes, if the client wants it.
    pub progress: Option<&'a Progress>,
    /// Whether a viewer draws the answer. What it draws, the tool gives it with [`Answer::view`].
    pub viewed: bool,
}

/// What a tool does with checked arguments.
enum Work {
    /// Work of its own.
    Own(for<'a> fn(Map<String, Value>, &'a Context<'a>) -> Running<'a>),
    /// It passes the call on.
    Pass(Pass),
}

/// A tool at work.
type Running<'a> = Pin<Box<dyn Future<Output = Result<Answer, ToolError>> + Send + 'a>>;

/// A tool with its types erased: a row of the catalog.
pub struct Tool {
    /// The name.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// What it can do to the account.
    pub effect: Effect,
    /// What the caller must hold.
    pub access: Access,
    /// The method of its main call.
    pub method: Method,
    /// The path template of its main call.
    pub path: &'static str,
    /// Tools of the same purpose that need less.
    pub instead: &'static [&'static str],
    /// The members of its structured answer.
    pub output: &'static [Member],
    /// Whether it is offered where the configuration names no toolset.
    pub core: bool,
    /// Whether it answers with a picture.
    pub pictured: bool,
    /// Whether it does more than its main call: it makes several, or its arguments are not those of the call.
    pub composed: bool,
    /// Arguments that work with the playground's sample library, as JSON.
    pub example: &'static str,
    /// What a host can attach to a conversation that this tool reads.
    resource: Option<Resource>,
    /// Further words by which it can be found.
    words: &'static str,
    /// What a call that changed something begins its answer with.
    said: &'static str,
    strict: fn() -> Value,
    work: Work,
    schemas: OnceLock<Schemas>,
}

/// What is derived from a tool's argument type.
struct Schemas {
    strict: Value,
    input: Map<String, Value>,
    description: String,
}

impl Tool {
    /// The row of a tool.
    pub const fn of<T: Spec>() -> Self {
        Self {
            name: T::NAME,
            title: T::TITLE,
            effect: T::EFFECT,
            access: T::Endpoint::ACCESS,
            method: T::Endpoint::METHOD,
            path: T::Endpoint::PATH,
            instead: T::INSTEAD,
            output: T::OUTPUT,
            core: false,
            pictured: T::PICTURED,
            composed: false,
            example: "{}",
            said: "",
            resource: None,
            words: "",
            strict: schema::strict::<T>,
            work: Work::Own(run::<T>),
            schemas: OnceLock::new(),
        }
    }

    /// The row of a tool that passes one call on and shows what comes back.
    const fn proxy<E: Endpoint<Output: proxy::Show> + JsonSchema>(name: &'static str, title: &'static str) -> Self {
        Self::passing::<E>(name, title, <E::Output as proxy::Show>::OUTPUT, "", Pass::shown::<E>())
    }

    /// The row of a tool that passes one call on and then says what was done, for example "Webhook created".
    const fn done<E: Endpoint<Output: proxy::Noun> + JsonSchema>(name: &'static str, title: &'static str, said: &'static str) -> Self {
        Self::passing::<E>(name, title, proxy::DONE, said, Pass::done::<E>())
    }

    /// The row of a tool that deletes. It passes the call on once the caller has confirmed it.
    const fn deletes<E: proxy::Deletes>(name: &'static str, title: &'static str) -> Self {
        Self::passing::<E>(name, title, &[], "", Pass::deletes::<E>())
    }

    const fn passing<E: Endpoint + JsonSchema>(
        name: &'static str,
        title: &'static str,
        output: &'static [Member],
        said: &'static str,
        pass: Pass,
    ) -> Self {
        Self {
            name,
            title,
            effect: proxy::effect::<E>(),
            access: E::ACCESS,
            method: E::METHOD,
            path: E::PATH,
            instead: &[],
            output,
            core: false,
            pictured: false,
            composed: false,
            example: "{}",
            said,
            resource: None,
            words: "",
            strict: proxy::schema::<E>,
            work: Work::Pass(pass),
            schemas: OnceLock::new(),
        }
    }

    /// Offers the tool where the configuration names no toolset.
    const fn core(mut self) -> Self {
        self.core = true;
        self
    }

    /// Marks that it does more than its main call.
    const fn composed(mut self) -> Self {
        self.composed = true;
        self
    }

    /// Marks that a call changes or stops something that exists.
    const fn overwrites(mut self) -> Self {
        self.effect = Effect::Overwrite;
        self
    }

    /// Marks that a call changes nothing, although the API asks for more than a scope that reads.
    const fn reads(mut self) -> Self {
        self.effect = Effect::Read;
        self
    }

    /// Declares the resource that it reads.
    const fn resource(mut self, resource: Resource) -> Self {
        self.resource = Some(resource);
        self
    }

    /// Adds words by which `find_tools` finds the tool and that nothing else about it has.
    const fn words(mut self, words: &'static str) -> Self {
        self.words = words;
        self
    }

    /// Sets arguments that work with the playground's sample library. Tests call each tool with its example.
    const fn example(mut self, arguments: &'static str) -> Self {
        self.example = arguments;
        self
    }

    /// What a model reads about it.
    pub fn description(&self) -> &str {
        &self.schemas().description
    }

    /// The input schema, in the portable subset.
    pub fn input_schema(&self) -> &Map<String, Value> {
        &self.schemas().input
    }

    /// The input schema with the upper limits, for a caller who asks about this tool alone.
    fn schema_in_full(&self) -> Map<String, Value> {
        schema::portable(&self.schemas().strict, true)
    }

    /// The form of its answers where the server wants this form. A tool with a picture has structured content only in the form `json`.
    pub const fn form(&self, wanted: Form) -> Form {
        if self.pictured && matches!(wanted, Form::Both) { Form::Lines } else { wanted }
    }

    /// The output schema in a form: the members of the structured answer, one level deep. `None` for a form without structured content.
    pub fn output_schema(&self, wanted: Form) -> Option<Map<String, Value>> {
        (self.form(wanted) != Form::Lines && !self.output.is_empty()).then(|| schema::output(self.output))
    }

    /// Checks and normalises arguments, as a call does.
    fn check(&self, strangers: args::Strangers, arguments: &mut Map<String, Value>) -> Result<args::Checked, ArgumentError> {
        args::check(&self.schemas().strict, strangers, arguments)
    }

    /// Calls it: scope first, then arguments, then the work. A refused call sends nothing but probes for a scope that was unknown.
    pub async fn call(&self, mut arguments: Map<String, Value>, cx: &Context<'_>) -> Result<Answer, ToolError> {
        if let Some(scope) = self.access.scope() {
            cx.session.ensure(scope, &cx.deadline).await?;
        }
        let strangers = if self.effect == Effect::Read { args::Strangers::Ignored } else { args::Strangers::Refused };
        let mut checked = self.check(strangers, &mut arguments)?;
        let (result, cut) = client::noticing_cuts(self.resolved(arguments, &mut checked, cx)).await;
        let mut answer = match result {
            Ok(answer) => answer,
            Err(error) => return Err(error.noted(checked.notes)),
        };
        for note in checked.notes {
            answer.note(format!("{note}."));
        }
        if cut {
            answer.note("the API's answer was very large; only a part of it was read, so counts may be too low.");
        }
        Ok(answer)
    }

    /// Runs it. If it fails because a given index, video, prompt or run does not exist, finds out which one was meant. A tool that only reads
    /// goes on with that one. Any tool goes on with an index that was given by its exact name.
    async fn resolved(
        &self,
        mut arguments: Map<String, Value>,
        checked: &mut args::Checked,
        cx: &Context<'_>,
    ) -> Result<Answer, ToolError> {
        // Each reference is replaced at most once.
        for _ in 0..=checked.references.len() {
            let kept = if checked.references.is_empty() { Map::new() } else { arguments.clone() };
            let error = if checked.references.iter().all(|reference| reference.is_id) {
                let running = match &self.work {
                    Work::Own(run) => run(arguments, cx),
                    Work::Pass(pass) => pass.run(self, arguments, cx),
                };
                match running.await {
                    Ok(answer) => return Ok(answer),
                    Err(error) => Some(error),
                }
            } else {
                None
            };
            // Boxed, because it is large and rarely needed.
            let (wanted, found) = match Box::pin(names::missing(cx, &checked.references, error)).await {
                Ok(found) => found,
                Err(Some(error)) => return Err(error),
                Err(None) => return Err(checked.not_an_id().into()),
            };
            let Some((id, name)) = found.sure.filter(|_| found.by_name || self.effect == Effect::Read) else { return Err(found.error) };
            checked.notes.push(format!(
                "`{}` was taken for {} \"{}\"",
                text::line(&wanted.given, 80),
                text::id(&id),
                text::line(&name, 80)
            ));
            arguments = kept;
            checked.replace(&wanted, id, &mut arguments);
        }
        Err(checked.not_an_id().into())
    }

    fn schemas(&self) -> &Schemas {
        self.schemas.get_or_init(|| {
            let strict = (self.strict)();
            let description = strict.get("description").map(schema::described).unwrap_or_default();
            Schemas { description, input: schema::portable(&strict, self.core), strict }
        })
    }
}

impl fmt::Debug for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tool({})", self.name)
    }
}

fn run<'a, T: Spec>(arguments: Map<String, Value>, cx: &'a Context<'a>) -> Running<'a> {
    match serde_json::from_value::<T>(Value::Object(arguments)) {
        Ok(tool) => Box::pin(tool.run(cx)),
        Err(error) => refused_by_type(&error),
    }
}

/// Refuses arguments that the type does not take. The schema check came first, so this is a rule that the schema does not express.
fn refused_by_type<'a>(error: &serde_json::Error) -> Running<'a> {
    let refusal = ArgumentError(text::line(&error.to_string(), 200));
    Box::pin(std::future::ready(Err(refusal.into())))
}

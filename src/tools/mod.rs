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
//! Start with [`Spec`] and [`Tool::call`]; `runs/status.rs` is one of the shortest tools. To add a tool, write its file beside its family, add
//! its row to the family, and run the tests. They name whatever is missing.

mod advice;
pub mod answer;
mod answered;
mod args;
mod automations;
mod beforehand;
mod budget;
mod call;
pub mod catalog;
mod chat;
pub mod completions;
mod connectors;
mod consent;
mod context;
mod destination;
mod effect;
mod error;
mod excerpt;
mod exports;
pub mod finder;
mod imports;
mod key;
mod library;
mod limited;
mod links;
pub mod manifest;
mod markers;
mod names;
mod pass;
mod progress;
mod prompts;
mod proxy;
mod refused;
pub mod resources;
mod runs;
pub mod schema;
mod search;
mod spending;
mod sql;
pub mod starters;
pub mod text;
mod together;
mod usage;
mod used_up;
pub mod waiting;
mod warnings;
mod webhooks;
mod workflow;

use std::{fmt, future::Future, pin::Pin, sync::OnceLock};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use crate::client::until;
pub use answer::{Answer, Detail, Form, Rendered};
pub use args::{ArgumentError, arguments};
pub use catalog::{Offer, Selection};
pub use consent::CONFIRM;
pub use context::Context;
pub use effect::{Effect, Local};
pub use error::{Report, ToolError};
pub use limited::Limited;
pub use names::Memory;
use pass::Pass;
pub use progress::{Progress, Step};
use resources::Resource;
use schema::Member;

use crate::{
    api::{Access, Endpoint, Method, Scope},
    consent::{Confirm, Stake},
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
    /// What it needs of the machine that the server is on.
    local: Local,
    /// What its main call asks for.
    access: Access,
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
    /// What is at stake, if it makes the plan itself that somebody may have to agree to. The frame makes the plans of all others.
    plans: Option<Stake>,
    /// What a plan says of where data will go, and the argument without which they do not.
    sends: (&'static str, &'static str),
    /// Refuses arguments that break a rule of the API's, where its work sees that only after somebody was asked.
    rule: fn(&Map<String, Value>) -> Result<(), ToolError>,
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
            local: Local::Nothing,
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
            plans: None,
            sends: ("", ""),
            rule: |_| Ok(()),
            resource: None,
            words: "",
            strict: schema::strict::<T>,
            work: Work::Own(call::run::<T>),
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

    /// The row of a tool that passes one call on once somebody has agreed to the plan of it, where the rules want that.
    const fn planned<E: proxy::Planned>(name: &'static str, title: &'static str) -> Self {
        let mut row = Self::passing::<E>(name, title, <E::Output as proxy::Show>::OUTPUT, "", Pass::planned::<E>());
        row.plans = Some(E::STAKE);
        row.strict = proxy::planned_schema::<E>;
        row
    }

    /// The same for one that says what was done, as [`Tool::done`] does.
    const fn planned_done<E: proxy::Planned<Output: proxy::Noun>>(name: &'static str, title: &'static str, said: &'static str) -> Self {
        let mut row = Self::passing::<E>(name, title, proxy::DONE, said, Pass::planned_done::<E>());
        row.plans = Some(E::STAKE);
        row.strict = proxy::planned_schema::<E>;
        row
    }

    /// The same for one that deletes. It may answer in several forms.
    const fn deletes<E: proxy::Planned>(name: &'static str, title: &'static str) -> Self {
        let mut row = Self::planned::<E>(name, title);
        row.output = &[];
        row
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
            local: Local::Nothing,
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
            plans: None,
            sends: ("", ""),
            rule: |_| Ok(()),
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

    /// Says what it needs of the machine that the server is on.
    const fn local(mut self, local: Local) -> Self {
        self.local = local;
        self
    }

    /// Marks that it makes the plan itself that somebody may have to agree to.
    const fn plans(mut self, stake: Stake) -> Self {
        self.plans = Some(stake);
        self
    }

    /// Says where data of the account go because of a call.
    const fn sends(mut self, where_to: &'static str) -> Self {
        self.sends = ("", where_to);
        self
    }

    /// The same for a call that sends them only with this argument: `name`, or `name=word` for a list that has the word.
    const fn sends_with(mut self, argument: &'static str, where_to: &'static str) -> Self {
        self.sends = (argument, where_to);
        self
    }

    /// Declares the resource that it reads.
    const fn resource(mut self, resource: Resource) -> Self {
        self.resource = Some(resource);
        self
    }

    /// Names tools of the same purpose that need less, best first.
    const fn instead(mut self, tools: &'static [&'static str]) -> Self {
        self.instead = tools;
        self
    }

    /// Adds words by which `find_tools` finds the tool and that nothing else about it has. Those before a semicolon are verbs: what a
    /// person says who wants just this done.
    const fn words(mut self, words: &'static str) -> Self {
        self.words = words;
        self
    }

    /// Sets arguments that work with the playground's sample library. Tests call each tool with its example.
    const fn example(mut self, arguments: &'static str) -> Self {
        self.example = arguments;
        self
    }

    /// The scope that the caller must hold. What deletes needs `admin` even where the API asks for less, since it cannot be undone.
    pub const fn scope(&self) -> Option<Scope> {
        if matches!(self.effect, Effect::Destroy) { Some(Scope::Admin) } else { self.access.scope() }
    }

    /// What a model reads about it.
    pub fn description(&self) -> &str {
        &self.schemas().description
    }

    /// The input schema, in the portable subset.
    pub fn input_schema(&self) -> &Map<String, Value> {
        &self.schemas().input
    }

    /// Whether a second call may have to bring a confirmation back, under these rules, where nobody can be asked. The schemas of tools that
    /// delete always have the argument.
    pub fn takes_confirmation(&self, confirm: Confirm) -> bool {
        match confirm {
            Confirm::Auto | Confirm::Never => false,
            Confirm::Cost => self.plans == Some(Stake::Cost),
            // The tool that calls others takes it for the tool that it calls, among that one's arguments.
            Confirm::Always => self.effect != Effect::Read && !catalog::is_pair(self),
        }
    }

    /// The input schema with the upper limits, for a caller who asks about this tool alone.
    fn schema_in_full(&self) -> Map<String, Value> {
        schema::portable(&self.schemas().strict, true, self.output)
    }

    /// The form of its answers where the server wants this form. A tool with a picture has structured content only in the form `json`.
    pub const fn form(&self, wanted: Form) -> Form {
        if self.pictured && matches!(wanted, Form::Both) { Form::Lines } else { wanted }
    }

    /// The output schema in a form: the members of the structured answer, one level deep. `None` for a form without structured content.
    pub fn output_schema(&self, wanted: Form) -> Option<Map<String, Value>> {
        (self.form(wanted) != Form::Lines && !self.output.is_empty()).then(|| schema::output(self.output, wanted == Form::Json))
    }

    /// Checks and normalises arguments, as a call does.
    fn check(&self, strangers: args::Strangers, arguments: &mut Map<String, Value>) -> Result<args::Checked, ArgumentError> {
        args::check(&self.schemas().strict, strangers, arguments)
    }

    fn schemas(&self) -> &Schemas {
        self.schemas.get_or_init(|| {
            let strict = (self.strict)();
            let description = strict.get("description").map(schema::described).unwrap_or_default();
            Schemas { description, input: schema::portable(&strict, self.core, self.output), strict }
        })
    }
}

impl fmt::Debug for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tool({})", self.name)
    }
}

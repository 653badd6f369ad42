//! How a tool passes one call to the API on: who has to agree to it, under which idempotency key it goes out, and what it costs.
//!
//! The work of all these tools is compiled once: only the writing of the request and the reading of the answer depend on the endpoint.

use std::pin::Pin;

use serde_json::{Map, Value, json};

use super::{
    Answer, ArgumentError, Context, Running, Tool, ToolError,
    answered::{self, Earlier},
    consent::Plan,
    proxy::{KEY, Noun, Planned, Show, done},
    runs::Fingerprint,
    spending::{Key, MAX_MT, may_have_started, not_dearer},
    text,
};
use crate::{
    api::{Endpoint, Request, reader},
    client::{self, Response},
    consent::{Stake, Unconfirmed},
    session::{CallError, Session},
};

/// How a tool passes its call on.
pub(super) struct Pass {
    /// Writes the request, with this idempotency key if it carries one.
    write: fn(Map<String, Value>, Option<String>) -> Result<Request, ToolError>,
    /// Reads and shows the answer.
    show: fn(&Tool, &Response) -> Result<Answer, Box<client::Error>>,
    /// The prefix of idempotency keys.
    prefix: Option<&'static str>,
    /// How to find out what would happen, where somebody may have to agree.
    plan: Option<Ahead>,
}

/// What is known of a call that somebody may have to agree to.
#[derive(Clone, Copy)]
struct Ahead {
    stake: Stake,
    /// Whether the call itself is billed.
    billed: bool,
    plan: Planning,
    beside: Beside,
}

impl Tool {
    /// Says which call of the API it makes of its arguments, so that they are checked before anybody is asked.
    pub(super) const fn ruled<E: Endpoint>(mut self) -> Self {
        self.rule = keeps_rule::<E>;
        self
    }

    /// Refuses arguments that break a rule which the API's description does not have, before anybody is asked and anything is sent.
    pub(super) const fn checked_by(mut self, rule: fn(&Map<String, Value>) -> Result<(), ToolError>) -> Self {
        self.rule = rule;
        self
    }
}

impl Ahead {
    const fn of<E: Planned>() -> Self {
        Self { stake: E::STAKE, billed: E::BILLED, plan: plan::<E>, beside: beside::<E> }
    }
}

type Planning = for<'a> fn(Map<String, Value>, &'a Context<'a>) -> Pin<Box<dyn Future<Output = Result<Plan, ToolError>> + Send + 'a>>;

type Beside =
    for<'a> fn(Map<String, Value>, &'a Context<'a>) -> Pin<Box<dyn Future<Output = Result<Option<String>, ToolError>> + Send + 'a>>;

impl Pass {
    pub(super) const fn shown<E: Endpoint<Output: Show>>() -> Self {
        Self { write: write::<E>, show: show::<E>, prefix: E::REPEAT.prefix(), plan: None }
    }

    pub(super) const fn done<E: Endpoint<Output: Noun>>() -> Self {
        Self { write: write::<E>, show: show_done::<E>, prefix: E::REPEAT.prefix(), plan: None }
    }

    pub(super) const fn planned_done<E: Planned<Output: Noun>>() -> Self {
        Self { write: write::<E>, show: show_done::<E>, prefix: E::REPEAT.prefix(), plan: Some(Ahead::of::<E>()) }
    }

    pub(super) const fn planned<E: Planned>() -> Self {
        Self { write: write::<E>, show: show::<E>, prefix: E::REPEAT.prefix(), plan: Some(Ahead::of::<E>()) }
    }

    /// Refuses arguments of which no call can be made.
    pub(super) fn check(&self, arguments: &Map<String, Value>) -> Result<(), ToolError> {
        (self.write)(arguments.clone(), None).map(drop)
    }

    /// Sends the call and shows what comes back.
    pub(super) fn run<'a>(&'a self, tool: &'a Tool, arguments: Map<String, Value>, cx: &'a Context<'a>) -> Running<'a> {
        Box::pin(self.passed(tool, arguments, cx))
    }

    async fn passed(&self, tool: &Tool, mut arguments: Map<String, Value>, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let given = taken(&mut arguments, KEY).filter(|key| !key.trim().is_empty());
        // A key that cannot be sent is refused before anybody is asked about the call.
        let own = match self.prefix {
            Some(prefix) => given.map(|key| Session::key_for(Some(&key), prefix)).transpose()?,
            None => None,
        };
        let mut lost = None;
        if let Some(ahead @ Ahead { stake, billed, .. }) = self.plan {
            let max_mt = arguments.shift_remove(MAX_MT).and_then(|most| most.as_f64());
            if billed && answered::is_billed(stake, self.prefix.is_some(), &arguments) {
                return self.billed(tool, arguments, own, max_mt, ahead, cx).await;
            }
            let known = self.agreed(stake, ahead.plan, &arguments, max_mt, false, cx).await?;
            lost = (stake == Stake::Loss).then(|| Lost::of(tool, &arguments, known.name));
        }
        let key = match (self.prefix, own) {
            (Some(prefix), None) => Some(Session::key_for(None, prefix)?),
            (_, own) => own,
        };
        let request = (self.write)(arguments, key)?;
        let mut answer = cx.session.exchange(request, |response| (self.show)(tool, response), &cx.deadline).await?;
        if let Some(lost) = lost {
            lost.tell(&mut answer);
        }
        Ok(answer)
    }

    /// Sends a call that is billed, unless an identical one was answered a short while ago.
    async fn billed(
        &self,
        tool: &Tool,
        arguments: Map<String, Value>,
        own: Option<String>,
        max_mt: Option<f64>,
        Ahead { plan, beside, .. }: Ahead,
        cx: &Context<'_>,
    ) -> Result<Answer, ToolError> {
        let call = answered::asked(&(self.write)(arguments.clone(), None)?);
        let known = Fingerprint::of_call(&call);
        // An identical call that is under way may answer this one, too.
        let _turn = cx.memory.starts.take(known, &cx.deadline).await?;
        let lost = match cx.memory.answered.find(&call, own.as_deref()) {
            Some(Earlier::Answered(answer, ago)) => return Ok(answered::again(*answer, ago, self.prefix.is_some())),
            Some(Earlier::Lost(key)) => Some(key),
            None => None,
        };
        let beside = if own.is_none() && lost.is_none() { beside(arguments.clone(), cx).await? } else { None };
        let key = match (&own, &lost, self.prefix) {
            (Some(key), ..) => Key::Own(key),
            (None, Some(key), _) => Key::Lost(key),
            (None, None, Some(prefix)) => Key::New(prefix),
            (None, None, None) => Key::Without,
        };
        let counted = cx.is_counted(known, key).await?;
        let price = self.agreed(Stake::Cost, plan, &arguments, max_mt, counted, cx).await?.price;
        let order = cx.order(known, key, price).await?;
        let sent = Some(order.key.clone()).filter(|key| !key.is_empty());
        let request = match (self.write)(arguments, sent.clone()) {
            Ok(request) => request,
            Err(error) => {
                cx.undo(order).await;
                return Err(error);
            }
        };
        if sent.is_some() {
            // Before it is sent: a call that is given up halfway may have happened.
            cx.memory.answered.keep(call.clone(), sent.clone(), None);
        }
        match cx.session.exchange(request, |response| (self.show)(tool, response), &cx.deadline).await {
            Ok(mut answer) => {
                if let Some(beside) = beside {
                    answer.note(beside);
                }
                cx.memory.answered.keep(call, sent, Some(answer.clone()));
                Ok(answer)
            }
            Err(error) if matches!(&error, CallError::Upstream(error) if error.uncertain) => Err(error.into()),
            Err(error) => {
                let (error, key) = (ToolError::from(error), order.key.clone());
                if cx.undo(order).await {
                    cx.memory.answered.forget(&call, sent.as_deref());
                } else if own.is_none() {
                    // That this attempt failed says nothing of the one before, or beside it.
                    return Err(error.noted(vec![may_have_started(&key)]));
                }
                Err(error)
            }
        }
    }

    /// Returns once a call may go on, with what had to be known of it. `counted` says whether that was counted before.
    async fn agreed(
        &self,
        stake: Stake,
        plan: Planning,
        arguments: &Map<String, Value>,
        max_mt: Option<f64>,
        counted: bool,
        cx: &Context<'_>,
    ) -> Result<Known, ToolError> {
        // What is written first is checked first. The path names what the call is about.
        let about = (self.write)(arguments.clone(), None)?.target().to_owned();
        if stake != Stake::Cost {
            if cx.needs_plan(stake, None) {
                // What was agreed to is what the plan said. So the plan is made again, and must say the same.
                let planned = plan(arguments.clone(), cx).await?.of(&about);
                let (shown, name) = (planned.seen().to_owned(), planned.name.clone());
                if cx.agree(planned).await? && plan(arguments.clone(), cx).await?.of(&about).seen() != shown {
                    return Err(Unconfirmed::OtherMeaning.into());
                }
                return Ok(Known { name, ..Known::default() });
            }
            return Ok(Known::default());
        }
        if !cx.needs_plan(stake, max_mt) {
            return Ok(Known::default());
        }
        let first = plan(arguments.clone(), cx).await?.about(about.clone());
        let (mut price, shown) = (first.price, first.seen().to_owned());
        cx.within_limits(price, max_mt, counted).await.map_err(|over| first.explained(over))?;
        if cx.agree(first).await? {
            let then = price;
            let second = plan(arguments.clone(), cx).await?.about(about);
            price = second.price;
            not_dearer(then, price)?;
            if second.seen() != shown {
                return Err(Unconfirmed::OtherMeaning.into());
            }
        }
        Ok(Known { price, ..Known::default() })
    }
}

/// What a plan found out about a call that goes on.
#[derive(Default)]
struct Known {
    price: Option<f64>,
    /// The name of what is deleted.
    name: String,
}

/// What a call deletes.
struct Lost {
    kind: &'static str,
    id: String,
    /// Empty if it has none, or if nobody had to look at it.
    name: String,
}

impl Lost {
    /// The id is the argument that the path of the call has.
    fn of(tool: &Tool, arguments: &Map<String, Value>, name: String) -> Self {
        let id = tool.path.split(['{', '}']).nth(1).and_then(|variable| arguments.get(variable)?.as_str());
        let kind = tool.title.strip_prefix("Delete ").unwrap_or(tool.title);
        Self { kind, id: id.unwrap_or_default().to_owned(), name }
    }

    /// Says in the answer what it was.
    fn tell(&self, answer: &mut Answer) {
        let name = Some(self.name.as_str()).filter(|name| !name.is_empty());
        answer.line(format!("what: {} {}", self.kind, text::named(&self.id, name)));
        answer.fact("what", json!({"kind": self.kind, "id": self.id, "name": name}));
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

/// Refuses arguments of which no call can be made.
pub(super) fn keeps_rule<E: Endpoint>(arguments: &Map<String, Value>) -> Result<(), ToolError> {
    read::<E>(arguments.clone()).map(drop)
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

fn plan<'a, E: Planned>(
    arguments: Map<String, Value>,
    cx: &'a Context<'a>,
) -> Pin<Box<dyn Future<Output = Result<Plan, ToolError>> + Send + 'a>> {
    match read::<E>(arguments) {
        Ok(call) => Box::pin(async move { call.plan(cx).await }) as Pin<Box<_>>,
        Err(error) => Box::pin(std::future::ready(Err(error))),
    }
}

fn beside<'a, E: Planned>(
    arguments: Map<String, Value>,
    cx: &'a Context<'a>,
) -> Pin<Box<dyn Future<Output = Result<Option<String>, ToolError>> + Send + 'a>> {
    match read::<E>(arguments) {
        Ok(call) => Box::pin(async move { call.beside(cx).await }) as Pin<Box<_>>,
        Err(error) => Box::pin(std::future::ready(Err(error))),
    }
}

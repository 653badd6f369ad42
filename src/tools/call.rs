//! The way of a call: scope, arguments, consent, work.

use serde_json::{Map, Value};

use super::{
    Answer, ArgumentError, Context, Effect, Local, Running, Spec, Tool, ToolError, Work, answer::FROM_ROW, args, consent, destination,
    library, names, proxy::KEY, text,
};
use crate::{
    api::reader::{self, Misfit},
    client,
    consent::Unconfirmed,
    session::{Session, agreeable},
};

impl Tool {
    /// Calls it: scope first, then arguments, then the work. A refused call sends nothing but probes for a scope that was unknown.
    pub async fn call(&self, mut arguments: Map<String, Value>, cx: &Context<'_>) -> Result<Answer, ToolError> {
        if let Some(scope) = self.scope() {
            cx.session.ensure(scope, &cx.deadline).await?;
        }
        let strangers = if self.effect == Effect::Read { args::Strangers::Ignored } else { args::Strangers::Refused };
        let token = if self.effect == Effect::Read { None } else { consent::token(&mut arguments) };
        let from_row = if self.effect == Effect::Read { from_row(&mut arguments)? } else { None };
        let mut checked = self.check(strangers, &mut arguments)?;
        let new_name = arguments.get("name").and_then(Value::as_str).filter(|_| self.effect == Effect::Write).map(str::to_owned);
        let changing = self.changes_indexes(&arguments).then(|| cx.memory.while_indexes_change());
        let work = async {
            // A tool that does more than its main call reads handles itself.
            if !self.composed && !checked.handles.is_empty() {
                // Boxed, because it is large and rarely needed.
                Box::pin(library::place::settle(cx, &checked.handles, &mut arguments)).await?;
            }
            match self.effect {
                Effect::Read => self.resolved(arguments, &mut checked, cx).await,
                // Boxed, because it is large, and calls that change something are rare.
                _ => Box::pin(self.agreed(token, arguments, &mut checked, cx)).await,
            }
        };
        let (result, noticed) = client::noticing(work).await;
        let mut answer = match result {
            Ok(answer) => answer,
            Err(ToolError::Planned(plan)) => *plan,
            Err(error) => {
                if error.is_missing() {
                    checked.notes.append(&mut checked.doubts);
                }
                let error = if noticed.sent { error.after_sending() } else { error };
                return Err(error.noted(checked.notes));
            }
        };
        drop(changing);
        cx.memory.suggestions.note(self.effect, self.path, &answer);
        if self.effect != Effect::Read && !answer.has(consent::CONFIRM) {
            // Boxed, because it is large and rarely needed.
            Box::pin(self.after_change(new_name, &mut answer, cx)).await;
        }
        if let Some(row) = from_row {
            answer.skip_to_row(row);
        }
        answer.promised(self.output);
        answer.lead(cx.offer);
        for note in checked.notes {
            answer.note(format!("{note}."));
        }
        if noticed.cut {
            answer.note("the API's answer was very large; only a part of it was read, so rows may be missing and counts too low. Ask for less at once.");
        }
        if noticed.unread > 0 {
            answer.note(format!("Not read and left out: {} of the API's answer.", text::count(noticed.unread, "row")));
        }
        Ok(answer)
    }

    /// Whether it answers with a new secret, which the API shows once.
    pub fn makes_secret(&self) -> bool {
        self.local == Local::Secret
    }

    /// Whether a call may leave other indexes than there were.
    fn changes_indexes(&self, arguments: &Map<String, Value>) -> bool {
        self.effect != Effect::Read && (self.is_of_indexes() || arguments.contains_key("index_name"))
    }

    /// Whether what it makes or deletes is an index.
    fn is_of_indexes(&self) -> bool {
        matches!(self.path, "/indexes" | "/indexes/{index_id}")
    }

    /// After a change: makes what is remembered old, and says if the name of what was made is not its own.
    async fn after_change(&self, new_name: Option<String>, answer: &mut Answer, cx: &Context<'_>) {
        cx.memory.facts.forget_prompts();
        if self.is_of_indexes() {
            cx.memory.indexes_changed();
        }
        if let Some(name) = new_name
            && let Some(note) = names::namesakes(cx, self.path, &name).await
        {
            answer.note(note);
        }
    }

    /// Runs a tool that changes something, once whoever has to has agreed.
    async fn agreed(
        &self,
        token: Option<String>,
        mut arguments: Map<String, Value>,
        checked: &mut args::Checked,
        cx: &Context<'_>,
    ) -> Result<Answer, ToolError> {
        destination::check(&arguments)?;
        names::check_new(self.path, &arguments)?;
        if let Some(Value::String(key)) = arguments.get(KEY) {
            // One that cannot be sent is refused before anybody is asked.
            Session::key_for(Some(key), "")?;
        }
        let noted = checked.notes.len();
        if self.plans.is_some_and(|stake| cx.needs_plan(stake, None)) {
            // What is agreed to is the index that a name stands for. So a confirmation holds for its id, which the plan shows, as well.
            Box::pin(names::settle(cx, checked, &mut arguments)).await?;
        }
        let given = arguments.clone();
        let asked = cx.person.can_be_asked();
        let agreement = consent::begin(self, &given, token, cx).await.map_err(|error| match error {
            // The arguments may be the same, and the name in them belongs to another index by now.
            ToolError::Unconfirmed { why: Unconfirmed::OtherArguments, .. } if checked.notes.len() > noted => {
                Unconfirmed::OtherMeaning.into()
            }
            error => error,
        });
        let agreement = agreement.map_err(|error: ToolError| error.where_asked(asked))?;
        let cx = &Context { agreement: Some(&agreement), ..cx.clone() };
        let outcome = async {
            // What is given by its name is no id yet, so no call can be made of it here.
            if self.plans.is_none() && checked.references.iter().all(|reference| reference.is_id) {
                if let Work::Pass(pass) = &self.work {
                    pass.check(&given)?;
                }
                (self.rule)(&given)?;
            }
            if self.plans.is_none()
                && let Err(error) = consent::to_any_change(self, &given, cx).await
            {
                // Boxed, because it is large and rarely needed.
                return Err(match Box::pin(names::missing(cx, &checked.references, Some(error))).await {
                    Ok((_, found)) => found.error,
                    Err(error) => error.unwrap_or_else(|| checked.not_an_id().into()),
                });
            }
            self.resolved(arguments, checked, cx).await
        };
        let outcome = agreeable(outcome).await.map_err(|error| error.where_asked(asked));
        // A refusal of the confirmation itself says how to go on.
        if agreement.is_used() && outcome.as_ref().is_err_and(|error| !matches!(error, ToolError::Unconfirmed { .. })) {
            let anew = if asked { "the user will be asked anew before another attempt" } else { "another attempt needs a new one" };
            checked.notes.push(format!("the confirmation of this call is used up; {anew}"));
        }
        outcome
    }

    /// Runs it. If it fails because a given index, video, prompt or run does not exist, finds out which one was meant. A tool that only reads
    /// goes on with that one. Any tool goes on with an index that was given by its exact name.
    async fn resolved(
        &self,
        mut arguments: Map<String, Value>,
        checked: &mut args::Checked,
        cx: &Context<'_>,
    ) -> Result<Answer, ToolError> {
        if arguments.get(KEY).is_some_and(|key| !key.is_null()) {
            // The API remembers a call by its key as it was sent first. So the names of indexes are looked up before, and not after an error:
            // the same call must be the same request each time.
            names::settle(cx, checked, &mut arguments).await?;
        }
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
            arguments = kept;
            checked.take(&wanted, id, &name, &mut arguments);
            if found.by_name && self.effect == Effect::Read {
                // An index may always be given by its name, so there is nothing to tell.
                checked.notes.pop();
            }
        }
        Err(checked.not_an_id().into())
    }
}

/// Takes the row out of the arguments at which a list that was cut goes on.
fn from_row(arguments: &mut Map<String, Value>) -> Result<Option<usize>, ArgumentError> {
    let row = match arguments.shift_remove(FROM_ROW) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(value) => value.as_u64().and_then(|row| usize::try_from(row).ok()),
    };
    match row {
        Some(row) if row > 0 => Ok(Some(row)),
        _ => Err(ArgumentError(format!("`{FROM_ROW}` is a whole number from 1: the one that the answer before named"))),
    }
}

/// The work of a tool that does its own.
pub(super) fn run<'a, T: Spec>(arguments: Map<String, Value>, cx: &'a Context<'a>) -> Running<'a> {
    match reader::members::<T>(arguments) {
        Ok(tool) => Box::pin(tool.run(cx)),
        Err(error) => refused_by_type(&error),
    }
}

/// Refuses arguments that the type does not take. The schema check came first, so this is a rule that the schema does not express.
fn refused_by_type<'a>(error: &Misfit) -> Running<'a> {
    let refusal = ArgumentError(text::line(&error.to_string(), 200));
    Box::pin(std::future::ready(Err(refusal.into())))
}

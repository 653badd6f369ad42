//! How a tool asks for consent. What it may spend is beside it, in `spending`.
//!
//! A tool that costs or destroys first makes a [`Plan`] from calls that read, and gives it to [`Context::agree`]. That returns once the call
//! may go on. Otherwise the call ends there: with a question to the person, with the plan and a token for a second call, or with a refusal.
//! For all other changes the frame makes the plan, where every change needs consent.
//!
//! The price is asked again when the call goes on. If it is higher than what was agreed to, nothing is started.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    Answer, Context, Effect, Form, Tool, ToolError, beforehand, destination, excerpt, names, refused::OverLimit, spending::not_dearer, text,
};
use crate::{
    consent::{Bound, LIFE, Person, Question, Reply, Sealed, Stake, TYPED, Terms, Unconfirmed, Way, YES},
    session::agreed_for,
};

/// The argument that confirms a call.
pub const CONFIRM: &str = "confirm";
/// How long a call may still take after a person agreed to it: the price is asked again, and then the call is made.
const AFTERWARDS: Duration = Duration::from_secs(8);
/// The shortest time in which a person can read a question and answer it.
const LEAST_TO_ANSWER: Duration = Duration::from_secs(10);
/// The most characters of a question to a person.
const MOST_QUESTION: usize = 4_000;
/// The most characters of a line of a question that is too long.
const MOST_LINE: usize = 300;
/// The most characters of a name in the line of an index.
const MOST_NAME: usize = 80;
/// The most characters of a name that must be typed. The API takes no longer ones.
const MOST_TYPED: usize = 1_000;
/// The most characters of an argument in a plan.
const MOST_ARGUMENT: usize = 200;
/// Parts of the names of arguments that hold secrets.
const SECRET: [&str; 8] =
    ["secret", "credential", "token", "password", "connection_string", "account_key", "service_account", "access_key"];

/// What a call will do.
pub struct Plan {
    stake: Stake,
    /// The price in mt; `None` if it is unknown or if the call costs nothing.
    pub price: Option<f64>,
    /// The plan in lines and facts.
    answer: Answer,
    /// What the call is about, once names are resolved.
    about: String,
    /// What a person must type to agree.
    typed: Option<String>,
    /// The part of it that is agreed to, if other parts change by themselves.
    meaning: Option<String>,
    /// Why the price cannot be known, and which call makes it known.
    unpriced: &'static str,
    /// The name of what would be deleted. Empty if it has none.
    pub name: String,
}

impl Plan {
    /// The plan of a call that deletes what has this name.
    pub fn loss(answer: Answer, name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::new(Stake::Loss, answer, None) }
    }

    /// The plan of a call that costs. The price may be unknown.
    pub fn cost(answer: Answer, price: Option<f64>) -> Self {
        Self::new(Stake::Cost, answer, price)
    }

    /// The plan of any other change.
    pub fn change(answer: Answer) -> Self {
        Self::new(Stake::Change, answer, None)
    }

    fn new(stake: Stake, answer: Answer, price: Option<f64>) -> Self {
        Self { stake, price, answer, about: String::new(), typed: None, meaning: None, unpriced: "", name: String::new() }
    }

    /// Says why its price cannot be known. Otherwise it counts as one that the API did not name.
    #[must_use]
    pub fn unpriced(mut self, why: &'static str) -> Self {
        self.unpriced = why;
        self
    }

    /// The refusal because of a limit, with what the plan knows of its price.
    pub fn explained(&self, over: OverLimit) -> OverLimit {
        if self.unpriced.is_empty() { over } else { over.because(self.unpriced) }
    }

    /// Says which part of what the plan says is agreed to, where other parts change by themselves: counters, times, progress. Without
    /// this, all of it is.
    #[must_use]
    pub fn meaning(mut self, meaning: impl Into<String>) -> Self {
        self.meaning = Some(meaning.into());
        self
    }

    /// Says what the call is about, once names are resolved. What the plan says is a part of that.
    #[must_use]
    pub fn of(mut self, about: &str) -> Self {
        let said = self.meaning.take().unwrap_or_else(|| self.answer.clone().render(Form::Lines).text);
        self.about = format!("{about}\n{said}");
        self
    }

    /// What the call is about.
    pub fn seen(&self) -> &str {
        &self.about
    }

    /// Says what the call is about, once names are resolved. Of what the plan says, only its meaning is a part of that, if it has one.
    #[must_use]
    pub fn about(mut self, about: String) -> Self {
        self.about = match self.meaning.take() {
            Some(meaning) => format!("{about}\n{meaning}"),
            None => about,
        };
        self
    }

    /// Asks a person to type this name exactly. A long one is shown whole.
    #[must_use]
    pub fn typed(mut self, exact: &str) -> Self {
        let exact = visible(exact);
        if exact.chars().count() > MOST_NAME {
            self.answer.line(format!("Its whole name: {exact}"));
        }
        self.typed = Some(exact).filter(|exact| !exact.is_empty());
        self
    }
}

/// A name as a plan shows it and a keyboard writes it. A person can type only that.
fn visible(name: &str) -> String {
    text::line(&names::composed(name), MOST_TYPED)
}

/// What is known of a call that changes something: what it is, and what was agreed to before.
pub struct Agreement<'a> {
    tool: &'a Tool,
    arguments: &'a Map<String, Value>,
    key: String,
    /// The number of the key that was in use when the call began.
    generation: u64,
    sealed: Option<Sealed>,
}

/// Takes the token out of the arguments.
pub fn token(arguments: &mut Map<String, Value>) -> Option<String> {
    match arguments.shift_remove(CONFIRM)? {
        Value::String(token) => Some(token).filter(|token| !token.trim().is_empty()),
        Value::Null => None,
        // No token, but an attempt: it is refused as a token that was never issued.
        other => Some(other.to_string()),
    }
}

/// Begins a call that changes something: reads what was agreed to before, if anything was.
pub async fn begin<'a>(
    tool: &'a Tool,
    arguments: &'a Map<String, Value>,
    token: Option<String>,
    cx: &Context<'_>,
) -> Result<Agreement<'a>, ToolError> {
    let mut agreement = Agreement { tool, arguments, key: String::new(), generation: cx.session.generation(), sealed: None };
    let (seals, ledger) = (&cx.rules.seals, &cx.rules.ledger);
    let at_stake = tool.plans.is_some_and(|stake| stake != Stake::Change);
    if at_stake || tool.effect == Effect::Destroy {
        // Nothing is started or deleted while nobody can say what others started and deleted.
        ledger.check().await.map_err(|error| Unconfirmed::Uncounted(error.to_string()))?;
    }
    match (cx.person, &token) {
        (Person::Later { state: Some(state), reply }, _) => {
            agreement.key = whose(cx).await;
            let sealed = seals.open(state, Way::State, agreement.bound()).await?;
            // Without a reply the question is put again.
            if let Some(reply) = reply {
                // Whatever the reply is, it is the only one.
                sealed.use_up(ledger).await?;
                accepted(reply, sealed.asks_to_type(), |typed| sealed.is_typed(typed))?;
                agreement.sealed = Some(sealed);
            }
        }
        (Person::Nobody, Some(token)) => {
            agreement.key = whose(cx).await;
            let sealed = seals.open(token, Way::Token, agreement.bound()).await?;
            sealed.use_up(ledger).await?;
            agreement.sealed = Some(sealed);
        }
        // Where a person can be asked, no argument of a model takes their place.
        _ => {}
    }
    Ok(agreement)
}

/// Whose agreement it is: the key's, and the caller's where several share it.
pub async fn whose(cx: &Context<'_>) -> String {
    format!("{} {}", cx.session.fingerprint().await, cx.rules.caller)
}

/// Whether a reply agrees. It must also fill in what was asked for.
fn accepted(reply: &Reply, typed: bool, is_typed: impl FnOnce(&str) -> bool) -> Result<(), Unconfirmed> {
    match reply {
        Reply::Accept(content) if typed => match content.get(TYPED).and_then(Value::as_str) {
            Some(text) if is_typed(&visible(text)) => Ok(()),
            _ => Err(Unconfirmed::NotFilledIn("the name that was typed is not the name of what would be deleted")),
        },
        Reply::Accept(content) if content.get(YES) == Some(&Value::Bool(true)) => Ok(()),
        Reply::Accept(_) => Err(Unconfirmed::NotFilledIn("the box was not ticked")),
        Reply::Decline => Err(Unconfirmed::Declined),
        Reply::Cancel => Err(Unconfirmed::Cancelled),
        Reply::Silence => Err(Unconfirmed::Silence),
        Reply::Failure(why) => Err(Unconfirmed::NotAsked(text::line(why, 200))),
    }
}

impl Agreement<'_> {
    /// Whether the call brought an agreement, which cannot be used again.
    pub fn is_used(&self) -> bool {
        self.sealed.is_some()
    }

    fn bound(&self) -> Bound<'_> {
        Bound { tool: self.tool.name, arguments: self.arguments, key: &self.key }
    }

    /// The same with the fingerprint of the key, to issue a seal.
    async fn issue(&self, way: Way, terms: &Terms, cx: &Context<'_>) -> Result<String, Unconfirmed> {
        let key = whose(cx).await;
        cx.rules.seals.issue(way, Bound { key: &key, ..self.bound() }, terms).await
    }
}

impl Context<'_> {
    /// Whether a call of this stake needs a plan: somebody may have to agree to it, or it may cost too much.
    pub fn needs_plan(&self, stake: Stake, max_mt: Option<f64>) -> bool {
        let person = self.person.can_be_asked();
        match stake {
            Stake::Cost => max_mt.is_some() || self.agreed_before().is_some() || self.rules.needs_price(person),
            stake => self.rules.asks(stake, None, person),
        }
    }

    /// Whether somebody is about to read the plan of a call of this stake and price.
    pub fn shows_plan(&self, stake: Stake, price: Option<f64>) -> bool {
        self.agreed_before().is_none() && self.rules.asks(stake, price, self.person.can_be_asked())
    }

    /// Whether this call brought an agreement.
    pub fn has_agreement(&self) -> bool {
        self.agreed_before().is_some()
    }

    /// What was agreed to before this call.
    fn agreed_before(&self) -> Option<Sealed> {
        self.agreement.and_then(|agreement| agreement.sealed)
    }

    /// Whether this call brought an agreement about the same thing.
    fn is_agreed(&self, about: &str) -> Result<bool, ToolError> {
        match self.agreed_before() {
            None => Ok(false),
            Some(sealed) if sealed.is_about(about) => Ok(true),
            Some(_) => Err(Unconfirmed::OtherMeaning.into()),
        }
    }

    /// Returns when the call may go on: whether a person was asked meanwhile, so that the price must be asked again.
    pub async fn agree(&self, plan: Plan) -> Result<bool, ToolError> {
        let Some(agreement) = self.agreement else { return Ok(false) };
        if self.is_agreed(&plan.about)? {
            agreed_for(agreement.generation);
            if plan.stake == Stake::Cost {
                not_dearer(agreement.sealed.and_then(|sealed| sealed.price), plan.price)?;
            }
            return Ok(false);
        }
        if !self.rules.asks(plan.stake, plan.price, self.person.can_be_asked()) {
            return Ok(false);
        }
        let terms = Terms { price: plan.price, about: plan.about, typed: plan.typed };
        match self.person {
            Person::Nobody => {
                let token = agreement.issue(Way::Token, &terms, self).await?;
                Err(ToolError::Planned(Box::new(self.second_call(agreement.tool, plan.stake, plan.answer, token))))
            }
            Person::Now(person) => {
                let within = self.deadline.remaining().saturating_sub(AFTERWARDS);
                if within < LEAST_TO_ANSWER {
                    return Err(Unconfirmed::NotAsked("too little was left of the time of this call".to_owned()).into());
                }
                let reply = person.ask(question(agreement.tool, plan.answer, terms.typed.is_some(), String::new()), within).await;
                accepted(&reply, terms.typed.is_some(), |typed| terms.typed.as_deref() == Some(typed))?;
                agreed_for(agreement.generation);
                Ok(true)
            }
            Person::Later { .. } => {
                let state = agreement.issue(Way::State, &terms, self).await?;
                Err(ToolError::Asks(Box::new(question(agreement.tool, plan.answer, terms.typed.is_some(), state))))
            }
        }
    }

    /// The plan as the answer of a call that needs a second one.
    fn second_call(&self, tool: &Tool, stake: Stake, mut answer: Answer, token: String) -> Answer {
        let (undone, goal) = match stake {
            Stake::Loss => ("Nothing was deleted yet.", "Ask the user first. To delete this for good"),
            Stake::Cost => ("Nothing was started yet.", "Ask the user first. To start it"),
            Stake::Change => ("Nothing was changed yet.", "Ask the user first. To go on"),
        };
        let minutes = LIFE.as_secs() / 60;
        let (name, way) = (tool.name, self.offer.way_to(tool.name).unwrap_or_default());
        answer.close(match way.split_once(' ') {
            Some((pair, _)) => {
                format!("{undone} {goal}, call {pair} again within {minutes} minutes with name {name}, the same arguments and among them {CONFIRM}={token}")
            }
            None => format!("{undone} {goal}, call {name} again within {minutes} minutes with the same arguments and {CONFIRM}={token}"),
        });
        answer.confirmed_by(CONFIRM, token);
        // Nothing was done, so it must not count as a success. Nor is it what the output schema of the tool promises.
        answer.planned(tool.output.is_empty());
        answer
    }
}

fn question(tool: &Tool, answer: Answer, typed: bool, state: String) -> Question {
    let plan = answer.render(Form::Lines).text;
    // The plan that the frame makes says itself which tool it is of.
    let mut message = if plan.starts_with(&head(tool)) { plan } else { format!("{} ({})\n{plan}", tool.title, tool.name) };
    if message.char_indices().nth(MOST_QUESTION).is_some() {
        // What a line says at its end matters less than the lines after it.
        message = message.lines().map(|line| text::line(line, MOST_LINE)).collect::<Vec<_>>().join("\n");
    }
    if let Some((at, _)) = message.char_indices().nth(MOST_QUESTION) {
        message.truncate(at);
        message.push('…');
    }
    let typed = typed.then_some("Type its exact name to go on");
    Question { message, typed, state }
}

/// Whether a text says where a secret is.
fn is_place_of_secret(text: &str) -> bool {
    ["file:", "env:"].iter().any(|form| text.trim_start().starts_with(form))
}

/// The head of a plan that the frame makes: `Would create webhook (create_webhook)`.
fn head(tool: &Tool) -> String {
    let mut title = tool.title.chars();
    let first = title.next().map(|c| c.to_ascii_lowercase());
    format!("Would {}{} ({})", first.map(String::from).unwrap_or_default(), title.as_str(), tool.name)
}

/// Whether an argument of this name holds a secret. No plan and no refusal shows what it holds.
pub fn holds_secret(name: &str) -> bool {
    SECRET.iter().any(|part| name.contains(part))
}

/// Asks for consent to a change that has no plan of its own, where such a change needs it.
pub async fn to_any_change(tool: &Tool, arguments: &Map<String, Value>, cx: &Context<'_>) -> Result<(), ToolError> {
    if !cx.needs_plan(Stake::Change, None) {
        return Ok(());
    }
    beforehand::check(tool, arguments, cx).await?;
    let mut answer = Answer::new(head(tool));
    let mut shown = Map::new();
    for (name, value) in arguments {
        // A place of a secret is shown. What is no place may be the secret itself, by mistake.
        let is_place = name.ends_with("_from") && value.as_str().is_some_and(is_place_of_secret);
        let secret = holds_secret(name) && !is_place;
        let value = if secret { json!("(given, not shown)") } else { value.clone() };
        answer.line(format!("{}: {}", text::line(name, 80), excerpt::plain(&value, MOST_ARGUMENT)));
        shown.insert(name.clone(), value);
    }
    let places = destination::places(arguments, cx).await?;
    for place in &places {
        answer.line(place.said.as_str());
    }
    let (because, sends) = tool.sends;
    if !sends.is_empty() && destination::is_given(because, arguments) {
        answer.line(sends);
    }
    answer.fact("arguments", Value::Object(shown));
    // What was agreed to is a place, which others may change meanwhile.
    if cx.agree(Plan::change(answer).about(destination::meaning(&places))).await? && destination::places(arguments, cx).await? != places {
        return Err(Unconfirmed::OtherMeaning.into());
    }
    Ok(())
}

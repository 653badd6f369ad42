//! `ask_library`.

use std::time::Duration;

use chrono::Utc;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::cited;
use crate::{
    api::{
        Problem, Scope,
        chat::{AskTurn, ChatScope, ChatTurn, CreateSession, ListTurns, MAX_MESSAGE, StreamTurn, TurnAnswer},
        ids::{RunId, SessionId},
        runs::GetRun,
        stream::Event,
    },
    client::{self, Answer as Received, Error, Kind as Failure},
    session::{CallError, Deadline, Session},
    tools::{
        Answer, ArgumentError, Context, Effect, Spec, Step, ToolError,
        names::{IndexName, Named},
        schema::{Kind, Member},
        text,
        together::together,
        used_up,
    },
};

/// How long an answer is waited for. Clients give up at 60 s.
const MOST_WAIT: Duration = Duration::from_secs(45);
/// How often a stream that broke off is taken up.
const MOST_STREAMS: usize = 3;
/// The longest answer that is told, in characters.
const MAX_ANSWER: usize = 12_000;
/// How many runs are looked up before a session is opened.
const MOST_RUNS: usize = 8;
/// The longest title of a session, in characters.
const MAX_TITLE: usize = 80;

/// Ask the library a question in words; cites moments.
#[derive(Deserialize, JsonSchema)]
pub struct AskLibrary {
    #[schemars(length(min = 1, max = MAX_MESSAGE))]
    message: String,
    session_id: Option<SessionId>,
    index_ids: Option<Vec<IndexName>>,
    run_ids: Option<Vec<RunId>>,
    #[schemars(length(max = 255))]
    idempotency_key: Option<String>,
}

impl Spec for AskLibrary {
    type Endpoint = StreamTurn;
    const NAME: &'static str = "ask_library";
    const TITLE: &'static str = "Ask the library";
    const EFFECT: Effect = Effect::Write;
    const OUTPUT: &'static [Member] = &[
        Member::always("session_id", Kind::Text),
        Member::always("finished", Kind::Flag),
        Member::maybe("answer", Kind::Text),
        Member::maybe("citations", Kind::Rows),
    ];
    const INSTEAD: &'static [&'static str] = &["search_videos"];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let until = cx.deadline.at_most(MOST_WAIT);
        let own_key = self.idempotency_key.as_deref().map(str::trim).filter(|key| !key.is_empty()).map(str::to_owned);
        let key = Session::key_for(own_key.as_deref(), "chat-turn")?;
        // A key counts within a session only, so the same call again must ask in the session that was opened for the first.
        let before = own_key.as_deref().and_then(|key| cx.memory.chats.session(key, &self.message));
        let opened = self.session_id.is_none() && before.is_none();
        let remembered = self.session_id.is_none() && before.is_some();
        // A question that cannot be asked leaves its session behind, so what it names is looked up before there is one.
        let index_ids = match self.index_ids {
            Some(names) => Named::new(None, Some(names)).listed(cx).await?,
            None => None,
        };
        if opened {
            must_exist(self.run_ids.as_deref().unwrap_or_default(), cx).await?;
        }
        let session_id = if let Some(session_id) = self.session_id.or(before) {
            session_id
        } else {
            let title = Some(text::line(&self.message, MAX_TITLE));
            let session = cx.session.call(&CreateSession { title }, &until).await?;
            SessionId::parse(session.session_id)
                .map_err(|error| ArgumentError(format!("the API gave a session without a usable id: {error}")))?
        };
        if let Some(key) = own_key.filter(|_| opened) {
            cx.memory.chats.keep(key, &self.message, session_id.clone());
        }
        let scope = (index_ids.is_some() || self.run_ids.is_some()).then_some(ChatScope { index_ids, prompt_run_ids: self.run_ids });
        let call = StreamTurn { session_id, message: self.message, scope, idempotency_key: Some(key.clone()) };
        let session_id = text::id(call.session_id.as_str());
        let mut answer = match followed(&call, &key, cx, &until).await {
            Ok(Some(turn)) => told(&turn, cx),
            Ok(None) => unfinished(&key, cx),
            Err(ToolError::Call(CallError::Upstream(error))) if remembered && is_gone(&error) => {
                cx.memory.chats.forget(&call.session_id);
                let gone = "the session of this question was deleted; the same call again opens another one";
                return Err(ToolError::from(CallError::Upstream(error)).noted(vec![gone.to_owned()]));
            }
            Err(error) if opened => {
                let uncertain = matches!(&error, ToolError::Call(CallError::Upstream(error)) if error.uncertain);
                let key = if uncertain { format!(" and idempotency_key={key}") } else { String::new() };
                return Err(error.noted(vec![format!("a session was opened for it: ask again with session_id={session_id}{key}")]));
            }
            Err(error) => return Err(error),
        };
        answer.line(format!("session_id={session_id}{}", if opened { " (new; give it to ask on)" } else { "" }));
        answer.fact("session_id", session_id);
        Ok(answer)
    }
}

/// Whether the session of a question does not exist any more.
fn is_gone(error: &client::Error) -> bool {
    error.is_missing() && error.code().is_some_and(|code| code.contains("session"))
}

/// Refuses runs that do not exist. What cannot be looked up, the API will tell.
async fn must_exist(runs: &[RunId], cx: &Context<'_>) -> Result<(), ToolError> {
    if runs.is_empty() || !cx.session.may(Scope::Read, &cx.deadline).await {
        return Ok(());
    }
    let look = |run: &RunId| GetRun { run_id: run.clone() };
    let calls: Vec<GetRun> = runs.iter().take(MOST_RUNS).map(look).collect();
    for found in together(calls.iter().map(|call| cx.session.call(call, &cx.deadline))).await {
        match found {
            Err(CallError::Upstream(error)) if error.is_missing() => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

/// What became of a stream.
enum Outcome {
    /// The answer came.
    Turn(Box<ChatTurn>),
    /// The API has taken the question, and streams nothing.
    Taken,
    /// The stream ended before the answer.
    Ended,
}

/// Follows the answer: over a stream, which is taken up if it breaks off, or in one piece where the API streams nothing. `None` if it is not
/// there in time.
async fn followed(call: &StreamTurn, key: &str, cx: &Context<'_>, until: &Deadline) -> Result<Option<ChatTurn>, ToolError> {
    let mut seen = Seen::default();
    let mut trouble = None;
    for _ in 0..MOST_STREAMS {
        match one_stream(call, key, cx, until, &mut seen).await {
            Ok(Outcome::Turn(turn)) => return Ok(Some(*turn)),
            Ok(Outcome::Taken) => break,
            Ok(Outcome::Ended) => {}
            Err(ToolError::Call(CallError::Upstream(error))) if streams_nothing(&error) => return whole(call, key, cx, until).await,
            // With a status the API says that it will not go on. Anything else may be different at the next try.
            Err(ToolError::Call(CallError::Upstream(error)))
                if seen.begun || error.may_pass() && !matches!(error.kind, Failure::Status) =>
            {
                let is_final = matches!(error.kind, Failure::Status) || until.remaining().is_zero();
                trouble = Some(error);
                if is_final {
                    break;
                }
            }
            Err(error) => return Err(error),
        }
    }
    // The answer may be complete although its stream was not.
    if seen.begun {
        let turns = cx.session.call(&ListTurns { session_id: call.session_id.clone() }, &cx.deadline).await.unwrap_or_default();
        let is_ours = |turn: &ChatTurn| seen.turn_id.as_ref().is_some_and(|id| *id == turn.turn_id) && is_over(turn);
        return Ok(turns.data.into_iter().find(is_ours));
    }
    match trouble {
        Some(error) if !until.remaining().is_zero() => Err(error.into()),
        _ => Ok(None),
    }
}

/// What the streams of one question have told so far.
#[derive(Default)]
struct Seen {
    begun: bool,
    turn_id: Option<String>,
    steps: f64,
}

/// Follows one stream to its end.
async fn one_stream(call: &StreamTurn, key: &str, cx: &Context<'_>, until: &Deadline, seen: &mut Seen) -> Result<Outcome, ToolError> {
    let mut events = match cx.session.events_or_all(call, key, until).await? {
        Received::Events(events) => events,
        // To ask in another way could be billed again.
        Received::Whole(response) => {
            let turn = client::decode_as::<TurnAnswer>(&response).map(|answer| answer.turn).unwrap_or_default();
            if is_over(&turn) {
                return Ok(Outcome::Turn(Box::new(turn)));
            }
            if turn.turn_id.is_empty() && turn.status.is_empty() {
                let mut nothing = Error::new(Failure::Decode { path: ".".into(), reason: "it is no stream of events and no turn".into() });
                nothing.status = Some(response.status);
                return Err(nothing.into());
            }
            seen.begun = true;
            seen.turn_id = Some(turn.turn_id).filter(|id| !id.is_empty());
            return Ok(Outcome::Taken);
        }
        Received::File(_) => return Ok(Outcome::Ended),
    };
    loop {
        let Some(event) = events.next(until).await? else { return Ok(Outcome::Ended) };
        // What is not JSON tells nothing. The event that matters is awaited all the same.
        let Ok(data) = serde_json::from_str::<Value>(&event.data) else { continue };
        seen.begun = true;
        let named = data.get("turn_id").or_else(|| data.get("turn")?.get("turn_id")).and_then(Value::as_str);
        if let Some(id) = named {
            seen.turn_id = Some(id.to_owned());
        }
        match event.event.as_str() {
            "turn_completed" => {
                let turn = serde_json::from_value::<TurnAnswer>(data).map(|answer| answer.turn).unwrap_or_default();
                return Ok(Outcome::Turn(Box::new(turn)));
            }
            "error" | "turn_failed" => return Ok(Outcome::Turn(Box::new(failed(data)))),
            _ => report(cx, &event, &data, seen).await,
        }
    }
}

/// A turn that failed, from the data of the event that tells so.
fn failed(mut data: Value) -> ChatTurn {
    let error = data.get_mut("error").filter(|error| !error.is_null()).map(Value::take);
    ChatTurn { status: "failed".into(), error: Some(error.unwrap_or(data)), ..ChatTurn::default() }
}

/// Tells the client what happens meanwhile.
async fn report(cx: &Context<'_>, event: &Event, data: &Value, seen: &mut Seen) {
    let Some(progress) = cx.progress else { return };
    seen.steps += 1.0;
    let detail = super::member(data, &["state", "tool", "tool_name", "name", "message"]).and_then(Value::as_str);
    let detail = detail.map(|detail| format!(": {}", text::line(detail, 120))).unwrap_or_default();
    let message = format!("{}{detail}", text::line(&event.event.replace('_', " "), 60));
    progress(Step { done: seen.steps, total: None, message }).await;
}

/// Whether the API has no streams, as opposed to a stream that failed.
fn streams_nothing(error: &Error) -> bool {
    let no_such_path = error.status == Some(404) && !error.code().is_some_and(|code| code.starts_with("resource_"));
    let refused = matches!(error.status, Some(405 | 406 | 415 | 501));
    no_such_path || refused || matches!((&error.kind, error.status), (Failure::Decode { .. }, Some(200)))
}

/// Asks for the answer in one piece.
async fn whole(call: &StreamTurn, key: &str, cx: &Context<'_>, until: &Deadline) -> Result<Option<ChatTurn>, ToolError> {
    let StreamTurn { session_id, message, scope, idempotency_key } = call.clone();
    let call = AskTurn { session_id, message, scope, idempotency_key };
    let (answer, _) = cx.session.call_keyed(&call, Some(key), until).await?;
    Ok(Some(answer.turn))
}

fn is_over(turn: &ChatTurn) -> bool {
    turn.assistant_message.is_some() || turn.error.is_some()
}

/// The answer in words, and where it comes from.
fn told(turn: &ChatTurn, cx: &Context<'_>) -> Answer {
    if let Some(error) = turn.error.as_ref().filter(|error| !error.is_null()) {
        let mut answer = Answer::new(format!("The API could not answer: {}", text::line(&cited::words(Some(error)), 600)));
        answer.fact("finished", true);
        answer.fact("error", error.clone());
        let limit = serde_json::from_value::<Problem>(error.clone()).ok().and_then(|problem| used_up::of(&problem, None, Utc::now()));
        if let Some(limit) = limit {
            answer.close(limit.next);
        }
        answer.failed();
        return answer;
    }
    let words = cited::words(turn.assistant_message.as_ref());
    let finished = !words.is_empty();
    let said = if finished {
        text::line(&words, MAX_ANSWER)
    } else if turn.status.eq_ignore_ascii_case("completed") {
        "The turn is completed, and the API gave no words of an answer with it".to_owned()
    } else {
        format!("No answer yet; the turn is {}", text::line(&turn.status, 40))
    };
    let mut answer = Answer::new(&said);
    answer.fact("finished", finished);
    if finished {
        answer.fact("answer", said);
    }
    if !turn.turn_id.is_empty() {
        answer.fact("turn_id", text::id(&turn.turn_id));
    }
    let citations = cited::citations(turn);
    if let Some(way) = cx.offer.way_to("show_moment").filter(|_| !citations.is_empty()) {
        answer.close(format!("Next: {way} with a handle shows what is cited."));
    }
    answer.rows("citations", citations);
    answer
}

/// What to say if the answer is not there in time.
fn unfinished(key: &str, cx: &Context<'_>) -> Answer {
    let mut answer = Answer::new("The answer is not finished.");
    answer.fact("finished", false);
    answer.line(format!("The same call with this session and idempotency_key={key} takes it up."));
    answer.fact("idempotency_key", key);
    if cx.offer.can_call("list_chat_turns") {
        answer.close("Next: list_chat_turns with this session shows it once it is there.");
    }
    answer
}

//! Conversations with the library: sessions, turns, and the stream of a turn.
//!
//! No model speaks here. `retrieval` answers a question with the moments that the text search finds for it, and says so.

mod retrieval;

use std::sync::Arc;

use rusqlite::{Connection, Transaction};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Refusal,
    auth::Caller,
    front::checked_key,
    limits::Limits,
    mount::{Mount, Reply},
    naming, random,
    raw::{JSON, Raw, Wanted},
    search::distinct,
    service::Service,
    store::{
        Store,
        records::{self, Record, Which},
    },
    time::{Millis, now, rfc3339},
};
use crate::api::{
    chat::{
        AskTurn, ChatScope, ChatSession, ChatTurn, CreateSession, DeleteSession, GetSession, ListSessions, ListTurns, MAX_MESSAGE,
        StreamTurn, TurnAnswer,
    },
    ids::Id,
    keys::Message,
    page::Rows,
    problem::code,
    stream::Event,
};

const MOST_TITLE_CHARS: usize = 200;
/// How many turns a session keeps.
const MOST_TURNS: u64 = 1_000;

/// Mounts the operations on conversations.
pub fn mount(mount: Mount) -> Mount {
    mount
        .write(create_session)
        .created()
        .searching_nothing()
        .read(list_sessions)
        .read(get_session)
        .write(delete_session)
        .read(list_turns)
        .raw(ask)
        .searching_nothing()
        .raw(stream)
        .searching_nothing()
}

/// The turn of a new store.
///
/// It was asked once and written down, because a search at every start would make every start slower. A test asks the question again.
const SAMPLE: &str = include_str!("sample.json");
const SAMPLE_QUESTION: &str = "Where does a train arrive?";

/// Adds a session with one turn, so that a new store has one to look at.
pub fn seed(connection: &Connection, added: Millis) -> Result<(), Refusal> {
    let turn: ChatTurn = serde_json::from_str(SAMPLE)?;
    let session = Session { session_id: turn.session_id.clone(), title: Some("Trains".into()), created: added, updated: added };
    records::insert(connection, &session)?;
    let question = Question { message: SAMPLE_QUESTION.into(), scope: None, key: None };
    let turn = ChatTurn { created_at: Some(rfc3339(added)), ..turn };
    records::insert(connection, &Turn { turn, key: None, asked: asked(&question)? }).map(drop)
}

/// A session as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Session {
    session_id: String,
    title: Option<String>,
    created: Millis,
    updated: Millis,
}

impl Record for Session {
    const KIND: &'static str = "session";

    fn id(&self) -> &str {
        &self.session_id
    }
}

impl Session {
    fn answer(self, connection: &Connection) -> Result<ChatSession, Refusal> {
        let turns = records::count::<Turn>(connection, &Which { parent: Some(&self.session_id), ..Which::default() })?;
        Ok(ChatSession {
            session_id: self.session_id,
            title: self.title,
            turn_count: Some(turns),
            created_at: Some(rfc3339(self.created)),
            updated_at: Some(rfc3339(self.updated)),
        })
    }
}

/// A turn as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Turn {
    turn: ChatTurn,
    key: Option<String>,
    /// What was asked, to tell a repeated request from another one with the same key.
    asked: Value,
}

impl Record for Turn {
    const KIND: &'static str = "turn";

    fn id(&self) -> &str {
        &self.turn.turn_id
    }

    fn parent(&self) -> Option<&str> {
        Some(&self.turn.session_id)
    }

    fn name(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

/// What a caller asks.
struct Question {
    message: String,
    scope: Option<ChatScope>,
    key: Option<String>,
}

fn create_session(_: &Caller, tx: &Transaction<'_>, call: CreateSession) -> Reply<ChatSession> {
    let title = call.title.filter(|title| !title.trim().is_empty());
    let title = title.map(|title| naming::named("title", &title, MOST_TITLE_CHARS)).transpose()?;
    let now = now();
    let session = Session { session_id: random::id("chat_")?, title, created: now, updated: now };
    records::insert(tx, &session)?;
    session.answer(tx)
}

async fn list_sessions(_: Caller, store: Store, _: ListSessions) -> Reply<Rows<ChatSession>> {
    store
        .read(|connection| {
            let all = records::list::<Session>(connection, &Which::default())?;
            let rows = all.into_iter().map(|stored| stored.record.answer(connection));
            Ok(Rows::all(rows.collect::<Result<_, Refusal>>()?))
        })
        .await
}

async fn get_session(_: Caller, store: Store, call: GetSession) -> Reply<ChatSession> {
    store.read(move |connection| records::get::<Session>(connection, call.session_id.as_str())?.answer(connection)).await
}

fn delete_session(_: &Caller, tx: &Transaction<'_>, call: DeleteSession) -> Reply<Message> {
    records::delete::<Session>(tx, call.session_id.as_str())?;
    let turns = records::delete_of::<Turn>(tx, call.session_id.as_str())?;
    Ok(Message { message: format!("The session was deleted, with {turns} of its turns.") })
}

/// Lists turns, oldest first, as one reads a conversation.
async fn list_turns(_: Caller, store: Store, call: ListTurns) -> Reply<Rows<ChatTurn>> {
    store
        .read(move |connection| {
            let session: Session = records::get(connection, call.session_id.as_str())?;
            let which = Which { parent: Some(&session.session_id), after: Some(0), ..Which::default() };
            let turns = records::list::<Turn>(connection, &which)?;
            Ok(Rows::all(turns.into_iter().map(|stored| stored.record.turn).collect()))
        })
        .await
}

/// Answers a question in one piece.
async fn ask(service: Arc<Service>, _: Caller, call: AskTurn, wanted: Wanted) -> Reply<Raw> {
    let question = Question { message: call.message, scope: call.scope, key: key(call.idempotency_key, wanted)? };
    let (turn, _) = answered(service, call.session_id.to_string(), question).await?;
    Ok(Raw::bytes(JSON, serde_json::to_vec(&TurnAnswer { turn })?))
}

/// The idempotency key of the body, or else of the headers. An empty one is as good as none.
fn key(given: Option<String>, wanted: Wanted) -> Reply<Option<String>> {
    let given = given.filter(|key| !key.trim().is_empty()).map(|key| checked_key(&key)).transpose()?;
    Ok(given.or(wanted.idempotency_key))
}

/// The turn of a question, and whether it was there already. Its key is kept with the turn and goes with its session, wherever it was
/// given. Only a new turn is a search.
async fn answered(service: Arc<Service>, session_id: String, question: Question) -> Reply<(ChatTurn, bool)> {
    let limits = Arc::clone(&service);
    let (turn, resumed) = service.store.write(move |tx| answer(tx, &limits.limits, &session_id, question)).await?;
    if !resumed {
        service.store.pending().searched(now());
    }
    Ok((turn, resumed))
}

/// Answers a question with the events of the description. The answer is stored before the first event, so a caller who loses the stream
/// gets it again with the same key.
async fn stream(service: Arc<Service>, _: Caller, call: StreamTurn, wanted: Wanted) -> Reply<Raw> {
    let question = Question { message: call.message, scope: call.scope, key: key(call.idempotency_key, wanted)? };
    let (turn, resumed) = answered(service, call.session_id.to_string(), question).await?;
    let (raw, sender) = Raw::events();
    tokio::spawn(async move {
        for (place, (event, data)) in (1_u32..).zip(events(&turn, resumed)) {
            let event = Event { event: event.to_owned(), id: Some(format!("{}:{place}", turn.turn_id)), data: data.to_string() };
            // A caller that has gone needs no further event.
            if sender.send(event).await.is_err() {
                return;
            }
        }
    });
    Ok(raw)
}

/// The events of a turn, in their order.
fn events(turn: &ChatTurn, resumed: bool) -> Vec<(&'static str, Value)> {
    let about = json!({"turn_id": turn.turn_id, "session_id": turn.session_id});
    let with = |member: &str, value: Value| {
        let mut data = about.clone();
        if let Some(members) = data.as_object_mut() {
            members.insert(member.to_owned(), value);
        }
        data
    };
    let mut events = vec![(if resumed { "turn_resumed" } else { "turn_started" }, about.clone())];
    if !resumed {
        events.push(("agent_state", with("state", "searching".into())));
        for step in turn.tool_trace.iter().filter_map(Value::as_array).flatten() {
            events.push(("tool_call_started", with("tool", step.get("tool").cloned().unwrap_or_default())));
            events.push(("tool_call_result", with("result_count", step.get("result_count").cloned().unwrap_or_default())));
        }
    }
    events.push(("turn_completed", json!({"turn": turn})));
    events
}

fn answer(tx: &Transaction<'_>, limits: &Limits, session_id: &str, question: Question) -> Reply<(ChatTurn, bool)> {
    let session: Session = records::get(tx, session_id)?;
    let message = question.message.trim();
    if message.is_empty() || message.chars().count() > MAX_MESSAGE {
        return Err(Refusal::argument(["body", "message"], format!("Give 1 to {MAX_MESSAGE} characters"), "value_error"));
    }
    let of_session = Which { parent: Some(session_id), ..Which::default() };
    if let Some(key) = question.key.as_deref() {
        let earlier = records::list::<Turn>(tx, &Which { name: Some(key), ..of_session.clone() })?.pop();
        if let Some(earlier) = earlier {
            if earlier.record.asked == asked(&question)? {
                return Ok((earlier.record.turn, true));
            }
            let message = "This idempotency key was used for another question; use a new key for a new question.";
            return Err(Refusal::conflict(code::IDEMPOTENCY_MISMATCH, message));
        }
    }
    if records::count::<Turn>(tx, &of_session)? >= MOST_TURNS {
        return Err(Refusal::conflict("resource_quota_exceeded", format!("A session has at most {MOST_TURNS} turns; open a new one.")));
    }
    limits.admit()?;
    let turn = add_turn(tx, session, random::id("turn_")?, question, now())?;
    Ok((turn, false))
}

/// What a question asks, whatever its key is.
fn asked(question: &Question) -> Result<Value, Refusal> {
    Ok(json!([question.message, serde_json::to_value(&question.scope)?]))
}

/// Answers a question and stores the turn.
fn add_turn(connection: &Connection, mut session: Session, turn_id: String, question: Question, now: Millis) -> Result<ChatTurn, Refusal> {
    let texts = |ids: Vec<String>| (!ids.is_empty()).then(|| distinct(&ids));
    let scope = question.scope.clone().unwrap_or_default();
    let index_ids = scope.index_ids.and_then(|ids| texts(ids.iter().map(Id::to_string).collect()));
    let run_ids = scope.prompt_run_ids.and_then(|ids| texts(ids.iter().map(Id::to_string).collect()));
    let found = retrieval::retrieve(connection, &question.message, index_ids, run_ids)?;
    let asked = asked(&question)?;
    let turn = ChatTurn {
        turn_id,
        session_id: session.session_id.clone(),
        status: "completed".into(),
        user_message: Some(json!({"role": "user", "content": question.message})),
        assistant_message: Some(json!({"role": "assistant", "content": found.text, "citations": found.citations})),
        effective_scope: Some(json!({"index_ids": found.index_ids, "prompt_run_ids": found.run_ids})),
        tool_trace: Some(json!([{"tool": "text_search", "arguments": {"query": question.message}, "result_count": found.results.len()}])),
        stats: Some(json!({"result_count": found.results.len(), "model": null})),
        result_sets: Some(json!([{"tool": "text_search", "results": found.results}])),
        error: None,
        created_at: Some(rfc3339(now)),
    };
    records::insert(connection, &Turn { turn: turn.clone(), key: question.key, asked })?;
    session.updated = now;
    if session.title.is_none() {
        session.title = Some(naming::one_line(&question.message).chars().take(80).collect());
    }
    records::update(connection, &session)?;
    Ok(turn)
}

/// Calls that take more than the parameters of their paths.
#[cfg(test)]
pub const SAMPLES: super::tests::round_trip::Samples = &[
    ("POST /chat/sessions", r#"{"title": "TEXT"}"#),
    ("POST /chat/sessions/{session_id}/turns", TURN),
    ("POST /chat/sessions/{session_id}/turns/stream", TURN),
];

#[cfg(test)]
const TURN: &str = r#"{"message": "TEXT", "scope": {"index_ids": ["ID"], "prompt_run_ids": ["ID"]}, "idempotency_key": "TEXT"}"#;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{SAMPLE, SAMPLE_QUESTION};
    use crate::playground::{
        Options,
        tests::{As, Local},
    };

    /// What the playground says to the question of the sample, in a new store.
    async fn asked() -> Value {
        let local = Local::start(Options::default()).await;
        let path = "/chat/sessions/chat_sample/turns";
        let mut turn = local.post(As::Key(&local.key()), path, json!({"message": SAMPLE_QUESTION})).await.body["turn"].take();
        turn["turn_id"] = "turn_sample".into();
        turn["created_at"] = Value::Null;
        for result in turn["result_sets"][0]["results"].as_array_mut().unwrap() {
            // A score differs in its last places from machine to machine.
            let score = result["similarity_score"].as_f64().unwrap();
            result["similarity_score"] = ((score * 1e6).round() / 1e6).into();
        }
        turn
    }

    #[tokio::test]
    async fn the_sample_is_what_the_playground_answers() {
        let turn = asked().await;
        if std::env::var_os("UPDATE").is_some() {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/playground/chat/sample.json");
            std::fs::write(path, format!("{turn:#}\n")).unwrap();
        }
        assert_eq!(turn, serde_json::from_str::<Value>(SAMPLE).unwrap(), "write it anew with UPDATE=1");
    }
}

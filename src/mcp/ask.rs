//! Questions to the person in front of the client, in both eras of the protocol.
//!
//! With a handshake, the question is a request of this server, and the call waits for the reply. Without one, the question is the result of
//! the call, and the client repeats the call with the reply. A client that did not say that it can show forms is asked nothing.

use std::{
    pin::Pin,
    sync::{Arc, LazyLock},
    time::Duration,
};

use rmcp::{
    RoleServer,
    model::{
        BooleanSchema, CallToolRequestParams, CancelledNotificationParam, ClientResult, ElicitRequest, ElicitRequestParams,
        ElicitationAction, ElicitationSchema, InputRequest, InputRequests, InputRequiredResult, RequestId, ServerRequest, StringSchema,
    },
    service::{Peer, PeerRequestOptions, RequestContext, ServiceError},
};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;

use super::{request::is_modern, stdio::Control};
use crate::consent::{Ask, Person, Question, Reply, TYPED, YES};

/// How long a person has for an answer. A call must be over before its client gives up after a minute.
const WITHIN: Duration = Duration::from_secs(40);
/// How many questions may be open at once.
const MOST_OPEN: usize = 16;
/// The name of our question among those of a result.
const NAME: &str = "confirm";

/// How the person behind a call can be asked.
pub enum Asking {
    Nobody,
    Now(Box<Asker>),
    Later { state: Option<String>, reply: Option<Reply> },
}

impl Asking {
    /// What the client of this call can do.
    pub fn of(context: &RequestContext<RoleServer>, request: &mut CallToolRequestParams, control: &Control) -> Self {
        let form = context.client_capabilities().and_then(|can| can.elicitation).is_some_and(|can| can.form.is_some() || can.url.is_none());
        match (is_modern(context), form) {
            (true, true) => {
                let reply = request.input_responses.take().and_then(|mut replies| replies.remove(NAME)).map(read);
                Self::Later { state: request.request_state.take(), reply }
            }
            (false, true) => Self::Now(Box::new(Asker { peer: context.peer.clone(), control: control.clone() })),
            _ => Self::Nobody,
        }
    }

    /// Whether the client brought back the state of a question.
    pub fn has_state(&self) -> bool {
        matches!(self, Self::Later { state: Some(_), .. })
    }

    /// The same as the tools see it.
    pub fn person(&self) -> Person<'_> {
        match self {
            Self::Nobody => Person::Nobody,
            Self::Now(asker) => Person::Now(&**asker),
            Self::Later { state, reply } => Person::Later { state: state.as_deref(), reply: reply.as_ref() },
        }
    }
}

/// A question as the result of a call.
pub fn required(question: Question) -> InputRequiredResult {
    let state = question.state.clone();
    let mut requests = InputRequests::new();
    requests.insert(NAME.to_owned(), InputRequest::Elicitation(ElicitRequest::new(form(question))));
    InputRequiredResult::new(Some(requests), Some(state))
}

/// Asks while the call waits.
pub struct Asker {
    peer: Peer<RoleServer>,
    control: Control,
}

impl Ask for Asker {
    fn ask(&self, question: Question, within: Duration) -> Pin<Box<dyn Future<Output = Reply> + Send + '_>> {
        Box::pin(async move {
            static PLACES: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(MOST_OPEN)));
            let Ok(_place) = PLACES.clone().try_acquire_owned() else {
                return Reply::Failure(format!("{MOST_OPEN} questions are open already"));
            };
            let request = ServerRequest::ElicitRequest(ElicitRequest::new(form(question)));
            let mut handle = match self.peer.send_request_with_option(request, PeerRequestOptions::no_options()).await {
                Ok(handle) => handle,
                Err(error) => return failure(&error),
            };
            let mut open = Open { peer: self.peer.clone(), id: Some(handle.id.clone()) };
            tokio::select! {
                reply = &mut handle.rx => {
                    open.id = None;
                    match reply {
                        Ok(Ok(ClientResult::ElicitResult(result))) => reply_of(&result.action, result.content),
                        Ok(Ok(_)) => Reply::Failure("the answer is not one to this question".to_owned()),
                        Ok(Err(error)) => failure(&error),
                        Err(_) => failure(&ServiceError::TransportClosed),
                    }
                }
                () = tokio::time::sleep(within.min(WITHIN)) => Reply::Silence,
                () = self.control.closing().cancelled() => Reply::Failure("the client closed its input".to_owned()),
            }
        })
    }
}

/// A question without a reply. When the call is given up, the client is told that nobody waits for the reply any more.
struct Open {
    peer: Peer<RoleServer>,
    id: Option<RequestId>,
}

impl Drop for Open {
    fn drop(&mut self) {
        let (Some(id), Ok(runtime)) = (self.id.take(), tokio::runtime::Handle::try_current()) else { return };
        let peer = self.peer.clone();
        runtime.spawn(async move {
            let why = CancelledNotificationParam::new(Some(id), Some("the call no longer waits for an answer".to_owned()));
            if let Err(error) = peer.notify_cancelled(why).await {
                tracing::debug!(%error, "a question could not be taken back");
            }
        });
    }
}

fn form(question: Question) -> ElicitRequestParams {
    let builder = ElicitationSchema::builder();
    let builder = match question.typed {
        Some(what) => builder.required_string_property(TYPED, |schema: StringSchema| schema.title(what)),
        None => builder.required_bool_property(YES, |schema: BooleanSchema| schema.title("Yes, do it").with_default(false)),
    };
    let requested_schema = builder.build_unchecked();
    ElicitRequestParams::FormElicitationParams { meta: None, message: question.message, requested_schema }
}

/// Reads a reply that came with a repeated call.
fn read(mut value: Value) -> Reply {
    let content = value.get_mut("content").map(Value::take);
    match value.get("action").and_then(Value::as_str) {
        Some("accept") => reply_of(&ElicitationAction::Accept, content),
        Some("decline") => Reply::Decline,
        Some("cancel") => Reply::Cancel,
        _ => Reply::Failure("the answer says neither accept nor decline nor cancel".to_owned()),
    }
}

fn reply_of(action: &ElicitationAction, content: Option<Value>) -> Reply {
    match (action, content) {
        (ElicitationAction::Accept, Some(Value::Object(content))) => Reply::Accept(content),
        (ElicitationAction::Accept, _) => Reply::Accept(Map::new()),
        (ElicitationAction::Decline, _) => Reply::Decline,
        // Whatever a later version of the protocol adds is no consent.
        _ => Reply::Cancel,
    }
}

fn failure(error: &ServiceError) -> Reply {
    Reply::Failure(match error {
        ServiceError::McpError(error) => format!("the client answered with the error {} {}", error.code.0, error.message),
        ServiceError::Cancelled { .. } => "the client took the question back".to_owned(),
        other => other.to_string(),
    })
}

//! The handler: what each MCP request does.

use std::{
    borrow::Cow,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, DiscoverResult, Implementation, ListToolsResult, MetaObject,
        PaginatedRequestParams, ProgressNotificationParam, ProtocolVersion, ServerCapabilities, ServerConfig, SubscriptionFilter,
        Tool as McpTool,
    },
    service::{NotificationContext, RequestContext, SubscriptionContext},
};
use serde_json::{Map, Value, json};
use tracing::Instrument;

use super::{
    describe,
    instructions::{INSTRUCTIONS, NOT_POSSIBLE},
    reply,
    stdio::Control,
};
use crate::{
    files::Files,
    session::{CallError, Deadline, Session},
    tools::{
        Context, Form, Memory, Offer, Selection, Step, ToolError, catalog,
        finder::{self, Meant},
    },
};

/// How long `tools/list` waits until the scopes are known: the first time, and when a scope was lost a while ago.
const FIRST_LIST_WAITS: Duration = Duration::from_millis(1500);
/// How long a client may keep a list, in milliseconds, if all scopes that it depends on were known.
const LIST_TTL_MS: u64 = 60_000;
/// How long a client may keep what `server/discover` says, in milliseconds. It never changes.
const DISCOVER_TTL_MS: u64 = 300_000;

/// The MCP server of one process. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Server(Arc<Inner>);

struct Inner {
    session: Session,
    selection: Selection,
    form: Form,
    control: Control,
    memory: Memory,
    files: Files,
    listed_before: AtomicBool,
    /// Whether a task tells the client about changes of the list. One task is enough, but a client may send `notifications/initialized`
    /// again.
    watched: AtomicBool,
    /// The names of the tools that were listed last. The client is told of a change only if they differ.
    last_list: Mutex<Option<Vec<&'static str>>>,
}

impl Server {
    /// A server over a session. It does nothing until a request comes.
    pub fn new(session: Session, files: Files, selection: Selection, form: Form, control: Control) -> Self {
        Self(Arc::new(Inner {
            session,
            selection,
            form,
            control,
            memory: Memory::default(),
            files,
            listed_before: AtomicBool::new(false),
            watched: AtomicBool::new(false),
            last_list: Mutex::new(None),
        }))
    }

    fn offer(&self) -> Offer {
        Offer::new(self.0.selection, self.0.session.beliefs())
    }

    /// Whether the tools to list now differ from those listed last. Remembers the new ones.
    fn list_changed(&self) -> bool {
        let mut last = self.0.last_list.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(before) = last.as_mut() else { return false };
        let now: Vec<_> = self.offer().tools().map(|tool| tool.name).collect();
        if *before == now {
            return false;
        }
        *before = now;
        true
    }

    /// The result as it is sent.
    fn told(mut result: CallToolResult, context: &RequestContext<RoleServer>) -> CallToolResponse {
        if is_modern(context) {
            result.meta = Some(server_info(result.meta));
        }
        result.into()
    }

    /// Runs one call to its end. Dropping the future gives the call up.
    async fn answer(&self, meant: Meant, context: &RequestContext<RoleServer>) -> CallToolResult {
        let (tool, arguments, notes) = meant.into_parts();
        let inner = &*self.0;
        let deadline = Deadline::default();
        // One offer serves the whole call, so that its answer does not contradict itself.
        let mut offer = self.offer();
        let admission = inner.session.admit(weight(&arguments));
        let outcome = match admission {
            Err(busy) => Err(ToolError::Call(busy)),
            Ok(_admission) => {
                // While the client does not read its answers, no new ones are made.
                inner.control.room().await;
                let progress = progress(context);
                let cx = Context {
                    session: &inner.session,
                    offer: &offer,
                    memory: &inner.memory,
                    deadline,
                    files: &inner.files,
                    progress: progress.as_ref().map(|progress| &**progress as _),
                };
                Meant::finish(notes, tool.call(arguments, &cx).await)
            }
        };
        if matches!(outcome, Err(ToolError::Call(CallError::Refused(_)))) {
            // The refusal may come from what was learnt during the call.
            offer = self.offer();
        }
        reply::result(tool, outcome, &offer, inner.form)
    }
}

/// Sends progress for a request that asked for it.
fn progress(context: &RequestContext<RoleServer>) -> Option<Box<crate::tools::Progress>> {
    let token = context.meta.get_progress_token()?;
    let peer = context.peer.clone();
    Some(Box::new(move |step: Step| {
        let mut param = ProgressNotificationParam::new(token.clone(), step.done).with_message(step.message);
        if let Some(total) = step.total {
            param = param.with_total(total);
        }
        let peer = peer.clone();
        Box::pin(async move {
            // A client that is gone needs no progress.
            let _ = peer.notify_progress(param).await;
        })
    }))
}

/// About how many bytes the arguments take. The session limits the arguments that wait.
fn weight(arguments: &Map<String, Value>) -> usize {
    fn of(value: &Value) -> usize {
        match value {
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(of).sum(),
            Value::Object(members) => members.iter().map(|(name, value)| name.len() + of(value)).sum(),
            _ => 8,
        }
    }
    arguments.iter().map(|(name, value)| name.len() + of(value)).sum()
}

/// Whether the request follows a version of MCP without a handshake.
fn is_modern(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| !version.has_initialize())
}

/// Adds who answers, for clients that never saw a handshake.
fn server_info(meta: Option<MetaObject>) -> MetaObject {
    let mut meta = meta.unwrap_or_default();
    meta.0
        .insert("io.modelcontextprotocol/serverInfo".into(), json!({"name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")}));
    meta
}

/// The name that hosts show for this server.
pub const TITLE: &str = "VideoVector video search";

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_tool_list_changed().build();
        let implementation = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")).with_title(TITLE);
        ServerConfig::new(capabilities)
            .with_server_info(implementation)
            .with_instructions(INSTRUCTIONS)
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let versions = self.supported_protocol_versions();
        let result = DiscoverResult::from_server_info(Cow::into_owned(versions), self.get_info());
        Ok(result.with_ttl_ms(DISCOVER_TTL_MS).with_cache_scope(CacheScope::Private))
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        if request.is_some_and(|request| request.cursor.is_some()) {
            return Err(ErrorData::invalid_params("unknown cursor: the list of tools is one page", None));
        }
        let first = !self.0.listed_before.swap(true, Ordering::Relaxed);
        // The key may have got a lost scope back, and a host that asks now may not ask again.
        let wait = if first || self.0.session.is_in_doubt() { FIRST_LIST_WAITS } else { Duration::ZERO };
        let beliefs = tokio::select! {
            beliefs = self.0.session.settle(wait) => beliefs,
            () = self.0.control.stopping().cancelled() => self.0.session.beliefs(),
        };
        let offer = Offer::new(self.0.selection, beliefs);
        *self.0.last_list.lock().unwrap_or_else(PoisonError::into_inner) = Some(offer.tools().map(|tool| tool.name).collect());
        let ttl = if offer.certain() { LIST_TTL_MS } else { 0 };
        let mut result =
            ListToolsResult::with_all_items(describe::listing(&offer, self.0.form)).with_ttl_ms(ttl).with_cache_scope(CacheScope::Private);
        if is_modern(&context) {
            result.meta = Some(server_info(result.meta));
        }
        Ok(result)
    }

    async fn call_tool(&self, request: CallToolRequestParams, context: RequestContext<RoleServer>) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = catalog::find(&request.name) else {
            let shown = crate::tools::text::line(&request.name, 80);
            let hint = catalog::nearest_harmless(&request.name).map_or_else(|| ".".to_owned(), |near| format!("; did you mean `{near}`?"));
            return Err(ErrorData::invalid_params(format!("unknown tool `{shown}`{hint} {NOT_POSSIBLE}"), None));
        };
        if let Err(setting) = self.0.selection.check(tool) {
            let message = format!("the tool `{}` is switched off by this server's configuration; see {setting}", tool.name);
            return Err(ErrorData::invalid_params(message, None));
        }
        let meant = match finder::meant(tool, request.arguments.unwrap_or_default(), &self.0.selection) {
            Ok(meant) => meant,
            Err(error) => return Ok(Self::told(reply::result(tool, Err(error), &self.offer(), self.0.form), &context)),
        };
        let tool = meant.tool;
        let span = tracing::info_span!("call", tool = tool.name, method = tool.method.as_str(), path = tool.path);
        // Boxed, because rmcp moves what it runs several times, and this future is large.
        let work = Box::pin(self.answer(meant, &context)).instrument(span);
        let result = tokio::select! {
            result = work => result,
            // Dropping the work aborts its request to the API. rmcp drops the answer to a cancelled request.
            () = context.ct.cancelled() => reply::stopped(tool, self.0.form),
            () = self.0.control.stopping().cancelled() => reply::stopped(tool, self.0.form),
        };
        Ok(Self::told(result, &context))
    }

    fn get_tool(&self, name: &str) -> Option<McpTool> {
        describe::one(&self.offer(), self.0.form, name)
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        if self.0.watched.swap(true, Ordering::Relaxed) {
            return;
        }
        // No scope is probed here. The first list probes all of them, and a call that comes earlier probes only its own.
        let mut changes = self.0.session.changes();
        let server = self.clone();
        let peer = context.peer;
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    changed = changes.changed() => if changed.is_err() { return },
                    () = server.0.control.closing().cancelled() => return,
                }
                if server.list_changed() && peer.notify_tool_list_changed().await.is_err() {
                    return;
                }
            }
        });
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, subscription: SubscriptionContext) -> Result<(), ErrorData> {
        let mut changes = self.0.session.changes();
        let mut names: Vec<_> = self.offer().tools().map(|tool| tool.name).collect();
        loop {
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return Ok(()) },
                () = subscription.cancelled() => return Ok(()),
                () = self.0.control.closing().cancelled() => return Ok(()),
            }
            let now: Vec<_> = self.offer().tools().map(|tool| tool.name).collect();
            if now != names {
                names = now;
                if subscription.sink().notify_tool_list_changed().await.is_err() {
                    return Ok(());
                }
            }
        }
    }
}

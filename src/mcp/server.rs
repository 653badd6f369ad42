//! The handler: what each MCP request does.

use std::{
    borrow::Cow,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams, CompleteResult, DiscoverResult,
        GetPromptRequestParams, GetPromptResponse, Implementation, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
        ListToolsResult, PaginatedRequestParams, ProtocolVersion, ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities,
        ServerConfig, SubscriptionFilter, Tool as McpTool,
    },
    service::{NotificationContext, RequestContext, SubscriptionContext},
};
use serde_json::{Map, Value};
use tracing::Instrument;

use super::{
    ask::{self, Asking},
    cut::unless_cut,
    describe,
    instructions::{self, not_possible},
    reply,
    request::{FIRST_LISTS, one_page, progress, signed, weight},
    stdio::Control,
    viewer,
    watch::{Watched, Watcher, Watching},
};
use crate::{
    consent::{Person, Rules, Unconfirmed},
    files::Files,
    session::{CallError, Session},
    tools::{
        Answer, Context, Form, Limited, Memory, Offer, Selection, Tool, ToolError, catalog,
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
pub struct Server(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) session: Session,
    selection: Selection,
    form: Form,
    pub(super) control: Control,
    pub(super) memory: Memory,
    files: Files,
    rules: Rules,
    lists_before: AtomicUsize,
    /// Whether a task tells the client about changes of the list. One task is enough, but a client may send `notifications/initialized`
    /// again.
    watched: AtomicBool,
    /// The names of the tools that were listed last. The client is told of a change only if they differ.
    pub(super) last_list: Mutex<Option<Vec<&'static str>>>,
    watcher: Watched,
}

impl Server {
    /// A server over a session. It does nothing until a request comes.
    pub fn new(session: Session, files: Files, rules: Rules, selection: Selection, form: Form, control: Control) -> Self {
        Self(Arc::new(Inner {
            session,
            selection,
            form,
            control,
            memory: Memory::default(),
            files,
            rules,
            lists_before: AtomicUsize::new(0),
            watched: AtomicBool::new(false),
            last_list: Mutex::new(None),
            watcher: None,
        }))
    }

    /// The same server for one caller of many: it remembers less, and somebody hears how its calls ended. To be said before it is cloned.
    #[must_use]
    pub fn among_many(mut self, watcher: Arc<dyn Watcher>) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            inner.watcher = Some(watcher);
            inner.memory = Memory::of_one_caller();
        }
        self
    }

    pub(super) fn offer(&self) -> Offer {
        Offer::new(self.0.selection, self.0.session.beliefs()).to(self.0.session.bearer())
    }

    pub(super) fn selection(&self) -> &Selection {
        &self.0.selection
    }

    /// What can be offered once the scopes are known, or after a while.
    pub(super) async fn settled(&self) -> Offer {
        self.settled_within(FIRST_LIST_WAITS).await
    }

    async fn settled_within(&self, wait: Duration) -> Offer {
        tokio::select! {
            _ = self.0.session.settle(wait) => {}
            () = self.0.control.stopping().cancelled() => {}
        }
        self.offer()
    }

    /// How long a client may keep a list, in milliseconds.
    pub(super) fn list_ttl(&self, offer: &Offer) -> u64 {
        // From now on the client is told of changes, even if it never lists the tools.
        let mut last = self.0.last_list.lock().unwrap_or_else(PoisonError::into_inner);
        last.get_or_insert_with(|| offer.tools().map(|tool| tool.name).collect());
        if offer.certain() { LIST_TTL_MS } else { 0 }
    }

    /// What a tool may use.
    pub(super) fn context<'a>(&'a self, offer: &'a Offer, progress: Option<&'a crate::tools::Progress>) -> Context<'a> {
        let inner = &*self.0;
        let mut cx = Context::new(&inner.session, offer, &inner.memory, &inner.files, &inner.rules);
        cx.progress = progress;
        cx
    }

    /// Does some work, unless the client cancels it or the server stops.
    async fn unless_stopped<T>(
        &self,
        context: &RequestContext<RoleServer>,
        work: Pin<Box<dyn Future<Output = Result<T, ErrorData>> + Send + '_>>,
    ) -> Result<T, ErrorData> {
        unless_cut(&self.0.control, &context.ct, work).await.unwrap_or_else(|cut| Err(ErrorData::internal_error(cut.to_string(), None)))
    }

    /// Does some work that is no call of a tool, and tells how it ended.
    async fn watched<T>(&self, method: &'static str, work: impl Future<Output = Result<T, ErrorData>>) -> Result<T, ErrorData> {
        let watching = Watching::begin(&self.0.watcher, method);
        let outcome = work.await;
        if let Some(watching) = watching {
            watching.done(&outcome);
        }
        outcome
    }

    /// The result as it is sent.
    fn told(mut result: CallToolResult, context: &RequestContext<RoleServer>) -> CallToolResponse {
        signed(&mut result.meta, context);
        result.into()
    }

    /// Runs one call to its end, or to a question. Dropping the future gives the call up.
    async fn answer(&self, meant: Meant, asking: Asking, context: &RequestContext<RoleServer>) -> Result<CallToolResponse, ErrorData> {
        let (tool, arguments, notes) = meant.into_parts();
        let progress = progress(context);
        let watching = Watching::begin(&self.0.watcher, tool.name);
        let viewed = tool.pictured && viewer::is_wanted(context);
        let (outcome, offer) = self.outcome(tool, arguments, asking.person(), progress.as_deref(), viewed).await;
        if let Some(watching) = watching {
            watching.ended(&outcome);
        }
        Ok(match Meant::finish(notes, outcome) {
            Err(ToolError::Asks(question)) => {
                let mut result = ask::required(*question);
                signed(&mut result.meta, context);
                result.into()
            }
            // The client brought the state back, not the model, so the client is told.
            Err(ToolError::Unconfirmed { why: why @ Unconfirmed::Tampered, .. }) if asking.has_state() => {
                let way = "send `requestState` as it came, or repeat the call without it and without `inputResponses` to ask anew";
                return Err(ErrorData::invalid_params(format!("requestState: {why}; {way}"), None));
            }
            outcome => Self::told(reply::result(tool, outcome, &offer, self.0.form), context),
        })
    }

    /// What a tool answers, and what was offered meanwhile.
    pub(super) async fn outcome(
        &self,
        tool: &Tool,
        arguments: Map<String, Value>,
        person: Person<'_>,
        progress: Option<&crate::tools::Progress>,
        viewed: bool,
    ) -> (Result<Answer, ToolError>, Offer) {
        let inner = &*self.0;
        // One offer serves the whole call, so that its answer does not contradict itself.
        let offer = self.offer();
        let admission = inner.session.admit(weight(&arguments));
        let outcome = match admission {
            Err(busy) => Err(ToolError::Call(busy)),
            Ok(_admission) => {
                let mut cx = self.context(&offer, progress);
                cx.person = person;
                cx.viewed = viewed;
                // While the client does not read its answers, no new ones are made.
                inner.control.room().await;
                tool.call(arguments, &cx).await
            }
        };
        if matches!(outcome, Err(ToolError::Call(CallError::Refused(_)))) {
            // The refusal may come from what was learnt during the call.
            return (outcome, self.offer());
        }
        (outcome, offer)
    }
}

/// The name that hosts show for this server.
pub const TITLE: &str = "VideoVector video search";

/// rmcp keeps the future of a request as large as that of its largest method, and moves it several times. So whatever waits for long or holds
/// much is boxed.
impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_resources()
            .enable_resources_list_changed()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_completions()
            .build();
        let implementation = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")).with_title(TITLE);
        ServerConfig::new(capabilities)
            .with_server_info(implementation)
            .with_instructions(&*instructions::of(Limited::new(self.0.selection, self.0.session.ceiling())))
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
        one_page(request, "tools")?;
        // Lists that come while the first one waits, wait with it: for them, too, there may be no other.
        let first = self.0.lists_before.fetch_add(1, Ordering::Relaxed) < FIRST_LISTS;
        // The key may have got a lost scope back, and a host that asks now may not ask again.
        let wait = if first || self.0.session.is_in_doubt() { FIRST_LIST_WAITS } else { Duration::ZERO };
        let offer = self.settled_within(wait).await;
        self.0.lists_before.store(FIRST_LISTS, Ordering::Relaxed);
        *self.0.last_list.lock().unwrap_or_else(PoisonError::into_inner) = Some(offer.tools().map(|tool| tool.name).collect());
        let tools = viewer::linked(describe::listing(&offer, self.0.form, self.0.rules.confirm()), &context);
        let listed = ListToolsResult::with_all_items(tools);
        let mut result = listed.with_ttl_ms(self.list_ttl(&offer)).with_cache_scope(CacheScope::Private);
        signed(&mut result.meta, &context);
        Ok(result)
    }

    async fn call_tool(
        &self,
        mut request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let refuse = |cause| {
            if let Some(watcher) = &self.0.watcher {
                watcher.refused(cause);
            }
        };
        let Some(tool) = catalog::find(&request.name) else {
            refuse("unknown_tool");
            let shown = crate::tools::text::line(&request.name, 80);
            let hint = catalog::nearest_harmless(&request.name).map_or_else(|| ".".to_owned(), |near| format!("; did you mean `{near}`?"));
            return Err(ErrorData::invalid_params(format!("unknown tool `{shown}`{hint} {}", not_possible(&self.0.selection)), None));
        };
        if let Err(setting) = self.0.selection.check(tool) {
            refuse("switched_off");
            let besides = self.offer().besides(tool).map(|why| format!("; besides, {why}")).unwrap_or_default();
            let message = format!("the tool `{}` is switched off by this server's configuration; see {setting}{besides}", tool.name);
            return Err(ErrorData::invalid_params(message, None));
        }
        let asking = Asking::of(&context, &mut request, &self.0.control);
        let meant = match finder::meant(tool, request.arguments.unwrap_or_default(), &self.0.selection) {
            Ok(meant) => meant,
            Err(error) => return Ok(Self::told(reply::result(tool, Err(error), &self.offer(), self.0.form), &context)),
        };
        let tool = meant.tool;
        let span = tracing::info_span!("call", tool = tool.name, method = tool.method.as_str(), path = tool.path);
        let work = crate::fence::of_one_call(Box::pin(self.answer(meant, asking, &context))).instrument(span);
        match unless_cut(&self.0.control, &context.ct, work).await {
            Ok(result) => result,
            Err(_) => Ok(Self::told(reply::stopped(tool, self.0.form), &context)),
        }
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        one_page(request, "resources")?;
        let mut result = Box::pin(self.resources(&context)).await;
        signed(&mut result.meta, &context);
        Ok(result)
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        one_page(request, "resource templates")?;
        let mut result = Box::pin(self.resource_templates()).await;
        signed(&mut result.meta, &context);
        Ok(result)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let work = Box::pin(self.read(&request.uri, &context));
        let mut result = self.watched("resources/read", self.unless_stopped(&context, work)).await?;
        signed(&mut result.meta, &context);
        Ok(result.into())
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        one_page(request, "prompts")?;
        let mut result = Box::pin(self.prompts()).await;
        signed(&mut result.meta, &context);
        Ok(result)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let work = Box::pin(self.prompt(request));
        let mut result = self.watched("prompts/get", self.unless_stopped(&context, work)).await?;
        signed(&mut result.meta, &context);
        Ok(result.into())
    }

    async fn complete(&self, request: CompleteRequestParams, context: RequestContext<RoleServer>) -> Result<CompleteResult, ErrorData> {
        let mut result = self.unless_stopped(&context, Box::pin(self.suggestions(request))).await?;
        signed(&mut result.meta, &context);
        Ok(result)
    }

    fn get_tool(&self, name: &str) -> Option<McpTool> {
        describe::one(&self.offer(), self.0.form, self.0.rules.confirm(), name)
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        if self.0.watched.swap(true, Ordering::Relaxed) {
            return;
        }
        // No scope is probed here. The first list probes all of them, and a call that comes earlier probes only its own.
        tokio::spawn(self.clone().tell_changes(context.peer));
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, subscription: SubscriptionContext) -> Result<(), ErrorData> {
        Box::pin(self.follow(&subscription)).await;
        Ok(())
    }
}

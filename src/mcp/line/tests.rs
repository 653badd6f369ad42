//! Whole sessions over in-memory streams: what a client sees of the transport and the life cycle.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rmcp::{
    RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData, ServerCapabilities, ServerConfig,
        SubscriptionFilter,
    },
    service::{RequestContext, SubscriptionContext},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, duplex},
    sync::{Semaphore, mpsc},
    task::JoinHandle,
    time::timeout,
};

use crate::mcp::{
    lifecycle::{Ended, Grace, Signal, serve},
    stdio::{Control, Limits, connect},
};

/// A grace that no test waits for: something else must end the session.
const LONG: Grace = Grace { input_closed: Duration::from_hours(1), stopped: Duration::from_hours(1), settle: Duration::from_secs(10) };

/// A grace that is over at once.
const NONE: Grace = Grace { input_closed: Duration::ZERO, stopped: Duration::ZERO, settle: Duration::from_millis(50) };

/// What the handler lets a test observe and steer.
struct Stage {
    calls: AtomicUsize,
    started: Semaphore,
    cut_off: Semaphore,
    gate: Semaphore,
}

struct Actor {
    stage: Arc<Stage>,
    control: Control,
}

impl ServerHandler for Actor {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().enable_tool_list_changed().build())
    }

    async fn call_tool(&self, call: CallToolRequestParams, context: RequestContext<RoleServer>) -> Result<CallToolResponse, ErrorData> {
        self.stage.calls.fetch_add(1, Ordering::Relaxed);
        self.stage.started.add_permits(1);
        match &*call.name {
            "wait" => self.stage.gate.acquire().await.expect("the gate stays").forget(),
            "obey" => {
                context.ct.cancelled().await;
                self.stage.cut_off.add_permits(1);
                return Err(ErrorData::internal_error("cut off", None));
            }
            "heed" => {
                self.control.stopping().cancelled().await;
                return Err(ErrorData::internal_error("stopping", None));
            }
            "deaf" => std::future::pending().await,
            "panic" => panic!("on purpose"),
            _ => {}
        }
        Ok(CallToolResult::success(vec![ContentBlock::text("done")]).into())
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, _context: SubscriptionContext) -> Result<(), ErrorData> {
        self.control.closing().cancelled().await;
        Ok(())
    }
}

struct Session {
    input: Option<DuplexStream>,
    output: Lines<BufReader<DuplexStream>>,
    signals: mpsc::Sender<Signal>,
    served: JoinHandle<Ended>,
    stage: Arc<Stage>,
    control: Control,
}

impl Session {
    fn start(grace: Grace) -> Self {
        let (input, server_input) = duplex(64 * 1024);
        let (output, server_output) = duplex(1024);
        let (transport, control) = connect(server_input, server_output, Limits::default());
        let stage =
            Arc::new(Stage { calls: AtomicUsize::new(0), started: Semaphore::new(0), cut_off: Semaphore::new(0), gate: Semaphore::new(0) });
        let (signals, receiver) = mpsc::channel(2);
        let actor = Actor { stage: stage.clone(), control: control.clone() };
        let served = tokio::spawn(serve(actor, transport, receiver, grace));
        Self { input: Some(input), output: BufReader::new(output).lines(), signals, served, stage, control }
    }

    async fn opened(grace: Grace) -> Self {
        let mut session = Self::start(grace);
        session.handshake().await;
        session
    }

    async fn handshake(&mut self) {
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
        self.request(json!("hello"), "initialize", params).await;
        assert_eq!(self.hear().await["result"]["protocolVersion"], "2025-11-25");
        self.say(br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    }

    async fn say(&mut self, line: &[u8]) {
        let input = self.input.as_mut().expect("the input is open");
        input.write_all(line).await.expect("the server reads");
        input.write_all(b"\n").await.expect("the server reads");
    }

    async fn request(&mut self, id: Value, method: &str, params: Value) {
        let line = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string();
        self.say(line.as_bytes()).await;
    }

    async fn call(&mut self, id: i64, tool: &str) {
        self.request(json!(id), "tools/call", json!({"name": tool})).await;
    }

    /// Calls a tool and waits until its handler runs.
    async fn call_started(&mut self, id: i64, tool: &str) {
        self.call(id, tool).await;
        within(self.stage.started.acquire()).await.expect("the stage stays").forget();
    }

    async fn cancel(&mut self, id: i64) {
        let line = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}});
        self.say(line.to_string().as_bytes()).await;
    }

    /// The next message, or null at the end of the output.
    async fn hear(&mut self) -> Value {
        let line = within(self.output.next_line()).await.expect("the output is UTF-8");
        line.map_or(Value::Null, |line| serde_json::from_str(&line).expect("a line is JSON"))
    }

    async fn hear_error(&mut self) -> (i64, Value) {
        let message = self.hear().await;
        (message["error"]["code"].as_i64().unwrap_or_default(), message["id"].clone())
    }

    fn close_input(&mut self) {
        self.input = None;
    }

    async fn ended(self) -> Ended {
        within(self.served).await.expect("serve does not panic")
    }
}

/// Fails the test instead of hanging it.
async fn within<T>(wait: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(30), wait).await.expect("it happens in time")
}

#[tokio::test]
async fn what_cannot_be_read_is_answered_once_and_the_next_line_works() {
    let mut session = Session::opened(LONG).await;
    session.say(b"garbage").await;
    assert_eq!(session.hear_error().await, (-32700, Value::Null));
    session.say(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}").await;
    assert_eq!(session.hear_error().await, (-32700, json!(1)));
    session.say(&vec![b' '; (16 << 20) + 1]).await;
    let message = session.hear().await;
    assert_eq!((&message["error"]["code"], &message["id"]), (&json!(-32700), &Value::Null));
    assert!(message["error"]["message"].as_str().is_some_and(|text| text.contains("16 MiB")), "{message}");
    session.say(br#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#).await;
    assert_eq!(session.hear_error().await, (-32600, Value::Null));
    session.request(json!(2), "tools/call", json!({"arguments": [1]})).await;
    assert_eq!(session.hear_error().await, (-32602, json!(2)));
    session.request(json!(3), "no/such", json!({})).await;
    assert_eq!(session.hear_error().await, (-32601, json!(3)));
    session.say("\r\n\n\u{feff}{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"ping\"}\r".as_bytes()).await;
    assert_eq!(session.hear().await, json!({"jsonrpc": "2.0", "id": 4, "result": {}}));
}

#[tokio::test]
async fn notifications_and_responses_before_the_session_opens_are_dropped() {
    let mut session = Session::start(LONG);
    session.cancel(1).await;
    session.say(br#"{"jsonrpc":"2.0","id":1,"result":{}}"#).await;
    session.request(json!(1), "ping", Value::Null).await;
    assert_eq!(session.hear().await["id"], 1);
    session.cancel(1).await;
    session.handshake().await;
    session.call(2, "echo").await;
    assert_eq!(session.hear().await["id"], 2);
}

#[tokio::test]
async fn a_reader_that_stalls_stops_the_handlers_and_loses_nothing() {
    const CALLS: usize = 6_000;
    let mut session = Session::opened(LONG).await;
    let mut input = session.input.take().expect("the input is open");
    let writer = tokio::spawn(async move {
        for id in 0..CALLS {
            let line = format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"tools/call\",\"params\":{{\"name\":\"echo\"}}}}\n");
            input.write_all(line.as_bytes()).await.expect("the server reads");
        }
    });
    // Everything runs on this one thread: when many turns change nothing, nothing moves any more.
    let mut handled = usize::MAX;
    while handled != session.stage.calls.load(Ordering::Relaxed) {
        handled = session.stage.calls.load(Ordering::Relaxed);
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
    }
    assert!((256..1_024).contains(&handled), "{handled} calls were handled while nobody read");
    let mut ids = HashSet::new();
    for _ in 0..CALLS {
        ids.insert(session.hear().await["id"].as_u64());
    }
    assert_eq!(ids.len(), CALLS);
    writer.await.expect("the writer ends");
    // The writer dropped the input, so the session is over as well.
    assert_eq!(session.ended().await, Ended::InputClosed);
}

#[tokio::test]
async fn a_cancelled_call_stops_and_is_not_answered() {
    let mut session = Session::opened(LONG).await;
    session.call_started(1, "obey").await;
    session.cancel(1).await;
    within(session.stage.cut_off.acquire()).await.expect("the stage stays").forget();
    session.call(2, "echo").await;
    assert_eq!(session.hear().await["id"], 2);
    session.close_input();
    assert_eq!(session.hear().await, Value::Null);
    assert_eq!(session.ended().await, Ended::InputClosed);
}

#[tokio::test]
async fn an_id_in_use_is_refused_also_after_a_cancellation_the_handler_ignores() {
    let mut session = Session::opened(LONG).await;
    session.call_started(5, "wait").await;
    session.call(5, "echo").await;
    assert_eq!(session.hear_error().await, (-32600, json!(5)));
    session.stage.gate.add_permits(1);
    assert_eq!(session.hear().await["result"]["content"][0]["text"], "done");
    session.call_started(5, "deaf").await;
    session.cancel(5).await;
    session.call(5, "echo").await;
    assert_eq!(session.hear_error().await, (-32600, json!(5)));
}

#[tokio::test]
async fn a_handler_that_panics_is_answered_for() {
    let mut session = Session::opened(LONG).await;
    session.call(1, "panic").await;
    assert_eq!(session.hear_error().await, (-32603, json!(1)));
    session.call(1, "echo").await;
    assert_eq!(session.hear().await["id"], 1);
}

#[tokio::test]
async fn calls_under_way_at_the_end_of_input_are_answered() {
    let mut session = Session::opened(LONG).await;
    session.call_started(1, "wait").await;
    let last = br#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#;
    session.input.as_mut().expect("the input is open").write_all(last).await.expect("the server reads");
    session.close_input();
    assert_eq!(session.hear().await["id"], 2, "a last line needs no line feed");
    within(session.control.closing().cancelled()).await;
    assert!(!session.control.stopping().is_cancelled());
    session.stage.gate.add_permits(1);
    assert_eq!(session.hear().await["id"], 1);
    assert_eq!(session.hear().await, Value::Null);
    assert_eq!(session.ended().await, Ended::InputClosed);
}

#[tokio::test]
async fn calls_that_outlast_the_grace_are_cut_off() {
    let mut session = Session::opened(NONE).await;
    session.call_started(1, "deaf").await;
    session.call_started(2, "obey").await;
    session.close_input();
    assert_eq!(session.hear().await["error"]["message"], "cut off");
    assert_eq!(session.ended().await, Ended::InputClosed);
}

#[tokio::test]
async fn subscriptions_end_with_the_input() {
    let mut session = Session::start(LONG);
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
    });
    let params = json!({"_meta": meta, "notifications": {"toolsListChanged": true}});
    session.request(json!(1), "subscriptions/listen", params).await;
    assert_eq!(session.hear().await["method"], "notifications/subscriptions/acknowledged");
    session.close_input();
    assert_eq!(session.hear().await["id"], 1);
    assert_eq!(session.ended().await, Ended::InputClosed);
}

#[tokio::test]
async fn a_signal_tells_the_handlers_and_ends_when_they_have_answered() {
    let mut session = Session::opened(LONG).await;
    session.call_started(1, "heed").await;
    session.signals.send(Signal::Terminate).await.expect("serve runs");
    assert_eq!(session.hear().await["error"]["message"], "stopping");
    assert_eq!(session.ended().await, Ended::Stopped);
}

#[tokio::test]
async fn a_second_signal_ends_at_once() {
    let mut session = Session::opened(LONG).await;
    session.call_started(1, "deaf").await;
    session.signals.send(Signal::Terminate).await.expect("serve runs");
    session.signals.send(Signal::Terminate).await.expect("serve runs");
    assert_eq!(session.ended().await, Ended::Stopped);
}

#[tokio::test]
async fn a_signal_after_the_end_of_input_shortens_the_grace() {
    let grace = Grace { stopped: Duration::ZERO, settle: NONE.settle, ..LONG };
    let mut session = Session::opened(grace).await;
    session.call_started(1, "deaf").await;
    session.close_input();
    within(session.control.closing().cancelled()).await;
    session.signals.send(Signal::Terminate).await.expect("serve runs");
    assert_eq!(session.ended().await, Ended::Stopped);
}

#[tokio::test]
async fn the_end_may_come_before_any_request() {
    let mut session = Session::start(LONG);
    session.close_input();
    assert_eq!(session.ended().await, Ended::InputClosed);
    let session = Session::start(LONG);
    session.signals.send(Signal::Terminate).await.expect("serve runs");
    assert_eq!(session.ended().await, Ended::Stopped);
}

#[tokio::test]
async fn a_closed_output_ends_the_session_at_once() {
    let mut session = Session::opened(LONG).await;
    session.call_started(1, "deaf").await;
    let (nobody, _) = duplex(1);
    session.output = BufReader::new(nobody).lines();
    session.call(2, "echo").await;
    assert_eq!(session.ended().await, Ended::OutputClosed);
}

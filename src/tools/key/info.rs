//! `get_key_info`: key introspection.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::tools::{
    Answer, Context, Effect, Offer, Spec, Tool, ToolError,
    answer::Row,
    catalog::{self, Reach},
    schema::{Kind, Member},
    spending, text,
};
use crate::{
    api::{
        Scope,
        service::ValidateKey,
        usage::{GetRateLimits, RateLimits},
    },
    gate::{Bearer, Belief, KeyState, Origin, Standing, Timestamp},
    key::{Expiry, KeyForm},
    session::KeyReport,
};

/// How long to wait until the scopes of the key are known.
const SETTLE: Duration = Duration::from_secs(9);
/// How long to wait for the rate limits; they only enrich the answer.
const RATE_LIMITS_WITHIN: Duration = Duration::from_secs(5);

/// Explain the API key in use: source, validity, scopes, what each unlocks, ceiling, expiry, rate limits.
#[derive(Deserialize, JsonSchema)]
pub struct GetKeyInfo {}

impl Spec for GetKeyInfo {
    type Endpoint = ValidateKey;
    const NAME: &'static str = "get_key_info";
    const TITLE: &'static str = "Get key info";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[
        Member::always("source", Kind::Text),
        Member::always("valid", Kind::Text),
        Member::always("scopes", Kind::Rows),
        Member::maybe("base_url", Kind::Text),
    ];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        // First, so that a key that was revoked a moment ago is reported as it is now.
        let ((), limits) = tokio::join!(cx.session.inspect(SETTLE), rate_limits(cx));
        let report = cx.session.key_report().await;
        let mut answer = Answer::new(headline(&report));
        answer.fact("source", report.source.as_str());
        answer.fact("last_four", report.last_four.as_deref().filter(|end| !end.is_empty()));
        answer.fact("base_url", report.base_url.as_deref());
        if let Some(base) = &report.base_url {
            answer.line(format!("API: {base}"));
        }
        validity(&mut answer, &report);
        if let Some(ceiling) = report.beliefs.ceiling() {
            let limited = if report.bearer == Bearer::Guest { "this token" } else { "this server" };
            answer.line(format!("Ceiling: {limited} is limited to `{ceiling}`, whatever the key holds"));
            answer.fact("ceiling", json!(ceiling));
        } else {
            answer.line("Ceiling: none; this server takes nothing away from the key");
            answer.fact("ceiling", "none");
        }
        let standing = spending::standing(cx).await;
        answer.line(standing.as_str());
        answer.fact("consent", standing);
        owner_facts(&mut answer, &report);
        if let Some(limits) = limits {
            show_rate_limits(&mut answer, limits);
        }
        answer.rows("scopes", Scope::ALL.into_iter().map(|scope| row(scope, &report, cx.offer)).collect());
        for warning in warnings(&report) {
            answer.note(warning);
        }
        if let Some(problem) = &report.problem {
            answer.close(problem.remedy());
            answer.fact("remedy", problem.remedy());
        } else if let Some(how) = remedy(&report) {
            answer.close(how.as_str());
            answer.fact("remedy", how);
        }
        Ok(answer)
    }
}

fn headline(report: &KeyReport) -> String {
    match report.last_four.as_deref() {
        Some("") => format!("Key from {}", report.source),
        Some(end) => format!("Key ending in {end}, from {}", report.source),
        None if report.bearer == Bearer::Guest && report.form.is_some() => {
            format!("The key of {}, which is not shown to callers", report.source)
        }
        None => "No key".to_owned(),
    }
}

/// Whether the API takes the key.
fn validity(answer: &mut Answer, report: &KeyReport) {
    let age = |at: &Timestamp| at.age(report.now).map_or_else(String::new, |age| format!(", asked {} s ago", age.as_secs()));
    let (word, line) = match (&report.problem, &report.state) {
        (Some(problem), _) => ("no", format!("Not usable: {problem}")),
        (None, KeyState::Live(at)) => ("yes", format!("Valid{}", age(at))),
        (None, KeyState::Rejected(at)) => ("no", format!("Rejected by the API{}", age(at))),
        (None, KeyState::Unknown(cause)) => ("unknown", format!("Validity unknown: {cause}")),
    };
    answer.line(text::line(&line, 600));
    answer.fact("valid", word);
    answer.fact("validity", text::line(&line, 600));
}

/// What the file beside the key file says about the key.
fn owner_facts(answer: &mut Answer, report: &KeyReport) {
    let untold = "The API does not tell a key its expiry; `videosearch-mcp keys list` shows it to the account's owner";
    let Some(sidecar) = &report.sidecar else {
        if report.last_four.is_some() {
            answer.line(format!("Expiry: unknown. {untold}"));
            answer.fact("expiry", format!("unknown: {untold}"));
        }
        return;
    };
    let mut facts = json!({"key_id": sidecar.key_id, "name": sidecar.name, "expires_at": sidecar.expires_at});
    text::prune(&mut facts);
    let name = sidecar.name.as_deref().map(|name| format!(" \"{}\"", text::line(name, 100))).unwrap_or_default();
    let id = sidecar.key_id.as_deref().map(|id| format!(" {}", text::id(id))).unwrap_or_default();
    let expires_at = sidecar.expires_at.as_deref();
    let expiry = Expiry::now(expires_at);
    let days = expiry.days_left();
    let end = text::line(expires_at.unwrap_or_default(), 40);
    let told = match expiry {
        Expiry::Never => ", no expiry is recorded".to_owned(),
        Expiry::Unreadable => format!(", expires at {end}"),
        Expiry::Later { .. } => format!(", expires at {end} (in {expiry})"),
        Expiry::Soon { .. } => format!(", EXPIRES SOON: in {expiry}, at {end}"),
        Expiry::Expired { .. } => format!(", EXPIRED {expiry}, at {end}"),
    };
    answer.line(format!("Recorded beside the key file:{id}{name}{told}"));
    if let Value::Object(members) = &mut facts
        && let Some(days) = days
    {
        members.insert("days_left".into(), json!(days));
    }
    if matches!(expiry, Expiry::Never) {
        answer.fact("expiry", "none is recorded");
    }
    answer.facts(facts);
}

async fn rate_limits(cx: &Context<'_>) -> Option<RateLimits> {
    let deadline = cx.deadline.at_most(RATE_LIMITS_WITHIN);
    cx.session.call(&GetRateLimits {}, &deadline).await.ok()
}

fn show_rate_limits(answer: &mut Answer, limits: RateLimits) {
    for (category, limit) in &limits.categories {
        answer.line(limit.line(&text::line(category, 40)));
    }
    answer.fact("plan_id", Some(limits.plan_id).filter(|plan| !plan.is_empty()));
    answer.fact("rate_limits", json!(limits.categories));
}

/// How to get at the scopes that tools need and that are not held: the key and the ceiling have remedies of their own.
fn remedy(report: &KeyReport) -> Option<String> {
    let needed = |scope: &Scope| catalog::all().any(|tool| tool.scope() == Some(*scope));
    let lacks = |scope: Scope| report.beliefs.of_key(scope).standing == Standing::NotHeld;
    let key = Scope::ALL.into_iter().filter(needed).any(lacks).then(|| {
        format!(
            "The account's owner can make a key with more scopes: on the API key page, with `videosearch-mcp keys create`, or by POST /api-keys with a session token. {}",
            report.renewal.advice("the new key")
        )
    });
    let ceiling = Scope::ALL.into_iter().filter(needed).any(|scope| report.beliefs.above_ceiling(scope)).then_some(
        "Whoever runs this server can raise its ceiling (VIDEOSEARCH_SCOPES / --scopes, VIDEOSEARCH_READ_ONLY / --read-only, or over HTTP the caller's token); no other key does that.",
    );
    let told: Vec<&str> = ceiling.into_iter().chain(key.as_deref()).collect();
    (!told.is_empty()).then(|| told.join(" ").trim_end().to_owned())
}

/// One scope: held or not, how that is known, and what it is good for.
fn row(scope: Scope, report: &KeyReport, offer: &Offer) -> Row {
    let belief = report.beliefs.of(scope);
    let of_key = report.beliefs.of_key(scope);
    let standing = word(belief.standing);
    let why = why(&belief, report);
    let is_on = |tool: &&Tool| !matches!(offer.reach(tool), Reach::Off(_));
    let tools: Vec<&str> = catalog::all().filter(|tool| tool.scope() == Some(scope)).filter(is_on).map(|tool| tool.name).collect();
    let unlocks = if tools.is_empty() { "no tool that is switched on".to_owned() } else { tools.join(", ") };
    let mut line = format!("{scope}: {standing} ({why})");
    if report.beliefs.above_ceiling(scope) {
        line.push_str(&format!("; the key itself: {}", word(of_key.standing)));
    }
    line.push_str(&format!(" {} {unlocks}", if belief.standing == Standing::Held { "- allows" } else { "- would unlock" }));
    let value = json!({
        "scope": scope,
        "standing": standing,
        "why": why,
        "key_itself": word(of_key.standing),
        "tools": tools,
    });
    Row { line, value }
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Held => "held",
        Standing::NotHeld => "not held",
        Standing::Unknown => "unknown",
    }
}

fn why(belief: &Belief, report: &KeyReport) -> String {
    let age = belief.at.and_then(|at| at.age(report.now)).map(|age| format!(" {} s ago", age.as_secs())).unwrap_or_default();
    match (belief.origin, &belief.cause) {
        (Some(Origin::Probe), _) => format!("asked{age}"),
        (Some(Origin::Cache), _) => format!("learnt by an earlier process{age}"),
        (Some(Origin::Refused403), _) => format!("the API refused it{age}"),
        (Some(Origin::Ceiling), _) if report.bearer == Bearer::Guest => "this token does not give it".to_owned(),
        (Some(Origin::Ceiling), _) => "this server's configuration takes it away".to_owned(),
        (Some(Origin::Implied), _) => format!("follows from another scope{age}"),
        (None, Some(cause)) => text::line(&cause.to_string(), 300),
        (None, None) => "not asked".to_owned(),
    }
}

fn warnings(report: &KeyReport) -> Vec<String> {
    let mut out = Vec::new();
    if report.form == Some(KeyForm::Other) && report.problem.is_none() {
        out.push("The key does not have the usual form: sk_live_ and 48 hexadecimal digits.".to_owned());
    }
    if report.exposed {
        out.push("The key file is open to other users of this machine; chmod 600 it.".to_owned());
    }
    if let Some(problem) = &report.emptied {
        out.push(format!("{problem}. The key of before stays in use until the server ends."));
    }
    out
}

//! `find_tools`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    NoCall, absent,
    meant::{READS, WRITES},
    notation,
};
use crate::{
    consent::Stake,
    tools::{
        Answer, Context, Effect, Spec, Tool, ToolError,
        answer::Row,
        catalog::{self, FAMILIES, Reach},
        schema::{Kind, Member},
        text,
    },
};

const DEFAULT: usize = 6;

/// Find unlisted tools: uploads, imports, exports, webhooks, usage, SQL, chat, deletions.
#[derive(Deserialize, JsonSchema)]
pub struct FindTools {
    query: Option<String>,
    #[schemars(range(min = 1, max = 30))]
    limit: Option<usize>,
}

impl Spec for FindTools {
    type Endpoint = NoCall;
    const NAME: &'static str = "find_tools";
    const TITLE: &'static str = "Find tools";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[Member::always("tools", Kind::Rows)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let query = self.query.as_deref().map(str::trim).unwrap_or_default();
        if query.is_empty() {
            return Ok(everything(cx));
        }
        let absent = absent::absent(query);
        let found = super::found(query);
        let found = match absent {
            Some(absent) => absent.sorted(found),
            None => found,
        };
        if found.is_empty() {
            let mut answer = everything(cx);
            answer.note(format!("No tool has a word of \"{}\"; these are all.", text::line(query, 120)));
            return Ok(answer);
        }
        let most = self.limit.unwrap_or(DEFAULT);
        let fit = if absent.is_some() { "that come near, none of which does this" } else { "that fit, best first" };
        let mut answer = Answer::new(format!("{} of {} {fit}", text::count(found.len().min(most), "tool"), found.len()));
        answer.rows("tools", found.into_iter().take(most).map(|tool| row(cx, tool)).collect());
        if let Some(absent) = absent {
            answer.note(absent.note);
        }
        Ok(answer)
    }
}

/// All names, family by family.
fn everything(cx: &Context<'_>) -> Answer {
    let mut answer = Answer::new(format!("{}; find_tools with a query tells their arguments", text::count(catalog::all().count(), "tool")));
    let families = FAMILIES.iter().filter(|family| family.name != catalog::PAIR);
    let rows = families.map(|family| {
        let on = || family.tools.iter().filter(|tool| !matches!(cx.offer.reach(tool), Reach::Off(_)));
        let (there, out): (Vec<&Tool>, Vec<&Tool>) =
            on().partition(|tool| matches!(cx.offer.reach(tool), Reach::Listed | Reach::Through(_)));
        let [there, out] = [there, out].map(|tools| tools.iter().map(|tool| tool.name).collect::<Vec<_>>());
        let told = if out.is_empty() { String::new() } else { format!("; out of reach: {}", out.join(", ")) };
        let mut value = json!({"toolset": family.name, "about": family.about, "names": there});
        if let Value::Object(members) = &mut value
            && !out.is_empty()
        {
            members.insert("out_of_reach".into(), json!(out));
        }
        let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
        Row { line: format!("{} ({}): {there}{told}", family.name, family.about), value }
    });
    answer.rows("tools", rows.collect());
    answer
}

fn row(cx: &Context<'_>, tool: &Tool) -> Row {
    let arguments = notation::arguments(&tool.schema_in_full());
    let scope = tool.scope().map(crate::api::Scope::as_str);
    let needs = scope.map(|scope| format!(", scope {scope}")).unwrap_or_default();
    let how = match (cx.offer.obstacle(tool), cx.offer.reach(tool)) {
        (Some(why), _) => format!("out of reach: {why}"),
        (None, Reach::Through(pair)) => format!("call it with {pair}"),
        (None, _) => "call it directly".to_owned(),
    };
    let effect = tool.effect.as_str();
    let costs = tool.plans == Some(Stake::Cost);
    let cost = if costs { ", may cost" } else { "" };
    Row {
        line: format!("{}({arguments}) [{effect}{cost}{needs}] {} -> {how}", tool.name, tool.description()),
        value: json!({"name": tool.name, "effect": effect, "may_cost": costs.then_some(true), "scope": scope, "description": tool.description(), "arguments": arguments, "how": how}),
    }
}

/// The tool of the pair that calls a tool.
pub const fn pair_for(tool: &Tool) -> &'static str {
    if matches!(tool.effect, Effect::Read) { READS } else { WRITES }
}

//! `use_read_tool` and `use_write_tool`: which tool a call means.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{NoCall, find::FindTools, rank};
use crate::tools::{
    Answer, ArgumentError, CONFIRM, Context, Effect, Spec, Tool, ToolError,
    answer::FROM_ROW,
    args,
    catalog::{self, Reach, Selection},
    schema::Member,
    text,
};

/// The tool that calls tools that read.
pub const READS: &str = "use_read_tool";
/// The tool that calls tools that change something.
pub const WRITES: &str = "use_write_tool";

/// Call a reading tool that `find_tools` found.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only the schema is used: `meant` reads the arguments")]
pub struct UseReadTool {
    name: String,
    arguments: Option<Map<String, Value>>,
}

/// Call a changing tool that `find_tools` found. It may cost: get consent.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only the schema is used: `meant` reads the arguments")]
pub struct UseWriteTool {
    name: String,
    arguments: Option<Map<String, Value>>,
}

impl Spec for UseReadTool {
    type Endpoint = NoCall;
    const NAME: &'static str = READS;
    const TITLE: &'static str = "Use read tool";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[];

    async fn run(self, _: &Context<'_>) -> Result<Answer, ToolError> {
        Err(unnamed(READS))
    }
}

impl Spec for UseWriteTool {
    type Endpoint = NoCall;
    const NAME: &'static str = WRITES;
    const TITLE: &'static str = "Use write tool";
    const EFFECT: Effect = Effect::Overwrite;
    const OUTPUT: &'static [Member] = &[];

    async fn run(self, _: &Context<'_>) -> Result<Answer, ToolError> {
        Err(unnamed(WRITES))
    }
}

/// The error of a call that names no tool.
fn unnamed(pair: &str) -> ToolError {
    ArgumentError(format!("`name` is missing: {pair} calls the tool that `name` says; find_tools finds names")).into()
}

/// What a call means.
pub struct Meant {
    /// The tool to run.
    pub tool: &'static Tool,
    /// Its arguments.
    pub arguments: Map<String, Value>,
    /// What was ignored in the call of the pair.
    notes: Vec<String>,
}

impl Meant {
    /// The outcome of the tool, with what was ignored before.
    pub fn finish(notes: Vec<String>, outcome: Result<Answer, ToolError>) -> Result<Answer, ToolError> {
        match outcome {
            Ok(mut answer) => {
                for note in notes {
                    answer.note(format!("{note}."));
                }
                Ok(answer)
            }
            Err(error) => Err(error.noted(notes)),
        }
    }

    /// Its parts.
    pub fn into_parts(self) -> (&'static Tool, Map<String, Value>, Vec<String>) {
        (self.tool, self.arguments, self.notes)
    }
}

/// What a call means: the named tool for a call of the pair, or else the called tool itself.
///
/// # Errors
///
/// The pair calls only tools that exist, that the configuration allows and that have the right effect.
pub fn meant(called: &'static Tool, mut arguments: Map<String, Value>, selection: &Selection) -> Result<Meant, ToolError> {
    let wants_read = match called.name {
        READS => true,
        WRITES => false,
        FindTools::NAME => {
            let notes = take_query(&mut arguments).into_iter().collect();
            return Ok(Meant { tool: called, arguments, notes });
        }
        _ => return Ok(Meant { tool: called, arguments, notes: Vec::new() }),
    };
    take_name(&mut arguments);
    let named = arguments.get("name").and_then(Value::as_str).and_then(|name| catalog::find(name.trim()));
    let beside = named.map(|tool| beside(tool, &mut arguments)).unwrap_or_default();
    let strangers = if wants_read { args::Strangers::Ignored } else { args::Strangers::Refused };
    let notes = called.check(strangers, &mut arguments)?.notes;
    let name = arguments.get("name").and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let refuse = |message: String| Err(ArgumentError(message).into());
    let Some(tool) = named else {
        let meant = match catalog::nearest_harmless(&name) {
            Some(near) => format!("; did you mean `{near}`?"),
            None => similar(&name).map_or_else(|| ".".to_owned(), |names| format!("; about the like, and only reading: {names}.")),
        };
        return refuse(format!("`name`: there is no tool `{}`{meant} find_tools finds tools by what they do", text::line(&name, 80)));
    };
    if catalog::is_pair(tool) {
        return refuse(format!("`name`: {} is called directly", tool.name));
    }
    if wants_read != (tool.effect == Effect::Read) {
        let (does, right) = if wants_read { ("changes something", WRITES) } else { ("only reads", READS) };
        return refuse(format!("`name`: {} {does}; call it with {right}", tool.name));
    }
    if let Reach::Off(setting) = selection.reach(tool) {
        return Err(ToolError::Off(tool.name, setting));
    }
    let mut given = crate::tools::arguments(arguments.shift_remove("arguments").unwrap_or_default())?;
    for (name, value) in beside {
        given.entry(name).or_insert(value);
    }
    Ok(Meant { tool, arguments: given, notes })
}

/// Takes the one text that was given to `find_tools` under another name for its query, and says so.
fn take_query(arguments: &mut Map<String, Value>) -> Option<String> {
    let words = |value: &Value| value.as_str().is_some_and(|text| text.contains(char::is_alphabetic));
    if arguments.get("query").is_some_and(words) {
        return None;
    }
    let mut others = arguments.iter().filter(|(name, value)| *name != "limit" && !args::is_injected(name) && words(value));
    let (Some((name, _)), None) = (others.next(), others.next()) else { return None };
    let name = name.clone();
    let text = arguments.shift_remove(&name)?;
    arguments.insert("query".to_owned(), text);
    Some(format!("`{}` was taken for `query`", text::line(&name, 60)))
}

/// Takes the name of a tool that stands under `tool` for `name`. Some hosts add the name of the called tool itself, and it is not taken.
fn take_name(arguments: &mut Map<String, Value>) {
    if arguments.get("name").and_then(Value::as_str).is_some_and(|name| !name.trim().is_empty()) {
        return;
    }
    let other = ["tool", "tool_name"].into_iter().find_map(|other| catalog::find(arguments.get(other)?.as_str()?.trim()));
    if let Some(tool) = other.filter(|tool| !catalog::is_pair(tool)) {
        arguments.insert("name".to_owned(), tool.name.into());
    }
}

/// Up to three tools that share words with a name that no tool has. They only read: a model may call what is suggested.
fn similar(name: &str) -> Option<String> {
    let tools: Vec<&Tool> = catalog::all().filter(|tool| tool.effect == Effect::Read && !catalog::is_pair(tool)).collect();
    let found = rank::ranked(&name.replace(['_', '-'], " "), &tools);
    let names: Vec<&str> = found.iter().take(3).map(|tool| tool.name).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Takes out arguments of the named tool that stand beside its name, and those that every such tool takes. Models that know the tool forget
/// to put them into `arguments`.
fn beside(tool: &Tool, arguments: &mut Map<String, Value>) -> Map<String, Value> {
    let properties = tool.input_schema().get("properties").and_then(Value::as_object);
    let of_all = if tool.effect == Effect::Read { FROM_ROW } else { CONFIRM };
    let theirs =
        |name: &str| !matches!(name, "name" | "arguments") && (name == of_all || properties.is_some_and(|all| all.contains_key(name)));
    let names: Vec<String> = arguments.keys().filter(|name| theirs(name)).cloned().collect();
    names.into_iter().filter_map(|name| arguments.shift_remove(&name).map(|value| (name, value))).collect()
}

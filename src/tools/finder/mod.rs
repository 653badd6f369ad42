//! The catalog as tools: finding a tool that is not listed, and calling it.
//!
//! A model pays for every tool that is listed. So only the core is, and these three tools reach the rest: `find_tools` names tools with
//! their arguments, `use_read_tool` calls those that read, and `use_write_tool` calls the others. Hosts ask people about the two in
//! different ways, because their hints differ. Such a call is in every way the call of the named tool: [`meant()`] puts that tool in the place
//! of the pair before anything else is done.
//!
//! Start with `find`. `rank` sorts tools by the words of a request, and `notation` writes the arguments of a tool. Neither may know what a
//! tool does. `absent` knows what none does.

mod absent;
mod find;
mod meant;
mod notation;
mod rank;

use serde::{Deserialize, Serialize};

pub use find::pair_for;
pub use meant::{Meant, meant};

use crate::{
    api::{Access, endpoint},
    tools::{
        Tool,
        catalog::{self, Family},
    },
};

/// The tools of this family.
pub static FAMILY: Family = Family { name: catalog::PAIR, about: "finding and calling the tools that are not listed", tools: &TOOLS };

static TOOLS: [Tool; 3] = [
    Tool::of::<find::FindTools>().core().example(r#"{"query": "what did we use"}"#),
    Tool::of::<meant::UseReadTool>().core().example(r#"{"name": "list_usage_metrics"}"#),
    Tool::of::<meant::UseWriteTool>()
        .core()
        .example(r#"{"name": "cancel_prompt_run", "arguments": {"run_id": "run_scene_catalogue_early_cinema"}}"#),
];

/// The tools that fit a request, best first, without those of this family.
pub fn found(words: &str) -> Vec<&'static Tool> {
    let tools: Vec<&Tool> = catalog::all().filter(|tool| !catalog::is_pair(tool)).collect();
    rank::ranked(words, &tools)
}

/// The call of a tool that sends nothing itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NoCall {}

endpoint!(NoCall, Get, "", Access::Public, ());

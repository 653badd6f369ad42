//! Which automations use a thing.

use crate::{
    api::{
        automations::{Automation, AutomationKind, GetAutomation},
        ids::IndexId,
        indexes::ListIndexes,
    },
    session::CallError,
    tools::{Context, together::together},
};

/// How many automations are read at once, and how many times.
const AT_ONCE: usize = 7;
const MOST_BATCHES: usize = 6;

/// The indexes with an automation of one of these kinds that uses the thing. `None` if they cannot be read.
pub async fn using(cx: &Context<'_>, kinds: &[AutomationKind], uses: impl Fn(&Automation) -> bool) -> Option<Vec<(String, &'static str)>> {
    let indexes = cx.session.call(&ListIndexes { include_defaults: Some(false) }, &cx.deadline).await.ok()?.data;
    let ids = indexes.iter().filter_map(|index| IndexId::parse(index.index_id.as_str()).ok());
    let wanted: Vec<_> =
        ids.flat_map(|index_id| kinds.iter().map(move |kind| GetAutomation { index_id: index_id.clone(), kind: *kind })).collect();
    let mut using = Vec::new();
    for some in wanted.chunks(AT_ONCE).take(MOST_BATCHES) {
        let reads = some.iter().map(|read| async move { (read, cx.session.call(read, &cx.deadline).await) });
        for (read, automation) in together(reads).await {
            match automation {
                Ok(automation) if uses(&automation) => using.push((read.index_id.to_string(), read.kind.as_str())),
                // An index without an automation may answer 404.
                Ok(_) => {}
                Err(CallError::Upstream(error)) if error.status == Some(404) => {}
                Err(_) => return None,
            }
        }
    }
    Some(using)
}

//! Which automations use a thing.

use crate::{
    api::{
        automations::{Automation, AutomationKind, GetAutomation},
        ids::IndexId,
        indexes::ListIndexes,
    },
    session::CallError,
    tools::{Answer, Context, text, together::together},
};

/// How many automations are read at once, and how many times.
const AT_ONCE: usize = 7;
const MOST_BATCHES: usize = 6;

/// The automations that use a thing.
#[derive(Default)]
pub struct Using {
    /// Their indexes and kinds.
    pub found: Vec<(String, &'static str)>,
    /// Of how many indexes the automations were read, if there are more of them.
    pub of_first: Option<usize>,
}

impl Using {
    /// Says that others may use it, too, if not all were read.
    pub fn note(&self, answer: &mut Answer) {
        if let Some(read) = self.of_first {
            answer.note(format!("Only the automations of the first {} were read; others may use it, too.", text::count(read, "index")));
        }
    }
}

/// The indexes with an automation of one of these kinds that uses the thing. `None` if they cannot be read.
pub async fn using(cx: &Context<'_>, kinds: &[AutomationKind], uses: impl Fn(&Automation) -> bool) -> Option<Using> {
    let indexes = cx.session.call(&ListIndexes { include_defaults: Some(false) }, &cx.deadline).await.ok()?.data;
    let ids = indexes.iter().filter_map(|index| IndexId::parse(index.index_id.as_str()).ok());
    let wanted: Vec<_> =
        ids.flat_map(|index_id| kinds.iter().map(move |kind| GetAutomation { index_id: index_id.clone(), kind: *kind })).collect();
    let most = AT_ONCE * MOST_BATCHES;
    let of_first = (wanted.len() > most).then(|| most / kinds.len().max(1));
    let mut using = Using { found: Vec::new(), of_first };
    for some in wanted.chunks(AT_ONCE).take(MOST_BATCHES) {
        let reads = some.iter().map(|read| async move { (read, cx.session.call(read, &cx.deadline).await) });
        for (read, automation) in together(reads).await {
            match automation {
                Ok(automation) if uses(&automation) => using.found.push((read.index_id.to_string(), read.kind.as_str())),
                // An index without an automation may answer 404.
                Ok(_) => {}
                Err(CallError::Upstream(error)) if error.is_missing() => {}
                Err(_) => return None,
            }
        }
    }
    Some(using)
}

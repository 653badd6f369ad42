//! The two ways to upload a file.

use std::sync::Arc;

use rusqlite::Transaction;

use super::{Prepared, received};
use crate::{
    api::uploads::{Destination, UploadVideo, Uploaded, WorkflowUpload},
    playground::{
        Refusal,
        auth::Caller,
        form::Received,
        imports, indexes,
        mount::{Mount, Reply},
        naming,
        service::Service,
        store::library,
    },
};

const MOST_TITLE: usize = 255;
const MOST_INDEX_NAME: usize = 100;

pub fn mount(mount: Mount) -> Mount {
    mount.upload(take_video, add).created().upload(take_workflow, add).accepted()
}

/// An upload that only has to be written down.
struct Arrived {
    file: Prepared,
    name: String,
    bytes: u64,
    target: Target,
}

/// Where an upload goes.
enum Target {
    Playground,
    Index(String),
    Named(String),
}

async fn take_video(service: Arc<Service>, _: Caller, call: UploadVideo, file: Received) -> Reply<Arrived> {
    let title = naming::named("title", &call.title, MOST_TITLE)?;
    let target = call.index_id.filter(|id| !id.is_empty()).map_or(Target::Playground, Target::Index);
    take(service, file, title, target).await
}

async fn take_workflow(service: Arc<Service>, _: Caller, call: WorkflowUpload, file: Received) -> Reply<Arrived> {
    let given = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let title = match given(call.title) {
        Some(title) => naming::named("title", &title, MOST_TITLE)?,
        None => naming::titled(named_alone(&file.name), MOST_TITLE),
    };
    let target = match (given(call.index_id), given(call.index_name)) {
        (None, None) => Target::Playground,
        (Some(id), None) => Target::Index(id),
        (None, Some(name)) if name.chars().count() <= MOST_INDEX_NAME => Target::Named(name),
        (None, Some(_)) => {
            let message = format!("String should have at most {MOST_INDEX_NAME} characters");
            return Err(Refusal::argument(["body", "index_name"], message, "string_too_long"));
        }
        (Some(_), Some(_)) => {
            return Err(Refusal::argument(["body", "index_name"], "Give `index_id` or `index_name`, not both", "value_error"));
        }
    };
    take(service, file, title, target).await
}

/// The name of a file without the directory that some senders put before it, on whatever system.
pub fn named_alone(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or_default()
}

async fn take(service: Arc<Service>, file: Received, title: String, target: Target) -> Reply<Arrived> {
    if let Target::Index(id) = &target {
        // Nobody should wait for the measuring of a file that has nowhere to go.
        let id = id.clone();
        service.store.read(move |connection| library::own_index(connection, &id).map(drop)).await?;
    }
    let name = named_alone(&file.name).to_owned();
    let bytes = file.length;
    let prepared = received(&service, file, &title, None).await?;
    Ok(Arrived { file: prepared, name, bytes, target })
}

/// Adds the item, and the index if it is not there.
fn add(_: &Caller, tx: &Transaction<'_>, mut arrived: Arrived) -> Reply<Uploaded> {
    let (index, created) = match &arrived.target {
        Target::Playground => (None, false),
        Target::Index(id) => (Some(library::own_index(tx, id)?), false),
        Target::Named(name) => {
            let (index, created) = indexes::named(tx, name)?;
            (Some(index), created)
        }
    };
    arrived.file.media.index_id = index.as_ref().map(|index| index.index_id.clone());
    let video = arrived.file.keep(tx)?;
    let job = imports::uploaded(tx, &arrived.name, arrived.bytes, &video, index.as_ref().map(|index| index.index_id.as_str()))?;
    let destination = Destination {
        kind: if index.is_some() { "index" } else { "playground" }.into(),
        index_id: index.as_ref().map(|index| index.index_id.clone()),
        index_name: index.map(|index| index.name),
        index_created: created,
    };
    Ok(Uploaded { video: Some(video), destination: Some(destination), job: Some(job) })
}

//! Removes the files of media that no item has.
//!
//! A file gets its name before the item is committed, and keeps it until the deletion of the item is. So a process that ends in between, or a
//! commit that fails, leaves a file that nobody can see.

use std::{fs, path::Path, sync::Arc};

use super::NAME;
use crate::playground::{Refusal, service::Service, store::library};

/// Removes what an earlier start has left. Call it before files come.
pub async fn remove_unnamed(service: &Arc<Service>) -> Result<(), Refusal> {
    let Some(folder) = service.scratch.left(library::MEDIA_FOLDER) else { return Ok(()) };
    let named = service.store.read(|connection| Ok(library::files(connection)?)).await?;
    let remove = move || {
        for entry in fs::read_dir(&folder)?.flatten() {
            let name = entry.file_name();
            if name.to_str().is_some_and(|name| is_ours(name) && !named.contains(name)) {
                remove(&entry.path());
            }
        }
        std::io::Result::Ok(())
    };
    if let Err(error) = tokio::task::spawn_blocking(remove).await.map_err(Refusal::internal)? {
        tracing::warn!(%error, "the files of media could not be listed");
    }
    Ok(())
}

/// Whether a file has a name as the playground gives them. Whatever else somebody put there stays.
fn is_ours(name: &str) -> bool {
    name.split_once('.').is_some_and(|(stem, _)| stem.len() == 2 * NAME && stem.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn remove(file: &Path) {
    match fs::remove_file(file) {
        Ok(()) => tracing::info!(file = %file.display(), "a file that no item has was removed"),
        Err(error) => tracing::warn!(%error, file = %file.display(), "a file that no item has could not be removed"),
    }
}

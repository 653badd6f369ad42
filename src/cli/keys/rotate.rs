//! `keys rotate`.

use std::path::Path;

use anyhow::anyhow;

use super::{
    agree, ask,
    held::belongs,
    keep::{self, Place},
    mend, record,
    record::State,
    rules,
};
use crate::{
    api::keys::{GetKey, Key, ListKeys},
    cli::{Failure, owner::Owner, print, word::word},
    config::Config,
    key::Sidecar,
    tools::text,
};

/// Replaces a key by a new one, and puts the new secret where it belongs.
///
/// The order matters. We check that the file can be written, and that its key is the one that will stop working. Only then we call the API.
pub async fn run(owner: &Owner, id: &rules::Id, write: Option<&Path>, yes: bool, config: &Config) -> Result<(), Failure> {
    let place = keep::prepare(write)?;
    let keys = ask(owner, &ListKeys {}).await?.data;
    let old = match keys.iter().find(|key| key.key_id == id.as_str()) {
        Some(key) => key.clone(),
        None => ask(owner, &GetKey { key_id: id.clone() }).await?,
    };
    if let Some(place) = &place {
        check(place, &old, &keys)?;
    }
    let doomed = living(&old, &keys)?;
    consent(&old, doomed, place.as_ref(), yes)?;
    let made = mend::replace(owner, doomed, &keys).await?;
    let new = record::without_secret(&made);
    let file = place.as_ref().map(|place| place.path().display().to_string());
    match place {
        Some(place) => keep::store(place, &made, config.state_dir.as_deref())?,
        None => keep::hand_over(&made, config.state_dir.as_deref())?,
    }
    let end = record::end(new.expires_at.as_deref());
    let (named, rotated) = (record::id(&old.key_id), record::id(&doomed.key_id));
    let what = if doomed.key_id == old.key_id { named } else { format!("{rotated}, to which {named} had been rotated,") };
    print::note(format_args!("Rotated {what} to {}, which {end}. The old secret no longer works.", record::label(&new)));
    match file {
        Some(file) => print::note(format_args!(
            "The new secret is in {file}. The facts about the key are in {file}.json. A server that reads this file goes on without a restart."
        )),
        None => print::note("The new secret was printed this once; the API does not show it again."),
    }
    for change in changes(&old, &new) {
        print::note(change);
    }
    Ok(())
}

/// The key to rotate: the one that the user named, or the one that a rotation with a lost answer made of it.
fn living<'k>(old: &'k Key, keys: &'k [Key]) -> Result<&'k Key, Failure> {
    let state = State::of(old);
    if state.works() {
        return Ok(old);
    }
    mend::successor(keys, old).ok_or_else(|| {
        let label = record::label(old);
        let state = state.words().to_lowercase();
        let mut told = format!("{label} is {state} and cannot be rotated; make its successor with: videosearch-mcp keys create");
        for key in mend::suspects(keys, old) {
            let (label, id) = (record::label(key), record::id(&key.key_id));
            told.push_str(&format!(
                ". {label} was made at about that time and never used. If it came of a rotation whose answer was lost, get its secret with: \
                 videosearch-mcp keys rotate {id}"
            ));
        }
        anyhow!(told).into()
    })
}

/// Asks the user, if something that works may stop working.
fn consent(old: &Key, doomed: &Key, place: Option<&Place>, yes: bool) -> Result<(), Failure> {
    let (label, id) = (record::label(old), record::id(&old.key_id));
    if doomed.key_id != old.key_id {
        let matter = format!(
            "{label} was revoked at {}, and in the same moment {} was made, which was never used: a rotation whose answer was lost, or one that somebody made \
             elsewhere and whose secret they hold. Going on rotates {1}",
            record::time(old.revoked_at.as_deref()),
            record::id(&doomed.key_id)
        );
        return agree(&matter, yes);
    }
    match place {
        None => agree(&format!("Rotating {label} makes whatever uses its present secret fail at once; the new one is printed"), yes),
        Some(place) if place.present.is_none() => {
            let path = place.path().display();
            agree(&format!("{path} does not hold the present secret of {id}, so whatever uses {label} elsewhere fails at once"), yes)
        }
        Some(_) => Ok(()),
    }
}

/// Checks that the secret in the file belongs to the key: the API shows the same beginning, and the facts beside the file do not
/// contradict. Facts about a dead key are old, so they do not count.
fn check(place: &Place, old: &Key, keys: &[Key]) -> Result<(), Failure> {
    let Some(present) = &place.present else { return Ok(()) };
    let dead = |id: &str| keys.iter().any(|key| key.key_id == id && !State::of(key).works());
    let noted = place.noted_id.as_deref().filter(|id| *id == old.key_id || !dead(id));
    if belongs(present, noted, old) {
        return Ok(());
    }
    let (id, path) = (record::id(&old.key_id), place.path().display());
    let owned = keys.iter().find(|key| key.key_id != old.key_id && belongs(present, None, key));
    let message = match (noted.filter(|noted| *noted != old.key_id), owned) {
        (_, Some(other)) if !State::of(old).works() && State::of(other).works() && other.name == old.name => format!(
            "{id} is {} and {path} holds the secret of {}, which works; there is nothing to do, or: videosearch-mcp keys rotate {} --write {}",
            State::of(old).words().to_lowercase(),
            record::label(other),
            record::id(&other.key_id),
            word(&path.to_string())
        ),
        (_, Some(other)) => format!("{path} holds the secret of {}, not of {id}; nothing was rotated", record::label(other)),
        (Some(noted), None) if present.shown_as(&old.key_prefix) != Some(false) => format!(
            "{} says that {path} holds the key {}, not {id}; nothing was rotated. If that is wrong, remove {0} and repeat the command",
            Sidecar::path_for(place.path()).display(),
            record::id(noted)
        ),
        _ if present.shown_as(&old.key_prefix).is_none() => format!(
            "the API shows too little of the secret of {id} to tell whether it is the key in {path}; nothing was rotated. \
             If it is, move {path} away and repeat the command with --yes"
        ),
        _ => format!(
            "{path} holds a key ({present}) that does not match {id}, whose secret is listed as `{}`; nothing was rotated",
            record::prefix(old)
        ),
    };
    Err(anyhow!(message).into())
}

/// What the API did not carry over to the new key, and an end that comes soon.
fn changes(old: &Key, new: &Key) -> Vec<String> {
    let mut out = Vec::new();
    if record::scopes(old) != record::scopes(new) {
        out.push(format!("The scopes changed: they were {}, and are {}.", record::scopes(old), record::scopes(new)));
    }
    if old.name != new.name {
        out.push(format!("The name changed: it was \"{}\", and is \"{}\".", text::line(&old.name, 100), text::line(&new.name, 100)));
    }
    let end = |key: &Key| key.expires_at.as_deref().map(|at| record::instant(at).ok_or_else(|| at.to_owned()));
    if end(old) != end(new) {
        let told = |key: &Key| record::end(key.expires_at.as_deref());
        out.push(format!("The end changed: the old key {}; the new one {}.", told(old), told(new)));
    } else if State::of(new) == State::Soon {
        out.push("The rotation kept the end. For a later one: videosearch-mcp keys create --expires-in-days N".to_owned());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{super::record::tests::key, *};
    use crate::api::Scope;

    #[test]
    fn what_was_not_carried_over_is_told() {
        let old = Key { expires_at: Some("2030-01-01T00:00:00Z".into()), ..key("old") };
        let same = Key { key_id: "new".into(), expires_at: Some("2030-01-01T01:00:00+01:00".into()), ..old.clone() };
        assert!(changes(&old, &same).is_empty(), "{:?}", changes(&old, &same));
        let other = Key { name: "x".into(), scopes: vec![Scope::Read], expires_at: None, ..old.clone() };
        let told = changes(&old, &other).join("\n");
        assert!(
            told.contains("they were search, read, and are read") && told.contains("\"x\"") && told.contains("never expires"),
            "{told}"
        );
        let soon = Key { expires_at: Some((chrono::Utc::now() + chrono::TimeDelta::days(2)).to_rfc3339()), ..key("soon") };
        assert!(changes(&soon, &soon).join("").contains("kept the end"));
    }
}

//! `keys revoke` and `keys delete`.

use anyhow::anyhow;

use super::{agree, ask, problem, record, record::State, rules};
use crate::{
    api::{
        Endpoint,
        keys::{DeleteKey, GetKey, Key, RevokeKey},
    },
    cli::{Failure, owner::Owner, print},
    client::Error,
    tools::text,
};

/// Makes a key stop working.
pub async fn revoke(owner: &Owner, id: &rules::Id, yes: bool) -> Result<(), Failure> {
    let key = ask(owner, &GetKey { key_id: id.clone() }).await?;
    if State::of(&key) == State::Revoked {
        print::note(format_args!(
            "{} was revoked already, at {}. To remove it from the list: videosearch-mcp keys delete {id}",
            record::label(&key),
            record::time(key.revoked_at.as_deref())
        ));
        return Ok(());
    }
    agree(&format!("Revoking {} makes whatever uses it fail at once, for good", described(&key)), yes)?;
    let call = RevokeKey { key_id: id.clone() };
    settle(owner, id, &call, |key| key.is_some_and(|key| !State::of(key).works())).await?;
    print::note(format_args!("Revoked {}. It stays listed; videosearch-mcp keys delete {id} removes it.", record::label(&key)));
    Ok(())
}

/// Removes a key for good.
pub async fn delete(owner: &Owner, id: &rules::Id, yes: bool) -> Result<(), Failure> {
    let key = ask(owner, &GetKey { key_id: id.clone() }).await?;
    let effect = if State::of(&key).works() { "makes whatever uses it fail at once, and " } else { "" };
    agree(&format!("Deleting {} {effect}removes it from the list for good", described(&key)), yes)?;
    settle(owner, id, &DeleteKey { key_id: id.clone() }, |key| key.is_none()).await?;
    print::note(format_args!("Deleted {}.", record::label(&key)));
    Ok(())
}

/// What a person should see of a key before ending it.
fn described(key: &Key) -> String {
    format!(
        "{} (\"{}\"; prefix {}; {}; last used: {})",
        record::id(&key.key_id),
        text::line(&key.name, 100),
        record::prefix(key),
        record::scopes(key),
        record::time(key.last_used_at.as_deref())
    )
}

/// Makes the call, and if its answer is lost, looks whether it was carried out.
async fn settle<E: Endpoint>(owner: &Owner, id: &rules::Id, call: &E, done: impl Fn(Option<&Key>) -> bool) -> Result<(), Failure> {
    let Err(error) = owner.call(call).await else { return Ok(()) };
    let told = problem::explain(&error, owner);
    if !problem::uncertain(&error) {
        return Err(anyhow!(told).into());
    }
    let now = owner.call(&GetKey { key_id: id.clone() }).await;
    let gone = |error: &Error| error.status == Some(404) && error.problem.as_ref().is_some_and(crate::api::Problem::is_missing_resource);
    match now {
        Ok(key) if done(Some(&key)) => {}
        Err(error) if gone(&error) && done(None) => {}
        Ok(_) | Err(_) => return Err(anyhow!("{told}; whether it was done is not known, and repeating the command is safe").into()),
    }
    print::note(format_args!("The answer was lost ({told}), but it was done."));
    Ok(())
}

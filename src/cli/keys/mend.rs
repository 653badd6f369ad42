//! What to do when an answer was lost: find out what happened, and get the secret all the same.
//!
//! The API takes no idempotency key here. A rotation whose answer is lost may have ended the old key and made a new one whose secret nobody
//! holds. We rotate the new one to get a secret. A creation whose answer is lost may have made a key that nobody can use. We name it, so
//! that the user can remove it.

use std::{collections::HashSet, time::Duration};

use anyhow::anyhow;
use chrono::{DateTime, TimeDelta, Utc};

use super::{problem, record, record::State, rules, rules::Wish};
use crate::{
    api::keys::{Key, KeyWithSecret, ListKeys, RotateKey},
    cli::{Failure, owner::Owner, print},
    fence,
    key::ApiKey,
};

/// How often a lost answer is followed by another try.
const ROUNDS: usize = 3;
/// How often we look at the list while the old key still works: the API may carry out a request after its sender gave up.
const LOOKS: usize = 3;
/// The pause between looks.
const PAUSE: Duration = Duration::from_secs(1);
/// One call ends a key and makes its successor, so the new key begins at the end of the old one or this much later. Whoever makes a key and
/// then revokes another has made it before.
const SAME_CALL: TimeDelta = TimeDelta::seconds(1);
/// A key that was made this near to the end of another may have replaced it.
const NEAR: TimeDelta = TimeDelta::seconds(60);

/// What became of a key whose rotation was not answered.
enum Fate {
    /// It still works.
    Alive,
    /// It is dead, and this is its successor, which nobody holds.
    Orphan(Box<Key>),
    /// It is dead, and these could be its successor.
    Unclear(Vec<Key>),
}

/// Rotates a key. If the answer is lost, also rotates the key that came of it. `listed` are the account's keys from before.
pub async fn replace(owner: &Owner, old: &Key, listed: &[Key]) -> Result<KeyWithSecret, Failure> {
    let mut known: HashSet<String> = listed.iter().chain([old]).map(|key| key.key_id.clone()).collect();
    let (named, mut old) = (old, old.clone());
    super::hold_on();
    for _ in 0..ROUNDS {
        let key_id = rules::Id::parse(old.key_id.as_str())?;
        let error = match owner.call(&RotateKey { key_id }).await {
            Ok(rotated) => {
                if let Ok(key) = ApiKey::parse(&rotated.new_key.key.0) {
                    fence::hide(&key);
                }
                return Ok(rotated.new_key);
            }
            Err(error) => error,
        };
        let told = problem::explain(&error, owner);
        if !problem::uncertain(&error) {
            if old.key_id != named.key_id {
                return Err(anyhow!("{told}. {} no longer works. {}", record::id(&named.key_id), unheld_now(&old)).into());
            }
            return Err(anyhow!("{told}. {} was not rotated", record::id(&old.key_id)).into());
        }
        let id = record::id(&old.key_id);
        print::note(format_args!("The answer to the rotation of {id} was lost: {told}. Looking whether it was carried out."));
        match look(owner, &old, &known).await? {
            Fate::Alive if old.key_id != named.key_id => {
                return Err(anyhow!("{} no longer works. {}", record::id(&named.key_id), unheld_now(&old)).into());
            }
            Fate::Alive => {
                return Err(
                    anyhow!("{id} still works, so it was not rotated, and nothing has changed. Repeating the command is safe").into()
                );
            }
            Fate::Orphan(new) => {
                print::note(format_args!("{id} was rotated to {}, whose secret nobody holds. Rotating that one.", record::id(&new.key_id)));
                known.insert(new.key_id.clone());
                old = *new;
            }
            Fate::Unclear(new) => return Err(unclear(&old, &new)),
        }
    }
    Err(anyhow!("the answer was lost {ROUNDS} times. {}", unheld_now(&old)).into())
}

/// What to do about a key that came of a rotation, and whose own rotation failed.
fn unheld_now(key: &Key) -> String {
    format!(
        "{} works, but nobody has its secret. Repeat the command with --yes when the network is better; it goes on from there",
        record::label(key)
    )
}

/// Looks what became of a key.
async fn look(owner: &Owner, old: &Key, known: &HashSet<String>) -> Result<Fate, Failure> {
    for turn in 0..LOOKS {
        if turn > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        let keys = owner.call(&ListKeys {}).await.map_err(|error| {
            anyhow!(
                "whether {} was rotated cannot be seen now: {}. Repeat the command with --yes later: it finds out, and gets the secret if it was",
                record::id(&old.key_id),
                problem::explain(&error, owner)
            )
        })?;
        if let Some(fate) = fate(&keys.data, old, known) {
            return Ok(fate);
        }
    }
    Ok(Fate::Alive)
}

/// What the list says of a key; `None` while it works.
fn fate(keys: &[Key], old: &Key, known: &HashSet<String>) -> Option<Fate> {
    if keys.iter().any(|key| key.key_id == old.key_id && State::of(key).works()) {
        return None;
    }
    let mut new: Vec<Key> = keys.iter().filter(|key| !known.contains(&key.key_id) && unheld(key, &old.name)).cloned().collect();
    Some(match (new.pop(), new.is_empty()) {
        (Some(key), true) => Fate::Orphan(Box::new(key)),
        (last, _) => Fate::Unclear(new.into_iter().chain(last).collect()),
    })
}

/// Whether a key works, has this name and was never used. A key whose secret nobody got is like this.
fn unheld(key: &Key, name: &str) -> bool {
    State::of(key).works() && key.name == name && key.last_used_at.is_none()
}

fn unclear(old: &Key, new: &[Key]) -> Failure {
    let id = record::id(&old.key_id);
    let error = if new.is_empty() {
        anyhow!("{id} no longer works, and no new key of that name is listed. Make a new key with: videosearch-mcp keys create")
    } else {
        let names = new.iter().map(record::label).collect::<Vec<_>>().join(", ");
        anyhow!(
            "{id} no longer works, and each of these keys may be its successor: {names}. Revoke the one that nobody uses, then make a key with: videosearch-mcp keys create"
        )
    };
    error.into()
}

/// The key that a rotation in an earlier process made to replace a dead one, if nobody ever used it. It has the same name and scopes, and was
/// made by the call that ended the old one. If that key was rotated in the same way, we go on to the last one.
pub fn successor<'k>(keys: &'k [Key], old: &'k Key) -> Option<&'k Key> {
    let mut dead = old;
    let mut seen = vec![old.key_id.as_str()];
    // Each step takes another key, so there are no more steps than keys.
    for _ in keys {
        let candidates = keys.iter().filter(|key| !seen.contains(&key.key_id.as_str()));
        let candidates: Vec<(TimeDelta, &Key)> = candidates
            .filter_map(|key| Some((gap(key, dead)?, key)))
            .filter(|(gap, key)| (TimeDelta::zero()..=SAME_CALL).contains(gap) && may_follow(key, old))
            .collect();
        let mut working = candidates.iter().filter(|(_, key)| State::of(key).works());
        match (working.next(), working.next()) {
            (Some((_, only)), None) => return Some(only),
            (Some(_), Some(_)) => return None,
            (None, _) => {}
        }
        dead = candidates.iter().min_by_key(|(gap, _)| *gap)?.1;
        seen.push(&dead.key_id);
    }
    None
}

/// The keys that may have come of a rotation of a dead one: they were made at about the time of its end. Nothing proves it.
pub fn suspects<'k>(keys: &'k [Key], old: &Key) -> Vec<&'k Key> {
    let near = |key: &&Key| gap(key, old).is_some_and(|gap| gap.abs() <= NEAR);
    keys.iter().filter(|key| key.key_id != old.key_id && State::of(key).works() && may_follow(key, old)).filter(near).collect()
}

/// How long after the end of a key another one was made.
fn gap(key: &Key, old: &Key) -> Option<TimeDelta> {
    Some(record::instant(key.created_at.as_deref()?)? - record::instant(old.revoked_at.as_deref()?)?)
}

/// Whether a key is like one that a rotation made whose answer was lost: what the old one was, and never used.
fn may_follow(key: &Key, old: &Key) -> bool {
    key.name == old.name && record::scopes(key) == record::scopes(old) && key.last_used_at.is_none()
}

/// What to do about a creation whose answer was lost. `listed` are the account's keys from before.
pub async fn after_create(owner: &Owner, wish: &Wish, listed: &[Key], began: DateTime<Utc>) -> String {
    let now = match owner.call(&ListKeys {}).await {
        Ok(keys) => keys.data,
        Err(error) => {
            return format!(
                "Whether the key was made cannot be seen now ({}). Look later with `videosearch-mcp keys list` for a key \"{}\" made at about {} that was never used, \
                 and delete it: nobody holds its secret",
                problem::explain(&error, owner),
                wish.name,
                began.format("%Y-%m-%d %H:%MZ")
            );
        }
    };
    match made_since(&now, wish, listed).as_slice() {
        [] => format!(
            "No new key \"{}\" is listed, so most likely none was made, and repeating the command is safe; \
             `videosearch-mcp keys list` shows the keys there are",
            wish.name
        ),
        [key] => {
            let id = record::id(&key.key_id);
            format!(
                "The key was made all the same, most likely as {}, at {}, and nobody holds its secret. \
                 Remove it with `videosearch-mcp keys delete {id} --yes`, then create the key again",
                record::label(key),
                record::time(key.created_at.as_deref())
            )
        }
        several => {
            let names = several.iter().map(|key| record::label(key)).collect::<Vec<_>>().join(", ");
            format!(
                "Each of these new keys may be the one that was made, and nobody holds its secret: {names}. Delete the one that nobody uses"
            )
        }
    }
}

/// The keys of this name and these scopes that were not listed before, and never used.
fn made_since<'k>(keys: &'k [Key], wish: &Wish, listed: &[Key]) -> Vec<&'k Key> {
    let new = |key: &Key| listed.iter().all(|known| known.key_id != key.key_id);
    keys.iter().filter(|key| new(key) && unheld(key, &wish.name) && record::scopes(key) == wish.scopes).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::record::tests::key, *};

    /// A time of today's first hours, so that equal numbers are equal times.
    fn at(seconds: i64) -> String {
        let day = Utc::now().date_naive().and_time(chrono::NaiveTime::MIN).and_utc() - TimeDelta::days(1);
        (day + TimeDelta::seconds(seconds)).to_rfc3339()
    }

    fn dead(id: &str, made: i64, revoked: i64) -> Key {
        Key { created_at: Some(at(made)), revoked_at: Some(at(revoked)), is_active: false, ..key(id) }
    }

    fn alive(id: &str, made: i64) -> Key {
        Key { created_at: Some(at(made)), ..key(id) }
    }

    #[test]
    fn the_fate_of_a_key_is_read_from_the_list() {
        let known = HashSet::from(["old".to_owned(), "other".to_owned()]);
        let told = |keys: &[Key]| match fate(keys, &key("old"), &known) {
            None => "alive".to_owned(),
            Some(Fate::Alive) => "never".to_owned(),
            Some(Fate::Orphan(key)) => key.key_id,
            Some(Fate::Unclear(keys)) => format!("{} unclear", keys.len()),
        };
        assert_eq!(told(&[key("old"), key("new")]), "alive");
        assert_eq!(told(&[dead("old", 0, 1), key("other"), key("new")]), "new");
        assert_eq!(told(&[key("new")]), "new", "an API may drop the old key from its list");
        assert_eq!(told(&[dead("old", 0, 1), key("other")]), "0 unclear");
        assert_eq!(told(&[dead("old", 0, 1), key("new"), key("newer")]), "2 unclear");
        let used = Key { last_used_at: Some(at(2)), ..key("new") };
        let named = Key { name: "Other".into(), ..key("newer") };
        assert_eq!(told(&[dead("old", 0, 1), used, named]), "0 unclear", "what is in use or named otherwise is not ours");
    }

    #[test]
    fn a_successor_is_the_unused_key_that_the_same_call_made() {
        let found = |keys: &[Key]| successor(keys, &dead("old", 0, 100)).map(|key| key.key_id.clone());
        assert_eq!(found(&[alive("before", 10), alive("new", 100), alive("after", 500)]), Some("new".into()));
        assert_eq!(found(&[alive("before", 10), alive("after", 500)]), None);
        assert_eq!(found(&[alive("before", 75)]), None, "a key that was made before the end is somebody else's");
        assert_eq!(found(&[alive("after", 125)]), None, "and so may be one that was made later");
        assert_eq!(found(&[Key { last_used_at: Some(at(200)), ..alive("new", 100) }]), None);
        assert_eq!(found(&[Key { name: "Other".into(), ..alive("new", 100) }]), None);
        assert_eq!(found(&[Key { scopes: vec![], ..alive("new", 100) }]), None);
        assert_eq!(found(&[dead("one", 100, 200), dead("two", 200, 400), alive("three", 401)]), Some("three".into()), "a chain");
        assert_eq!(found(&[dead("one", 100, 130), alive("two", 130)]), Some("two".into()), "a quick chain");
        assert_eq!(found(&[dead("one", 100, 101), dead("two", 101, 102), alive("three", 102)]), Some("three".into()), "a quicker one");
        assert_eq!(found(&[alive("one", 100), alive("two", 101)]), None, "two that work leave it open");
        assert!(successor(&[alive("new", 100)], &alive("old", 0)).is_none());
    }

    #[test]
    fn what_was_made_at_about_the_end_of_a_key_is_suspected_only() {
        let (old, keys) = (dead("old", 0, 100), [alive("before", 75), alive("after", 125), alive("late", 500), dead("dead", 100, 101)]);
        let told: Vec<&str> = suspects(&keys, &old).into_iter().map(|key| key.key_id.as_str()).collect();
        assert_eq!(told, ["before", "after"]);
    }

    #[test]
    fn what_was_not_listed_before_may_be_what_was_just_made() {
        let wish = Wish { name: "Laptop".into(), scopes: record::scopes(&key("x")), days: None };
        let found = |keys: &[Key]| made_since(keys, &wish, &[key("held")]).iter().map(|key| key.key_id.clone()).collect::<Vec<_>>();
        assert_eq!(found(&[alive("held", 1), alive("a", 2)]), ["a"]);
        assert_eq!(found(&[alive("held", 1), Key { scopes: vec![], ..alive("b", 2) }]), [""; 0]);
        assert_eq!(found(&[alive("a", 1), alive("b", 2)]), ["a", "b"]);
    }
}

//! `keys list` and `keys show`.

use super::{ask, record, record::State, rules};
use crate::{
    api::keys::{GetKey, Key, ListKeys},
    cli::{Failure, owner::Owner, print, table::Table},
    key::Expiry,
    tools::text,
};

/// Lists all keys.
pub async fn list(owner: &Owner, as_json: bool) -> Result<(), Failure> {
    let keys = ask(owner, &ListKeys {}).await?.data;
    if as_json {
        let records = keys.iter().map(record::json).collect::<serde_json::Result<Vec<_>>>()?;
        print::out(serde_json::to_string_pretty(&records)?)?;
        return Ok(());
    }
    if keys.is_empty() {
        print::note("There are no keys yet; make one with: videosearch-mcp keys create --name NAME");
        return Ok(());
    }
    print::out(table(&keys))?;
    for key in &keys {
        if let Some(advice) = advice(key) {
            print::note(advice);
        }
    }
    Ok(())
}

/// Shows one key.
pub async fn show(owner: &Owner, id: &rules::Id, as_json: bool) -> Result<(), Failure> {
    let key = ask(owner, &GetKey { key_id: id.clone() }).await?;
    if as_json {
        print::out(serde_json::to_string_pretty(&record::json(&key)?)?)?;
        return Ok(());
    }
    print::out(facts(&key))?;
    if let Some(advice) = advice(&key) {
        print::note(advice);
    }
    Ok(())
}

fn table(keys: &[Key]) -> Table {
    let mut table = Table::new(["name", "id", "prefix", "scopes", "created", "last used", "expires in", "state"]);
    for key in keys {
        table.row([
            text::line(&key.name, 40),
            record::id(&key.key_id),
            record::prefix(key),
            record::scopes(key).to_string(),
            record::time(key.created_at.as_deref()),
            record::time(key.last_used_at.as_deref()),
            // A revoked key does not work any more, so its expiry does not matter.
            if State::of(key) == State::Revoked { "-".to_owned() } else { Expiry::now(key.expires_at.as_deref()).to_string() },
            State::of(key).words().to_owned(),
        ]);
    }
    table
}

fn facts(key: &Key) -> String {
    let expiry = Expiry::now(key.expires_at.as_deref());
    let mut lines = vec![
        ("name", text::line(&key.name, 100)),
        ("id", record::id(&key.key_id)),
        ("prefix", record::prefix(key)),
        ("scopes", record::scopes(key).to_string()),
        ("state", State::of(key).words().to_owned()),
        ("created", record::time(key.created_at.as_deref())),
        ("last used", record::time(key.last_used_at.as_deref())),
    ];
    match expiry {
        Expiry::Never => lines.push(("expires", "never".to_owned())),
        Expiry::Expired { .. } => lines.push(("expired", format!("{}, {expiry}", record::time(key.expires_at.as_deref())))),
        _ => lines.push(("expires", format!("{}, in {expiry}", record::time(key.expires_at.as_deref())))),
    }
    if key.revoked_at.is_some() {
        lines.push(("revoked", record::time(key.revoked_at.as_deref())));
    }
    lines.iter().map(|(name, value)| format!("{name:10} {value}")).collect::<Vec<_>>().join("\n")
}

/// What to do about a key that ends soon or has ended.
fn advice(key: &Key) -> Option<String> {
    let expiry = Expiry::now(key.expires_at.as_deref());
    let label = record::label(key);
    match State::of(key) {
        State::Soon => {
            Some(format!("{label} expires in {expiry}. Its successor: videosearch-mcp keys create (a rotated key keeps its end)."))
        }
        State::Expired => Some(format!(
            "{label} expired {expiry}. Its successor: videosearch-mcp keys create; then: videosearch-mcp keys delete {}",
            record::id(&key.key_id)
        )),
        State::Active | State::Revoked | State::Inactive => None,
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, Utc};

    use super::{super::record::tests::key, *};

    #[test]
    fn the_table_has_a_line_for_each_key_and_says_what_stands_out() {
        let at = |days: i64| (Utc::now() + TimeDelta::days(days) + TimeDelta::hours(1)).to_rfc3339();
        let fixed = |id: &str| Key { created_at: Some("2026-01-02T03:04:05Z".into()), ..key(id) };
        let keys = [
            fixed("key_1"),
            Key { name: "CI\nrunner".into(), expires_at: Some(at(3)), last_used_at: Some("2026-11-01T00:00:00Z".into()), ..fixed("key_2") },
            Key { expires_at: Some(at(-3)), ..fixed("key_3") },
            Key { revoked_at: Some(at(-1)), expires_at: Some(at(90)), is_active: false, ..fixed("key_4") },
        ];
        insta::assert_snapshot!(table(&keys), @r"
        name       id     prefix        scopes        created            last used          expires in  state
        Laptop     key_1  sk_live_0a0a  search, read  2026-01-02 03:04Z  never              never       active
        CI runner  key_2  sk_live_0a0a  search, read  2026-01-02 03:04Z  2026-11-01 00:00Z  3 days      EXPIRES SOON
        Laptop     key_3  sk_live_0a0a  search, read  2026-01-02 03:04Z  never              3 days ago  EXPIRED
        Laptop     key_4  sk_live_0a0a  search, read  2026-01-02 03:04Z  never              -           revoked
        ");
        assert_eq!(keys.iter().map(|key| advice(key).is_some()).collect::<Vec<_>>(), [false, true, true, false]);
        insta::assert_snapshot!(facts(&keys[0]), @r"
        name       Laptop
        id         key_1
        prefix     sk_live_0a0a
        scopes     search, read
        state      active
        created    2026-01-02 03:04Z
        last used  never
        expires    never
        ");
        assert!(facts(&keys[2]).contains("\nexpired    20") && facts(&keys[3]).contains("\nrevoked    20"));
    }
}

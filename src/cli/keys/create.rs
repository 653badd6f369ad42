//! `keys create`.

use std::path::Path;

use anyhow::{anyhow, bail};
use chrono::Utc;

use super::{agree, keep, mend, problem, record, rules::Wish};
use crate::{
    api::{
        Scope, Scopes,
        keys::{KeyWithSecret, ListKeys},
    },
    cli::{Failure, owner::Owner, print, terminal, word::word},
    config::Config,
    fence,
    key::ApiKey,
    tools::{Effect, Tool, catalog, text},
};

/// How many tools are named as examples of a scope.
const EXAMPLES: usize = 3;

/// Creates a key, and prints its secret or writes it to a file.
pub async fn run(owner: &Owner, wish: &Wish, write: Option<&Path>, yes: bool, config: &Config) -> Result<(), Failure> {
    let place = keep::prepare(write)?;
    if let Some((path, present)) = place.as_ref().and_then(|place| Some((place.path(), place.present.as_ref()?))) {
        let path = path.display();
        agree(
            &format!(
                "{path} holds a key already ({present}), and its secret would be replaced. To replace a key by its successor, use `videosearch-mcp keys rotate ID --write {}`",
                word(&path.to_string())
            ),
            yes,
        )?;
    }
    if !yes && terminal::attended() {
        print::note(allowance(wish));
        if !terminal::confirmed("Create this key?")? {
            return Err(anyhow!("nothing was done").into());
        }
    }
    let made = create(owner, wish).await?;
    let file = place.as_ref().map(|place| place.path().display().to_string());
    match place {
        Some(place) => keep::store(place, &made, config.state_dir.as_deref())?,
        None => keep::hand_over(&made, config.state_dir.as_deref())?,
    }
    let key = record::without_secret(&made);
    print::note(format_args!("Created {}; it {}.", record::label(&key), record::end(key.expires_at.as_deref())));
    match file {
        Some(file) => print::note(format_args!("The secret is in {file}. The facts about the key are in {file}.json.")),
        None => print::note("Its secret was printed this once; the API does not show it again."),
    }
    if record::scopes(&key) != wish.scopes {
        print::note(format_args!("You asked for the scopes {}, and the API granted {}.", wish.scopes, record::scopes(&key)));
    }
    if wish.days.is_none() {
        print::note("A key with an end is safer: --expires-in-days 90.");
    }
    Ok(())
}

/// Creates a key. If the answer is lost, the error names the key that may have been made: one that was not listed before.
pub async fn create(owner: &Owner, wish: &Wish) -> anyhow::Result<KeyWithSecret> {
    let listed = match owner.call(&ListKeys {}).await {
        Ok(keys) => keys.data,
        Err(error) => bail!("{}. No key was made", problem::explain(&error, owner)),
    };
    super::hold_on();
    let began = Utc::now();
    match owner.call(&wish.call()).await {
        Ok(made) => {
            if let Ok(key) = ApiKey::parse(&made.key.0) {
                fence::hide(&key);
            }
            Ok(made)
        }
        Err(error) if problem::uncertain(&error) => {
            bail!("{}. {}", problem::explain(&error, owner), mend::after_create(owner, wish, &listed, began).await)
        }
        Err(error) => bail!(problem::explain(&error, owner)),
    }
}

/// What the key will allow, in a few lines.
fn allowance(wish: &Wish) -> String {
    let end = wish.days.map_or_else(|| "never expires".to_owned(), |days| format!("expires in {}", text::count(days as usize, "day")));
    let mut out = format!("The key \"{}\" {end} and will allow:", text::line(&wish.name, 100));
    for scope in wish.scopes.iter() {
        let tools: Vec<&Tool> = catalog::all().filter(|tool| tool.scope() == Some(scope)).collect();
        let count = match tools.len() {
            0 => "no tool of this version".to_owned(),
            count => {
                let examples: Vec<&str> = tools.iter().take(EXAMPLES).map(|tool| tool.name).collect();
                format!("{}, such as {}", text::count(count, "tool"), examples.join(", "))
            }
        };
        let held_back =
            if tools.iter().any(|tool| tool.effect == Effect::Destroy) { "; what deletes needs --allow-destructive" } else { "" };
        out.push_str(&format!("\n  {:6}  {}: {count}{held_back}", scope.as_str(), purpose(scope)));
    }
    let left_out: Scopes = Scope::ALL.into_iter().filter(|scope| !wish.scopes.contains(*scope)).collect();
    if !left_out.is_empty() {
        out.push_str(&format!("\nIt will not allow {left_out}."));
    }
    out
}

/// What a scope is for.
fn purpose(scope: Scope) -> &'static str {
    match scope {
        Scope::Search => "find moments, and list indexes",
        Scope::Read => "read videos, prompts, runs and their results",
        Scope::Write => "start, change and cancel runs, which can cost",
        Scope::Admin => "delete for good",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_is_told_with_its_tools() {
        let wish = |scopes: &str, days| Wish { name: "Laptop".into(), scopes: super::super::rules::scopes(scopes).unwrap(), days };
        let told = allowance(&wish("read", Some(90)));
        // How many there are changes with every tool.
        let told: Vec<&str> = told
            .split_inclusive(' ')
            .map(|word| if word.trim_end().parse::<usize>().is_ok_and(|n| n != 90) { "N " } else { word })
            .collect();
        insta::assert_snapshot!(told.concat(), @r#"
        The key "Laptop" expires in 90 days and will allow:
          search  find moments, and list indexes: N tools, such as search_videos, search_videos_by_image, multimodal_search
          read    read videos, prompts, runs and their results: N tools, such as list_videos, get_video, get_video_segments
        It will not allow write, admin.
        "#);
        let everything = allowance(&wish("admin", None));
        for scope in Scope::ALL {
            let count = catalog::all().filter(|tool| tool.scope() == Some(scope)).count();
            let line = everything.lines().find(|line| line.trim_start().starts_with(scope.as_str())).unwrap();
            assert!(if count == 0 { line.contains("no tool") } else { line.contains(&text::count(count, "tool")) }, "{line}");
        }
        assert!(everything.contains("never expires") && !everything.contains("It will not"), "{everything}");
    }
}

//! `setup CLIENT --url`: an entry for a server that others run, as `videosearch-mcp http` does.

use anyhow::anyhow;

use super::{
    Arguments, given,
    here::Here,
    kept::Kept,
    key::{self, KeyPlan, PLACEHOLDER},
    needs,
    target::Target,
    write,
};
use crate::{
    cli::{Failure, Ready, Settings, print},
    hosts::{Bearer, Entry, HOSTS},
    key::{BaseUrl, BaseUrlError},
};

/// The path at which our server answers, for an address without a path.
const PATH: &str = "/mcp";

/// Checks an address. A key is sent there, so it is held to what the API's address is held to.
pub(super) fn address(text: &str) -> Result<String, String> {
    let url = BaseUrl::parse(text).map_err(|fault| match fault {
        BaseUrlError::Malformed => "it is not an absolute URL such as https://mcp.example.com/mcp".to_owned(),
        fault => fault.to_string(),
    })?;
    if url.as_str() == BaseUrl::DEFAULT {
        return Err(
            "this is the address of the API, which no MCP client can talk to; give that of a server, as `videosearch-mcp http` is".into()
        );
    }
    let bare = url.as_str().split_once("://").is_some_and(|(_, rest)| !rest.contains('/'));
    Ok(if bare { format!("{url}{PATH}") } else { url.to_string() })
}

/// Checks the name of a variable. It becomes part of a header's value, where another character could end the reference.
pub(super) fn variable(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if begins && text.len() <= 100 && text.chars().all(plain) {
        Ok(text.to_owned())
    } else {
        Err("a variable has letters, digits and _, and no digit at its start".into())
    }
}

/// Refuses what an entry for an address cannot hold.
pub(super) fn check(arguments: &Arguments, settings: &Settings) -> Result<(), Failure> {
    let set = given(settings)?.into_iter().map(|(setting, _)| setting).next();
    let set = set.or_else(|| settings.base_url.is_some().then(|| "VIDEOSEARCH_BASE_URL".to_owned()));
    if let Some(setting) = set {
        let problem = "the server at --url has its own settings, and an entry cannot change them";
        return Err(Failure::usage(anyhow!("{problem}; this was given: {setting}")));
    }
    if arguments.key_file.is_some() && !arguments.inline_key {
        return Err(Failure::usage(anyhow!("no client reads a key file for a server at an address; --inline-key copies the key")));
    }
    Ok(())
}

/// Writes the entry, or prints it.
pub(super) fn put(target: &Target, arguments: &Arguments, url: &str, ready: &Ready, here: &Here) -> Result<(), Failure> {
    let host = target.host;
    if host.remote.is_none() {
        return Err(Failure::usage(anyhow!(
            "the configuration of {} takes no address: it only starts programs. These clients take one: {}",
            host.title,
            able()
        )));
    }
    Kept::of(target).tell_gone();
    if arguments.no_key {
        return finish(target, arguments, here, host.remote_entry(url, None), None);
    }
    if !arguments.inline_key {
        let name = arguments.key_variable.as_str();
        let Some(entry) = host.remote_entry(url, Some(Bearer::Variable(name))) else {
            return Err(Failure::usage(anyhow!(
                "{} puts no variable into a header. --inline-key writes the key itself into its configuration; --no-key is for a server that asks for none",
                host.title
            )));
        };
        finish(target, arguments, here, Some(entry), None)?;
        print::note(format_args!("Set {name} to your API key, or to the token that you got, where {} is started.", host.title));
        return Ok(());
    }
    if arguments.print {
        return finish(target, arguments, here, host.remote_entry(url, Some(Bearer::Secret(PLACEHOLDER))), None);
    }
    let chosen = key::chosen_file(arguments.key_file.as_ref(), &ready.config.key, here)?;
    let mut plan = key::plan(&chosen, None, &ready.config.key, arguments.yes)?;
    plan.inline = true;
    let secret = plan.secret().ok_or_else(|| anyhow!("the key in {} cannot be read", chosen.path.display()))?;
    let entry = host.remote_entry(url, Some(Bearer::Secret(&secret)));
    finish(target, arguments, here, entry, Some(plan))
}

fn finish(target: &Target, arguments: &Arguments, here: &Here, entry: Option<Entry>, key: Option<KeyPlan>) -> Result<(), Failure> {
    let entry = entry.ok_or_else(|| anyhow!("{} takes no such entry", target.host.title))?;
    if arguments.print {
        needs(target.host);
        return Ok(print::out(target.host.snippet(&target.name, &entry))?);
    }
    write(target, here, &entry, key, arguments.yes)
}

/// The clients that take an address.
fn able() -> String {
    let ids: Vec<&str> = HOSTS.iter().filter(|host| host.remote.is_some()).map(|host| host.id).collect();
    ids.join(", ")
}

//! The form of answers that an entry asks for: what is written for each client, and what doctor says of it.

use videosearch_mcp::hosts::HOSTS;

use super::Home;
use crate::support::{program, text};

/// What doctor says of the entries of a home's clients.
fn examined(home: &Home) -> String {
    text(&program().arg("doctor").envs(home.environment()).output().unwrap().stdout)
}

#[test]
#[cfg(feature = "playground")]
fn each_client_gets_the_form_that_suits_it_and_doctor_agrees() {
    for host in HOSTS {
        let home = Home::new();
        home.fine(&[host.id, "--demo", "--yes"]);
        let output = home.entry(host.id, "videosearch").unwrap().variable("VIDEOSEARCH_OUTPUT").map(str::to_owned);
        // Only of one client is it known that its model reads the text.
        assert_eq!(output.as_deref(), (host.id != "gemini-cli").then_some("lines"), "{}", host.id);
        let said = examined(&home);
        let form = output.unwrap_or_else(|| "both".into());
        assert!(said.contains(&format!("in the form `{form}`, which suits {}", host.title)), "{said}");
    }
}

#[test]
#[cfg(feature = "playground")]
fn a_form_that_was_asked_for_is_written_and_doctor_says_what_suits_better() {
    for (id, asked, expect) in [
        ("codex", "json", Some("VIDEOSEARCH_OUTPUT=lines there would cost less")),
        ("vscode", "both", Some("VIDEOSEARCH_OUTPUT=lines there would cost less")),
        ("gemini-cli", "json", Some("VIDEOSEARCH_OUTPUT=both there would cost less")),
        ("gemini-cli", "lines", None),
    ] {
        let home = Home::new();
        home.fine(&[id, "--demo", "--yes", "--output", asked]);
        assert_eq!(home.entry(id, "videosearch").unwrap().variable("VIDEOSEARCH_OUTPUT"), Some(asked), "{id}");
        let said = examined(&home);
        assert!(said.contains(&format!("in the form `{asked}`")), "{id}: {said}");
        assert!(expect.map_or_else(|| said.contains("which suits"), |expect| said.contains(expect)), "{id}: {said}");
    }
}

#[test]
#[cfg(feature = "playground")]
fn gemini_cli_is_said_to_need_a_trusted_folder() {
    let home = Home::new();
    for arguments in [&["gemini-cli", "--demo", "--print"][..], &["gemini-cli", "--demo", "--yes"], &["gemini-cli", "--demo", "--yes"]] {
        let said = home.fine(arguments);
        assert!(said.contains("only in folders that you trust"), "{arguments:?}: {said}");
    }
    assert!(!home.fine(&["codex", "--demo", "--yes"]).contains("trust"));
}

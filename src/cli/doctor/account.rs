//! What the API says about the key, and what a client gets from it.

use super::{
    check::{Because, Finding, Judged},
    exam::Exam,
};
use crate::{
    api::Scope,
    cli::tools::total_tokens,
    gate::{Beliefs, KeyState, Standing},
    session::KeyReport,
    tools::{catalog, text},
};

/// Whether the API takes the key.
pub async fn accepted(exam: &Exam) -> Judged {
    let report = exam.account().await?;
    let key = match report.last_four.as_deref() {
        None | Some("") => "the key".to_owned(),
        Some(end) => format!("the key …{end}"),
    };
    Ok(match (&report.problem, &report.state) {
        (_, KeyState::Live(_)) => Finding::ok(format!("{key} is live")),
        (Some(problem), KeyState::Rejected(_)) => {
            Finding::fail(format!("the API rejects {key}: it is wrong, revoked or expired"), problem.remedy())
        }
        (Some(problem), _) => Finding::fail(problem, problem.remedy()),
        (None, KeyState::Rejected(_)) => Finding::fail(format!("the API rejects {key}"), report.renewal.advice("a live key")),
        (None, KeyState::Unknown(cause)) => Finding::fail(format!("whether {key} is live is unknown: {cause}"), "Try again later."),
    })
}

/// The report of a key that the API takes.
async fn live(exam: &Exam) -> Result<&KeyReport, Because> {
    let report = exam.account().await?;
    match report.state {
        KeyState::Live(_) => Ok(report),
        KeyState::Rejected(_) => Err("the API rejects the key".into()),
        KeyState::Unknown(_) => Err("it is unknown whether the key is live".into()),
    }
}

/// What the key holds, and what that unlocks.
pub async fn scopes(exam: &Exam) -> Judged {
    let report = live(exam).await?;
    let beliefs = &report.beliefs;
    let found = Scope::ALL.into_iter().map(|scope| scope_line(scope, beliefs)).collect::<Vec<_>>().join("; ");
    let of = |standing| Scope::ALL.into_iter().filter(move |scope| tools_of(*scope) > 0 && beliefs.of_key(*scope).standing == standing);
    if of(Standing::Held).next().is_none() && of(Standing::Unknown).next().is_none() {
        let made = "Make a key with at least the scope search: videosearch-mcp keys create, or the API key page.";
        return Ok(Finding::fail(found, format!("{made} {}", report.renewal.advice("it"))));
    }
    if let Some(scope) =
        of(Standing::Unknown).find(|scope| *scope != Scope::Admin || exam.config().is_ok_and(|config| config.allow_destructive))
    {
        let cause = beliefs.of_key(scope).cause.map_or_else(String::new, |cause| format!(" ({cause})"));
        return Ok(Finding::warn(found, format!("Whether {scope} is held could not be found out{cause}; try again later.")));
    }
    Ok(Finding::ok(found))
}

fn tools_of(scope: Scope) -> usize {
    catalog::all().filter(|tool| tool.scope() == Some(scope)).count()
}

fn scope_line(scope: Scope, beliefs: &Beliefs) -> String {
    let tools = match tools_of(scope) {
        0 => "no tool".to_owned(),
        n => text::count(n, "tool"),
    };
    match beliefs.of_key(scope).standing {
        Standing::Held => format!("{scope} held ({tools})"),
        Standing::NotHeld => format!("{scope} not held (would unlock {tools})"),
        // Only tools that delete need it, so it is asked for only where they are switched on.
        Standing::Unknown if scope == Scope::Admin => format!("{scope} not asked ({tools})"),
        Standing::Unknown => format!("{scope} unknown ({tools})"),
    }
}

/// What the settings take away from the key.
pub fn ceiling(exam: &Exam) -> Judged {
    if exam.is_faulty("SCOPES") || exam.is_faulty("READ_ONLY") {
        return Err("the setting cannot be used".into());
    }
    Ok(match exam.config()?.ceiling {
        None => Finding::ok("none is set; whatever the key holds is used"),
        Some(ceiling) => Finding::ok(format!("at most {ceiling}")),
    })
}

/// What a client would get.
pub async fn tools(exam: &Exam) -> Judged {
    let report = live(exam).await?;
    let offer = exam.offer().await?;
    let (count, tokens) = (offer.tools().count(), total_tokens(&offer, crate::cli::form(exam.config()?.output), exam.config()?.confirm));
    let working = offer.tools().filter(|tool| tool.scope().is_some()).count();
    let found = format!("{}, about {tokens} tokens in a client's context", text::count(count, "tool"));
    if working == 0 {
        let remedy = format!(
            "Widen VIDEOSEARCH_TOOLSETS or VIDEOSEARCH_SCOPES, or use a key with more scopes; `videosearch-mcp tools` tells which hides what. {}",
            report.renewal.advice("such a key")
        );
        return Ok(Finding::fail(format!("{found}, none of which reaches the library"), remedy.trim_end()));
    }
    Ok(Finding::ok(found))
}

//! Prompts and completions: ready requests, and what hosts suggest while a person fills them in. What they are, say
//! [`crate::tools::starters`] and [`crate::tools::completions`].

use rmcp::{
    ErrorData,
    model::{
        CacheScope, CompleteRequestParams, CompleteResult, CompletionInfo, GetPromptRequestParams, GetPromptResult, ListPromptsResult,
        Prompt, PromptArgument, PromptMessage, Reference, Role,
    },
};

use super::server::Server;
use crate::tools::{
    completions, resources,
    starters::{self, STARTERS},
    text,
};

impl Server {
    /// The ready requests that this key can use.
    pub(super) async fn prompts(&self) -> ListPromptsResult {
        let offer = self.settled().await;
        let prompts = starters::offered(&offer).map(|starter| {
            let arguments = starter
                .arguments
                .iter()
                .map(|argument| PromptArgument::new(argument.name).with_description(argument.about).with_required(argument.required));
            Prompt::new(starter.name, Some(starter.about), Some(arguments.collect())).with_title(starter.title)
        });
        ListPromptsResult::with_all_items(prompts.collect()).with_ttl_ms(self.list_ttl(&offer)).with_cache_scope(CacheScope::Private)
    }

    /// One ready request, filled in.
    pub(super) async fn prompt(&self, request: GetPromptRequestParams) -> Result<GetPromptResult, ErrorData> {
        let offer = self.settled().await;
        let cx = self.context(&offer, None);
        let given = request.arguments.unwrap_or_default();
        let (starter, text) =
            starters::write(&cx, &request.name, &given).await.map_err(|error| ErrorData::invalid_params(error.to_string(), None))?;
        let mut result = GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)]);
        result.description = Some(starter.about.to_owned());
        Ok(result)
    }

    /// What to suggest for a variable of a resource or an argument of a prompt.
    pub(super) async fn suggestions(&self, request: CompleteRequestParams) -> Result<CompleteResult, ErrorData> {
        let name = request.argument.name.as_str();
        let (known, whose) = match &request.r#ref {
            Reference::Resource(template) => {
                let found = resources::all().find(|(_, resource)| resource.template() == template.uri);
                if let Some(Err(setting)) = found.map(|(tool, _)| self.selection().check(tool)) {
                    let message =
                        format!("`{}` is switched off by this server's configuration; see {setting}", text::line(&template.uri, 200));
                    return Err(ErrorData::invalid_params(message, None));
                }
                (found.map(|(_, resource)| resource.variable() == Some(name)), &template.uri)
            }
            Reference::Prompt(prompt) => {
                let found = STARTERS.iter().find(|starter| starter.name == prompt.name);
                (found.map(|starter| starter.arguments.iter().any(|argument| argument.name == name)), &prompt.name)
            }
            _ => return Err(ErrorData::invalid_params("only prompts and resource templates have something to complete", None)),
        };
        match known {
            None => return Err(ErrorData::invalid_params(format!("there is no `{}` to complete", text::line(whose, 200)), None)),
            Some(false) => {
                let message = format!("`{}` has no argument `{}`", text::line(whose, 200), text::line(name, 80));
                return Err(ErrorData::invalid_params(message, None));
            }
            Some(true) => {}
        }
        let offer = self.offer();
        let cx = self.context(&offer, None);
        let index = request.context.as_ref().and_then(|context| context.get_argument("index")).map(String::as_str);
        let completions::Suggested { mut values, may_be_more } = completions::complete(&cx, name, &request.argument.value, index).await;
        // How many there are is only said when it is known.
        let total = u32::try_from(values.len()).ok().filter(|_| !may_be_more);
        let has_more = may_be_more || values.len() > completions::MOST;
        values.truncate(completions::MOST);
        let info = CompletionInfo::with_pagination(values, total, has_more);
        Ok(CompleteResult::new(info.map_err(|error| ErrorData::internal_error(error, None))?))
    }
}


using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'videosearch-mcp' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'videosearch-mcp'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'videosearch-mcp' {
            [CompletionResult]::new('--bucket', '--bucket', [CompletionResultType]::ParameterName, 'With --playground, a directory that plays the part of a cloud bucket; may be repeated')
            [CompletionResult]::new('--api-key-file', '--api-key-file', [CompletionResultType]::ParameterName, 'File that holds the API key on one line; re-read when the key is rotated')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Address of the API: https, or http on this machine')
            [CompletionResult]::new('--scopes', '--scopes', [CompletionResultType]::ParameterName, 'Use at most these scopes of the key: search, read, write, admin')
            [CompletionResult]::new('--toolsets', '--toolsets', [CompletionResultType]::ParameterName, 'Groups of tools to offer: core, search, library, prompts, runs, workflow, connectors, imports, exports, webhooks, usage, sql, chat, markers, automations, catalog, all')
            [CompletionResult]::new('--tools', '--tools', [CompletionResultType]::ParameterName, 'Single tools to offer in addition')
            [CompletionResult]::new('--exclude-tools', '--exclude-tools', [CompletionResultType]::ParameterName, 'Single tools to leave out')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of answers: both, lines or json')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Milliseconds that one request may take')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'How often a request that may be repeated is repeated')
            [CompletionResult]::new('--max-concurrency', '--max-concurrency', [CompletionResultType]::ParameterName, 'How many requests may be under way at once')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'What is logged to stderr: off, error, warn, info, debug, trace')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'Form of log lines: text or json')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'Directory for what is remembered between starts')
            [CompletionResult]::new('--upload-root', '--upload-root', [CompletionResultType]::ParameterName, 'Directory below which files may be uploaded; may be repeated')
            [CompletionResult]::new('--download-dir', '--download-dir', [CompletionResultType]::ParameterName, 'Directory where exports are saved')
            [CompletionResult]::new('--secrets-dir', '--secrets-dir', [CompletionResultType]::ParameterName, 'Directory with the secrets of other services, one file each')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'What somebody must agree to first: auto, cost, always or never')
            [CompletionResult]::new('--max-mt-per-run', '--max-mt-per-run', [CompletionResultType]::ParameterName, 'The most mt that one run may be estimated at')
            [CompletionResult]::new('--max-mt-per-day', '--max-mt-per-day', [CompletionResultType]::ParameterName, 'The most mt that the runs of a day may be estimated at together')
            [CompletionResult]::new('--state-secret-file', '--state-secret-file', [CompletionResultType]::ParameterName, 'File with the secret that seals confirmations, if several processes share them')
            [CompletionResult]::new('--playground', '--playground', [CompletionResultType]::ParameterName, 'Use a playground in this process instead of the API; no key is read')
            [CompletionResult]::new('--enforce-limits', '--enforce-limits', [CompletionResultType]::ParameterName, 'With --playground, refuse calls beyond the rate limits with 429')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Use at most the scopes search and read')
            [CompletionResult]::new('--allow-destructive', '--allow-destructive', [CompletionResultType]::ParameterName, 'Offer tools that delete, too')
            [CompletionResult]::new('--reveal-secrets', '--reveal-secrets', [CompletionResultType]::ParameterName, 'Show new webhook secrets in answers')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Serve MCP over stdio (the default)')
            [CompletionResult]::new('http', 'http', [CompletionResultType]::ParameterValue, 'Serve MCP over HTTP, for many callers')
            [CompletionResult]::new('playground', 'playground', [CompletionResultType]::ParameterValue, 'Run a local VideoVector API with a sample library')
            [CompletionResult]::new('tools', 'tools', [CompletionResultType]::ParameterValue, 'List the tools that a client would get under these settings')
            [CompletionResult]::new('call', 'call', [CompletionResultType]::ParameterValue, 'Call one tool and print its answer')
            [CompletionResult]::new('keys', 'keys', [CompletionResultType]::ParameterValue, 'Manage the account''s API keys, with a session token')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Find out why it does not work: settings, key, network, API, this server, clients')
            [CompletionResult]::new('setup', 'setup', [CompletionResultType]::ParameterValue, 'Write our entry into a client''s configuration, or list the clients and their state')
            [CompletionResult]::new('webhooks', 'webhooks', [CompletionResultType]::ParameterValue, 'Check what a receiver of webhooks got')
            [CompletionResult]::new('manifest', 'manifest', [CompletionResultType]::ParameterValue, 'Print a manifest of this server, or check the committed copy')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'videosearch-mcp;serve' {
            [CompletionResult]::new('--bucket', '--bucket', [CompletionResultType]::ParameterName, 'With --playground, a directory that plays the part of a cloud bucket; may be repeated')
            [CompletionResult]::new('--api-key-file', '--api-key-file', [CompletionResultType]::ParameterName, 'File that holds the API key on one line; re-read when the key is rotated')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Address of the API: https, or http on this machine')
            [CompletionResult]::new('--scopes', '--scopes', [CompletionResultType]::ParameterName, 'Use at most these scopes of the key: search, read, write, admin')
            [CompletionResult]::new('--toolsets', '--toolsets', [CompletionResultType]::ParameterName, 'Groups of tools to offer: core, search, library, prompts, runs, workflow, connectors, imports, exports, webhooks, usage, sql, chat, markers, automations, catalog, all')
            [CompletionResult]::new('--tools', '--tools', [CompletionResultType]::ParameterName, 'Single tools to offer in addition')
            [CompletionResult]::new('--exclude-tools', '--exclude-tools', [CompletionResultType]::ParameterName, 'Single tools to leave out')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of answers: both, lines or json')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Milliseconds that one request may take')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'How often a request that may be repeated is repeated')
            [CompletionResult]::new('--max-concurrency', '--max-concurrency', [CompletionResultType]::ParameterName, 'How many requests may be under way at once')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'What is logged to stderr: off, error, warn, info, debug, trace')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'Form of log lines: text or json')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'Directory for what is remembered between starts')
            [CompletionResult]::new('--upload-root', '--upload-root', [CompletionResultType]::ParameterName, 'Directory below which files may be uploaded; may be repeated')
            [CompletionResult]::new('--download-dir', '--download-dir', [CompletionResultType]::ParameterName, 'Directory where exports are saved')
            [CompletionResult]::new('--secrets-dir', '--secrets-dir', [CompletionResultType]::ParameterName, 'Directory with the secrets of other services, one file each')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'What somebody must agree to first: auto, cost, always or never')
            [CompletionResult]::new('--max-mt-per-run', '--max-mt-per-run', [CompletionResultType]::ParameterName, 'The most mt that one run may be estimated at')
            [CompletionResult]::new('--max-mt-per-day', '--max-mt-per-day', [CompletionResultType]::ParameterName, 'The most mt that the runs of a day may be estimated at together')
            [CompletionResult]::new('--state-secret-file', '--state-secret-file', [CompletionResultType]::ParameterName, 'File with the secret that seals confirmations, if several processes share them')
            [CompletionResult]::new('--playground', '--playground', [CompletionResultType]::ParameterName, 'Use a playground in this process instead of the API; no key is read')
            [CompletionResult]::new('--enforce-limits', '--enforce-limits', [CompletionResultType]::ParameterName, 'With --playground, refuse calls beyond the rate limits with 429')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Use at most the scopes search and read')
            [CompletionResult]::new('--allow-destructive', '--allow-destructive', [CompletionResultType]::ParameterName, 'Offer tools that delete, too')
            [CompletionResult]::new('--reveal-secrets', '--reveal-secrets', [CompletionResultType]::ParameterName, 'Show new webhook secrets in answers')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'videosearch-mcp;http' {
            [CompletionResult]::new('--bucket', '--bucket', [CompletionResultType]::ParameterName, 'With --playground, a directory that plays the part of a cloud bucket; may be repeated')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8080]')
            [CompletionResult]::new('--auth', '--auth', [CompletionResultType]::ParameterName, 'How callers show who they are: key, token-file or none [default: key]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the tokens of --auth token-file')
            [CompletionResult]::new('--allow-host', '--allow-host', [CompletionResultType]::ParameterName, 'Host that requests may name, beside this machine; may be repeated')
            [CompletionResult]::new('--allow-origin', '--allow-origin', [CompletionResultType]::ParameterName, 'Origin of web pages that may call, beside those of this machine; may be repeated')
            [CompletionResult]::new('--max-per-minute', '--max-per-minute', [CompletionResultType]::ParameterName, 'How many requests a caller may send in a minute; 0 sets no limit [default: 6000]')
            [CompletionResult]::new('--shared-state', '--shared-state', [CompletionResultType]::ParameterName, 'Redis where several machines count together: redis://HOST:PORT/NUMBER; needs --state-secret-file')
            [CompletionResult]::new('--metrics', '--metrics', [CompletionResultType]::ParameterName, 'Address and port for /metrics; without it there are none')
            [CompletionResult]::new('--api-key-file', '--api-key-file', [CompletionResultType]::ParameterName, 'File that holds the API key on one line; re-read when the key is rotated')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Address of the API: https, or http on this machine')
            [CompletionResult]::new('--scopes', '--scopes', [CompletionResultType]::ParameterName, 'Use at most these scopes of the key: search, read, write, admin')
            [CompletionResult]::new('--toolsets', '--toolsets', [CompletionResultType]::ParameterName, 'Groups of tools to offer: core, search, library, prompts, runs, workflow, connectors, imports, exports, webhooks, usage, sql, chat, markers, automations, catalog, all')
            [CompletionResult]::new('--tools', '--tools', [CompletionResultType]::ParameterName, 'Single tools to offer in addition')
            [CompletionResult]::new('--exclude-tools', '--exclude-tools', [CompletionResultType]::ParameterName, 'Single tools to leave out')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of answers: both, lines or json')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Milliseconds that one request may take')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'How often a request that may be repeated is repeated')
            [CompletionResult]::new('--max-concurrency', '--max-concurrency', [CompletionResultType]::ParameterName, 'How many requests may be under way at once')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'What is logged to stderr: off, error, warn, info, debug, trace')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'Form of log lines: text or json')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'Directory for what is remembered between starts')
            [CompletionResult]::new('--upload-root', '--upload-root', [CompletionResultType]::ParameterName, 'Directory below which files may be uploaded; may be repeated')
            [CompletionResult]::new('--download-dir', '--download-dir', [CompletionResultType]::ParameterName, 'Directory where exports are saved')
            [CompletionResult]::new('--secrets-dir', '--secrets-dir', [CompletionResultType]::ParameterName, 'Directory with the secrets of other services, one file each')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'What somebody must agree to first: auto, cost, always or never')
            [CompletionResult]::new('--max-mt-per-run', '--max-mt-per-run', [CompletionResultType]::ParameterName, 'The most mt that one run may be estimated at')
            [CompletionResult]::new('--max-mt-per-day', '--max-mt-per-day', [CompletionResultType]::ParameterName, 'The most mt that the runs of a day may be estimated at together')
            [CompletionResult]::new('--state-secret-file', '--state-secret-file', [CompletionResultType]::ParameterName, 'File with the secret that seals confirmations, if several processes share them')
            [CompletionResult]::new('--playground', '--playground', [CompletionResultType]::ParameterName, 'Use a playground in this process instead of the API; no key is read')
            [CompletionResult]::new('--enforce-limits', '--enforce-limits', [CompletionResultType]::ParameterName, 'With --playground, refuse calls beyond the rate limits with 429')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Use at most the scopes search and read')
            [CompletionResult]::new('--allow-destructive', '--allow-destructive', [CompletionResultType]::ParameterName, 'Offer tools that delete, too')
            [CompletionResult]::new('--reveal-secrets', '--reveal-secrets', [CompletionResultType]::ParameterName, 'Show new webhook secrets in answers')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Manage the tokens of --auth token-file')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'videosearch-mcp;http;token' {
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the tokens of --auth token-file')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Make a token that may do at most what --scopes says, add it to the file, and print it once')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the tokens of the file: names and scopes')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove a token from the file')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'videosearch-mcp;http;token;add' {
            [CompletionResult]::new('--scopes', '--scopes', [CompletionResultType]::ParameterName, 'What the token may do at most, which must be said: search, read, write, admin')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the tokens of --auth token-file')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'videosearch-mcp;http;token;list' {
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the tokens of --auth token-file')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'videosearch-mcp;http;token;remove' {
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the tokens of --auth token-file')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'videosearch-mcp;http;token;help' {
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Make a token that may do at most what --scopes says, add it to the file, and print it once')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the tokens of the file: names and scopes')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove a token from the file')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'videosearch-mcp;http;token;help;add' {
            break
        }
        'videosearch-mcp;http;token;help;list' {
            break
        }
        'videosearch-mcp;http;token;help;remove' {
            break
        }
        'videosearch-mcp;http;token;help;help' {
            break
        }
        'videosearch-mcp;http;help' {
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Manage the tokens of --auth token-file')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'videosearch-mcp;http;help;token' {
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Make a token that may do at most what --scopes says, add it to the file, and print it once')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the tokens of the file: names and scopes')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove a token from the file')
            break
        }
        'videosearch-mcp;http;help;token;add' {
            break
        }
        'videosearch-mcp;http;help;token;list' {
            break
        }
        'videosearch-mcp;http;help;token;remove' {
            break
        }
        'videosearch-mcp;http;help;help' {
            break
        }
        'videosearch-mcp;playground' {
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port on 127.0.0.1; 0 takes a free one')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Directory that keeps keys, runs and prompts; without it everything is in memory')
            [CompletionResult]::new('--bucket', '--bucket', [CompletionResultType]::ParameterName, 'A directory that plays the part of a cloud bucket; may be repeated')
            [CompletionResult]::new('--latency-ms', '--latency-ms', [CompletionResultType]::ParameterName, 'Delay every answer by so many milliseconds')
            [CompletionResult]::new('--fail', '--fail', [CompletionResultType]::ParameterName, 'Break some answers on purpose: `KIND[:PROBABILITY][,every=K][,times=N][,path=TEXT]`; may be repeated')
            [CompletionResult]::new('--scopes', '--scopes', [CompletionResultType]::ParameterName, 'Scopes of the key that is made at the start: search, read, write, admin')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'What is logged to stderr: off, error, warn, info, debug, trace')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'Form of log lines: text or json')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one line of JSON: `base_url`, `api_key`, `key_id`, `jwt`')
            [CompletionResult]::new('--explain', '--explain', [CompletionResultType]::ParameterName, 'Print what nobody knows about the API and what the playground does instead, and end; with --json as JSON')
            [CompletionResult]::new('--enforce-limits', '--enforce-limits', [CompletionResultType]::ParameterName, 'Refuse calls beyond the rate limits with 429, as the service does')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Print a session token for the playground that keeps its data in --data-dir')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'videosearch-mcp;playground;token' {
            [CompletionResult]::new('--days', '--days', [CompletionResultType]::ParameterName, 'How many days it is good')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'What is logged to stderr: off, error, warn, info, debug, trace')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'Form of log lines: text or json')
            [CompletionResult]::new('--data-dir', '--data-dir', [CompletionResultType]::ParameterName, 'Directory that keeps keys, runs and prompts; without it everything is in memory')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'videosearch-mcp;playground;help' {
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Print a session token for the playground that keeps its data in --data-dir')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'videosearch-mcp;playground;help;token' {
            break
        }
        'videosearch-mcp;playground;help;help' {
            break
        }
        'videosearch-mcp;tools' {
            [CompletionResult]::new('--find', '--find', [CompletionResultType]::ParameterName, 'Only the tools that fit these words, best first')
            [CompletionResult]::new('--bucket', '--bucket', [CompletionResultType]::ParameterName, 'With --playground, a directory that plays the part of a cloud bucket; may be repeated')
            [CompletionResult]::new('--api-key-file', '--api-key-file', [CompletionResultType]::ParameterName, 'File that holds the API key on one line; re-read when the key is rotated')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Address of the API: https, or http on this machine')
            [CompletionResult]::new('--scopes', '--scopes', [CompletionResultType]::ParameterName, 'Use at most these scopes of the key: search, read, write, admin')
            [CompletionResult]::new('--toolsets', '--toolsets', [CompletionResultType]::ParameterName, 'Groups of tools to offer: core, search, library, prompts, runs, workflow, connectors, imports, exports, webhooks, usage, sql, chat, markers, automations, catalog, all')
            [CompletionResult]::new('--tools', '--tools', [CompletionResultType]::ParameterName, 'Single tools to offer in addition')
            [CompletionResult]::new('--exclude-tools', '--exclude-tools', [CompletionResultType]::ParameterName, 'Single tools to leave out')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of answers: both, lines or json')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Milliseconds that one request may take')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'How often a request that may be repeated is repeated')
            [CompletionResult]::new('--max-concurrency', '--max-concurrency', [CompletionResultType]::ParameterName, 'How many requests may be under way at once')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'What is logged to stderr: off, error, warn, info, debug, trace')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'Form of log lines: text or json')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'Directory for what is remembered between starts')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'What somebody must agree to first: auto, cost, always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the tools as MCP lists them')
            [CompletionResult]::new('--tokens', '--tokens', [CompletionResultType]::ParameterName, 'Show what each tool costs a model to know, in estimated tokens')
            [CompletionResult]::new('--playground', '--playground', [CompletionResultType]::ParameterName, 'Use a playground in this process instead of the API; no key is read')
            [CompletionResult]::new('--enforce-limits', '--enforce-limits', [CompletionResultType]::ParameterName, 'With --playground, refuse calls beyond the rate limits with 429')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Use at most the scopes search and read')
            [CompletionResult]::new('--allow-destructive', '--allow-destructive', [CompletionResultType]::ParameterName, 'Offer tools that delete, too')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'videosearch-mcp;call' {
            [CompletionResult]::new('--picture', '--picture', [CompletionResultType]::ParameterName, 'Write the picture of the answer to this file')
            [CompletionResult]::new('--bucket', '--bucket', [CompletionResultType]::ParameterName, 'With --playground, a directory that plays the part of a cloud bucket; may be repeated')
            [CompletionResult]::new('--api-key-file', '--api-key-file', [CompletionResultType]::ParameterName, 'File that holds the API key on one line; re-read when the key is rotated')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Address of the API: https, or http on this machine')
            [CompletionResult]::new('--scopes', '--scopes', [CompletionResultType]::ParameterName, 'Use at most these scopes of the key: search, read, write, admin')
            [CompletionResult]::new('--exclude-tools', '--exclude-tools', [CompletionResultType]::ParameterName, 'Single tools to leave out')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of answers: both, lines or json')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Milliseconds that one request may take')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'How often a request that may be repeated is repeated')
            [CompletionResult]::new('--max-concurrency', '--max-concurrency', [CompletionResultType]::ParameterName, 'How many requests may be under way at once')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'What is logged to stderr: off, error, warn, info, debug, trace')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'Form of log lines: text or json')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'Directory for what is remembered between starts')
            [CompletionResult]::new('--upload-root', '--upload-root', [CompletionResultType]::ParameterName, 'Directory below which files may be uploaded; may be repeated')
            [CompletionResult]::new('--download-dir', '--download-dir', [CompletionResultType]::ParameterName, 'Directory where exports are saved')
            [CompletionResult]::new('--secrets-dir', '--secrets-dir', [CompletionResultType]::ParameterName, 'Directory with the secrets of other services, one file each')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'What somebody must agree to first: auto, cost, always or never')
            [CompletionResult]::new('--max-mt-per-run', '--max-mt-per-run', [CompletionResultType]::ParameterName, 'The most mt that one run may be estimated at')
            [CompletionResult]::new('--max-mt-per-day', '--max-mt-per-day', [CompletionResultType]::ParameterName, 'The most mt that the runs of a day may be estimated at together')
            [CompletionResult]::new('--state-secret-file', '--state-secret-file', [CompletionResultType]::ParameterName, 'File with the secret that seals confirmations, if several processes share them')
            [CompletionResult]::new('--playground', '--playground', [CompletionResultType]::ParameterName, 'Use a playground in this process instead of the API; no key is read')
            [CompletionResult]::new('--enforce-limits', '--enforce-limits', [CompletionResultType]::ParameterName, 'With --playground, refuse calls beyond the rate limits with 429')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Use at most the scopes search and read')
            [CompletionResult]::new('--allow-destructive', '--allow-destructive', [CompletionResultType]::ParameterName, 'Offer tools that delete, too')
            [CompletionResult]::new('--reveal-secrets', '--reveal-secrets', [CompletionResultType]::ParameterName, 'Show new webhook secrets in answers')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'videosearch-mcp;keys' {
            [CompletionResult]::new('--jwt-file', '--jwt-file', [CompletionResultType]::ParameterName, 'File that holds the session token; VIDEOSEARCH_JWT otherwise')
            [CompletionResult]::new('--playground', '--playground', [CompletionResultType]::ParameterName, 'Use a playground: the address of one, or the data directory of one that runs')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Address of the API: https, or http on this machine')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Milliseconds that one request may take')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'How often a request that may be repeated is repeated')
            [CompletionResult]::new('--max-concurrency', '--max-concurrency', [CompletionResultType]::ParameterName, 'How many requests may be under way at once')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'What is logged to stderr: off, error, warn, info, debug, trace')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'Form of log lines: text or json')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'Directory for what is remembered between starts')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List all keys of the account, those that expire soon or have expired standing out')
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Create a key; its secret is printed once, alone on stdout, or written to a file')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show all facts about one key')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Replace a key by a new one; the old one stops working at once')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Make a key stop working; it stays listed')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Remove a key for good, from the list too')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'videosearch-mcp;keys;list' {
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Address of the API: https, or http on this machine')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Milliseconds that one request may take')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'How often a request that may be repeated is repeated')
            [CompletionResult]::new('--max-concurrency', '--max-concurrency', [CompletionResultType]::ParameterName, 'How many requests may be under way at once')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'What is logged to stderr: off, error, warn, info, debug, trace')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'Form of log lines: text or json')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'Directory for what is remembered between starts')
            [CompletionResult]::new('--jwt-file', '--jwt-file', [CompletionResultType]::ParameterName, 'File that holds the session token; VIDEOSEARCH_JWT otherwise')
            [CompletionResult]::new('--playground', '--playground', [CompletionResultType]::ParameterName, 'Use a playground: the address of one, or the data directory of one that runs')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print a JSON array: the API''s records, each with `state` and `days_left`')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'videosearch-mcp;keys;create' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'What the key is for, 1 to 100 characters')
            [CompletionResult]::new('--scopes', '--scopes', [CompletionResultType]::ParameterName, 'What it may do: search, read, write, admin; what a scope implies is granted with it')
            [CompletionResult]::new('--expires-in-days', '--expires-in-days', [CompletionResultType]::ParameterName, 'When it stops working, 1 to 365; without it the key never expires')
            [CompletionResult]::new('--write', '--write', [CompletionResultType]::ParameterName, 'Write the secret to this file (mode 0600) and the key''s facts to FILE.json, and print nothing')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Address of the API: https, or http on this machine')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Milliseconds that one request may take')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'How often a request that may be repeated is repeated')
            [CompletionResult]::new('--max-concurrency', '--max-concurrency', [CompletionResultType]::ParameterName, 'How many requests may be under way at once')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'What is logged to stderr: off, error, warn, info, debug, trace')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'Form of log lines: text or json')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'Directory for what is remembered between starts')
            [CompletionResult]::new('--jwt-file', '--jwt-file', [CompletionResultType]::ParameterName, 'File that holds the session token; VIDEOSEARCH_JWT otherwise')
            [CompletionResult]::new('--playground', '--playground', [CompletionResultType]::ParameterName, 'Use a playground: the address of one, or the data directory of one that runs')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask; replace another key in FILE')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'videosearch-mcp;keys;show' {
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Address of the API: https, or http on this machine')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Milliseconds that one request may take')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'How often a request that may be repeated is repeated')
            [CompletionResult]::new('--max-concurrency', '--max-concurrency', [CompletionResultType]::ParameterName, 'How many requests may be under way at once')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'What is logged to stderr: off, error, warn, info, debug, trace')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'Form of log lines: text or json')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'Directory for what is remembered between starts')
            [CompletionResult]::new('--jwt-file', '--jwt-file', [CompletionResultType]::ParameterName, 'File that holds the session token; VIDEOSEARCH_JWT otherwise')
            [CompletionResult]::new('--playground', '--playground', [CompletionResultType]::ParameterName, 'Use a playground: the address of one, or the data directory of one that runs')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print a JSON object: the API''s record with `state` and `days_left`')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'videosearch-mcp;keys;rotate' {
            [CompletionResult]::new('--write', '--write', [CompletionResultType]::ParameterName, 'The file that holds the key: it gets the new secret, and FILE.json the facts; without it the secret is printed')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Address of the API: https, or http on this machine')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Milliseconds that one request may take')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'How often a request that may be repeated is repeated')
            [CompletionResult]::new('--max-concurrency', '--max-concurrency', [CompletionResultType]::ParameterName, 'How many requests may be under way at once')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'What is logged to stderr: off, error, warn, info, debug, trace')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'Form of log lines: text or json')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'Directory for what is remembered between starts')
            [CompletionResult]::new('--jwt-file', '--jwt-file', [CompletionResultType]::ParameterName, 'File that holds the session token; VIDEOSEARCH_JWT otherwise')
            [CompletionResult]::new('--playground', '--playground', [CompletionResultType]::ParameterName, 'Use a playground: the address of one, or the data directory of one that runs')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'videosearch-mcp;keys;revoke' {
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Address of the API: https, or http on this machine')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Milliseconds that one request may take')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'How often a request that may be repeated is repeated')
            [CompletionResult]::new('--max-concurrency', '--max-concurrency', [CompletionResultType]::ParameterName, 'How many requests may be under way at once')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'What is logged to stderr: off, error, warn, info, debug, trace')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'Form of log lines: text or json')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'Directory for what is remembered between starts')
            [CompletionResult]::new('--jwt-file', '--jwt-file', [CompletionResultType]::ParameterName, 'File that holds the session token; VIDEOSEARCH_JWT otherwise')
            [CompletionResult]::new('--playground', '--playground', [CompletionResultType]::ParameterName, 'Use a playground: the address of one, or the data directory of one that runs')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'videosearch-mcp;keys;delete' {
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Address of the API: https, or http on this machine')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Milliseconds that one request may take')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'How often a request that may be repeated is repeated')
            [CompletionResult]::new('--max-concurrency', '--max-concurrency', [CompletionResultType]::ParameterName, 'How many requests may be under way at once')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'What is logged to stderr: off, error, warn, info, debug, trace')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'Form of log lines: text or json')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'Directory for what is remembered between starts')
            [CompletionResult]::new('--jwt-file', '--jwt-file', [CompletionResultType]::ParameterName, 'File that holds the session token; VIDEOSEARCH_JWT otherwise')
            [CompletionResult]::new('--playground', '--playground', [CompletionResultType]::ParameterName, 'Use a playground: the address of one, or the data directory of one that runs')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'videosearch-mcp;keys;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List all keys of the account, those that expire soon or have expired standing out')
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Create a key; its secret is printed once, alone on stdout, or written to a file')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show all facts about one key')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Replace a key by a new one; the old one stops working at once')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Make a key stop working; it stays listed')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Remove a key for good, from the list too')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'videosearch-mcp;keys;help;list' {
            break
        }
        'videosearch-mcp;keys;help;create' {
            break
        }
        'videosearch-mcp;keys;help;show' {
            break
        }
        'videosearch-mcp;keys;help;rotate' {
            break
        }
        'videosearch-mcp;keys;help;revoke' {
            break
        }
        'videosearch-mcp;keys;help;delete' {
            break
        }
        'videosearch-mcp;keys;help;help' {
            break
        }
        'videosearch-mcp;doctor' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a server over HTTP to look at, instead of what a client would start here; no key is sent there')
            [CompletionResult]::new('--bucket', '--bucket', [CompletionResultType]::ParameterName, 'With --playground, a directory that plays the part of a cloud bucket; may be repeated')
            [CompletionResult]::new('--api-key-file', '--api-key-file', [CompletionResultType]::ParameterName, 'File that holds the API key on one line; re-read when the key is rotated')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Address of the API: https, or http on this machine')
            [CompletionResult]::new('--scopes', '--scopes', [CompletionResultType]::ParameterName, 'Use at most these scopes of the key: search, read, write, admin')
            [CompletionResult]::new('--toolsets', '--toolsets', [CompletionResultType]::ParameterName, 'Groups of tools to offer: core, search, library, prompts, runs, workflow, connectors, imports, exports, webhooks, usage, sql, chat, markers, automations, catalog, all')
            [CompletionResult]::new('--tools', '--tools', [CompletionResultType]::ParameterName, 'Single tools to offer in addition')
            [CompletionResult]::new('--exclude-tools', '--exclude-tools', [CompletionResultType]::ParameterName, 'Single tools to leave out')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Milliseconds that one request may take')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'How often a request that may be repeated is repeated')
            [CompletionResult]::new('--max-concurrency', '--max-concurrency', [CompletionResultType]::ParameterName, 'How many requests may be under way at once')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'What is logged to stderr: off, error, warn, info, debug, trace')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'Form of log lines: text or json')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'Directory for what is remembered between starts')
            [CompletionResult]::new('--upload-root', '--upload-root', [CompletionResultType]::ParameterName, 'Directory below which files may be uploaded; may be repeated')
            [CompletionResult]::new('--download-dir', '--download-dir', [CompletionResultType]::ParameterName, 'Directory where exports are saved')
            [CompletionResult]::new('--secrets-dir', '--secrets-dir', [CompletionResultType]::ParameterName, 'Directory with the secrets of other services, one file each')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'What somebody must agree to first: auto, cost, always or never')
            [CompletionResult]::new('--max-mt-per-run', '--max-mt-per-run', [CompletionResultType]::ParameterName, 'The most mt that one run may be estimated at')
            [CompletionResult]::new('--max-mt-per-day', '--max-mt-per-day', [CompletionResultType]::ParameterName, 'The most mt that the runs of a day may be estimated at together')
            [CompletionResult]::new('--state-secret-file', '--state-secret-file', [CompletionResultType]::ParameterName, 'File with the secret that seals confirmations, if several processes share them')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('--playground', '--playground', [CompletionResultType]::ParameterName, 'Use a playground in this process instead of the API; no key is read')
            [CompletionResult]::new('--enforce-limits', '--enforce-limits', [CompletionResultType]::ParameterName, 'With --playground, refuse calls beyond the rate limits with 429')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Use at most the scopes search and read')
            [CompletionResult]::new('--allow-destructive', '--allow-destructive', [CompletionResultType]::ParameterName, 'Offer tools that delete, too')
            [CompletionResult]::new('--reveal-secrets', '--reveal-secrets', [CompletionResultType]::ParameterName, 'Show new webhook secrets in answers')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'videosearch-mcp;setup' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Name of the entry')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The client''s configuration file, if it is not in its usual place')
            [CompletionResult]::new('--key-file', '--key-file', [CompletionResultType]::ParameterName, 'File that holds the key, or will: by default api-key in your configuration directory')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a server that others run over HTTP, to which the client connects instead of starting a program')
            [CompletionResult]::new('--key-variable', '--key-variable', [CompletionResultType]::ParameterName, 'Variable of the client''s environment that holds the key or token for --url')
            [CompletionResult]::new('--expires-in-days', '--expires-in-days', [CompletionResultType]::ParameterName, 'Days until a key that is created here ends, 1 to 365; without it, it never does')
            [CompletionResult]::new('--jwt-file', '--jwt-file', [CompletionResultType]::ParameterName, 'File that holds the session token; VIDEOSEARCH_JWT otherwise')
            [CompletionResult]::new('--playground', '--playground', [CompletionResultType]::ParameterName, 'Use a playground: the address of one, or the data directory of one that runs')
            [CompletionResult]::new('--api-key-file', '--api-key-file', [CompletionResultType]::ParameterName, 'File that holds the API key on one line; re-read when the key is rotated')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Address of the API: https, or http on this machine')
            [CompletionResult]::new('--scopes', '--scopes', [CompletionResultType]::ParameterName, 'Use at most these scopes of the key: search, read, write, admin')
            [CompletionResult]::new('--toolsets', '--toolsets', [CompletionResultType]::ParameterName, 'Groups of tools to offer: core, search, library, prompts, runs, workflow, connectors, imports, exports, webhooks, usage, sql, chat, markers, automations, catalog, all')
            [CompletionResult]::new('--tools', '--tools', [CompletionResultType]::ParameterName, 'Single tools to offer in addition')
            [CompletionResult]::new('--exclude-tools', '--exclude-tools', [CompletionResultType]::ParameterName, 'Single tools to leave out')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of answers: both, lines or json')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Milliseconds that one request may take')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'How often a request that may be repeated is repeated')
            [CompletionResult]::new('--max-concurrency', '--max-concurrency', [CompletionResultType]::ParameterName, 'How many requests may be under way at once')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'What is logged to stderr: off, error, warn, info, debug, trace')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'Form of log lines: text or json')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'Directory for what is remembered between starts')
            [CompletionResult]::new('--upload-root', '--upload-root', [CompletionResultType]::ParameterName, 'Directory below which files may be uploaded; may be repeated')
            [CompletionResult]::new('--download-dir', '--download-dir', [CompletionResultType]::ParameterName, 'Directory where exports are saved')
            [CompletionResult]::new('--secrets-dir', '--secrets-dir', [CompletionResultType]::ParameterName, 'Directory with the secrets of other services, one file each')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'What somebody must agree to first: auto, cost, always or never')
            [CompletionResult]::new('--max-mt-per-run', '--max-mt-per-run', [CompletionResultType]::ParameterName, 'The most mt that one run may be estimated at')
            [CompletionResult]::new('--max-mt-per-day', '--max-mt-per-day', [CompletionResultType]::ParameterName, 'The most mt that the runs of a day may be estimated at together')
            [CompletionResult]::new('--state-secret-file', '--state-secret-file', [CompletionResultType]::ParameterName, 'File with the secret that seals confirmations, if several processes share them')
            [CompletionResult]::new('--print', '--print', [CompletionResultType]::ParameterName, 'Print the entry to paste, and write nothing')
            [CompletionResult]::new('--remove', '--remove', [CompletionResultType]::ParameterName, 'Take our entry out, or put back the one it replaced')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--inline-key', '--inline-key', [CompletionResultType]::ParameterName, 'Write the key itself into the client''s configuration')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'Try it without a key: the entry starts the playground and its sample library')
            [CompletionResult]::new('--no-key', '--no-key', [CompletionResultType]::ParameterName, 'The server at --url asks for no key')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Use at most the scopes search and read')
            [CompletionResult]::new('--allow-destructive', '--allow-destructive', [CompletionResultType]::ParameterName, 'Offer tools that delete, too')
            [CompletionResult]::new('--reveal-secrets', '--reveal-secrets', [CompletionResultType]::ParameterName, 'Show new webhook secrets in answers')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'videosearch-mcp;webhooks' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Say whether the signature of a body holds; the raw body comes on stdin')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'videosearch-mcp;webhooks;verify' {
            [CompletionResult]::new('--secret-file', '--secret-file', [CompletionResultType]::ParameterName, 'File with the signing secret on one line')
            [CompletionResult]::new('--signature', '--signature', [CompletionResultType]::ParameterName, 'What came as X-Webhook-Signature')
            [CompletionResult]::new('--print', '--print', [CompletionResultType]::ParameterName, 'Print the right signature and verify nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'videosearch-mcp;webhooks;help' {
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Say whether the signature of a body holds; the raw body comes on stdin')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'videosearch-mcp;webhooks;help;verify' {
            break
        }
        'videosearch-mcp;webhooks;help;help' {
            break
        }
        'videosearch-mcp;manifest' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Whose form: that of this program, of MCPB bundles, or of the MCP registry')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Compare with the copy committed below this directory instead of printing; exit code 1 if they differ')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'videosearch-mcp;help' {
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Serve MCP over stdio (the default)')
            [CompletionResult]::new('http', 'http', [CompletionResultType]::ParameterValue, 'Serve MCP over HTTP, for many callers')
            [CompletionResult]::new('playground', 'playground', [CompletionResultType]::ParameterValue, 'Run a local VideoVector API with a sample library')
            [CompletionResult]::new('tools', 'tools', [CompletionResultType]::ParameterValue, 'List the tools that a client would get under these settings')
            [CompletionResult]::new('call', 'call', [CompletionResultType]::ParameterValue, 'Call one tool and print its answer')
            [CompletionResult]::new('keys', 'keys', [CompletionResultType]::ParameterValue, 'Manage the account''s API keys, with a session token')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Find out why it does not work: settings, key, network, API, this server, clients')
            [CompletionResult]::new('setup', 'setup', [CompletionResultType]::ParameterValue, 'Write our entry into a client''s configuration, or list the clients and their state')
            [CompletionResult]::new('webhooks', 'webhooks', [CompletionResultType]::ParameterValue, 'Check what a receiver of webhooks got')
            [CompletionResult]::new('manifest', 'manifest', [CompletionResultType]::ParameterValue, 'Print a manifest of this server, or check the committed copy')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'videosearch-mcp;help;serve' {
            break
        }
        'videosearch-mcp;help;http' {
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Manage the tokens of --auth token-file')
            break
        }
        'videosearch-mcp;help;http;token' {
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Make a token that may do at most what --scopes says, add it to the file, and print it once')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the tokens of the file: names and scopes')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove a token from the file')
            break
        }
        'videosearch-mcp;help;http;token;add' {
            break
        }
        'videosearch-mcp;help;http;token;list' {
            break
        }
        'videosearch-mcp;help;http;token;remove' {
            break
        }
        'videosearch-mcp;help;playground' {
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Print a session token for the playground that keeps its data in --data-dir')
            break
        }
        'videosearch-mcp;help;playground;token' {
            break
        }
        'videosearch-mcp;help;tools' {
            break
        }
        'videosearch-mcp;help;call' {
            break
        }
        'videosearch-mcp;help;keys' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List all keys of the account, those that expire soon or have expired standing out')
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Create a key; its secret is printed once, alone on stdout, or written to a file')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show all facts about one key')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Replace a key by a new one; the old one stops working at once')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Make a key stop working; it stays listed')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Remove a key for good, from the list too')
            break
        }
        'videosearch-mcp;help;keys;list' {
            break
        }
        'videosearch-mcp;help;keys;create' {
            break
        }
        'videosearch-mcp;help;keys;show' {
            break
        }
        'videosearch-mcp;help;keys;rotate' {
            break
        }
        'videosearch-mcp;help;keys;revoke' {
            break
        }
        'videosearch-mcp;help;keys;delete' {
            break
        }
        'videosearch-mcp;help;doctor' {
            break
        }
        'videosearch-mcp;help;setup' {
            break
        }
        'videosearch-mcp;help;webhooks' {
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Say whether the signature of a body holds; the raw body comes on stdin')
            break
        }
        'videosearch-mcp;help;webhooks;verify' {
            break
        }
        'videosearch-mcp;help;manifest' {
            break
        }
        'videosearch-mcp;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}

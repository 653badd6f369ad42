
use builtin;
use str;

set edit:completion:arg-completer[videosearch-mcp] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'videosearch-mcp'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'videosearch-mcp'= {
            cand --bucket 'With --playground, a directory that plays the part of a cloud bucket; may be repeated'
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, workflow, connectors, imports, exports, webhooks, usage, sql, chat, markers, automations, catalog, all'
            cand --tools 'Single tools to offer in addition'
            cand --exclude-tools 'Single tools to leave out'
            cand --output 'Form of answers: both, lines or json'
            cand --timeout 'Milliseconds that one request may take'
            cand --max-retries 'How often a request that may be repeated is repeated'
            cand --max-concurrency 'How many requests may be under way at once'
            cand --log 'What is logged to stderr: off, error, warn, info, debug, trace'
            cand --log-format 'Form of log lines: text or json'
            cand --state-dir 'Directory for what is remembered between starts'
            cand --upload-root 'Directory below which files may be uploaded; may be repeated'
            cand --download-dir 'Directory where exports are saved'
            cand --secrets-dir 'Directory with the secrets of other services, one file each'
            cand --confirm 'What somebody must agree to first: auto, cost, always or never'
            cand --max-mt-per-run 'The most mt that one run may be estimated at'
            cand --max-mt-per-day 'The most mt that the runs of a day may be estimated at together'
            cand --state-secret-file 'File with the secret that seals confirmations, if several processes share them'
            cand --playground 'Use a playground in this process instead of the API; no key is read'
            cand --enforce-limits 'With --playground, refuse calls beyond the rate limits with 429'
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand serve 'Serve MCP over stdio (the default)'
            cand http 'Serve MCP over HTTP, for many callers'
            cand playground 'Run a local VideoVector API with a sample library'
            cand tools 'List the tools that a client would get under these settings'
            cand call 'Call one tool and print its answer'
            cand keys 'Manage the account''s API keys, with a session token'
            cand doctor 'Find out why it does not work: settings, key, network, API, this server, clients'
            cand setup 'Write our entry into a client''s configuration, or list the clients and their state'
            cand webhooks 'Check what a receiver of webhooks got'
            cand manifest 'Print a manifest of this server, or check the committed copy'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'videosearch-mcp;serve'= {
            cand --bucket 'With --playground, a directory that plays the part of a cloud bucket; may be repeated'
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, workflow, connectors, imports, exports, webhooks, usage, sql, chat, markers, automations, catalog, all'
            cand --tools 'Single tools to offer in addition'
            cand --exclude-tools 'Single tools to leave out'
            cand --output 'Form of answers: both, lines or json'
            cand --timeout 'Milliseconds that one request may take'
            cand --max-retries 'How often a request that may be repeated is repeated'
            cand --max-concurrency 'How many requests may be under way at once'
            cand --log 'What is logged to stderr: off, error, warn, info, debug, trace'
            cand --log-format 'Form of log lines: text or json'
            cand --state-dir 'Directory for what is remembered between starts'
            cand --upload-root 'Directory below which files may be uploaded; may be repeated'
            cand --download-dir 'Directory where exports are saved'
            cand --secrets-dir 'Directory with the secrets of other services, one file each'
            cand --confirm 'What somebody must agree to first: auto, cost, always or never'
            cand --max-mt-per-run 'The most mt that one run may be estimated at'
            cand --max-mt-per-day 'The most mt that the runs of a day may be estimated at together'
            cand --state-secret-file 'File with the secret that seals confirmations, if several processes share them'
            cand --playground 'Use a playground in this process instead of the API; no key is read'
            cand --enforce-limits 'With --playground, refuse calls beyond the rate limits with 429'
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;http'= {
            cand --bucket 'With --playground, a directory that plays the part of a cloud bucket; may be repeated'
            cand --listen 'Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8080]'
            cand --auth 'How callers show who they are: key, token-file or none [default: key]'
            cand --token-file 'File with the tokens of --auth token-file'
            cand --allow-host 'Host that requests may name, beside this machine; may be repeated'
            cand --allow-origin 'Origin of web pages that may call, beside those of this machine; may be repeated'
            cand --max-per-minute 'How many requests a caller may send in a minute; 0 sets no limit [default: 6000]'
            cand --shared-state 'Redis where several machines count together: redis://HOST:PORT/NUMBER; needs --state-secret-file'
            cand --metrics 'Address and port for /metrics; without it there are none'
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, workflow, connectors, imports, exports, webhooks, usage, sql, chat, markers, automations, catalog, all'
            cand --tools 'Single tools to offer in addition'
            cand --exclude-tools 'Single tools to leave out'
            cand --output 'Form of answers: both, lines or json'
            cand --timeout 'Milliseconds that one request may take'
            cand --max-retries 'How often a request that may be repeated is repeated'
            cand --max-concurrency 'How many requests may be under way at once'
            cand --log 'What is logged to stderr: off, error, warn, info, debug, trace'
            cand --log-format 'Form of log lines: text or json'
            cand --state-dir 'Directory for what is remembered between starts'
            cand --upload-root 'Directory below which files may be uploaded; may be repeated'
            cand --download-dir 'Directory where exports are saved'
            cand --secrets-dir 'Directory with the secrets of other services, one file each'
            cand --confirm 'What somebody must agree to first: auto, cost, always or never'
            cand --max-mt-per-run 'The most mt that one run may be estimated at'
            cand --max-mt-per-day 'The most mt that the runs of a day may be estimated at together'
            cand --state-secret-file 'File with the secret that seals confirmations, if several processes share them'
            cand --playground 'Use a playground in this process instead of the API; no key is read'
            cand --enforce-limits 'With --playground, refuse calls beyond the rate limits with 429'
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
            cand -h 'Print help'
            cand --help 'Print help'
            cand token 'Manage the tokens of --auth token-file'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'videosearch-mcp;http;token'= {
            cand --token-file 'File with the tokens of --auth token-file'
            cand -h 'Print help'
            cand --help 'Print help'
            cand add 'Make a token that may do at most what --scopes says, add it to the file, and print it once'
            cand list 'List the tokens of the file: names and scopes'
            cand remove 'Remove a token from the file'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'videosearch-mcp;http;token;add'= {
            cand --scopes 'What the token may do at most, which must be said: search, read, write, admin'
            cand --token-file 'File with the tokens of --auth token-file'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;http;token;list'= {
            cand --token-file 'File with the tokens of --auth token-file'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;http;token;remove'= {
            cand --token-file 'File with the tokens of --auth token-file'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;http;token;help'= {
            cand add 'Make a token that may do at most what --scopes says, add it to the file, and print it once'
            cand list 'List the tokens of the file: names and scopes'
            cand remove 'Remove a token from the file'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'videosearch-mcp;http;token;help;add'= {
        }
        &'videosearch-mcp;http;token;help;list'= {
        }
        &'videosearch-mcp;http;token;help;remove'= {
        }
        &'videosearch-mcp;http;token;help;help'= {
        }
        &'videosearch-mcp;http;help'= {
            cand token 'Manage the tokens of --auth token-file'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'videosearch-mcp;http;help;token'= {
            cand add 'Make a token that may do at most what --scopes says, add it to the file, and print it once'
            cand list 'List the tokens of the file: names and scopes'
            cand remove 'Remove a token from the file'
        }
        &'videosearch-mcp;http;help;token;add'= {
        }
        &'videosearch-mcp;http;help;token;list'= {
        }
        &'videosearch-mcp;http;help;token;remove'= {
        }
        &'videosearch-mcp;http;help;help'= {
        }
        &'videosearch-mcp;playground'= {
            cand --port 'Port on 127.0.0.1; 0 takes a free one'
            cand --data-dir 'Directory that keeps keys, runs and prompts; without it everything is in memory'
            cand --bucket 'A directory that plays the part of a cloud bucket; may be repeated'
            cand --latency-ms 'Delay every answer by so many milliseconds'
            cand --fail 'Break some answers on purpose: `KIND[:PROBABILITY][,every=K][,times=N][,path=TEXT]`; may be repeated'
            cand --scopes 'Scopes of the key that is made at the start: search, read, write, admin'
            cand --log 'What is logged to stderr: off, error, warn, info, debug, trace'
            cand --log-format 'Form of log lines: text or json'
            cand --json 'Print one line of JSON: `base_url`, `api_key`, `key_id`, `jwt`'
            cand --explain 'Print what nobody knows about the API and what the playground does instead, and end; with --json as JSON'
            cand --enforce-limits 'Refuse calls beyond the rate limits with 429, as the service does'
            cand -h 'Print help'
            cand --help 'Print help'
            cand token 'Print a session token for the playground that keeps its data in --data-dir'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'videosearch-mcp;playground;token'= {
            cand --days 'How many days it is good'
            cand --log 'What is logged to stderr: off, error, warn, info, debug, trace'
            cand --log-format 'Form of log lines: text or json'
            cand --data-dir 'Directory that keeps keys, runs and prompts; without it everything is in memory'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;playground;help'= {
            cand token 'Print a session token for the playground that keeps its data in --data-dir'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'videosearch-mcp;playground;help;token'= {
        }
        &'videosearch-mcp;playground;help;help'= {
        }
        &'videosearch-mcp;tools'= {
            cand --find 'Only the tools that fit these words, best first'
            cand --bucket 'With --playground, a directory that plays the part of a cloud bucket; may be repeated'
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, workflow, connectors, imports, exports, webhooks, usage, sql, chat, markers, automations, catalog, all'
            cand --tools 'Single tools to offer in addition'
            cand --exclude-tools 'Single tools to leave out'
            cand --output 'Form of answers: both, lines or json'
            cand --timeout 'Milliseconds that one request may take'
            cand --max-retries 'How often a request that may be repeated is repeated'
            cand --max-concurrency 'How many requests may be under way at once'
            cand --log 'What is logged to stderr: off, error, warn, info, debug, trace'
            cand --log-format 'Form of log lines: text or json'
            cand --state-dir 'Directory for what is remembered between starts'
            cand --confirm 'What somebody must agree to first: auto, cost, always or never'
            cand --json 'Print the tools as MCP lists them'
            cand --tokens 'Show what each tool costs a model to know, in estimated tokens'
            cand --playground 'Use a playground in this process instead of the API; no key is read'
            cand --enforce-limits 'With --playground, refuse calls beyond the rate limits with 429'
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;call'= {
            cand --picture 'Write the picture of the answer to this file'
            cand --bucket 'With --playground, a directory that plays the part of a cloud bucket; may be repeated'
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --exclude-tools 'Single tools to leave out'
            cand --output 'Form of answers: both, lines or json'
            cand --timeout 'Milliseconds that one request may take'
            cand --max-retries 'How often a request that may be repeated is repeated'
            cand --max-concurrency 'How many requests may be under way at once'
            cand --log 'What is logged to stderr: off, error, warn, info, debug, trace'
            cand --log-format 'Form of log lines: text or json'
            cand --state-dir 'Directory for what is remembered between starts'
            cand --upload-root 'Directory below which files may be uploaded; may be repeated'
            cand --download-dir 'Directory where exports are saved'
            cand --secrets-dir 'Directory with the secrets of other services, one file each'
            cand --confirm 'What somebody must agree to first: auto, cost, always or never'
            cand --max-mt-per-run 'The most mt that one run may be estimated at'
            cand --max-mt-per-day 'The most mt that the runs of a day may be estimated at together'
            cand --state-secret-file 'File with the secret that seals confirmations, if several processes share them'
            cand --playground 'Use a playground in this process instead of the API; no key is read'
            cand --enforce-limits 'With --playground, refuse calls beyond the rate limits with 429'
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;keys'= {
            cand --jwt-file 'File that holds the session token; VIDEOSEARCH_JWT otherwise'
            cand --playground 'Use a playground: the address of one, or the data directory of one that runs'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --timeout 'Milliseconds that one request may take'
            cand --max-retries 'How often a request that may be repeated is repeated'
            cand --max-concurrency 'How many requests may be under way at once'
            cand --log 'What is logged to stderr: off, error, warn, info, debug, trace'
            cand --log-format 'Form of log lines: text or json'
            cand --state-dir 'Directory for what is remembered between starts'
            cand -h 'Print help'
            cand --help 'Print help'
            cand list 'List all keys of the account, those that expire soon or have expired standing out'
            cand create 'Create a key; its secret is printed once, alone on stdout, or written to a file'
            cand show 'Show all facts about one key'
            cand rotate 'Replace a key by a new one; the old one stops working at once'
            cand revoke 'Make a key stop working; it stays listed'
            cand delete 'Remove a key for good, from the list too'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'videosearch-mcp;keys;list'= {
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --timeout 'Milliseconds that one request may take'
            cand --max-retries 'How often a request that may be repeated is repeated'
            cand --max-concurrency 'How many requests may be under way at once'
            cand --log 'What is logged to stderr: off, error, warn, info, debug, trace'
            cand --log-format 'Form of log lines: text or json'
            cand --state-dir 'Directory for what is remembered between starts'
            cand --jwt-file 'File that holds the session token; VIDEOSEARCH_JWT otherwise'
            cand --playground 'Use a playground: the address of one, or the data directory of one that runs'
            cand --json 'Print a JSON array: the API''s records, each with `state` and `days_left`'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;keys;create'= {
            cand --name 'What the key is for, 1 to 100 characters'
            cand --scopes 'What it may do: search, read, write, admin; what a scope implies is granted with it'
            cand --expires-in-days 'When it stops working, 1 to 365; without it the key never expires'
            cand --write 'Write the secret to this file (mode 0600) and the key''s facts to FILE.json, and print nothing'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --timeout 'Milliseconds that one request may take'
            cand --max-retries 'How often a request that may be repeated is repeated'
            cand --max-concurrency 'How many requests may be under way at once'
            cand --log 'What is logged to stderr: off, error, warn, info, debug, trace'
            cand --log-format 'Form of log lines: text or json'
            cand --state-dir 'Directory for what is remembered between starts'
            cand --jwt-file 'File that holds the session token; VIDEOSEARCH_JWT otherwise'
            cand --playground 'Use a playground: the address of one, or the data directory of one that runs'
            cand --yes 'Do not ask; replace another key in FILE'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;keys;show'= {
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --timeout 'Milliseconds that one request may take'
            cand --max-retries 'How often a request that may be repeated is repeated'
            cand --max-concurrency 'How many requests may be under way at once'
            cand --log 'What is logged to stderr: off, error, warn, info, debug, trace'
            cand --log-format 'Form of log lines: text or json'
            cand --state-dir 'Directory for what is remembered between starts'
            cand --jwt-file 'File that holds the session token; VIDEOSEARCH_JWT otherwise'
            cand --playground 'Use a playground: the address of one, or the data directory of one that runs'
            cand --json 'Print a JSON object: the API''s record with `state` and `days_left`'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;keys;rotate'= {
            cand --write 'The file that holds the key: it gets the new secret, and FILE.json the facts; without it the secret is printed'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --timeout 'Milliseconds that one request may take'
            cand --max-retries 'How often a request that may be repeated is repeated'
            cand --max-concurrency 'How many requests may be under way at once'
            cand --log 'What is logged to stderr: off, error, warn, info, debug, trace'
            cand --log-format 'Form of log lines: text or json'
            cand --state-dir 'Directory for what is remembered between starts'
            cand --jwt-file 'File that holds the session token; VIDEOSEARCH_JWT otherwise'
            cand --playground 'Use a playground: the address of one, or the data directory of one that runs'
            cand --yes 'Do not ask'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;keys;revoke'= {
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --timeout 'Milliseconds that one request may take'
            cand --max-retries 'How often a request that may be repeated is repeated'
            cand --max-concurrency 'How many requests may be under way at once'
            cand --log 'What is logged to stderr: off, error, warn, info, debug, trace'
            cand --log-format 'Form of log lines: text or json'
            cand --state-dir 'Directory for what is remembered between starts'
            cand --jwt-file 'File that holds the session token; VIDEOSEARCH_JWT otherwise'
            cand --playground 'Use a playground: the address of one, or the data directory of one that runs'
            cand --yes 'Do not ask'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;keys;delete'= {
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --timeout 'Milliseconds that one request may take'
            cand --max-retries 'How often a request that may be repeated is repeated'
            cand --max-concurrency 'How many requests may be under way at once'
            cand --log 'What is logged to stderr: off, error, warn, info, debug, trace'
            cand --log-format 'Form of log lines: text or json'
            cand --state-dir 'Directory for what is remembered between starts'
            cand --jwt-file 'File that holds the session token; VIDEOSEARCH_JWT otherwise'
            cand --playground 'Use a playground: the address of one, or the data directory of one that runs'
            cand --yes 'Do not ask'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;keys;help'= {
            cand list 'List all keys of the account, those that expire soon or have expired standing out'
            cand create 'Create a key; its secret is printed once, alone on stdout, or written to a file'
            cand show 'Show all facts about one key'
            cand rotate 'Replace a key by a new one; the old one stops working at once'
            cand revoke 'Make a key stop working; it stays listed'
            cand delete 'Remove a key for good, from the list too'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'videosearch-mcp;keys;help;list'= {
        }
        &'videosearch-mcp;keys;help;create'= {
        }
        &'videosearch-mcp;keys;help;show'= {
        }
        &'videosearch-mcp;keys;help;rotate'= {
        }
        &'videosearch-mcp;keys;help;revoke'= {
        }
        &'videosearch-mcp;keys;help;delete'= {
        }
        &'videosearch-mcp;keys;help;help'= {
        }
        &'videosearch-mcp;doctor'= {
            cand --url 'Address of a server over HTTP to look at, instead of what a client would start here; no key is sent there'
            cand --bucket 'With --playground, a directory that plays the part of a cloud bucket; may be repeated'
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, workflow, connectors, imports, exports, webhooks, usage, sql, chat, markers, automations, catalog, all'
            cand --tools 'Single tools to offer in addition'
            cand --exclude-tools 'Single tools to leave out'
            cand --timeout 'Milliseconds that one request may take'
            cand --max-retries 'How often a request that may be repeated is repeated'
            cand --max-concurrency 'How many requests may be under way at once'
            cand --log 'What is logged to stderr: off, error, warn, info, debug, trace'
            cand --log-format 'Form of log lines: text or json'
            cand --state-dir 'Directory for what is remembered between starts'
            cand --upload-root 'Directory below which files may be uploaded; may be repeated'
            cand --download-dir 'Directory where exports are saved'
            cand --secrets-dir 'Directory with the secrets of other services, one file each'
            cand --confirm 'What somebody must agree to first: auto, cost, always or never'
            cand --max-mt-per-run 'The most mt that one run may be estimated at'
            cand --max-mt-per-day 'The most mt that the runs of a day may be estimated at together'
            cand --state-secret-file 'File with the secret that seals confirmations, if several processes share them'
            cand --json 'Print JSON for scripts'
            cand --playground 'Use a playground in this process instead of the API; no key is read'
            cand --enforce-limits 'With --playground, refuse calls beyond the rate limits with 429'
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;setup'= {
            cand --name 'Name of the entry'
            cand --config 'The client''s configuration file, if it is not in its usual place'
            cand --key-file 'File that holds the key, or will: by default api-key in your configuration directory'
            cand --url 'Address of a server that others run over HTTP, to which the client connects instead of starting a program'
            cand --key-variable 'Variable of the client''s environment that holds the key or token for --url'
            cand --expires-in-days 'Days until a key that is created here ends, 1 to 365; without it, it never does'
            cand --jwt-file 'File that holds the session token; VIDEOSEARCH_JWT otherwise'
            cand --playground 'Use a playground: the address of one, or the data directory of one that runs'
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, workflow, connectors, imports, exports, webhooks, usage, sql, chat, markers, automations, catalog, all'
            cand --tools 'Single tools to offer in addition'
            cand --exclude-tools 'Single tools to leave out'
            cand --output 'Form of answers: both, lines or json'
            cand --timeout 'Milliseconds that one request may take'
            cand --max-retries 'How often a request that may be repeated is repeated'
            cand --max-concurrency 'How many requests may be under way at once'
            cand --log 'What is logged to stderr: off, error, warn, info, debug, trace'
            cand --log-format 'Form of log lines: text or json'
            cand --state-dir 'Directory for what is remembered between starts'
            cand --upload-root 'Directory below which files may be uploaded; may be repeated'
            cand --download-dir 'Directory where exports are saved'
            cand --secrets-dir 'Directory with the secrets of other services, one file each'
            cand --confirm 'What somebody must agree to first: auto, cost, always or never'
            cand --max-mt-per-run 'The most mt that one run may be estimated at'
            cand --max-mt-per-day 'The most mt that the runs of a day may be estimated at together'
            cand --state-secret-file 'File with the secret that seals confirmations, if several processes share them'
            cand --print 'Print the entry to paste, and write nothing'
            cand --remove 'Take our entry out, or put back the one it replaced'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --inline-key 'Write the key itself into the client''s configuration'
            cand --demo 'Try it without a key: the entry starts the playground and its sample library'
            cand --no-key 'The server at --url asks for no key'
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;webhooks'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand verify 'Say whether the signature of a body holds; the raw body comes on stdin'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'videosearch-mcp;webhooks;verify'= {
            cand --secret-file 'File with the signing secret on one line'
            cand --signature 'What came as X-Webhook-Signature'
            cand --print 'Print the right signature and verify nothing'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;webhooks;help'= {
            cand verify 'Say whether the signature of a body holds; the raw body comes on stdin'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'videosearch-mcp;webhooks;help;verify'= {
        }
        &'videosearch-mcp;webhooks;help;help'= {
        }
        &'videosearch-mcp;manifest'= {
            cand --format 'Whose form: that of this program, of MCPB bundles, or of the MCP registry'
            cand --check 'Compare with the copy committed below this directory instead of printing; exit code 1 if they differ'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;help'= {
            cand serve 'Serve MCP over stdio (the default)'
            cand http 'Serve MCP over HTTP, for many callers'
            cand playground 'Run a local VideoVector API with a sample library'
            cand tools 'List the tools that a client would get under these settings'
            cand call 'Call one tool and print its answer'
            cand keys 'Manage the account''s API keys, with a session token'
            cand doctor 'Find out why it does not work: settings, key, network, API, this server, clients'
            cand setup 'Write our entry into a client''s configuration, or list the clients and their state'
            cand webhooks 'Check what a receiver of webhooks got'
            cand manifest 'Print a manifest of this server, or check the committed copy'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'videosearch-mcp;help;serve'= {
        }
        &'videosearch-mcp;help;http'= {
            cand token 'Manage the tokens of --auth token-file'
        }
        &'videosearch-mcp;help;http;token'= {
            cand add 'Make a token that may do at most what --scopes says, add it to the file, and print it once'
            cand list 'List the tokens of the file: names and scopes'
            cand remove 'Remove a token from the file'
        }
        &'videosearch-mcp;help;http;token;add'= {
        }
        &'videosearch-mcp;help;http;token;list'= {
        }
        &'videosearch-mcp;help;http;token;remove'= {
        }
        &'videosearch-mcp;help;playground'= {
            cand token 'Print a session token for the playground that keeps its data in --data-dir'
        }
        &'videosearch-mcp;help;playground;token'= {
        }
        &'videosearch-mcp;help;tools'= {
        }
        &'videosearch-mcp;help;call'= {
        }
        &'videosearch-mcp;help;keys'= {
            cand list 'List all keys of the account, those that expire soon or have expired standing out'
            cand create 'Create a key; its secret is printed once, alone on stdout, or written to a file'
            cand show 'Show all facts about one key'
            cand rotate 'Replace a key by a new one; the old one stops working at once'
            cand revoke 'Make a key stop working; it stays listed'
            cand delete 'Remove a key for good, from the list too'
        }
        &'videosearch-mcp;help;keys;list'= {
        }
        &'videosearch-mcp;help;keys;create'= {
        }
        &'videosearch-mcp;help;keys;show'= {
        }
        &'videosearch-mcp;help;keys;rotate'= {
        }
        &'videosearch-mcp;help;keys;revoke'= {
        }
        &'videosearch-mcp;help;keys;delete'= {
        }
        &'videosearch-mcp;help;doctor'= {
        }
        &'videosearch-mcp;help;setup'= {
        }
        &'videosearch-mcp;help;webhooks'= {
            cand verify 'Say whether the signature of a body holds; the raw body comes on stdin'
        }
        &'videosearch-mcp;help;webhooks;verify'= {
        }
        &'videosearch-mcp;help;manifest'= {
        }
        &'videosearch-mcp;help;help'= {
        }
    ]
    $completions[$command]
}


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
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, usage, all'
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
            cand --playground 'Use a playground in this process instead of the API; no key is read'
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand serve 'Serve MCP over stdio (the default)'
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
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, usage, all'
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
            cand --playground 'Use a playground in this process instead of the API; no key is read'
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;playground'= {
            cand --port 'Port on 127.0.0.1; 0 takes a free one'
            cand --data-dir 'Directory that keeps keys, runs and prompts; without it everything is in memory'
            cand --bucket 'A directory that plays the part of a cloud bucket; may be repeated'
            cand --latency-ms 'Delay every answer by so many milliseconds'
            cand --fail 'Break some answers on purpose: `KIND[:PROBABILITY][,every=K][,times=N][,path=TEXT]`; may be repeated'
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, usage, all'
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
            cand --json 'Print one line of JSON: `base_url`, `api_key`, `key_id`, `jwt`'
            cand --explain 'Print what nobody knows about the API and what the playground does instead, and end; with --json as JSON'
            cand --enforce-limits 'Refuse calls beyond the rate limits with 429, as the service does'
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
            cand -h 'Print help'
            cand --help 'Print help'
            cand token 'Print a session token for the playground that keeps its data in --data-dir'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'videosearch-mcp;playground;token'= {
            cand --days 'How many days it is good'
            cand --data-dir 'Directory that keeps keys, runs and prompts; without it everything is in memory'
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, usage, all'
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
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
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
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, usage, all'
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
            cand --json 'Print the tools as MCP lists them'
            cand --tokens 'Show what each tool costs a model to know, in estimated tokens'
            cand --playground 'Use a playground in this process instead of the API; no key is read'
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;call'= {
            cand --picture 'Write the picture of the answer to this file'
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, usage, all'
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
            cand --playground 'Use a playground in this process instead of the API; no key is read'
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;keys'= {
            cand --jwt-file 'File that holds the session token; VIDEOSEARCH_JWT otherwise'
            cand --playground 'Use a playground: the address of one, or the data directory of one that runs'
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, usage, all'
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
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
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
            cand --jwt-file 'File that holds the session token; VIDEOSEARCH_JWT otherwise'
            cand --playground 'Use a playground: the address of one, or the data directory of one that runs'
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, usage, all'
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
            cand --json 'Print a JSON array: the API''s records, each with `state` and `days_left`'
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;keys;create'= {
            cand --name 'What the key is for, 1 to 100 characters'
            cand --scopes 'What it may do: search, read, write, admin; what a scope implies is granted with it'
            cand --expires-in-days 'When it stops working, 1 to 365; without it the key never expires'
            cand --write 'Write the secret to this file (mode 0600) and the key''s facts to FILE.json, and print nothing'
            cand --jwt-file 'File that holds the session token; VIDEOSEARCH_JWT otherwise'
            cand --playground 'Use a playground: the address of one, or the data directory of one that runs'
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, usage, all'
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
            cand --yes 'Do not ask; replace another key in FILE'
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;keys;show'= {
            cand --jwt-file 'File that holds the session token; VIDEOSEARCH_JWT otherwise'
            cand --playground 'Use a playground: the address of one, or the data directory of one that runs'
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, usage, all'
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
            cand --json 'Print a JSON object: the API''s record with `state` and `days_left`'
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;keys;rotate'= {
            cand --write 'The file that holds the key: it gets the new secret, and FILE.json the facts; without it the secret is printed'
            cand --jwt-file 'File that holds the session token; VIDEOSEARCH_JWT otherwise'
            cand --playground 'Use a playground: the address of one, or the data directory of one that runs'
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, usage, all'
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
            cand --yes 'Do not ask'
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;keys;revoke'= {
            cand --jwt-file 'File that holds the session token; VIDEOSEARCH_JWT otherwise'
            cand --playground 'Use a playground: the address of one, or the data directory of one that runs'
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, usage, all'
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
            cand --yes 'Do not ask'
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;keys;delete'= {
            cand --jwt-file 'File that holds the session token; VIDEOSEARCH_JWT otherwise'
            cand --playground 'Use a playground: the address of one, or the data directory of one that runs'
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, usage, all'
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
            cand --yes 'Do not ask'
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
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
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, usage, all'
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
            cand --json 'Print JSON for scripts'
            cand --playground 'Use a playground in this process instead of the API; no key is read'
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
            cand --expires-in-days 'Days until a key that is created here ends, 1 to 365; without it, it never does'
            cand --jwt-file 'File that holds the session token; VIDEOSEARCH_JWT otherwise'
            cand --playground 'Use a playground: the address of one, or the data directory of one that runs'
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, usage, all'
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
            cand --print 'Print the entry to paste, and write nothing'
            cand --remove 'Take our entry out, or put back the one it replaced'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --inline-key 'Write the key itself into the client''s configuration'
            cand --demo 'Try it without a key: the entry starts the playground and its sample library'
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;webhooks'= {
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, usage, all'
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
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
            cand -h 'Print help'
            cand --help 'Print help'
            cand verify 'Say whether the signature of a body holds; the raw body comes on stdin'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'videosearch-mcp;webhooks;verify'= {
            cand --secret-file 'File with the signing secret on one line'
            cand --signature 'What came as X-Webhook-Signature; without it, the right signature is printed'
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, usage, all'
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
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
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
            cand --api-key-file 'File that holds the API key on one line; re-read when the key is rotated'
            cand --base-url 'Address of the API: https, or http on this machine'
            cand --scopes 'Use at most these scopes of the key: search, read, write, admin'
            cand --toolsets 'Groups of tools to offer: core, search, library, prompts, runs, usage, all'
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
            cand --check 'Compare with the copy committed below this directory instead of printing; exit code 1 if they differ'
            cand --read-only 'Use at most the scopes search and read'
            cand --allow-destructive 'Offer tools that delete, too'
            cand --reveal-secrets 'Show new webhook secrets in answers'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'videosearch-mcp;help'= {
            cand serve 'Serve MCP over stdio (the default)'
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

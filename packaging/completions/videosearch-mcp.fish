# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_videosearch_mcp_global_optspecs
    string join \n playground bucket= enforce-limits api-key-file= base-url= scopes= read-only allow-destructive toolsets= tools= exclude-tools= output= timeout= max-retries= max-concurrency= log= log-format= state-dir= upload-root= download-dir= secrets-dir= reveal-secrets confirm= max-mt-per-run= max-mt-per-day= state-secret-file= h/help V/version
end

function __fish_videosearch_mcp_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_videosearch_mcp_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_videosearch_mcp_using_subcommand
    set -l cmd (__fish_videosearch_mcp_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l bucket -d 'With --playground, a directory that plays the part of a cloud bucket; may be repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l api-key-file -d 'File that holds the API key on one line; re-read when the key is rotated' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l base-url -d 'Address of the API: https, or http on this machine' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l scopes -d 'Use at most these scopes of the key: search, read, write, admin' -r -f -a "search\t''
read\t''
write\t''
admin\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l toolsets -d 'Groups of tools to offer: core, search, library, prompts, runs, workflow, connectors, imports, exports, webhooks, usage, sql, chat, markers, automations, catalog, all' -r -f -a "core\t''
search\t''
library\t''
prompts\t''
runs\t''
workflow\t''
connectors\t''
imports\t''
exports\t''
webhooks\t''
usage\t''
sql\t''
chat\t''
markers\t''
automations\t''
catalog\t''
all\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l tools -d 'Single tools to offer in addition' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l exclude-tools -d 'Single tools to leave out' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l output -d 'Form of answers: both, lines or json' -r -f -a "both\t''
lines\t''
json\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l timeout -d 'Milliseconds that one request may take' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l max-retries -d 'How often a request that may be repeated is repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l max-concurrency -d 'How many requests may be under way at once' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l log-format -d 'Form of log lines: text or json' -r -f -a "text\t''
json\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l state-dir -d 'Directory for what is remembered between starts' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l upload-root -d 'Directory below which files may be uploaded; may be repeated' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l download-dir -d 'Directory where exports are saved' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l secrets-dir -d 'Directory with the secrets of other services, one file each' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l confirm -d 'What somebody must agree to first: auto, cost, always or never' -r -f -a "auto\t''
cost\t''
always\t''
never\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l max-mt-per-run -d 'The most mt that one run may be estimated at' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l max-mt-per-day -d 'The most mt that the runs of a day may be estimated at together' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l state-secret-file -d 'File with the secret that seals confirmations, if several processes share them' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l playground -d 'Use a playground in this process instead of the API; no key is read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l enforce-limits -d 'With --playground, refuse calls beyond the rate limits with 429'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l read-only -d 'Use at most the scopes search and read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l allow-destructive -d 'Offer tools that delete, too'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l reveal-secrets -d 'Show new webhook secrets in answers'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -s V -l version -d 'Print version'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -f -a "serve" -d 'Serve MCP over stdio (the default)'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -f -a "http" -d 'Serve MCP over HTTP, for many callers'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -f -a "playground" -d 'Run a local VideoVector API with a sample library'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -f -a "tools" -d 'List the tools that a client would get under these settings'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -f -a "call" -d 'Call one tool and print its answer'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -f -a "keys" -d 'Manage the account\'s API keys, with a session token'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -f -a "doctor" -d 'Find out why it does not work: settings, key, network, API, this server, clients'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -f -a "setup" -d 'Write our entry into a client\'s configuration, or list the clients and their state'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -f -a "webhooks" -d 'Check what a receiver of webhooks got'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -f -a "manifest" -d 'Print a manifest of this server, or check the committed copy'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l bucket -d 'With --playground, a directory that plays the part of a cloud bucket; may be repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l api-key-file -d 'File that holds the API key on one line; re-read when the key is rotated' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l base-url -d 'Address of the API: https, or http on this machine' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l scopes -d 'Use at most these scopes of the key: search, read, write, admin' -r -f -a "search\t''
read\t''
write\t''
admin\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l toolsets -d 'Groups of tools to offer: core, search, library, prompts, runs, workflow, connectors, imports, exports, webhooks, usage, sql, chat, markers, automations, catalog, all' -r -f -a "core\t''
search\t''
library\t''
prompts\t''
runs\t''
workflow\t''
connectors\t''
imports\t''
exports\t''
webhooks\t''
usage\t''
sql\t''
chat\t''
markers\t''
automations\t''
catalog\t''
all\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l tools -d 'Single tools to offer in addition' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l exclude-tools -d 'Single tools to leave out' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l output -d 'Form of answers: both, lines or json' -r -f -a "both\t''
lines\t''
json\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l timeout -d 'Milliseconds that one request may take' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l max-retries -d 'How often a request that may be repeated is repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l max-concurrency -d 'How many requests may be under way at once' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l log-format -d 'Form of log lines: text or json' -r -f -a "text\t''
json\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l state-dir -d 'Directory for what is remembered between starts' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l upload-root -d 'Directory below which files may be uploaded; may be repeated' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l download-dir -d 'Directory where exports are saved' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l secrets-dir -d 'Directory with the secrets of other services, one file each' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l confirm -d 'What somebody must agree to first: auto, cost, always or never' -r -f -a "auto\t''
cost\t''
always\t''
never\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l max-mt-per-run -d 'The most mt that one run may be estimated at' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l max-mt-per-day -d 'The most mt that the runs of a day may be estimated at together' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l state-secret-file -d 'File with the secret that seals confirmations, if several processes share them' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l playground -d 'Use a playground in this process instead of the API; no key is read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l enforce-limits -d 'With --playground, refuse calls beyond the rate limits with 429'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l read-only -d 'Use at most the scopes search and read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l allow-destructive -d 'Offer tools that delete, too'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l reveal-secrets -d 'Show new webhook secrets in answers'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l bucket -d 'With --playground, a directory that plays the part of a cloud bucket; may be repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l listen -d 'Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8080]' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l auth -d 'How callers show who they are: key, token-file or none [default: key]' -r -f -a "key\t''
token-file\t''
none\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l token-file -d 'File with the tokens of --auth token-file' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l allow-host -d 'Host that requests may name, beside this machine; may be repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l allow-origin -d 'Origin of web pages that may call, beside those of this machine; may be repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l max-per-minute -d 'How many requests a caller may send in a minute; 0 sets no limit [default: 6000]' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l shared-state -d 'Redis where several machines count together: redis://HOST:PORT/NUMBER; needs --state-secret-file' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l metrics -d 'Address and port for /metrics; without it there are none' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l api-key-file -d 'File that holds the API key on one line; re-read when the key is rotated' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l base-url -d 'Address of the API: https, or http on this machine' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l scopes -d 'Use at most these scopes of the key: search, read, write, admin' -r -f -a "search\t''
read\t''
write\t''
admin\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l toolsets -d 'Groups of tools to offer: core, search, library, prompts, runs, workflow, connectors, imports, exports, webhooks, usage, sql, chat, markers, automations, catalog, all' -r -f -a "core\t''
search\t''
library\t''
prompts\t''
runs\t''
workflow\t''
connectors\t''
imports\t''
exports\t''
webhooks\t''
usage\t''
sql\t''
chat\t''
markers\t''
automations\t''
catalog\t''
all\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l tools -d 'Single tools to offer in addition' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l exclude-tools -d 'Single tools to leave out' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l output -d 'Form of answers: both, lines or json' -r -f -a "both\t''
lines\t''
json\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l timeout -d 'Milliseconds that one request may take' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l max-retries -d 'How often a request that may be repeated is repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l max-concurrency -d 'How many requests may be under way at once' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l log-format -d 'Form of log lines: text or json' -r -f -a "text\t''
json\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l state-dir -d 'Directory for what is remembered between starts' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l upload-root -d 'Directory below which files may be uploaded; may be repeated' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l download-dir -d 'Directory where exports are saved' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l secrets-dir -d 'Directory with the secrets of other services, one file each' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l confirm -d 'What somebody must agree to first: auto, cost, always or never' -r -f -a "auto\t''
cost\t''
always\t''
never\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l max-mt-per-run -d 'The most mt that one run may be estimated at' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l max-mt-per-day -d 'The most mt that the runs of a day may be estimated at together' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l state-secret-file -d 'File with the secret that seals confirmations, if several processes share them' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l playground -d 'Use a playground in this process instead of the API; no key is read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l enforce-limits -d 'With --playground, refuse calls beyond the rate limits with 429'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l read-only -d 'Use at most the scopes search and read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l allow-destructive -d 'Offer tools that delete, too'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -l reveal-secrets -d 'Show new webhook secrets in answers'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -f -a "token" -d 'Manage the tokens of --auth token-file'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and not __fish_seen_subcommand_from token help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and __fish_seen_subcommand_from token" -l token-file -d 'File with the tokens of --auth token-file' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and __fish_seen_subcommand_from token" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and __fish_seen_subcommand_from token" -f -a "add" -d 'Make a token that may do at most what --scopes says, add it to the file, and print it once'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and __fish_seen_subcommand_from token" -f -a "list" -d 'List the tokens of the file: names and scopes'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and __fish_seen_subcommand_from token" -f -a "remove" -d 'Remove a token from the file'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and __fish_seen_subcommand_from token" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and __fish_seen_subcommand_from help" -f -a "token" -d 'Manage the tokens of --auth token-file'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand http; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l port -d 'Port on 127.0.0.1; 0 takes a free one' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l data-dir -d 'Directory that keeps keys, runs and prompts; without it everything is in memory' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l bucket -d 'A directory that plays the part of a cloud bucket; may be repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l latency-ms -d 'Delay every answer by so many milliseconds' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l fail -d 'Break some answers on purpose: `KIND[:PROBABILITY][,every=K][,times=N][,path=TEXT]`; may be repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l scopes -d 'Scopes of the key that is made at the start: search, read, write, admin' -r -f -a "search\t''
read\t''
write\t''
admin\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l log-format -d 'Form of log lines: text or json' -r -f -a "text\t''
json\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l json -d 'Print one line of JSON: `base_url`, `api_key`, `key_id`, `jwt`'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l explain -d 'Print what nobody knows about the API and what the playground does instead, and end; with --json as JSON'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l enforce-limits -d 'Refuse calls beyond the rate limits with 429, as the service does'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -f -a "token" -d 'Print a session token for the playground that keeps its data in --data-dir'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -l days -d 'How many days it is good' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -l log-format -d 'Form of log lines: text or json' -r -f -a "text\t''
json\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -l data-dir -d 'Directory that keeps keys, runs and prompts; without it everything is in memory' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from help" -f -a "token" -d 'Print a session token for the playground that keeps its data in --data-dir'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l find -d 'Only the tools that fit these words, best first' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l bucket -d 'With --playground, a directory that plays the part of a cloud bucket; may be repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l api-key-file -d 'File that holds the API key on one line; re-read when the key is rotated' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l base-url -d 'Address of the API: https, or http on this machine' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l scopes -d 'Use at most these scopes of the key: search, read, write, admin' -r -f -a "search\t''
read\t''
write\t''
admin\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l toolsets -d 'Groups of tools to offer: core, search, library, prompts, runs, workflow, connectors, imports, exports, webhooks, usage, sql, chat, markers, automations, catalog, all' -r -f -a "core\t''
search\t''
library\t''
prompts\t''
runs\t''
workflow\t''
connectors\t''
imports\t''
exports\t''
webhooks\t''
usage\t''
sql\t''
chat\t''
markers\t''
automations\t''
catalog\t''
all\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l tools -d 'Single tools to offer in addition' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l exclude-tools -d 'Single tools to leave out' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l output -d 'Form of answers: both, lines or json' -r -f -a "both\t''
lines\t''
json\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l timeout -d 'Milliseconds that one request may take' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l max-retries -d 'How often a request that may be repeated is repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l max-concurrency -d 'How many requests may be under way at once' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l log-format -d 'Form of log lines: text or json' -r -f -a "text\t''
json\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l state-dir -d 'Directory for what is remembered between starts' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l confirm -d 'What somebody must agree to first: auto, cost, always or never' -r -f -a "auto\t''
cost\t''
always\t''
never\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l json -d 'Print the tools as MCP lists them'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l tokens -d 'Show what each tool costs a model to know, in estimated tokens'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l playground -d 'Use a playground in this process instead of the API; no key is read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l enforce-limits -d 'With --playground, refuse calls beyond the rate limits with 429'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l read-only -d 'Use at most the scopes search and read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l allow-destructive -d 'Offer tools that delete, too'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l picture -d 'Write the picture of the answer to this file' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l bucket -d 'With --playground, a directory that plays the part of a cloud bucket; may be repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l api-key-file -d 'File that holds the API key on one line; re-read when the key is rotated' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l base-url -d 'Address of the API: https, or http on this machine' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l scopes -d 'Use at most these scopes of the key: search, read, write, admin' -r -f -a "search\t''
read\t''
write\t''
admin\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l exclude-tools -d 'Single tools to leave out' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l output -d 'Form of answers: both, lines or json' -r -f -a "both\t''
lines\t''
json\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l timeout -d 'Milliseconds that one request may take' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l max-retries -d 'How often a request that may be repeated is repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l max-concurrency -d 'How many requests may be under way at once' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l log-format -d 'Form of log lines: text or json' -r -f -a "text\t''
json\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l state-dir -d 'Directory for what is remembered between starts' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l upload-root -d 'Directory below which files may be uploaded; may be repeated' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l download-dir -d 'Directory where exports are saved' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l secrets-dir -d 'Directory with the secrets of other services, one file each' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l confirm -d 'What somebody must agree to first: auto, cost, always or never' -r -f -a "auto\t''
cost\t''
always\t''
never\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l max-mt-per-run -d 'The most mt that one run may be estimated at' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l max-mt-per-day -d 'The most mt that the runs of a day may be estimated at together' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l state-secret-file -d 'File with the secret that seals confirmations, if several processes share them' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l playground -d 'Use a playground in this process instead of the API; no key is read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l enforce-limits -d 'With --playground, refuse calls beyond the rate limits with 429'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l read-only -d 'Use at most the scopes search and read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l allow-destructive -d 'Offer tools that delete, too'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l reveal-secrets -d 'Show new webhook secrets in answers'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and not __fish_seen_subcommand_from list create show rotate revoke delete help" -l jwt-file -d 'File that holds the session token; VIDEOSEARCH_JWT otherwise' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and not __fish_seen_subcommand_from list create show rotate revoke delete help" -l playground -d 'Use a playground: the address of one, or the data directory of one that runs' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and not __fish_seen_subcommand_from list create show rotate revoke delete help" -l base-url -d 'Address of the API: https, or http on this machine' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and not __fish_seen_subcommand_from list create show rotate revoke delete help" -l timeout -d 'Milliseconds that one request may take' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and not __fish_seen_subcommand_from list create show rotate revoke delete help" -l max-retries -d 'How often a request that may be repeated is repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and not __fish_seen_subcommand_from list create show rotate revoke delete help" -l max-concurrency -d 'How many requests may be under way at once' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and not __fish_seen_subcommand_from list create show rotate revoke delete help" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and not __fish_seen_subcommand_from list create show rotate revoke delete help" -l log-format -d 'Form of log lines: text or json' -r -f -a "text\t''
json\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and not __fish_seen_subcommand_from list create show rotate revoke delete help" -l state-dir -d 'Directory for what is remembered between starts' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and not __fish_seen_subcommand_from list create show rotate revoke delete help" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and not __fish_seen_subcommand_from list create show rotate revoke delete help" -f -a "list" -d 'List all keys of the account, those that expire soon or have expired standing out'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and not __fish_seen_subcommand_from list create show rotate revoke delete help" -f -a "create" -d 'Create a key; its secret is printed once, alone on stdout, or written to a file'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and not __fish_seen_subcommand_from list create show rotate revoke delete help" -f -a "show" -d 'Show all facts about one key'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and not __fish_seen_subcommand_from list create show rotate revoke delete help" -f -a "rotate" -d 'Replace a key by a new one; the old one stops working at once'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and not __fish_seen_subcommand_from list create show rotate revoke delete help" -f -a "revoke" -d 'Make a key stop working; it stays listed'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and not __fish_seen_subcommand_from list create show rotate revoke delete help" -f -a "delete" -d 'Remove a key for good, from the list too'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and not __fish_seen_subcommand_from list create show rotate revoke delete help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from list" -l base-url -d 'Address of the API: https, or http on this machine' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from list" -l timeout -d 'Milliseconds that one request may take' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from list" -l max-retries -d 'How often a request that may be repeated is repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from list" -l max-concurrency -d 'How many requests may be under way at once' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from list" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from list" -l log-format -d 'Form of log lines: text or json' -r -f -a "text\t''
json\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from list" -l state-dir -d 'Directory for what is remembered between starts' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from list" -l jwt-file -d 'File that holds the session token; VIDEOSEARCH_JWT otherwise' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from list" -l playground -d 'Use a playground: the address of one, or the data directory of one that runs' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from list" -l json -d 'Print a JSON array: the API\'s records, each with `state` and `days_left`'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from create" -l name -d 'What the key is for, 1 to 100 characters' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from create" -l scopes -d 'What it may do: search, read, write, admin; what a scope implies is granted with it' -r -f -a "search\t''
read\t''
write\t''
admin\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from create" -l expires-in-days -d 'When it stops working, 1 to 365; without it the key never expires' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from create" -l write -d 'Write the secret to this file (mode 0600) and the key\'s facts to FILE.json, and print nothing' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from create" -l base-url -d 'Address of the API: https, or http on this machine' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from create" -l timeout -d 'Milliseconds that one request may take' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from create" -l max-retries -d 'How often a request that may be repeated is repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from create" -l max-concurrency -d 'How many requests may be under way at once' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from create" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from create" -l log-format -d 'Form of log lines: text or json' -r -f -a "text\t''
json\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from create" -l state-dir -d 'Directory for what is remembered between starts' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from create" -l jwt-file -d 'File that holds the session token; VIDEOSEARCH_JWT otherwise' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from create" -l playground -d 'Use a playground: the address of one, or the data directory of one that runs' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from create" -l yes -d 'Do not ask; replace another key in FILE'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from show" -l base-url -d 'Address of the API: https, or http on this machine' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from show" -l timeout -d 'Milliseconds that one request may take' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from show" -l max-retries -d 'How often a request that may be repeated is repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from show" -l max-concurrency -d 'How many requests may be under way at once' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from show" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from show" -l log-format -d 'Form of log lines: text or json' -r -f -a "text\t''
json\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from show" -l state-dir -d 'Directory for what is remembered between starts' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from show" -l jwt-file -d 'File that holds the session token; VIDEOSEARCH_JWT otherwise' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from show" -l playground -d 'Use a playground: the address of one, or the data directory of one that runs' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from show" -l json -d 'Print a JSON object: the API\'s record with `state` and `days_left`'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from rotate" -l write -d 'The file that holds the key: it gets the new secret, and FILE.json the facts; without it the secret is printed' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from rotate" -l base-url -d 'Address of the API: https, or http on this machine' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from rotate" -l timeout -d 'Milliseconds that one request may take' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from rotate" -l max-retries -d 'How often a request that may be repeated is repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from rotate" -l max-concurrency -d 'How many requests may be under way at once' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from rotate" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from rotate" -l log-format -d 'Form of log lines: text or json' -r -f -a "text\t''
json\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from rotate" -l state-dir -d 'Directory for what is remembered between starts' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from rotate" -l jwt-file -d 'File that holds the session token; VIDEOSEARCH_JWT otherwise' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from rotate" -l playground -d 'Use a playground: the address of one, or the data directory of one that runs' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from rotate" -l yes -d 'Do not ask'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from revoke" -l base-url -d 'Address of the API: https, or http on this machine' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from revoke" -l timeout -d 'Milliseconds that one request may take' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from revoke" -l max-retries -d 'How often a request that may be repeated is repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from revoke" -l max-concurrency -d 'How many requests may be under way at once' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from revoke" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from revoke" -l log-format -d 'Form of log lines: text or json' -r -f -a "text\t''
json\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from revoke" -l state-dir -d 'Directory for what is remembered between starts' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from revoke" -l jwt-file -d 'File that holds the session token; VIDEOSEARCH_JWT otherwise' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from revoke" -l playground -d 'Use a playground: the address of one, or the data directory of one that runs' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from revoke" -l yes -d 'Do not ask'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from delete" -l base-url -d 'Address of the API: https, or http on this machine' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from delete" -l timeout -d 'Milliseconds that one request may take' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from delete" -l max-retries -d 'How often a request that may be repeated is repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from delete" -l max-concurrency -d 'How many requests may be under way at once' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from delete" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from delete" -l log-format -d 'Form of log lines: text or json' -r -f -a "text\t''
json\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from delete" -l state-dir -d 'Directory for what is remembered between starts' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from delete" -l jwt-file -d 'File that holds the session token; VIDEOSEARCH_JWT otherwise' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from delete" -l playground -d 'Use a playground: the address of one, or the data directory of one that runs' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from delete" -l yes -d 'Do not ask'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "list" -d 'List all keys of the account, those that expire soon or have expired standing out'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "create" -d 'Create a key; its secret is printed once, alone on stdout, or written to a file'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show all facts about one key'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "rotate" -d 'Replace a key by a new one; the old one stops working at once'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "revoke" -d 'Make a key stop working; it stays listed'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Remove a key for good, from the list too'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l url -d 'Address of a server over HTTP to look at, instead of what a client would start here; no key is sent there' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l bucket -d 'With --playground, a directory that plays the part of a cloud bucket; may be repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l api-key-file -d 'File that holds the API key on one line; re-read when the key is rotated' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l base-url -d 'Address of the API: https, or http on this machine' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l scopes -d 'Use at most these scopes of the key: search, read, write, admin' -r -f -a "search\t''
read\t''
write\t''
admin\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l toolsets -d 'Groups of tools to offer: core, search, library, prompts, runs, workflow, connectors, imports, exports, webhooks, usage, sql, chat, markers, automations, catalog, all' -r -f -a "core\t''
search\t''
library\t''
prompts\t''
runs\t''
workflow\t''
connectors\t''
imports\t''
exports\t''
webhooks\t''
usage\t''
sql\t''
chat\t''
markers\t''
automations\t''
catalog\t''
all\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l tools -d 'Single tools to offer in addition' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l exclude-tools -d 'Single tools to leave out' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l timeout -d 'Milliseconds that one request may take' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l max-retries -d 'How often a request that may be repeated is repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l max-concurrency -d 'How many requests may be under way at once' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l log-format -d 'Form of log lines: text or json' -r -f -a "text\t''
json\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l state-dir -d 'Directory for what is remembered between starts' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l upload-root -d 'Directory below which files may be uploaded; may be repeated' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l download-dir -d 'Directory where exports are saved' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l secrets-dir -d 'Directory with the secrets of other services, one file each' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l confirm -d 'What somebody must agree to first: auto, cost, always or never' -r -f -a "auto\t''
cost\t''
always\t''
never\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l max-mt-per-run -d 'The most mt that one run may be estimated at' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l max-mt-per-day -d 'The most mt that the runs of a day may be estimated at together' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l state-secret-file -d 'File with the secret that seals confirmations, if several processes share them' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l json -d 'Print JSON for scripts'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l playground -d 'Use a playground in this process instead of the API; no key is read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l enforce-limits -d 'With --playground, refuse calls beyond the rate limits with 429'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l read-only -d 'Use at most the scopes search and read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l allow-destructive -d 'Offer tools that delete, too'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -l reveal-secrets -d 'Show new webhook secrets in answers'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l name -d 'Name of the entry' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l config -d 'The client\'s configuration file, if it is not in its usual place' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l key-file -d 'File that holds the key, or will: by default api-key in your configuration directory' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l url -d 'Address of a server that others run over HTTP, to which the client connects instead of starting a program' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l key-variable -d 'Variable of the client\'s environment that holds the key or token for --url' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l expires-in-days -d 'Days until a key that is created here ends, 1 to 365; without it, it never does' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l jwt-file -d 'File that holds the session token; VIDEOSEARCH_JWT otherwise' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l playground -d 'Use a playground: the address of one, or the data directory of one that runs' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l api-key-file -d 'File that holds the API key on one line; re-read when the key is rotated' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l base-url -d 'Address of the API: https, or http on this machine' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l scopes -d 'Use at most these scopes of the key: search, read, write, admin' -r -f -a "search\t''
read\t''
write\t''
admin\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l toolsets -d 'Groups of tools to offer: core, search, library, prompts, runs, workflow, connectors, imports, exports, webhooks, usage, sql, chat, markers, automations, catalog, all' -r -f -a "core\t''
search\t''
library\t''
prompts\t''
runs\t''
workflow\t''
connectors\t''
imports\t''
exports\t''
webhooks\t''
usage\t''
sql\t''
chat\t''
markers\t''
automations\t''
catalog\t''
all\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l tools -d 'Single tools to offer in addition' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l exclude-tools -d 'Single tools to leave out' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l output -d 'Form of answers: both, lines or json' -r -f -a "both\t''
lines\t''
json\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l timeout -d 'Milliseconds that one request may take' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l max-retries -d 'How often a request that may be repeated is repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l max-concurrency -d 'How many requests may be under way at once' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l log-format -d 'Form of log lines: text or json' -r -f -a "text\t''
json\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l state-dir -d 'Directory for what is remembered between starts' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l upload-root -d 'Directory below which files may be uploaded; may be repeated' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l download-dir -d 'Directory where exports are saved' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l secrets-dir -d 'Directory with the secrets of other services, one file each' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l confirm -d 'What somebody must agree to first: auto, cost, always or never' -r -f -a "auto\t''
cost\t''
always\t''
never\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l max-mt-per-run -d 'The most mt that one run may be estimated at' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l max-mt-per-day -d 'The most mt that the runs of a day may be estimated at together' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l state-secret-file -d 'File with the secret that seals confirmations, if several processes share them' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l print -d 'Print the entry to paste, and write nothing'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l remove -d 'Take our entry out, or put back the one it replaced'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -s y -l yes -d 'Do not ask'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l inline-key -d 'Write the key itself into the client\'s configuration'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l demo -d 'Try it without a key: the entry starts the playground and its sample library'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l no-key -d 'The server at --url asks for no key'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l read-only -d 'Use at most the scopes search and read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l allow-destructive -d 'Offer tools that delete, too'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l reveal-secrets -d 'Show new webhook secrets in answers'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand webhooks; and not __fish_seen_subcommand_from verify help" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand webhooks; and not __fish_seen_subcommand_from verify help" -f -a "verify" -d 'Say whether the signature of a body holds; the raw body comes on stdin'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand webhooks; and not __fish_seen_subcommand_from verify help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand webhooks; and __fish_seen_subcommand_from verify" -l secret-file -d 'File with the signing secret on one line' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand webhooks; and __fish_seen_subcommand_from verify" -l signature -d 'What came as X-Webhook-Signature' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand webhooks; and __fish_seen_subcommand_from verify" -l print -d 'Print the right signature and verify nothing'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand webhooks; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand webhooks; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Say whether the signature of a body holds; the raw body comes on stdin'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand webhooks; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand manifest" -l format -d 'Whose form: that of this program, of MCPB bundles, or of the MCP registry' -r -f -a "own\t''
mcpb\t''
registry\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand manifest" -l check -d 'Compare with the copy committed below this directory instead of printing; exit code 1 if they differ'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand manifest" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and not __fish_seen_subcommand_from serve http playground tools call keys doctor setup webhooks manifest help" -f -a "serve" -d 'Serve MCP over stdio (the default)'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and not __fish_seen_subcommand_from serve http playground tools call keys doctor setup webhooks manifest help" -f -a "http" -d 'Serve MCP over HTTP, for many callers'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and not __fish_seen_subcommand_from serve http playground tools call keys doctor setup webhooks manifest help" -f -a "playground" -d 'Run a local VideoVector API with a sample library'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and not __fish_seen_subcommand_from serve http playground tools call keys doctor setup webhooks manifest help" -f -a "tools" -d 'List the tools that a client would get under these settings'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and not __fish_seen_subcommand_from serve http playground tools call keys doctor setup webhooks manifest help" -f -a "call" -d 'Call one tool and print its answer'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and not __fish_seen_subcommand_from serve http playground tools call keys doctor setup webhooks manifest help" -f -a "keys" -d 'Manage the account\'s API keys, with a session token'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and not __fish_seen_subcommand_from serve http playground tools call keys doctor setup webhooks manifest help" -f -a "doctor" -d 'Find out why it does not work: settings, key, network, API, this server, clients'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and not __fish_seen_subcommand_from serve http playground tools call keys doctor setup webhooks manifest help" -f -a "setup" -d 'Write our entry into a client\'s configuration, or list the clients and their state'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and not __fish_seen_subcommand_from serve http playground tools call keys doctor setup webhooks manifest help" -f -a "webhooks" -d 'Check what a receiver of webhooks got'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and not __fish_seen_subcommand_from serve http playground tools call keys doctor setup webhooks manifest help" -f -a "manifest" -d 'Print a manifest of this server, or check the committed copy'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and not __fish_seen_subcommand_from serve http playground tools call keys doctor setup webhooks manifest help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and __fish_seen_subcommand_from http" -f -a "token" -d 'Manage the tokens of --auth token-file'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and __fish_seen_subcommand_from playground" -f -a "token" -d 'Print a session token for the playground that keeps its data in --data-dir'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "list" -d 'List all keys of the account, those that expire soon or have expired standing out'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "create" -d 'Create a key; its secret is printed once, alone on stdout, or written to a file'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "show" -d 'Show all facts about one key'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "rotate" -d 'Replace a key by a new one; the old one stops working at once'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "revoke" -d 'Make a key stop working; it stays listed'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "delete" -d 'Remove a key for good, from the list too'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and __fish_seen_subcommand_from webhooks" -f -a "verify" -d 'Say whether the signature of a body holds; the raw body comes on stdin'

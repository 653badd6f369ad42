# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_videosearch_mcp_global_optspecs
    string join \n playground api-key-file= base-url= scopes= read-only allow-destructive toolsets= tools= exclude-tools= output= timeout= max-retries= max-concurrency= log= log-format= state-dir= h/help V/version
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

complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l api-key-file -d 'File that holds the API key on one line; re-read when the key is rotated' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l base-url -d 'Address of the API: https, or http on this machine' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l scopes -d 'Use at most these scopes of the key: search, read, write, admin' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l toolsets -d 'Groups of tools to offer: core, search, library, prompts, runs, all' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l tools -d 'Single tools to offer besides' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l exclude-tools -d 'Single tools to leave out' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l output -d 'Form of answers: text, or json with the official server\'s member names' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l timeout -d 'Milliseconds that one request may take' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l max-retries -d 'How often a request that may be repeated is repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l max-concurrency -d 'How many requests may be under way at once' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l log-format -d 'Form of log lines: text or json' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l state-dir -d 'Directory for what is remembered between starts' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l playground -d 'Use a playground in this process instead of the API; no key is read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l read-only -d 'Use at most the scope read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -l allow-destructive -d 'Offer tools that delete, too'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -s V -l version -d 'Print version'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -f -a "serve" -d 'Serve MCP over stdio (the default)'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -f -a "playground" -d 'Run a local VideoVector API with a sample library'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -f -a "tools" -d 'List the tools that a client would get under these settings'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -f -a "call" -d 'Call one tool and print its answer'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -f -a "setup" -d 'Write our entry into a client\'s configuration, or list the clients and their state'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -f -a "manifest" -d 'Print a manifest of this server, or check the committed copy'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l api-key-file -d 'File that holds the API key on one line; re-read when the key is rotated' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l base-url -d 'Address of the API: https, or http on this machine' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l scopes -d 'Use at most these scopes of the key: search, read, write, admin' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l toolsets -d 'Groups of tools to offer: core, search, library, prompts, runs, all' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l tools -d 'Single tools to offer besides' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l exclude-tools -d 'Single tools to leave out' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l output -d 'Form of answers: text, or json with the official server\'s member names' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l timeout -d 'Milliseconds that one request may take' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l max-retries -d 'How often a request that may be repeated is repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l max-concurrency -d 'How many requests may be under way at once' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l log-format -d 'Form of log lines: text or json' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l state-dir -d 'Directory for what is remembered between starts' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l playground -d 'Use a playground in this process instead of the API; no key is read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l read-only -d 'Use at most the scope read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -l allow-destructive -d 'Offer tools that delete, too'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand serve" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l port -d 'Port on 127.0.0.1; 0 takes a free one' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l data-dir -d 'Directory that keeps keys, runs and prompts; without it everything is in memory' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l latency-ms -d 'Delay every answer by so many milliseconds' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l fail -d 'Break some answers on purpose: `KIND[:PROBABILITY][,every=K][,times=N][,path=TEXT]`; may be repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l api-key-file -d 'File that holds the API key on one line; re-read when the key is rotated' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l base-url -d 'Address of the API: https, or http on this machine' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l scopes -d 'Use at most these scopes of the key: search, read, write, admin' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l toolsets -d 'Groups of tools to offer: core, search, library, prompts, runs, all' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l tools -d 'Single tools to offer besides' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l exclude-tools -d 'Single tools to leave out' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l output -d 'Form of answers: text, or json with the official server\'s member names' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l timeout -d 'Milliseconds that one request may take' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l max-retries -d 'How often a request that may be repeated is repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l max-concurrency -d 'How many requests may be under way at once' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l log-format -d 'Form of log lines: text or json' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l state-dir -d 'Directory for what is remembered between starts' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l json -d 'Print one line of JSON: `base_url`, `api_key`, `key_id`, `jwt`'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l read-only -d 'Use at most the scope read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -l allow-destructive -d 'Offer tools that delete, too'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -f -a "token" -d 'Print a session token for the playground that keeps its data in --data-dir'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and not __fish_seen_subcommand_from token help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -l days -d 'How many days it is good' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -l data-dir -d 'Directory that keeps keys, runs and prompts; without it everything is in memory' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -l api-key-file -d 'File that holds the API key on one line; re-read when the key is rotated' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -l base-url -d 'Address of the API: https, or http on this machine' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -l scopes -d 'Use at most these scopes of the key: search, read, write, admin' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -l toolsets -d 'Groups of tools to offer: core, search, library, prompts, runs, all' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -l tools -d 'Single tools to offer besides' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -l exclude-tools -d 'Single tools to leave out' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -l output -d 'Form of answers: text, or json with the official server\'s member names' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -l timeout -d 'Milliseconds that one request may take' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -l max-retries -d 'How often a request that may be repeated is repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -l max-concurrency -d 'How many requests may be under way at once' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -l log-format -d 'Form of log lines: text or json' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -l state-dir -d 'Directory for what is remembered between starts' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -l read-only -d 'Use at most the scope read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -l allow-destructive -d 'Offer tools that delete, too'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from token" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from help" -f -a "token" -d 'Print a session token for the playground that keeps its data in --data-dir'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand playground; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l api-key-file -d 'File that holds the API key on one line; re-read when the key is rotated' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l base-url -d 'Address of the API: https, or http on this machine' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l scopes -d 'Use at most these scopes of the key: search, read, write, admin' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l toolsets -d 'Groups of tools to offer: core, search, library, prompts, runs, all' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l tools -d 'Single tools to offer besides' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l exclude-tools -d 'Single tools to leave out' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l output -d 'Form of answers: text, or json with the official server\'s member names' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l timeout -d 'Milliseconds that one request may take' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l max-retries -d 'How often a request that may be repeated is repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l max-concurrency -d 'How many requests may be under way at once' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l log-format -d 'Form of log lines: text or json' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l state-dir -d 'Directory for what is remembered between starts' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l json -d 'Print the tools as MCP lists them'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l tokens -d 'Show what each tool costs a model to know, in estimated tokens'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l playground -d 'Use a playground in this process instead of the API; no key is read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l read-only -d 'Use at most the scope read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -l allow-destructive -d 'Offer tools that delete, too'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand tools" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l picture -d 'Write the picture of the answer to this file' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l api-key-file -d 'File that holds the API key on one line; re-read when the key is rotated' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l base-url -d 'Address of the API: https, or http on this machine' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l scopes -d 'Use at most these scopes of the key: search, read, write, admin' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l toolsets -d 'Groups of tools to offer: core, search, library, prompts, runs, all' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l tools -d 'Single tools to offer besides' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l exclude-tools -d 'Single tools to leave out' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l output -d 'Form of answers: text, or json with the official server\'s member names' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l timeout -d 'Milliseconds that one request may take' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l max-retries -d 'How often a request that may be repeated is repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l max-concurrency -d 'How many requests may be under way at once' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l log-format -d 'Form of log lines: text or json' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l state-dir -d 'Directory for what is remembered between starts' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l playground -d 'Use a playground in this process instead of the API; no key is read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l read-only -d 'Use at most the scope read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -l allow-destructive -d 'Offer tools that delete, too'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand call" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l name -d 'Name of the entry' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l config -d 'The client\'s configuration file, if it is not in its usual place' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l key-file -d 'File that holds the key, or will: by default api-key in your configuration directory' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l expires-in-days -d 'Days until a key that is created here ends, 1 to 365; without it, it never does' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l jwt-file -d 'File that holds the session token; VIDEOSEARCH_JWT otherwise' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l playground -d 'Use a playground: the address of one, or the data directory of one that runs' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l api-key-file -d 'File that holds the API key on one line; re-read when the key is rotated' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l base-url -d 'Address of the API: https, or http on this machine' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l scopes -d 'Use at most these scopes of the key: search, read, write, admin' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l toolsets -d 'Groups of tools to offer: core, search, library, prompts, runs, all' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l tools -d 'Single tools to offer besides' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l exclude-tools -d 'Single tools to leave out' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l output -d 'Form of answers: text, or json with the official server\'s member names' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l timeout -d 'Milliseconds that one request may take' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l max-retries -d 'How often a request that may be repeated is repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l max-concurrency -d 'How many requests may be under way at once' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l log-format -d 'Form of log lines: text or json' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l state-dir -d 'Directory for what is remembered between starts' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l print -d 'Print the entry to paste, and write nothing'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l remove -d 'Take our entry out, or put back the one it replaced'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -s y -l yes -d 'Do not ask'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l inline-key -d 'Write the key itself into the client\'s configuration'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l demo -d 'Try it without a key: the entry starts the playground and its sample library'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l read-only -d 'Use at most the scope read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -l allow-destructive -d 'Offer tools that delete, too'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand setup" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand manifest" -l format -d 'Whose form: that of this program, of MCPB bundles, or of the MCP registry' -r -f -a "own\t''
mcpb\t''
registry\t''"
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand manifest" -l api-key-file -d 'File that holds the API key on one line; re-read when the key is rotated' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand manifest" -l base-url -d 'Address of the API: https, or http on this machine' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand manifest" -l scopes -d 'Use at most these scopes of the key: search, read, write, admin' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand manifest" -l toolsets -d 'Groups of tools to offer: core, search, library, prompts, runs, all' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand manifest" -l tools -d 'Single tools to offer besides' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand manifest" -l exclude-tools -d 'Single tools to leave out' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand manifest" -l output -d 'Form of answers: text, or json with the official server\'s member names' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand manifest" -l timeout -d 'Milliseconds that one request may take' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand manifest" -l max-retries -d 'How often a request that may be repeated is repeated' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand manifest" -l max-concurrency -d 'How many requests may be under way at once' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand manifest" -l log -d 'What is logged to stderr: off, error, warn, info, debug, trace' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand manifest" -l log-format -d 'Form of log lines: text or json' -r
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand manifest" -l state-dir -d 'Directory for what is remembered between starts' -r -F
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand manifest" -l check -d 'Compare with the copy committed below this directory instead of printing; exit code 1 if they differ'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand manifest" -l read-only -d 'Use at most the scope read'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand manifest" -l allow-destructive -d 'Offer tools that delete, too'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand manifest" -s h -l help -d 'Print help'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and not __fish_seen_subcommand_from serve playground tools call setup manifest help" -f -a "serve" -d 'Serve MCP over stdio (the default)'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and not __fish_seen_subcommand_from serve playground tools call setup manifest help" -f -a "playground" -d 'Run a local VideoVector API with a sample library'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and not __fish_seen_subcommand_from serve playground tools call setup manifest help" -f -a "tools" -d 'List the tools that a client would get under these settings'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and not __fish_seen_subcommand_from serve playground tools call setup manifest help" -f -a "call" -d 'Call one tool and print its answer'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and not __fish_seen_subcommand_from serve playground tools call setup manifest help" -f -a "setup" -d 'Write our entry into a client\'s configuration, or list the clients and their state'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and not __fish_seen_subcommand_from serve playground tools call setup manifest help" -f -a "manifest" -d 'Print a manifest of this server, or check the committed copy'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and not __fish_seen_subcommand_from serve playground tools call setup manifest help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c videosearch-mcp -n "__fish_videosearch_mcp_using_subcommand help; and __fish_seen_subcommand_from playground" -f -a "token" -d 'Print a session token for the playground that keeps its data in --data-dir'

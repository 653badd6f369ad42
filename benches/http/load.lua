-- Calls of list_indexes with 64 keys in turns.
local body = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_indexes","arguments":{}}}'
local count = 0

function request()
  count = count + 1
  return wrk.format("POST", "/mcp", {
    ["Host"] = "localhost",
    ["accept"] = "application/json, text/event-stream",
    ["content-type"] = "application/json",
    ["mcp-protocol-version"] = "2025-11-25",
    ["x-api-key"] = string.format("sk_live_%048x", count % 64),
  }, body)
end

// Drives videosearch-mcp with the official TypeScript MCP client: lists the tools, makes three calls, checks the answers.
//
//     npm install --prefix examples
//     node examples/harness.ts path/to/videosearch-mcp
//
// Needs Node.js 22.18 or newer, which runs TypeScript as it is. Without a key it runs against the playground inside the server; with
// VIDEOSEARCH_API_KEY or VIDEOSEARCH_API_KEY_FILE, against the API that VIDEOSEARCH_BASE_URL names. Ends with exit code 1 if anything is
// not as it should be.

import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const KEY_SETTINGS = ["VIDEOSEARCH_API_KEY", "VIDEOSEARCH_API_KEY_FILE"];
const OTHER_SETTINGS = ["VIDEOSEARCH_BASE_URL", "VIDEOSEARCH_SCOPES"];

// What this harness reads of the answers.
interface KeyInfo {
  valid: string;
}
interface Index {
  index_id: string;
}
interface Indexes {
  user_indexes: Index[];
  default_indexes?: Index[];
}
interface Hits {
  results: { video_id: string }[];
}

function expect(condition: unknown, complaint: string): asserts condition {
  if (!condition) throw new Error(complaint);
}

/** The text and the facts of a call that must succeed. */
async function call<Facts>(client: Client, name: string, args: Record<string, unknown>): Promise<{ text: string; facts: Facts }> {
  const result = await client.callTool({ name, arguments: args });
  const [first] = result.content;
  const text = first?.type === "text" ? first.text : "";
  expect(!result.isError, text || `${name} failed`);
  return { text, facts: result.structuredContent as Facts };
}

async function examine(client: Client, playground: boolean): Promise<void> {
  const tools = (await client.listTools()).tools.map((tool) => tool.name);
  console.log(`${tools.length} tools: ${tools.join(", ")}`);
  const needed = ["list_indexes", "search_videos", "get_key_info"];
  expect(needed.every((name) => tools.includes(name)), "a tool that this key should have is missing");

  const key = await call<KeyInfo>(client, "get_key_info", {});
  console.log(key.text);
  expect(key.facts.valid === "yes", "the key cannot be used");

  const { facts: listed } = await call<Indexes>(client, "list_indexes", {});
  const [index] = [...listed.user_indexes, ...(listed.default_indexes ?? [])];
  expect(index, "the account has no index to search");

  const query = { query: "a man hangs from a clock", index_id: index.index_id, top_k: 3 };
  const found = await call<Hits>(client, "search_videos", query);
  console.log(found.text);
  const hits = found.facts.results;
  expect(hits.every((hit) => hit.video_id), "a hit does not name its video");
  expect(hits.length > 0 || !playground, "the sample library has no hit for that query");
}

// The client passes on only a few variables by itself, so the settings are given explicitly.
const env: Record<string, string> = {};
for (const name of [...KEY_SETTINGS, ...OTHER_SETTINGS]) {
  const value = process.env[name];
  if (value) env[name] = value;
}
const playground = !KEY_SETTINGS.some((name) => name in env);
const client = new Client({ name: "harness", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
try {
  const command = process.argv[2] ?? "videosearch-mcp";
  await client.connect(new StdioClientTransport({ command, args: playground ? ["--playground"] : [], env }));
  await examine(client, playground);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await client.close();
}

// Resources, prompts and completions with the official TypeScript client, in both protocols, over the playground.
//
//     node tests/clients/attach.ts path/to/videosearch-mcp [http]

import { ProtocolError, ResourceNotFoundError, type Client } from "@modelcontextprotocol/client";

import { expect, run, withClient, type Mode } from "./reach.ts";

/** The error of a request that must fail. */
async function refused(request: Promise<unknown>): Promise<ProtocolError> {
  const answer = await request.catch((error: unknown) => error);
  expect(answer instanceof ProtocolError, answer instanceof Error ? `${answer.stack}` : answer);
  return answer;
}

async function resources(client: Client): Promise<void> {
  const listed = (await client.listResources()).resources;
  const uris = listed.map((row) => row.uri);
  expect(["videosearch://guide", "videosearch://key", "videosearch://indexes/idx_early_cinema"].every((uri) => uris.includes(uri)), uris);
  for (const uri of uris) {
    const [content] = (await client.readResource({ uri })).contents;
    expect(content?.uri === uri && "text" in content && content.text.trim(), content ?? uri);
  }
  const templates = (await client.listResourceTemplates()).resourceTemplates.map((row) => row.uriTemplate);
  const expected = ["indexes/{index}", "videos/{video}", "moments/{handle}", "prompts/{prompt}", "runs/{run}", "runs/{run}/table"];
  expect(templates.toSorted().join() === expected.map((path) => `videosearch://${path}`).toSorted().join(), templates);

  const [words, picture] = (await client.readResource({ uri: "videosearch://moments/vid_great_train_robbery_1903@0-68" })).contents;
  expect(words && "text" in words && words.text.includes("Great Train Robbery"), words);
  expect(picture && "blob" in picture && picture.mimeType === "image/jpeg" && picture.blob.startsWith("/9j/"), picture?.mimeType);
  const [table] = (await client.readResource({ uri: "videosearch://runs/run_scene_catalogue_early_cinema/table" })).contents;
  expect(table && "text" in table && table.mimeType === "text/csv", table?.mimeType);
  const rows = table.text.split(/\r?\n/).filter((line) => line.startsWith("vid_"));
  expect(table.text.startsWith("video_id,start_time,end_time,") && rows.length > 50, table.text.slice(0, 200));

  // The client knows a missing resource by its code, which differs between the protocols, and by data that hold the address alone.
  for (const uri of ["videosearch://nothing", "videosearch://videos/vid_none"]) {
    const error = await refused(client.readResource({ uri }));
    expect(error instanceof ResourceNotFoundError && error.uri === uri, `${uri}: ${error.code} ${error.message}`);
  }
  const impossible = await refused(client.readResource({ uri: "videosearch://videos/.." }));
  expect(impossible.code === -32602 && !(impossible instanceof ResourceNotFoundError), `${impossible.code} ${impossible.message}`);
}

async function prompts(client: Client): Promise<void> {
  const given: Record<string, string> = {
    question: "a man hangs from a clock",
    index: "Early cinema",
    run: "run_scene_catalogue_damaged",
    goal: "the mood of each scene",
    task: "a search page",
  };
  const listed = (await client.listPrompts()).prompts;
  const names = listed.map((row) => row.name).join();
  expect(names === "find_and_cite,investigate_run,plan_extraction,audit_costs,report_on_index,choose_scopes", names);
  for (const row of listed) {
    const fields = (row.arguments ?? []).map((argument) => argument.name);
    const filled = Object.fromEntries(fields.map((name) => [name, given[name] ?? ""]));
    const { messages } = await client.getPrompt({ name: row.name, arguments: filled });
    const [message] = messages;
    expect(messages.length === 1 && message?.role === "user" && message.content.type === "text", messages);
    const text = message.content.text;
    expect(text.includes("Work in these steps:") && Object.values(filled).every((value) => text.includes(value)), text);
  }
  const error = await refused(client.getPrompt({ name: "find_and_cite", arguments: {} }));
  expect(error.code === -32602 && error.message.includes("question"), error.message);
}

async function completions(client: Client): Promise<void> {
  const values = async (uri: string, name: string, value: string, chosen: Record<string, string> = {}): Promise<string> => {
    const ref = { type: "ref/resource" as const, uri: `videosearch://${uri}` };
    return (await client.complete({ ref, argument: { name, value }, context: { arguments: chosen } })).completion.values.join();
  };
  expect((await values("indexes/{index}", "index", "EARLY")) === "Early cinema", "the name of an index by its beginning");
  expect((await values("videos/{video}", "video", "metro", { index: "Early cinema" })) === "Metropolis (1927)", "the title of a video");
  expect((await values("runs/{run}", "run", "RUN_scene")).startsWith("run_scene"), "the id of a run");
  const ref = { type: "ref/prompt" as const, name: "report_on_index" };
  const { completion } = await client.complete({ ref, argument: { name: "index", value: "idx_sp" } });
  expect(completion.values.join() === "idx_space_and_nature" && completion.total === 1, completion);
  const error = await refused(client.complete({ ref, argument: { name: "nothing", value: "" } }));
  expect(error.code === -32602, error.message);
}

const checks = [resources, prompts, completions].map((check) =>
  Object.defineProperty((mode: Mode) => withClient(mode, [], check), "name", { value: check.name }),
);
await run(checks);

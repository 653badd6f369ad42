// Consent with the official TypeScript client, in both protocols: a person who agrees, declines or types another name, and a confirmation
// that was changed, issued for another call or used twice.
//
//     node tests/clients/consent.ts path/to/videosearch-mcp [http]

import { isInputRequiredResult, type Client, type ElicitResult } from "@modelcontextprotocol/client";

import { expect, overHttp, run, withClient, type Mode } from "./reach.ts";

const EVERYTHING = ["--toolsets", "all", "--allow-destructive"];
const ABLE = { capabilities: { elicitation: { form: {} } } };

interface Indexes {
  user_indexes: { index_id: string }[];
}

/** The same text with one character changed. */
function altered(text: string): string {
  return `${text.slice(0, 20)}${text[20] === "A" ? "B" : "A"}${text.slice(21)}`;
}

async function call(client: Client, name: string, args: Record<string, unknown>): Promise<{ failed: boolean; text: string; facts: unknown }> {
  const result = await client.callTool({ name, arguments: args });
  const [first] = result.content;
  return { failed: result.isError === true, text: first?.type === "text" ? first.text : "", facts: result.structuredContent };
}

/** Makes an index, and gives its id. */
async function index(client: Client, name: string): Promise<string> {
  const { facts, text } = await call(client, "create_index", { name });
  const made = facts as { index: { index_id: string } } | undefined;
  expect(made, text);
  return made.index.index_id;
}

async function isThere(client: Client, id: string): Promise<boolean> {
  const { facts } = await call(client, "list_indexes", {});
  return (facts as Indexes).user_indexes.some((row) => row.index_id === id);
}

async function deletions(mode: Mode): Promise<void> {
  // With a handshake over HTTP nobody can be asked: the server has no way to send a request of its own.
  if (overHttp && mode === "legacy") return;
  const replies: [ElicitResult, string | undefined][] = [
    [{ action: "decline" }, "the user declined"],
    [{ action: "cancel" }, "closed the question"],
    [{ action: "accept", content: { name: "gone" } }, "not the name of what would be deleted"],
    [{ action: "accept", content: { name: "Gone" } }, undefined],
  ];
  for (const [reply, why] of replies) {
    const questions: string[] = [];
    const use = async (client: Client): Promise<void> => {
      const id = await index(client, "Gone");
      const { failed, text } = await call(client, "delete_index", { index_id: id });
      expect(questions.length === 1 && questions[0]?.includes(`Would delete the index ${id}`), questions);
      expect(failed === (why !== undefined) && text.includes(why ?? ""), text);
      expect((await isThere(client, id)) === (why !== undefined), text);
    };
    await withClient(mode, EVERYTHING, use, ABLE, (client) =>
      client.setRequestHandler("elicitation/create", async (request) => {
        questions.push(request.params.message);
        return reply;
      }),
    );
  }
}

async function nobodyToAsk(mode: Mode): Promise<void> {
  await withClient(mode, EVERYTHING, async (client) => {
    const id = await index(client, "Gone");
    const plan = await call(client, "delete_index", { index_id: id });
    expect(plan.failed && plan.text.includes("Nothing was deleted yet"), plan.text);
    const { confirm } = plan.facts as { confirm: string };
    const changed = await call(client, "delete_index", { index_id: id, confirm: altered(confirm) });
    expect(changed.failed && changed.text.includes("was changed") && (await isThere(client, id)), changed.text);
    const done = await call(client, "delete_index", { index_id: id, confirm });
    expect(!done.failed && !(await isThere(client, id)), done.text);
    const twice = await call(client, "delete_index", { index_id: id, confirm });
    expect(twice.failed && twice.text.includes("used already"), twice.text);
  });
}

async function tampering(mode: Mode): Promise<void> {
  // With a handshake, a client brings nothing back.
  if (mode === "legacy") return;
  const use = async (client: Client): Promise<void> => {
    const [id, other] = [await index(client, "Gone"), await index(client, "Other")];
    const again = async (index_id: string, requestState?: string): Promise<unknown> => {
      const inputResponses = { confirm: { action: "accept" as const, content: { name: "Gone" } } };
      const params = { name: "delete_index", arguments: { index_id }, ...(requestState && { requestState, inputResponses }) };
      return await client.callTool(params, { allowInputRequired: true });
    };
    const asked = await again(id);
    expect(isInputRequiredResult(asked) && asked.requestState, asked);
    const state = asked.requestState;
    const changed = await again(id, altered(state)).then(
      (result) => JSON.stringify(result),
      (error: { code: number; message: string }) => `${error.code} ${error.message}`,
    );
    expect(changed.includes("-32602") && changed.includes("was changed") && (await isThere(client, id)), changed);
    const elsewhere = JSON.stringify(await again(other, state));
    expect(elsewhere.includes("issued for other arguments") && (await isThere(client, other)), elsewhere);
    const done = JSON.stringify(await again(id, state));
    expect(!done.includes('"isError":true') && !(await isThere(client, id)), done);
    const twice = JSON.stringify(await again(id, state));
    expect(twice.includes("used already"), twice);
  };
  await withClient(mode, EVERYTHING, use, { ...ABLE, inputRequired: { autoFulfill: false } }, (client) =>
    client.setRequestHandler("elicitation/create", async () => ({ action: "decline" })),
  );
}

await run([deletions, nobodyToAsk, tampering]);

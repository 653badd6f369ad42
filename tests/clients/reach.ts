// How the TypeScript clients of this directory reach the program: over stdio, or over HTTP with `http` as a second argument. In both cases
// each client has a process of its own, with the playground inside.
//
// Needs Node.js 22.18 or newer, and `@modelcontextprotocol/client` in a node_modules directory above these files. `.ci/run` copies them to
// such a place.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { Client, StreamableHTTPClientTransport, type ClientOptions, type Transport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

export type Mode = "legacy" | "auto" | { pin: string };
const MODES: Mode[] = ["legacy", "auto", { pin: "2026-07-28" }];
const command = process.argv[2] ?? "videosearch-mcp";
export const overHttp = process.argv[3] === "http";

export function expect(condition: unknown, complaint: unknown): asserts condition {
  if (!condition) throw new Error(typeof complaint === "string" ? complaint : JSON.stringify(complaint));
}

/** A server over HTTP: its address, and how to end it. */
async function served(args: string[]): Promise<{ url: URL; end: () => void }> {
  const all = ["http", "--listen", "127.0.0.1:0", "--auth", "none", "--playground", ...args];
  const child = spawn(command, all, { env: {}, stdio: ["ignore", "ignore", "pipe"] });
  for await (const line of createInterface({ input: child.stderr })) {
    const found = /serves MCP at (http:\S+)/.exec(line);
    if (found?.[1]) {
      child.stderr.resume();
      return { url: new URL(found[1]), end: () => child.kill() };
    }
  }
  throw new Error(`${command} ${all.join(" ")} did not start`);
}

/** Does something with a client that is connected to a program with these arguments. */
export async function withClient(
  mode: Mode,
  args: string[],
  use: (client: Client) => Promise<void>,
  options: ClientOptions = {},
  prepare: (client: Client) => void = () => {},
): Promise<void> {
  const client = new Client({ name: "check", version: "1.0.0" }, { versionNegotiation: { mode }, ...options });
  prepare(client);
  const server = overHttp ? await served(args) : undefined;
  const transport: Transport = server
    ? new StreamableHTTPClientTransport(server.url)
    : new StdioClientTransport({ command, args: ["--playground", ...args], env: {} });
  try {
    await client.connect(transport);
    await use(client);
  } finally {
    await client.close();
    server?.end();
  }
}

/** Runs each check in each mode, and prints `N passed, N failed`. */
export async function run(checks: ((mode: Mode) => Promise<void>)[]): Promise<void> {
  let passed = 0;
  let failed = 0;
  for (const mode of MODES) {
    for (const check of checks) {
      const name = `${check.name} in mode ${typeof mode === "string" ? mode : mode.pin}`;
      try {
        await check(mode);
        passed += 1;
        console.log(`ok   ${name}`);
      } catch (error) {
        failed += 1;
        console.log(`FAIL ${name}: ${error instanceof Error ? error.stack : error}`);
      }
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}

#!/usr/bin/env node
// Starts the program that came as an optional dependency for this platform. Nothing is downloaded and nothing is installed by it.
"use strict";

const { spawn } = require("node:child_process");
const { constants } = require("node:os");
const { homepage, optionalDependencies } = require("./package.json");

function fail(reason) {
  console.error(`videosearch-mcp: ${reason}`);
  process.exit(1);
}

function find() {
  const platform = `${process.platform}-${process.arch}`;
  const packages = Object.keys(optionalDependencies);
  const own = packages.find((name) => name.endsWith(`/${platform}`));
  if (!own) {
    const built = packages.map((name) => name.split("/")[1]).join(", ");
    fail(`there is no build for ${platform}, only for ${built}. It can be built from source: ${homepage}`);
  }
  try {
    return require.resolve(`${own}/bin/videosearch-mcp${process.platform === "win32" ? ".exe" : ""}`);
  } catch {
    fail(`the package ${own} is missing. It is an optional dependency: install again without --omit=optional or --no-optional.`);
  }
}

// Before the program starts, since it may answer, and its host may end it, before spawn has returned.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    // A terminal interrupts the whole group, so the program has it already.
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  });
}

const child = spawn(find(), process.argv.slice(2), { stdio: "inherit" });
child.on("error", (error) => fail(`the program cannot be started: ${error.message}`));
child.on("exit", (code, signal) => {
  // What ended the program ends this process, too, as far as the platform has it.
  process.exit(signal ? 128 + (constants.signals[signal] ?? 0) : code);
});

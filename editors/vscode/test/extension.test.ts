import assert from "node:assert/strict";
import { test } from "node:test";
import { clients, commands, events, item, pick } from "./vscode";
import { activate, deactivate } from "../src/extension";

const context = { subscriptions: [] as unknown[] };

test("the extension starts the server, tells it the environment, and shows that it runs", async () => {
  await activate(context as never);
  assert.equal(clients.length, 1);
  assert.deepEqual(clients[0].server, { command: "tangra", args: ["lsp"] });
  assert.deepEqual(clients[0].options.initializationOptions, { picksCalls: true });
  assert.match(item.text, /symbol-array/);
  const items = [{ section: "tangra" }, { section: "tangra", scopeUri: "file:///two" }];
  const answers = await clients[0].options.middleware.workspace.configuration({ items }, undefined, () => [{}, { python: "/own" }]);
  assert.deepEqual(answers, [{ python: "/env/of/all" }, { python: "/own" }]);
  assert.deepEqual([...commands.keys()].sort(), ["environment", "tangra.pickCall", "tangra.restart", "tangra.showLog"]);
});

test("another environment is another server", async () => {
  await commands.get("environment")!();
  assert.equal(clients.length, 2);
  assert.equal(clients[0].running, false);
  assert.equal(clients[1].running, true);
});

test("a call that is picked is asked for; none, and nothing is", async () => {
  const run = commands.get("tangra.pickCall") as unknown as (uri: string, name: string, calls: unknown[]) => Promise<void>;
  pick(1);
  await run("file:///a.py", "Net.forward", []);
  pick(undefined);
  await run("file:///a.py", "Net.forward", []);
  const expected = { command: "tangra.nextCall", arguments: ["file:///a.py", "Net.forward", 1] };
  assert.deepEqual(clients[1].requests, [["workspace/executeCommand", expected]]);
});

test("the log is shown, and in the end the server stops", async () => {
  commands.get("tangra.showLog")!();
  assert.equal(events.at(-1), "log");
  await deactivate();
  assert.equal(clients[1].running, false);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { callItems, serverCommand, status, withPython } from "../src/settings";

test("the server is the user's command, else a Python with the server's module", () => {
  assert.deepEqual(serverCommand(["tangra", "lsp"], "/a/python", "/b/python"), { command: "tangra", args: ["lsp"] });
  const args = ["-m", "tangra.cli", "lsp"];
  assert.deepEqual(serverCommand([], "/a/python", "/b/python"), { command: "/a/python", args });
  assert.deepEqual(serverCommand([], "", "/b/python"), { command: "/b/python", args });
  assert.match(serverCommand([], "", undefined).command, /^python3?$/);
});

test("a project without an environment of its own has the selected one", () => {
  assert.deepEqual(withPython({ hover: false, command: ["x"], serverPython: "y" }, "/env"), { hover: false, python: "/env" });
  assert.deepEqual(withPython({ python: "/own" }, "/env"), { python: "/own" });
  assert.deepEqual(withPython(null, undefined), {});
});

test("the status tells how the server is and how it was started", () => {
  const command = { command: "python3", args: ["-m", "tangra.cli", "lsp"] };
  assert.match(status("running", command).tooltip, /checking shapes with python3 -m tangra.cli lsp/);
  assert.match(status("stopped", command).tooltip, /is tangra\[lsp\] installed there\?/);
  assert.match(status("starting", command).text, /spin/);
});

test("the calls of a function are offered after all of them together", () => {
  const call = { label: "train.py:5", uri: "file:///train.py", line: 4, character: 0 };
  const [all, first] = callItems([call]);
  assert.deepEqual([all.index, all.call], [-1, undefined]);
  assert.deepEqual([first.index, first.label, first.call], [0, "train.py:5", call]);
});

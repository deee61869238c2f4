/** The client's protocol library against the real server: what the extension relies on. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import * as rpc from "vscode-languageserver-protocol/node";
import { serverCommand } from "../src/settings";

const PROGRAM = "import torch\n\na = torch.zeros(2, 3)\nb = torch.zeros(5, 3)\nc = a @ b\n";

test("a file's finding, shapes, calls and fix come over the protocol", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tangra-"));
  writeFileSync(join(folder, "pyproject.toml"), "");
  writeFileSync(join(folder, "p.py"), PROGRAM);
  const { command, args } = serverCommand([], process.env["TANGRA_PYTHON"] ?? "", undefined);
  const server = spawn(command, args, { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
  const connection = rpc.createProtocolConnection(server.stdout, server.stdin);
  connection.listen();
  try {
    const capabilities: rpc.ClientCapabilities = {
      textDocument: { diagnostic: { dynamicRegistration: false } },
      workspace: { workspaceEdit: { documentChanges: true } },
      notebookDocument: { synchronization: {} },
    };
    const initialized = await connection.sendRequest(rpc.InitializeRequest.type, {
      processId: process.pid,
      rootUri: pathToFileURL(folder).href,
      capabilities,
      initializationOptions: { picksCalls: true },
      workspaceFolders: null,
    });
    assert.ok(initialized.capabilities.diagnosticProvider);
    assert.ok(initialized.capabilities.notebookDocumentSync);
    await connection.sendNotification(rpc.InitializedNotification.type, {});
    const uri = pathToFileURL(join(folder, "p.py")).href;
    await connection.sendNotification(rpc.DidOpenTextDocumentNotification.type, {
      textDocument: { uri, languageId: "python", version: 1, text: PROGRAM },
    });
    const report = await connection.sendRequest(rpc.DocumentDiagnosticRequest.type, { textDocument: { uri } });
    assert.equal(report.kind, "full");
    const [found] = (report as rpc.FullDocumentDiagnosticReport).items;
    assert.equal(found.code, "TG511");
    const range = { start: { line: 0, character: 0 }, end: { line: 5, character: 0 } };
    const hints = await connection.sendRequest(rpc.InlayHintRequest.type, { textDocument: { uri }, range });
    assert.deepEqual(
      hints?.map((hint) => hint.label),
      [": (2, 3)", ": (5, 3)"],
    );
    const actions = await connection.sendRequest(rpc.CodeActionRequest.type, {
      textDocument: { uri },
      range: found.range,
      context: { diagnostics: [found] },
    });
    assert.equal(actions?.[0].title, "Tangra: write `b.T` for `b`");
    await connection.sendRequest(rpc.ShutdownRequest.type);
    await connection.sendNotification(rpc.ExitNotification.type);
    assert.equal(await new Promise((resolve) => server.on("exit", resolve)), 0);
  } finally {
    connection.dispose();
    server.kill();
  }
});

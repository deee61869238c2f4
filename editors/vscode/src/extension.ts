/** The extension: it starts the server, restarts it when the Python environment changes, and shows how it is. */

import * as vscode from "vscode";
import { ConfigurationParams, LanguageClient, LanguageClientOptions, ServerOptions, State as ClientState } from "vscode-languageclient/node";
import { Call, callItems, serverCommand, State, status, withPython } from "./settings";

let client: LanguageClient | undefined;
let item: vscode.StatusBarItem | undefined;
let log: vscode.OutputChannel | undefined;

interface PythonApi {
  environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
    onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

/** The API of the Python extension, if that is there. */
async function pythonApi(): Promise<PythonApi | undefined> {
  const extension = vscode.extensions.getExtension<PythonApi>("ms-python.python");
  if (!extension) {
    return undefined;
  }
  const api = extension.isActive ? extension.exports : await extension.activate();
  return api?.environments ? api : undefined;
}

/** The interpreter that is selected for a file or folder. */
async function selectedPython(resource?: vscode.Uri): Promise<string | undefined> {
  const path = (await pythonApi())?.environments.getActiveEnvironmentPath(resource).path;
  return path || vscode.workspace.getConfiguration("python", resource).get<string>("defaultInterpreterPath") || undefined;
}

function show(state: State, command: { command: string; args: string[] }): void {
  if (item) {
    const said = status(state, command);
    item.text = said.text;
    item.tooltip = said.tooltip;
    item.show();
  }
}

async function start(): Promise<void> {
  const settings = vscode.workspace.getConfiguration("tangra");
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const own = settings.get<string[]>("command") ?? [];
  const command = serverCommand(own, settings.get<string>("serverPython") ?? "", await selectedPython(folder));
  const server: ServerOptions = { command: command.command, args: command.args };
  const options: LanguageClientOptions = {
    documentSelector: [
      { scheme: "file", language: "python" },
      { notebook: { notebookType: "jupyter-notebook", scheme: "file" }, language: "python" },
    ],
    outputChannel: log,
    initializationOptions: { picksCalls: true },
    middleware: {
      workspace: {
        configuration: async (params: ConfigurationParams, token, next) => {
          const answers = await next(params, token);
          if (!Array.isArray(answers)) {
            return answers;
          }
          return Promise.all(
            answers.map(async (answer, number) => {
              const scope = params.items[number].scopeUri;
              return withPython(answer, await selectedPython(scope ? vscode.Uri.parse(scope) : folder));
            }),
          );
        },
      },
    },
  };
  client = new LanguageClient("tangra", "Tangra", server, options);
  client.onDidChangeState((change) => {
    const states: Record<number, State> = {
      [ClientState.Starting]: "starting",
      [ClientState.Running]: "running",
      [ClientState.Stopped]: "stopped",
    };
    show(states[change.newState] ?? "stopped", command);
  });
  show("starting", command);
  try {
    await client.start();
  } catch (error) {
    log?.appendLine(String(error));
    show("stopped", command);
  }
}

async function stop(): Promise<void> {
  const running = client;
  client = undefined;
  if (running?.isRunning()) {
    await running.stop();
  }
}

/** Choose the call whose shapes a function shows, and look at it. */
export async function pickCall(uri: string, name: string, calls: Call[]): Promise<void> {
  const picked = await vscode.window.showQuickPick(callItems(calls), {
    placeHolder: `Which call's shapes should ${name} show?`,
  });
  if (picked) {
    await client?.sendRequest("workspace/executeCommand", { command: "tangra.nextCall", arguments: [uri, name, picked.index] });
  }
}

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  log = vscode.window.createOutputChannel("Tangra");
  item = vscode.window.createStatusBarItem(vscode.StatusBarAlignment.Right, 90);
  item.command = "tangra.showLog";
  const restart = async (): Promise<void> => {
    await stop();
    await start();
  };
  context.subscriptions.push(
    log,
    item,
    vscode.commands.registerCommand("tangra.restart", restart),
    vscode.commands.registerCommand("tangra.showLog", () => log?.show()),
    vscode.commands.registerCommand("tangra.pickCall", pickCall),
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration("tangra.command") || change.affectsConfiguration("tangra.serverPython")) {
        await restart();
      }
    }),
  );
  const changed = (await pythonApi())?.environments.onDidChangeActiveEnvironmentPath(restart);
  if (changed) {
    context.subscriptions.push(changed);
  }
  await start();
}

export async function deactivate(): Promise<void> {
  await stop();
}

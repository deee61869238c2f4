/** As much of the editor's API as the extension uses outside of the client, for tests without an editor. */

import Module from "node:module";

export const events: string[] = [];
export const commands = new Map<string, (...args: never[]) => unknown>();
export const item = { text: "", tooltip: "", command: "", show: () => events.push("show"), dispose: () => {} };
export const clients: FakeClient[] = [];
export let picked: { index: number } | undefined;

export function pick(index: number | undefined): void {
  picked = index === undefined ? undefined : { index };
}

const configuration: Record<string, unknown> = { command: ["tangra", "lsp"] };
const disposable = { dispose: () => {} };

export class FakeClient {
  requests: [string, unknown][] = [];
  running = false;
  listener: (change: { newState: number }) => void = () => {};
  constructor(
    readonly id: string,
    readonly name: string,
    readonly server: { command: string; args: string[] },
    readonly options: {
      initializationOptions: unknown;
      middleware: {
        workspace: { configuration: (params: unknown, token: unknown, next: () => unknown) => Promise<unknown> };
      };
    },
  ) {
    clients.push(this);
  }
  onDidChangeState(listener: (change: { newState: number }) => void): void {
    this.listener = listener;
  }
  async start(): Promise<void> {
    this.running = true;
    this.listener({ newState: 2 });
  }
  async stop(): Promise<void> {
    this.running = false;
    this.listener({ newState: 1 });
  }
  isRunning(): boolean {
    return this.running;
  }
  async sendRequest(method: string, params: unknown): Promise<void> {
    this.requests.push([method, params]);
  }
}

const vscode = {
  StatusBarAlignment: { Right: 2 },
  Uri: { parse: (text: string) => ({ text }) },
  extensions: {
    getExtension: () => ({
      isActive: true,
      exports: {
        environments: {
          getActiveEnvironmentPath: (resource?: { text?: string }) => ({ path: `/env/of/${resource?.text ?? "all"}` }),
          onDidChangeActiveEnvironmentPath: (listener: () => unknown) => {
            commands.set("environment", listener);
            return disposable;
          },
        },
      },
    }),
  },
  window: {
    createOutputChannel: () => ({ appendLine: () => {}, show: () => events.push("log"), dispose: () => {} }),
    createStatusBarItem: () => item,
    showQuickPick: async () => picked,
  },
  commands: {
    registerCommand: (name: string, run: (...args: never[]) => unknown) => {
      commands.set(name, run);
      return disposable;
    },
  },
  workspace: {
    workspaceFolders: undefined,
    getConfiguration: () => ({ get: (name: string) => configuration[name] }),
    onDidChangeConfiguration: () => disposable,
  },
};

const load = (Module as unknown as { _load: (name: string, ...rest: unknown[]) => unknown })._load;
(Module as unknown as { _load: unknown })._load = (name: string, ...rest: unknown[]) => {
  if (name === "vscode") {
    return vscode;
  }
  if (name === "vscode-languageclient/node") {
    return { LanguageClient: FakeClient, State: { Stopped: 1, Running: 2, Starting: 3 } };
  }
  return load(name, ...rest);
};

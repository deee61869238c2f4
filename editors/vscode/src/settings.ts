/** What the extension decides without the editor: which server is started, what it is told, what the status says. */

export interface Command {
  command: string;
  args: string[];
}

/** The command that starts the server: the user's own, else Python's with the server's module. */
export function serverCommand(own: readonly string[], serverPython: string, selected: string | undefined): Command {
  if (own.length > 0) {
    return { command: own[0], args: own.slice(1) };
  }
  const python = serverPython || selected || (process.platform === "win32" ? "python" : "python3");
  return { command: python, args: ["-m", "tangra.cli", "lsp"] };
}

/** The settings as the server is to see them: without a `python` of its own, a project has the selected one. */
export function withPython(settings: unknown, selected: string | undefined): Record<string, unknown> {
  const given = typeof settings === "object" && settings !== null ? { ...(settings as Record<string, unknown>) } : {};
  for (const own of ["command", "serverPython"]) {
    delete given[own];
  }
  if (!given["python"] && selected) {
    given["python"] = selected;
  }
  return given;
}

export type State = "starting" | "running" | "stopped";

/** The text and the explanation of the status item. */
export function status(state: State, command: Command): { text: string; tooltip: string } {
  const how = [command.command, ...command.args].join(" ");
  switch (state) {
    case "starting":
      return { text: "$(sync~spin) Tangra", tooltip: `starting ${how}` };
    case "running":
      return { text: "$(symbol-array) Tangra", tooltip: `checking shapes with ${how}` };
    case "stopped":
      return { text: "$(warning) Tangra", tooltip: `${how} does not run: is tangra[lsp] installed there? Click for the log.` };
  }
}

export interface Call {
  label: string;
  uri: string;
  line: number;
  character: number;
}

export interface Item {
  label: string;
  description: string;
  index: number;
  call: Call | undefined;
}

/** The calls of a function to choose from: all together first. */
export function callItems(calls: readonly Call[]): Item[] {
  const all: Item = { label: "All calls", description: `the shapes of ${calls.length} together`, index: -1, call: undefined };
  return [all, ...calls.map((call, index) => ({ label: call.label, description: "", index, call }))];
}

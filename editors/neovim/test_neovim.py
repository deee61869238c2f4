"""Headless Neovim opens a file, shows its finding and shapes, and applies the fix. `make test-editors` runs this."""

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PROGRAM = (HERE.parent / "net.py").read_text()


def play(folder: Path) -> dict[str, object]:
    """What Neovim saw."""
    (folder / "pyproject.toml").write_text("")
    (folder / "net.py").write_text(PROGRAM)
    init = folder / "init.lua"
    command = json.dumps([sys.executable, "-m", "tangra.cli", "lsp"])
    init.write_text(
        f"package.path = {json.dumps(str(HERE))} .. '/?.lua;' .. package.path\n"
        f"vim.o.swapfile = false\n"
        f"require('tangra').setup({{ cmd = vim.fn.json_decode({json.dumps(command)}) }})\n"
    )
    result = folder / "result.json"
    environment = {**os.environ, "TANGRA_RESULT": str(result), "XDG_STATE_HOME": str(folder), "HOME": str(folder)}
    run = subprocess.run(
        ["nvim", "--headless", "-u", str(init), "net.py", "-c", f"luafile {HERE / 'scenario.lua'}"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.exists(), run.stdout + run.stderr
    found: dict[str, object] = json.loads(result.read_text())
    assert not found.get("failure"), (found, run.stderr)
    return found


def test_neovim_shows_the_finding_and_the_shapes_and_applies_the_fix(tmp_path: Path) -> None:
    found = play(tmp_path)
    (diagnostic,) = found["before"]
    assert (diagnostic["line"], diagnostic["column"], diagnostic["code"]) == (13, 15, "TG516")
    assert "12544 features, the layer takes 448" in diagnostic["message"]
    hints = {(each["position"]["line"], each["position"]["character"]): each["label"] for each in found["hints"]}
    assert hints == {(10, 28): ": (8, 3, 32, 32)", (11, 12): ": (8, 16, 28, 28)", (12, 12): ": (8, 12544)"}
    assert [(each["line"], each["text"].strip()) for each in found["shown"]] == [
        (10, "images: (8, 3, 32, 32)"),
        (11, "maps: (8, 16, 28, 28)"),
        (12, "rows: (8, 12544)"),
    ]
    assert found["offered"][0].startswith("Tangra: change 16 * 28 to 12544 in")
    assert found["lines"][8] == "        self.head = nn.Linear(12544, 10)"
    assert (tmp_path / "net.py").read_text() == PROGRAM.replace("16 * 28", "12544")

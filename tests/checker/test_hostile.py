"""Input that nobody means: it ends in time, with a finding or in silence, and never with an exception."""

import json
import os
import resource
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

SECONDS = 30.0  # of processor time; a shared machine's clock says little
MEGABYTES = 700

PROGRAMS: dict[str, str | bytes] = {
    "brackets": "x = " + "(" * 5000 + "1" + ")" * 5000,
    "operators": "x = " + "+".join(["1"] * 20000),
    "attributes": "x = y" + ".a" * 3000,
    "calls": "def f(n):\n    return f(n + 1)\nf(0)\n",
    "mutual": "def f(n): return g(n)\ndef g(n): return f(n), f(n)\nx = f(1)\n",
    "huge numbers": "x = 10 ** 10 ** 10\ny = 1 << 10 ** 12\nz = 'a' * 10 ** 12\n"
    "w = [0] * 10 ** 12\nv = (1,) * 10 ** 9\n",
    "huge literal": f"x = {'9' * 100_000}\n",
    "endless": "while True:\n    x = 1\n",
    "endless generator": "def f():\n    while True:\n        yield 1\nx = list(f())\n",
    "growing": "x = [1]\nfor i in range(200):\n    x = x + x\n",
    "nested loops": "".join(f"{'    ' * i}for a{i} in range(50):\n" for i in range(12)) + "    " * 12 + "x = 1\n",
    "branches": "import os\nx = 0\n" + "".join(f"if os.environ.get('{i}'):\n    x = x + {i}\n" for i in range(300)),
    "early returns": "import os\ndef f():\n"
    + "".join(f"    if os.environ.get('{i}'):\n        return {i}\n" for i in range(300))
    + "x = f()\n",
    "not utf-8": b"x = '\xff\xfe'\n",
    "declared encoding": b"# -*- coding: latin-1 -*-\nx = '\xe4'\n",
    "unknown encoding": b"# -*- coding: klingon -*-\nx = 1\n",
    "null byte": b"x = 1\x00\n",
    "empty": "",
    "comments": "# tangra:\n# tangra: ignore[\n# tangra: x = (((\n# tangra: x = (B, 0/0)\n# tangra: = ()\n"
    "x = 1  # tangra: x = (a//0, 1**99)\n",
    "symbols": "def f(n: int, m: int):\n    for _ in range(40):\n        n, m = n * m + 1, (n + m) // 3\n"
    "    return n % (m + 1)\n",
    "many lines": "import torch\n" + "x = torch.zeros(3)\n" * 100_000,
    "many functions": "".join(f"def f{i}(x):\n    return f{i + 1}(x)\n" for i in range(3000)),
    "class of itself": "class A(A): pass\nclass B:\n    def __init__(self): self.b = B()\nB()\n",
    "odd decorators": "@(lambda f: f(f))\ndef f(g): return g\n@f\n@f\nclass C: pass\n",
    "deep data": "x = []\nfor i in range(100000):\n    x = [x]\n",
    "star": "f(*f(*f), **f)\n[*x, *y]\n{**z}\na, *b = c\nfor x in y: break\nelse: pass\n",
    "broken syntax": "def f(:\n  pass",
    "everything": "async def f():\n    async with a as b, c:\n        async for d in e:\n            await d\n"
    "def g():\n    x = yield\n    yield from g()\n    return (yield)\n"
    "lambda *a, b=1, **c: (a, b, c)\ntry:\n    pass\nexcept* ValueError:\n    pass\n"
    "del x, y[0], z.a\nassert False, 'no'\nwith open('f') as (a, b): pass\nglobal q\nx: int\nprint(f'{x!r:>{y}}')\n",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_hostile_program_is_survived(name: str, tmp_path: Path) -> None:
    content = PROGRAMS[name]
    path = tmp_path / "hostile.py"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = _check(path)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    assert done.returncode in (0, 1), done.stderr
    assert not done.stderr, done.stderr
    assert isinstance(json.loads(done.stdout), list)
    assert spent < SECONDS


def _check(path: Path) -> subprocess.CompletedProcess[str]:
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_DATA, ({MEGABYTES << 20}, {MEGABYTES << 20}));"
    code = f"{limit}import sys; from tangra.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "check", "--format", "json", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, env={**os.environ})


def _statements(count: int) -> str:
    return "".join(f"x{n} = torch.zeros({n % 50 + 1}, 3) @ torch.zeros(3, 4)\n" for n in range(count))


@pytest.mark.parametrize(
    "content",
    ["x = [" + "1," * 2_000_000 + "]", _statements(100_000), b" " * 21_000_000],
    ids=["list", "lines", "size"],
)
def test_a_file_whose_tree_takes_too_much_is_one_finding(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "large.py"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (found,) = json.loads(_check(path).stdout)
    assert (found["code"], found["severity"]) == ("TG501", "error")
    assert "too many to be checked" in found["message"]


def test_what_is_no_regular_file_is_told_and_not_read(tmp_path: Path) -> None:
    """A pipe that nobody writes to, a device without an end, links in a circle, a folder with a file's name."""
    (tmp_path / "pyproject.toml").write_text("")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "device.py").symlink_to("/dev/zero")
    (tmp_path / "one.py").symlink_to("two.py")
    (tmp_path / "two.py").symlink_to("one.py")
    (tmp_path / "again").symlink_to(".")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "use.py").write_text(
        "import torch\nimport pipe, device, one, folder, again\ntorch.zeros(2) @ torch.zeros(3)\n"
    )
    found = json.loads(_check(tmp_path).stdout)
    told = sorted((Path(each["file"]).name, each["code"]) for each in found)
    unread = ["pipe.py", "zero", "one.py", "two.py"]
    assert told == sorted([("use.py", "TG511"), *((name, "TG501") for name in unread)])
    (alone,) = json.loads(_check(tmp_path / "use.py").stdout)
    assert alone["code"] == "TG511"
    done = _check(tmp_path / "pipe.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert "neither a file nor a folder" in done.stderr


@pytest.mark.parametrize(
    "text",
    ["tool = 5", "[tool]\ntangra = 1", "[[tool]]\nx = 1", "[[tool.tangra]]\nx = 1", "[tool.tangra]\nselect = {a = 1}",
     "[tool.tangra]\nrules = [[1]]", "[tool.tangra\n", "x = " + "[" * 5000, "[tool.tangra]\npython-version = '3.99999'",
     "[tool.tangra]\nexclude = ['[']\nselect = ['\\u0000']\nsource-roots = ['\\u0000', '/dev/null', '../../..']"],
)  # fmt: skip
def test_settings_that_make_no_sense_are_told_in_a_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text + "\n")
    (tmp_path / "a.py").write_text("import b\nx = 1\n")
    done = _check(tmp_path)
    assert done.returncode in (0, 2), done.stderr
    assert len(done.stderr.splitlines()) == (done.returncode == 2), done.stderr


def test_import_cycles_end(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from b import *\nimport c\nx = c.y\n")
    (tmp_path / "b.py").write_text("import a, c\nfrom c import y\nx = a.x\n")
    (tmp_path / "c.py").write_text("from a import x\nfrom b import x as z\ny = 1\n")
    done = _check(tmp_path)
    assert (done.returncode, json.loads(done.stdout)) == (0, [])


def test_a_file_that_does_not_parse_is_one_finding(tmp_path: Path) -> None:
    path = tmp_path / "half.py"
    path.write_text("import torch\nx = torch.zeros(\n")
    (found,) = json.loads(_check(path).stdout)
    assert (found["code"], found["severity"], found["line"]) == ("TG501", "error", 2)


def test_a_notebook_is_one_program(tmp_path: Path) -> None:
    cells = ["%matplotlib inline\nimport torch", "!pip install x\na = torch.zeros(2, 3)", "%%bash\nls", "a @ a"]
    content = {"cells": [{"cell_type": "code", "source": [cell]} for cell in cells]}
    path = tmp_path / "book.ipynb"
    path.write_text(json.dumps(content))
    (found,) = json.loads(_check(path).stdout)
    assert found["code"] == "TG511"


def test_time_is_not_spent_twice(tmp_path: Path) -> None:
    """A hundred calls of a function are not a hundred times the price of reading the file."""
    text = """
        import torch
        def layer(x, w):
            return torch.relu(x @ w)
        x = torch.zeros(2, 8)
        for _ in range(1000):
            x = layer(x, torch.zeros(8, 8))
        """
    path = tmp_path / "loop.py"
    path.write_text(textwrap.dedent(text))
    start = time.process_time()
    assert _check(path).returncode == 0
    assert time.process_time() - start < SECONDS


@pytest.mark.parametrize("direction", [1, -1])
def test_everything_imported_in_a_ring_of_files(tmp_path: Path, direction: int) -> None:
    """Names add up from file to file: what binding them takes has an end."""
    count = 3_000
    (tmp_path / "pyproject.toml").write_text("")
    for number in range(count):
        text = f"from m{(number + direction) % count} import *\ndef f{number}(x): return x\nx{number} = {number}\n"
        (tmp_path / f"m{number}.py").write_text(text)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = _check(tmp_path)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < SECONDS / 3

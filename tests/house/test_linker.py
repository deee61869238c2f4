"""Machine code is linked in one place: LLVM's default linker aborts a process whose memory is scattered."""

from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_only_the_engine_links() -> None:
    here = Path(__file__)
    users = [
        str(path.relative_to(ROOT))
        for folder in ("src", "benchmarks", "tests")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path != here and "create_lljit_compiler" in path.read_text()
    ]
    assert users == ["src/tangra/native/engine.py"]
    assert "use_jit_link=True" in (ROOT / users[0]).read_text()

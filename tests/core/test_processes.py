"""Pickling and copying, threads, forks, signals, the cache on disk, importing: compiled functions among processes."""

import copy
import os
import pickle
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

import tangra as tg
from tangra import disk


@tg.jit
def double(x):
    return x * 2


def square(x):
    return x * x


squared = tg.jit(square, static=())
slope = tg.grad(square)


def test_decorated_functions_are_pickled_and_copied_by_name():
    for again in (pickle.loads(pickle.dumps(double)), copy.copy(double), copy.deepcopy(double)):
        assert again is double


@pytest.mark.parametrize(
    ("function", "expected"), [(squared, 9.0), (slope, 6.0), (tg.value_and_grad(square), (9.0, 6.0))]
)
def test_others_are_pickled_and_copied_without_compiled_code(function, expected):
    function(3.0)
    for again in (pickle.loads(pickle.dumps(function)), copy.copy(function), copy.deepcopy(function)):
        assert again is not function
        assert again(3.0) == expected
        assert repr(again) == repr(function)


def test_many_threads_compile_and_call_at_once():
    @tg.jit
    def f(x, k):
        total = 0.0
        for i in range(50):
            total += np.sin(x[i % len(x)] * i) * k
        return total

    gradient = tg.grad(f)
    wrong = []

    def work(seed):
        rng = np.random.default_rng(seed)
        for _ in range(40):
            x = rng.normal(size=int(rng.integers(1, 30)))
            i = np.arange(50)
            expected = (np.sin(x[i % len(x)] * i) * seed).sum()
            slopes = np.zeros(len(x))
            np.add.at(slopes, i % len(x), np.cos(x[i % len(x)] * i) * i * seed)
            if abs(f(x, seed) - expected) > 1e-9 or not np.allclose(gradient(x, seed), slopes):
                wrong.append((seed, x))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_calls_release_the_gil_in_long_loops():
    @tg.jit
    def spin(n):
        x = 0.5
        for _ in range(n):
            x = np.sin(x) + 0.1
        return x

    spin(10)
    done = threading.Event()
    worker = threading.Thread(target=lambda: (spin(20_000_000), done.set()))
    worker.start()
    ticks = 0
    while not done.is_set():
        time.sleep(0.002)
        ticks += 1
    worker.join()
    assert ticks > 5


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_after_fork():
    double(1.0)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            fresh = tg.grad(lambda x: x * x * x)
            status = 0 if double(2.0) == 4.0 and fresh(2.0) == 12.0 else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert double(3.0) == 6.0


def run(program, **environment):
    path = os.pathsep.join(p for p in sys.path if p)
    command = [sys.executable, "-c", textwrap.dedent(program)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path, **environment},
    )


LOOPS = {
    "scalars": "while x > 0.0:\n        x = x + 1e-30",
    "arrays": "a = np.zeros(64)\n    for i in range(10**13):\n        a[i % 64] += x\n    x = a.sum()",
    "nested": "for i in range(10**9):\n        for j in range(10**9):\n            x = x + j",
}


@pytest.mark.parametrize("name", LOOPS)
def test_ctrl_c_stops_a_long_loop_within_a_second(name, tmp_path):
    source = tmp_path / "endless.py"
    source.write_text(
        f"import numpy as np\ndef endless(x):\n    {LOOPS[name]}\n    return x\ndef next(x):\n    return x + 1\n"
    )
    process = run(
        f"""
        import signal, sys
        sys.path.insert(0, {str(tmp_path)!r})
        signal.signal(signal.SIGINT, signal.default_int_handler)
        import tangra as tg
        from endless import endless, next
        compiled = tg.jit(endless)
        compiled.lower(1.0)
        print("ready", flush=True)
        try:
            compiled(1.0)
        except KeyboardInterrupt:
            print("stopped", flush=True)
        print(tg.jit(next)(1.0), flush=True)
        """
    )
    try:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "stopped\n", process.stderr.read()
        assert time.monotonic() - start < 1.0
        assert process.stdout.readline() == "2.0\n"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


LOADED = """
import sys
sys.path.insert(0, {folder!r})
import tangra as tg
import cached
print(float(tg.jit(cached.f)(1.5)), float(tg.value_and_grad(cached.f)(2.0)[1]))
parts = dict(frontend="tangra.frontend.entry", ops="tangra.ops.arithmetic", transforms="tangra.transforms.dce")
print(*[name for name, module in parts.items() if module in sys.modules])
"""

COUNTING = """
    import tangra as tg
    from tangra.native import engine
    optimise, runs = engine.optimise, []
    engine.optimise = lambda *args: runs.append(1) or optimise(*args)
    import sys
    sys.path.insert(0, {folder!r})
    from cached import f
    print(tg.grad(f)(3.0), len(runs))
"""


def finish(process):
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out.split()


def test_a_second_process_skips_llvm(tmp_path):
    (tmp_path / "cached.py").write_text("def f(x):\n    return x * x * x\n")
    kept = tmp_path / "cache"
    program = COUNTING.format(folder=str(tmp_path))
    all_of_it = "3"  # the function, the ways into it from Python, and the way to call wrappers
    assert finish(run(program, TANGRA_CACHE="objects", TANGRA_CACHE_DIR=str(kept))) == ["27.0", all_of_it]
    assert finish(run(program, TANGRA_CACHE="objects", TANGRA_CACHE_DIR=str(kept))) == ["27.0", "0"]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    object_files = list(kept.glob("??/*"))
    assert len(object_files) == 3
    for object_file in object_files:
        whole = object_file.read_bytes()
        object_file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        assert finish(run(program, TANGRA_CACHE="objects", TANGRA_CACHE_DIR=str(kept))) == ["27.0", "1"]
        assert object_file.read_bytes() == whole
    assert finish(run(program, TANGRA_CACHE="0", TANGRA_CACHE_DIR=str(kept))) == ["27.0", all_of_it]


def test_a_second_process_loads_nothing_of_the_compiler(tmp_path):
    (tmp_path / "cached.py").write_text(
        "import numpy as np\nK = np.arange(3.0)\ndef f(x):\n    return np.sum(np.exp(K * x)) if x > 0 else x\n"
    )
    program = LOADED.format(folder=str(tmp_path))
    environment = {"TANGRA_CACHE": "1", "TANGRA_CACHE_DIR": str(tmp_path / "cache")}
    first, second, third = (finish(run(program, PYTHONHASHSEED=str(k), **environment)) for k in range(3))
    assert second == third
    assert first[:2] == second[:2]
    assert first[2:] == ["frontend", "ops", "transforms"]
    assert second[2:] == []


def test_the_cache_is_not_trusted_where_others_may_write(tmp_path, monkeypatch):
    monkeypatch.setenv("TANGRA_CACHE", "1")
    monkeypatch.setenv("TANGRA_CACHE_DIR", str(tmp_path / "objects"))
    name = disk.key("text", "options")
    disk.put(name, b"content")
    assert disk.get(name) == b"content"
    (tmp_path / "objects").chmod(0o777)
    assert disk.get(name) is None
    (tmp_path / "objects").chmod(0o700)
    monkeypatch.setattr(disk, "MAX_BYTES", 10)
    monkeypatch.setattr(disk, "CUT_EVERY", 1)
    disk.put(disk.key("other"), b"more content")
    assert disk.get(name) is None


def test_a_cache_that_can_not_be_written_is_left_alone(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TANGRA_CACHE", "1")
    monkeypatch.setenv("TANGRA_CACHE_DIR", str(tmp_path / "file" / "below"))
    disk.put(disk.key("a"), b"content")
    assert disk.get(disk.key("a")) is None


def test_keys_tell_parts_apart():
    assert disk.key("ab", "c") != disk.key("a", "bc")
    assert disk.key("a") != disk.key("a", "")


def test_importing_the_package_loads_neither_numpy_nor_llvm():
    found = finish(
        run(
            """
            import sys
            import tangra, tangra.shapes
            print("numpy" in sys.modules, "llvmlite" in sys.modules, "jit" in dir(tangra))
            print(callable(tangra.jit), "numpy" in sys.modules, set(tangra.__all__) <= set(vars(tangra)))
            print(hasattr(tangra, "nothing"), isinstance(tangra.__version__, str))
            """
        )
    )
    assert found == ["False", "False", "True", "True", "True", "True", "False", "True"]

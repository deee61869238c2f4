"""The pool among calls, threads of Python, forks, signals and the end of the process."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

import tangra as tg


def smooth(x):
    y = np.exp(-x * x) * np.sin(x)
    return np.sum(y * y), y


def lane(x):
    total = x
    for i in range(200):
        total = np.sin(total) + x * i
    return total


def lanes(xs):
    return tg.vmap(lane)(xs)


X = np.linspace(-2.0, 2.0, 3001)


@pytest.fixture
def compiled(monkeypatch):
    """The functions, with loops of any size in threads, and their results in one thread."""
    monkeypatch.setenv("TANGRA_PARALLEL_WORK", "0")
    before = tg.get_threads()
    functions = [tg.jit(smooth), tg.jit(lanes), tg.grad(lambda x: smooth(x)[0]), tg.vmap(tg.grad(lane))]
    tg.set_threads(1)
    wanted = [f(X) for f in functions]
    np.testing.assert_allclose(wanted[0][1], smooth(X)[1], atol=1e-14)
    np.testing.assert_allclose(wanted[1], lane(X), atol=1e-9)
    yield functions, wanted
    tg.set_threads(before)


def same(found, wanted):
    parts = zip(found, wanted, strict=True) if isinstance(wanted, tuple) else [(found, wanted)]
    return all(np.asarray(a).tobytes() == np.asarray(b).tobytes() for a, b in parts)


def test_the_number_of_threads_is_asked_for_and_set():
    before = tg.get_threads()
    tg.set_threads(np.int64(3))
    assert tg.get_threads() == 3
    for wrong in (0, -1, 257, 2.0, "2", None, True):
        with pytest.raises(tg.EntryError, match="not a number of threads"):
            tg.set_threads(wrong)
    assert tg.get_threads() == 3
    tg.set_threads(before)


def run(program, **environment):
    path = os.pathsep.join(p for p in sys.path if p)
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path, **environment},
    )


def answer(program, **environment):
    process = run(program, **environment)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert not err
    return out.strip()


def test_the_environment_says_how_many_threads_there_are():
    ask = "import tangra as tg; print(tg.get_threads())"
    assert answer(ask, TANGRA_THREADS="5") == "5"
    assert answer(ask, TANGRA_THREADS="") == str(len(os.sched_getaffinity(0)))
    assert answer("import os; os.sched_setaffinity(0, {0});" + ask, TANGRA_THREADS="") == "1"
    wrong = """
        import tangra as tg
        try:
            tg.get_threads()
        except tg.EntryError as error:
            print(error)
    """
    assert "TANGRA_THREADS is 'many', not a number from 1 to 256" in answer(wrong, TANGRA_THREADS="many")


def test_calls_from_several_threads_at_once(compiled):
    functions, wanted = compiled
    tg.set_threads(3)
    wrong = []

    def work(seed):
        for k in range(60):
            which = (seed + k) % len(functions)
            if not same(functions[which](X), wanted[which]):
                wrong.append(which)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(5)]
    for thread in threads:
        thread.start()
    for k in range(60):
        tg.set_threads(1 + k % 8)
        time.sleep(0.002)
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_forks_while_the_pool_is_in_use(compiled):
    functions, wanted = compiled
    tg.set_threads(3)
    stop = threading.Event()

    def work():
        while not stop.is_set():
            functions[1](X)

    thread = threading.Thread(target=work)
    thread.start()
    statuses = []
    for k in range(8):
        time.sleep(0.003)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = 0 if all(same(f(X), w) for f, w in zip(functions, wanted, strict=True)) else 2 + k
            finally:
                os._exit(status)
        statuses.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    stop.set()
    thread.join()
    assert statuses == [0] * 8
    assert same(functions[0](X), wanted[0])


def test_a_signal_handler_may_call_and_raise(compiled):
    functions, wanted = compiled
    tg.set_threads(3)

    class Stop(Exception):
        pass

    inside = []

    def handler(*_):
        inside.append(same(functions[0](X), wanted[0]))
        raise Stop

    def endless(x):
        while x > 0.0:
            x = x + 1e-30
        return x

    f = tg.jit(lambda xs: tg.vmap(endless)(xs))
    assert (f(-np.ones(6)) == -1.0).all()
    before = signal.signal(signal.SIGALRM, handler)
    try:
        for _ in range(3):
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            start = time.monotonic()
            with pytest.raises(Stop):
                f(np.ones(6))
            assert time.monotonic() - start < 30.0
    finally:
        signal.signal(signal.SIGALRM, before)
    assert inside == [True] * 3
    assert same(functions[1](X), wanted[1])


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_fork_inside_of_a_parallel_loop_leaves_the_child_without_result(compiled):
    tg.set_threads(3)
    children = []

    def handler(*_):
        children.append(os.fork())

    def slow(x):
        for i in range(3_000_000):
            x = x * 0.999 + i
        return x

    f = tg.jit(lambda xs: tg.vmap(slow)(xs))
    xs = np.ones(24)
    wanted = f(xs)
    before = signal.signal(signal.SIGALRM, handler)
    me, message = os.getpid(), ""
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        try:
            found = f(xs)
        except RuntimeError as error:
            message = str(error)
    finally:
        if os.getpid() != me:
            os._exit(0 if "forked the process" in message else 1)
        signal.signal(signal.SIGALRM, before)
    assert not message
    assert same(found, wanted)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0]


def test_processes_end_cleanly(tmp_path):
    path = tmp_path / "ending.py"
    program = """
        import threading, numpy as np, tangra as tg
        tg.set_threads({count})
        f = tg.jit(lambda x: np.exp(x) * np.sin(x))
        x = np.ones(300_000)
        assert np.allclose(f(x), np.exp(1.0) * np.sin(1.0))
        def work():
            while True:
                f(x)
        threading.Thread(target=work, daemon=True).start() if {busy} else None
        print("end")
    """
    for count, busy in ((1, False), (4, False), (4, True)):
        path.write_text(textwrap.dedent(program.format(count=count, busy=busy)))
        assert answer(f"import runpy; runpy.run_path({str(path)!r}, run_name='__main__')") == "end"

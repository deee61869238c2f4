"""Numbers that a program draws, and what it counts: known as far as Python says."""

from collections import Counter
from pathlib import Path

import pytest

from tests.checker.programs import lines, shapes


def test_drawn_numbers_have_the_bounds_that_were_asked_for(tmp_path: Path) -> None:
    found = shapes(
        tmp_path,
        """
        import random
        import torch

        x = torch.zeros(500, 3)
        start = random.randint(0, len(x) - 100)
        a = x[start : start + 100]
        first = random.randrange(len(x) - 40)
        b = x[first : first + 40]
        third = random.randrange(10, 460, 10)
        c = x[third : third + 40]
        d = torch.tensor(random.randint(-5, 5))
        e = torch.tensor([random.random(), random.uniform(0, 2)])
        f = torch.stack(random.choices([x, x], k=4))
        g = torch.zeros(random.randint(7, 7))
        h = x[random.getrandbits(3) % 7]
        """,
    )
    expected = {"a": "(100, 3)", "b": "(40, 3)", "c": "(40, 3)", "d": "()", "e": "(2,)", "f": "(4, 500, 3)"}
    assert {name: found[name] for name in [*expected, "g", "h"]} == {**expected, "g": "(7,)", "h": "(3,)"}


COUNTS = {
    "Counter('abracadabra')['a']": Counter("abracadabra")["a"],
    "Counter([1, 1, 3])[2] + 1": Counter([1, 1, 3])[2] + 1,
    "len(Counter([1, 1, 3]))": len(Counter([1, 1, 3])),
    "Counter([1, 1, 3]).most_common(1)[0][1]": Counter([1, 1, 3]).most_common(1)[0][1],
    "len(Counter('banana').most_common())": len(Counter("banana").most_common()),
    "sum(Counter({'x': 4, 'y': 1}).values())": sum(Counter({"x": 4, "y": 1}).values()),
    "Counter(a=3, b=2).total()": Counter(a=3, b=2).total(),
    "len(dict(Counter([5, 6, 7])))": len(dict(Counter([5, 6, 7]))),
    "Counter([1, 2]).get(1)": Counter([1, 2])[1],
}


@pytest.mark.parametrize(("text", "count"), COUNTS.items(), ids=COUNTS)
def test_counters(tmp_path: Path, text: str, count: int) -> None:
    program = f"from collections import Counter\nimport numpy as np\nx = np.zeros(({text}, 2))\n"
    assert shapes(tmp_path, program)["x"] == f"({count}, 2)"


def test_counters_that_change(tmp_path: Path) -> None:
    found = shapes(
        tmp_path,
        """
        from collections import Counter
        import numpy as np

        seen = Counter()
        for word in "to be or not to be".split():
            seen[word] += 1
        missing = seen["whether"]
        seen.update(["or", "that"])
        a = np.zeros((len(seen), seen["or"]))
        seen.subtract({"or": 1})
        b = np.zeros((seen["or"], seen["to"]))
        copied = seen.copy()
        copied["to"] += 1
        c = np.zeros((copied["to"], seen["to"]))
        """,
    )
    assert (found["a"], found["b"], found["c"]) == ("(5, 2)", "(1, 2)", "(3, 2)")


def test_counters_nobody_knows_are_silent(tmp_path: Path) -> None:
    program = """
        from collections import Counter
        import numpy as np

        counts = Counter(open("words.txt").read().split())
        rare = counts["the"]
        vocabulary = [word for word, count in counts.most_common(1000)]
        table = np.zeros((len(vocabulary), 8)) + np.zeros((1000, 1))
        total = np.zeros(counts.total())
        """
    assert lines(tmp_path, program) == []

"""What goes wrong inside the compiler does not look like an exception of the program."""

import pytest

import tangra as tg
from tangra.frontend import entry


@pytest.mark.parametrize("slip", [TypeError("inner"), ValueError("inner"), KeyError("inner"), AssertionError("inner")])
def test_a_slip_is_an_internal_error(slip: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(self: object) -> None:
        raise slip

    monkeypatch.setattr(entry._Tracer, "run", run)
    with pytest.raises(tg.InternalError, match=f"{type(slip).__name__}: .*inner") as found:
        tg.jit(lambda x: x)(1.0)
    assert found.value.__context__ is slip

"""The nested descents with gradients in closed form: the best y doesn't vary with x, so that the outer one is 2 x."""

from benchmarks.gradbench.protocol import Json
from benchmarks.gradbench.reference import References
from benchmarks.gradbench.reference.descent import Point, minimum


def squared(point: Point) -> float:
    """The squared length."""
    return sum(x * x for x in point)


def doubled(point: Point) -> Point:
    """The gradient of the squared length."""
    return tuple(2.0 * x for x in point)


def saddle_point(data: Json) -> Point:
    """Both points found from the eval's start."""
    start = tuple(map(float, data["start"]))

    def answer(x: Point) -> Point:
        return minimum(lambda y: squared(y) - squared(x), doubled, start)

    x = minimum(lambda x: squared(x) - squared(answer(x)), doubled, start)
    return x + answer(x)


REFERENCES: References = dict.fromkeys(("ff", "fr", "rf", "rr"), saddle_point)

"""The particle with its force in closed form, and the derivative of where it lands by complex steps."""

from benchmarks.gradbench.protocol import Json
from benchmarks.gradbench.reference import References
from benchmarks.gradbench.reference.descent import Point, minimum

STEP = 1e-30


def landing(w: complex) -> complex:
    """Where the particle crosses the x-axis for a control, which may be complex."""
    x, y, vx, vy = 0j, 8.0 + 0j, 0.75 + 0j, 0j
    while True:
        ax = ay = 0j
        for height in (10.0 - w, 0.0):
            dx, dy = x - 10.0, y - height
            cubed = (dx * dx + dy * dy) ** 1.5
            ax, ay = ax + dx / cubed, ay + dy / cubed
        x, y = x + 0.1 * vx, y + 0.1 * vy
        if y.real <= 0.0:
            return x - y / vy * vx
        vx, vy = vx + 0.1 * ax, vy + 0.1 * ay


def cost(point: Point) -> float:
    """The squared distance from the origin at landing."""
    return (landing(point[0]) ** 2).real


def gradient(point: Point) -> Point:
    """The derivative of the cost."""
    return ((landing(point[0] + 1j * STEP) ** 2).imag / STEP,)


def control(data: Json) -> float:
    """The control found from the eval's start."""
    return minimum(cost, gradient, (float(data["w"]),))[0]


REFERENCES: References = dict.fromkeys(("ff", "fr", "rf", "rr"), control)

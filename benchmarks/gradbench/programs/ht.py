"""Hand tracking: how far a posed hand model lies from measured points, and the Jacobian of that.

The hand is a mesh over a skeleton. Pose parameters turn the bones, every vertex follows a weighted mean of bones
(linear blend skinning), and each measured point is compared with a vertex, or with a point inside a triangle whose
barycentric coordinates are variables too. A point's residuals depend on its own two coordinates only, so that two
tangents give all derivatives in them; forward derivatives in the 26 pose parameters give the rest.
"""

# NumPy types what its operators and reductions return as Any.
# mypy: disable-error-code="no-any-return"

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float, Int

import tangra as tg
from benchmarks.gradbench.protocol import Function, Functions, Json, numbers

FINGERS = 5


@dataclass
class Hand:
    """The model (B bones, V vertices, F triangles) and the N measured points with what each corresponds to.

    A bone's parent comes before it, −1 is none; matrices are homogeneous; `corresponds` numbers triangles where the
    surface coordinates are given, vertices otherwise.
    """

    parents: Int[np.ndarray, "B"]
    base_relatives: Float[np.ndarray, "B 4 4"]
    inverse_base_absolutes: Float[np.ndarray, "B 4 4"]
    base_positions: Float[np.ndarray, "V 4"]
    weights: Float[np.ndarray, "V B"]
    triangles: Int[np.ndarray, "F 3"]
    mirrored: bool
    corresponds: Int[np.ndarray, "N"]
    points: Float[np.ndarray, "N 3"]


def rotation_of(angle_axis: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3 3"]:
    """The rotation about an axis by its length in radians; none at all below 1e-4."""
    angle = np.sqrt(np.sum(angle_axis * angle_axis))
    if angle < 1e-4:
        return np.eye(3)
    x, y, z = angle_axis / angle
    s = np.sin(angle)
    c = np.cos(angle)
    d = 1.0 - c
    return np.array(
        [
            [x * x * d + c, x * y * d - z * s, x * z * d + y * s],
            [x * y * d + z * s, y * y * d + c, y * z * d - x * s],
            [x * z * d - y * s, y * z * d + x * s, z * z * d + c],
        ]
    )


def bone_turn(angles: Float[np.ndarray, "2"]) -> Float[np.ndarray, "4 4"]:
    """A finger bone's homogeneous rotation: first about x by one angle (bend), then about z by the other (spread)."""
    cx, sx = np.cos(angles[0]), np.sin(angles[0])
    cz, sz = np.cos(angles[1]), np.sin(angles[1])
    turn = np.eye(4)
    turn[0, :3] = np.array([cz, -sz * cx, sz * sx])
    turn[1, :3] = np.array([sz, cz * cx, -cz * sx])
    turn[2, 1] = sx
    turn[2, 2] = cx
    return turn


def bone_angles(theta: Float[np.ndarray, "26"], bones: int) -> Float[np.ndarray, "B 2"]:
    """Bend and spread of every bone: four parameters a finger, for its first joint both, for two more the bend."""
    angles = np.zeros((bones, 2))
    for finger in range(FINGERS):
        bone = 2 + 4 * finger
        parameter = 6 + 4 * finger
        angles[bone] = theta[parameter : parameter + 2]
        angles[bone + 1, 0] = theta[parameter + 2]
        angles[bone + 2, 0] = theta[parameter + 3]
    return angles


def vertices(theta: Float[np.ndarray, "26"], hand: Hand) -> Float[np.ndarray, "V 3"]:
    """Where the vertices of the posed hand are; theta is rotation (3), translation (3), then four numbers a finger."""
    bones = hand.parents.shape[0]
    angles = bone_angles(theta, bones)
    absolutes = np.empty((bones, 4, 4))
    positions = np.zeros((hand.base_positions.shape[0], 3))
    for bone in range(bones):
        relative = hand.base_relatives[bone] @ bone_turn(angles[bone])
        parent = hand.parents[bone]
        absolutes[bone] = relative if parent < 0 else absolutes[parent] @ relative
        transform = absolutes[bone] @ hand.inverse_base_absolutes[bone]
        positions += hand.weights[:, bone, None] * (hand.base_positions @ transform[:3].T)
    if hand.mirrored:
        positions[:, 0] = -positions[:, 0]
    return positions @ rotation_of(theta[:3]).T + theta[3:6]


def vertex_residuals(theta: Float[np.ndarray, "26"], hand: Hand) -> Float[np.ndarray, "rows"]:
    """The measured points less the vertices that they correspond to, flat."""
    return (hand.points - vertices(theta, hand)[hand.corresponds]).ravel()


def surface_residuals(
    theta: Float[np.ndarray, "26"], surface: Float[np.ndarray, "N 2"], hand: Hand
) -> Float[np.ndarray, "rows"]:
    """The measured points less points inside triangles, flat; the third barycentric coordinate is 1 − both given."""
    positions = vertices(theta, hand)
    corners = hand.triangles[hand.corresponds]
    u = surface[:, 0:1]
    v = surface[:, 1:2]
    found = u * positions[corners[:, 0]] + v * positions[corners[:, 1]] + (1.0 - u - v) * positions[corners[:, 2]]
    return (hand.points - found).ravel()


def surface_jacobian(
    theta: Float[np.ndarray, "26"], surface: Float[np.ndarray, "N 2"], hand: Hand
) -> Float[np.ndarray, "rows 28"]:
    """The Jacobian of the surface residuals: two columns for the coordinates of each row's own point, then theta."""
    jacobian = np.empty((3 * surface.shape[0], 2 + theta.shape[0]))
    for k in range(2):
        seed = np.zeros_like(surface)
        seed[:, k] = 1.0
        _, tangent = tg.jvp(lambda s: surface_residuals(theta, s, hand), (surface,), (seed,))
        jacobian[:, k] = tangent
    jacobian[:, 2:] = tg.jacfwd(surface_residuals)(theta, surface, hand)
    return jacobian


compiled_vertex_residuals = tg.jit(vertex_residuals)
compiled_surface_residuals = tg.jit(surface_residuals)
vertex_jacobian = tg.jacfwd(vertex_residuals)
compiled_surface_jacobian = tg.jit(surface_jacobian)


def hand_of(data: Json) -> Hand:
    """Model and measurements of the eval's input."""
    model = data["model"]
    return Hand(
        parents=np.array(model["parents"], dtype=np.int64),
        base_relatives=np.array(model["base_relatives"], dtype=np.float64),
        inverse_base_absolutes=np.array(model["inverse_base_absolutes"], dtype=np.float64),
        base_positions=np.array(model["base_positions"], dtype=np.float64),
        weights=np.array(model["weights"], dtype=np.float64),
        triangles=np.array(model["triangles"], dtype=np.int64).reshape(-1, 3),
        mirrored=bool(model["is_mirrored"]),
        corresponds=np.array(data["correspondences"], dtype=np.int64),
        points=np.array(data["points"], dtype=np.float64),
    )


def prepare(vertex: Any, surface: Any, data: Json) -> partial[Any]:
    """The first function on the eval's input where that has no surface coordinates, the second where it has."""
    theta = np.array(data["theta"], dtype=np.float64)
    hand = hand_of(data["data"])
    if not data["us"]:
        return partial(vertex, theta, hand)
    return partial(surface, theta, np.array(data["us"], dtype=np.float64), hand)


FUNCTIONS: Functions = {
    "objective": Function(partial(prepare, compiled_vertex_residuals, compiled_surface_residuals), numbers),
    "jacobian": Function(partial(prepare, vertex_jacobian, compiled_surface_jacobian), numbers),
}

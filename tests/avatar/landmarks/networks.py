"""ONNX networks of DWPose's interface, built here: they find what is painted in known colours.

The pose network finds, for each of its 133 points, the pixel whose colour is nearest to that
point's own: so whatever is done to the picture before it (box, scale, channels, mean) and to the
points after it must be right, or they do not come back to where they were painted. The detector
reports one person, of a known size, in the cell of its coarsest grid that is brightest.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from modules.avatar.landmarks.dwpose import (
    _DEVIATION,
    _MEAN,
    BODY_POINTS,
    DETECTOR,
    HIGH,
    POSE,
    SIDE,
    WIDE,
)

PERSON = (300.0, 420.0)
"""Of the detector's only box, in pixels of its input."""


def colour_of(point):
    """A point's own colour, RGB: well apart from those of all others."""
    return np.array([40 + 32 * (point % 6), 40 + 32 * (point // 6 % 6), 60 + 45 * (point // 36)])


def write_pose(folder, sharp=0.35):
    """Write the network of the points: scores fall with the distance from the point's colour."""
    colours = np.stack([(colour_of(k) - _MEAN) / _DEVIATION for k in range(BODY_POINTS)])
    weight = (2 * colours).astype(np.float32)[:, :, None, None]
    bias = (-(colours**2).sum(-1)).astype(np.float32)
    constants = {
        "w": weight, "b": bias, "ones": np.ones((1, 3, 1, 1), np.float32),
        "sharp": np.array(1 / sharp**2, np.float32),
        "axis2": np.array([2]), "axis3": np.array([3]),
        "twice": np.array([1.0, 1.0, 2.0], np.float32), "none": np.array([], np.float32),
    }  # fmt: skip
    nodes = [
        helper.make_node("Conv", ["input", "w", "b"], ["dot"]),
        helper.make_node("Mul", ["input", "input"], ["square"]),
        helper.make_node("Conv", ["square", "ones"], ["norm"]),
        helper.make_node("Sub", ["dot", "norm"], ["near"]),
        helper.make_node("Mul", ["near", "sharp"], ["scaled"]),
        helper.make_node("Exp", ["scaled"], ["likeness"]),
        # Highest in the middle of a spot, not at the first of its equal pixels.
        helper.make_node(
            "AveragePool", ["likeness"], ["score"], kernel_shape=[7, 7], pads=[3, 3, 3, 3]
        ),
    ]
    for name, axis in (("x", "axis2"), ("y", "axis3")):
        nodes += [
            helper.make_node("ReduceMax", ["score", axis], [f"row_{name}"], keepdims=0),
            helper.make_node(
                "Resize", [f"row_{name}", "none", "twice"], [f"simcc_{name}"], mode="linear",
                coordinate_transformation_mode="asymmetric",
            ),
        ]  # fmt: skip
    outputs = [("simcc_x", [1, BODY_POINTS, 2 * WIDE]), ("simcc_y", [1, BODY_POINTS, 2 * HIGH])]
    return _write(folder / POSE, nodes, constants, [1, 3, HIGH, WIDE], outputs)


def write_detector(folder):
    """Write the network of the persons."""
    cells, coarse = 8400, (SIDE // 32) ** 2
    logs = np.log(np.array(PERSON, np.float32) / 32)
    tail = np.zeros((1, coarse, 80), np.float32)
    tail[..., 0] = 0.99
    constants = {
        "shape": np.array([1, coarse, 1]), "top": np.array([1]),
        "half": np.full((1, coarse, 2), 0.5, np.float32),
        "size": np.tile(logs, (1, coarse, 1)).astype(np.float32),
        "classes": tail,
        "before": np.zeros((1, cells - coarse, 85), np.float32),
        "axes": np.array([1, 2]),
    }  # fmt: skip
    nodes = [
        helper.make_node("ReduceMean", ["input", "top"], ["grey"], keepdims=1),
        helper.make_node("AveragePool", ["grey"], ["pooled"], kernel_shape=[32, 32],
                         strides=[32, 32]),
        helper.make_node("Reshape", ["pooled", "shape"], ["bright"]),
        helper.make_node("ReduceMax", ["bright", "axes"], ["best"], keepdims=1),
        helper.make_node("Equal", ["bright", "best"], ["is_best"]),
        helper.make_node("Cast", ["is_best"], ["object"], to=TensorProto.FLOAT),
        helper.make_node("Concat", ["half", "size", "object", "classes"], ["rows"], axis=2),
        helper.make_node("Concat", ["before", "rows"], ["output"], axis=1),
    ]  # fmt: skip
    return _write(
        folder / DETECTOR, nodes, constants, [1, 3, SIDE, SIDE], [("output", [1, cells, 85])]
    )


def _write(path, nodes, constants, image, outputs):
    made = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(
        nodes, path.stem,
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, image)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs],
        made,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path

"""ONNX graphs in an older opset, for tools with older runtimes: DeepFaceLab's exports have opset 12.

The converters of onnx and onnxscript go up, and down only for some of these nodes (onnx 1.23, onnxscript 0.7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import onnx

OPSET: Final = 12
_IR: Final = 7
"""The IR version of that opset."""
_ALIKE: Final = {
    "Add", "Clip", "Concat", "Conv", "ConvTranspose", "Cos", "DepthToSpace", "Div", "Gemm", "Identity", "LeakyRelu",
    "MatMul", "Mul", "Pow", "Reciprocal", "Relu", "Sigmoid", "Slice", "Sqrt", "Sub", "Tanh", "Transpose",
}  # fmt: skip
"""Operators with the same meaning in 12 and 18."""
_AXES: Final = {"ReduceMean": "noop_with_empty_axes", "Squeeze": "", "Unsqueeze": ""}
"""Operators whose axes were an attribute; and attributes that they did not have yet."""
_RESHAPE: Final = "allowzero"


def older(proto: onnx.ModelProto) -> onnx.ModelProto | None:
    """``proto``, of opset 18, in opset 12; None if one of its nodes can't be expressed there. ``proto`` is not
    changed."""
    from onnx import ModelProto, checker

    made = ModelProto()
    made.CopyFrom(proto)
    constants = {tensor.name: tensor for tensor in made.graph.initializer}
    if not all(_said(node, constants) for node in made.graph.node):
        return None
    used = {name for node in made.graph.node for name in node.input}
    kept = [tensor for tensor in made.graph.initializer if tensor.name in used]
    del made.graph.initializer[:], made.opset_import[:], made.graph.metadata_props[:]
    made.graph.initializer.extend(kept)
    made.opset_import.add(domain="", version=OPSET)
    made.ir_version = _IR
    checker.check_model(made, full_check=True)
    return made


def _said(node: onnx.NodeProto, constants: dict[str, onnx.TensorProto]) -> bool:
    """Write the node in the older opset; returns whether that is possible."""
    from onnx import helper, numpy_helper

    del node.metadata_props[:]
    if node.op_type in _ALIKE:
        return True
    if node.op_type == "Reshape" and node.input[1] in constants:
        _without(node, _RESHAPE)
        return 0 not in numpy_helper.to_array(constants[node.input[1]])
    if node.op_type in _AXES and len(node.input) > 1 and node.input[1] in constants:
        axes = numpy_helper.to_array(constants[node.input[1]]).tolist()
        del node.input[1]
        _without(node, _AXES[node.op_type])
        node.attribute.append(helper.make_attribute("axes", axes))
        return True
    return False


def _without(node: onnx.NodeProto, name: str) -> None:
    kept = [each for each in node.attribute if each.name != name]
    del node.attribute[:]
    node.attribute.extend(kept)

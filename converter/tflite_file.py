"""A TFLite file: its operators, its input and output, whether a tensor is float, and its end without the softmax."""

from collections import Counter
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as tflite
from ai_edge_litert.interpreter import Interpreter

from edge.vision.quiet import native_silence

METADATA = b"TFLITE_METADATA"

_NAMES = {number: name for name, number in vars(tflite.BuiltinOperator).items() if name.isupper()}


def operators(content: bytes) -> dict[str, int]:
    """Counts the operators of a network.

    Args:
        content: A TFLite file.

    Returns:
        How often each operator occurs, by TFLite's name for it, the most frequent first.
    """
    model = tflite.Model.GetRootAs(content, 0)
    codes = [model.OperatorCodes(index) for index in range(model.OperatorCodesLength())]
    names = [_NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())] for code in codes]
    graphs = [model.Subgraphs(index) for index in range(model.SubgraphsLength())]
    used = (names[graph.Operators(index).OpcodeIndex()] for graph in graphs for index in range(graph.OperatorsLength()))
    return dict(Counter(used).most_common())


def tensors(content: bytes) -> tuple[dict[str, Any], dict[str, Any], int]:
    """Describes the tensors of a network with one input and one output.

    Args:
        content: A TFLite file.

    Returns:
        The input and the output as LiteRT describes them (`shape`, `dtype`, `quantization`), and how many of all
        tensors are float.
    """
    with native_silence():
        # Without the default delegate, so that the graph is read as it is stored.
        interpreter = Interpreter(model_content=content, experimental_delegates=[], num_threads=1)
        interpreter.allocate_tensors()
    floats = sum(np.issubdtype(tensor["dtype"], np.floating) for tensor in interpreter.get_tensor_details())
    return interpreter.get_input_details()[0], interpreter.get_output_details()[0], int(floats)


def without_softmax(content: bytes) -> bytes:
    """Ends a network one operator earlier, at its logits as they are stored, and removes what `with_metadata` added.

    Args:
        content: A TFLite file with one output.

    Returns:
        The file of the network that answers with logits.
    """
    model = tflite.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    code = model.operatorCodes[graph.operators[-1].opcodeIndex]
    if max(code.builtinCode, code.deprecatedBuiltinCode) == tflite.BuiltinOperator.SOFTMAX:
        logits = graph.operators.pop().inputs[0]
        graph.outputs = [logits]
        for signature in model.signatureDefs or []:
            signature.outputs[0].tensorIndex = logits
    if model.metadata and model.metadata[-1].name == METADATA:
        assert model.metadata[-1].buffer == len(model.buffers) - 1, "as `with_metadata` adds them"
        model.metadata.pop()
        model.buffers.pop()
    return packed(model)


def packed(model: Any) -> bytes:
    """Writes a TFLite file from the schema's object."""
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())

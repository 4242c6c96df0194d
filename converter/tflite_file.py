"""What a TFLite file contains: its operators, its input and output, and whether a tensor is float."""

from collections import Counter
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as tflite
from ai_edge_litert.interpreter import Interpreter

from edge.vision.quiet import native_silence

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

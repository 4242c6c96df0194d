"""What a TFLite file computes: its operators by name, counted."""

from collections import Counter

from ai_edge_litert import schema_py_generated as tflite

_NAMES = {number: name for name, number in vars(tflite.BuiltinOperator).items() if name.isupper()}


def operators(content: bytes) -> dict[str, int]:
    """How often each operator occurs, by TFLite's names for them, the most frequent first."""
    model = tflite.Model.GetRootAs(content, 0)
    codes = [model.OperatorCodes(index) for index in range(model.OperatorCodesLength())]
    names = [_NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())] for code in codes]
    graphs = [model.Subgraphs(index) for index in range(model.SubgraphsLength())]
    used = (names[graph.Operators(index).OpcodeIndex()] for graph in graphs for index in range(graph.OperatorsLength()))
    return dict(Counter(used).most_common())

"""The float weights of an INT8 MobileNetV2 that is shipped, as a beginning for further training.

INT8 holds no batch normalisation: each convolution has a bias instead. Here each gets a normalisation again, with the
statistics of training faces, that leaves the answers as they are.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from torch import Tensor

from edge.core.errors import BadModel, SourceNotFound
from edge.vision.quiet import native_silence
from models.torch.graphs.layers import ConvNorm
from models.torch.graphs.mobilenet import MobileNet, convolutions
from models.torch.graphs.networks import keep_weights
from models.torch.pictures import plain

BEGIN = "begin.npz"

_LINEAR = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
_SIZE_PX = 96
_VOTES_BESIDE = "emotion-ferplus.tflite"
_REST_BIAS = -3.0  # the logit of a vote for none of the seven emotions, before anything is learnt of it

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """A linear layer's weights: its kernel as PyTorch has it, and its bias (channels,)."""

    kernel: Floats
    bias: Floats


def keep_beginning(path: Path, crops: NDArray[np.uint8], out: Path) -> Path:
    """Write the weights of an INT8 network as `out/begin.npz`.

    The first head is the network's own. The second begins as that of `emotion-ferplus.tflite` where this lies beside
    it, else as the first.

    Args:
        path: A `.tflite` of `emotion` or `emotion-ferplus`.
        crops: Some training faces (n, 48, 48), for the statistics.
        out: The run's folder.

    Raises:
        SourceNotFound: There is no such file.
        BadModel: It is no MobileNetV2.
    """
    *trunk, head = linear_layers(path)
    network = MobileNet().to(memory_format=torch.channels_last).eval()
    parts = list(convolutions(network))
    if len(parts) != len(trunk):
        raise BadModel(f"{path} is no MobileNetV2.", fix="Give emotion.tflite.")
    beside = path.with_name(_VOTES_BESIDE)
    second = linear_layers(beside)[-1] if beside.is_file() else head
    with torch.no_grad():
        for part, layer in zip(parts, trunk, strict=True):
            _set(part, layer)
        network.labels.weight.copy_(torch.from_numpy(head.kernel))
        network.labels.bias.copy_(torch.from_numpy(head.bias))
        network.votes.weight.zero_()
        network.votes.bias.fill_(_REST_BIAS)
        network.votes.weight[: len(second.bias)].copy_(torch.from_numpy(second.kernel))
        network.votes.bias[: len(second.bias)].copy_(torch.from_numpy(second.bias))
        _normalise(network, parts, plain(torch.from_numpy(crops), _SIZE_PX))
    out.mkdir(parents=True, exist_ok=True)
    keep_weights(network, out / BEGIN)
    return out / BEGIN


def linear_layers(path: Path) -> list[Linear]:
    """The linear layers of an INT8 network in the order of computation, as real numbers.

    Raises:
        SourceNotFound: There is no such file.
        BadModel: The interpreter refuses it.
    """
    if not path.is_file():
        raise SourceNotFound(f"There is no file {path}.", fix="Give a shipped .tflite.")
    try:
        # Without its default delegate, which would hide the layers.
        with native_silence():
            interpreter = Interpreter(model_content=path.read_bytes(), experimental_delegates=[], num_threads=1)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise BadModel(f"{path} is no network: {error}.", fix="Give a shipped .tflite.") from None
    details = {tensor["index"]: tensor for tensor in interpreter.get_tensor_details()}
    layers = []
    for operation in interpreter._get_ops_details():
        if operation["op_name"] in _LINEAR:
            _, kernel, bias = (int(index) for index in operation["inputs"])
            stored = _real(interpreter, details[kernel])
            if operation["op_name"] == "CONV_2D":
                stored = stored.transpose(0, 3, 1, 2)
            elif operation["op_name"] == "DEPTHWISE_CONV_2D":
                stored = stored.transpose(3, 0, 1, 2)
            layers.append(Linear(np.ascontiguousarray(stored), _real(interpreter, details[bias])))
    return layers


def _real(interpreter: Any, tensor: dict[str, Any]) -> Floats:
    how = tensor["quantization_parameters"]
    stored = interpreter.get_tensor(tensor["index"])
    shape = [1] * stored.ndim
    if len(how["scales"]) > 1:
        shape[int(how["quantized_dimension"])] = -1
    zero = how["zero_points"].reshape(shape)
    return np.asarray((stored.astype(np.float64) - zero) * how["scales"].reshape(shape), np.float32)


def _set(part: ConvNorm, layer: Linear) -> None:
    part.conv.weight.copy_(torch.from_numpy(layer.kernel))
    part.norm.bias.copy_(torch.from_numpy(layer.bias))
    part.norm.weight.fill_(1.0)
    part.norm.running_mean.zero_()
    part.norm.running_var.fill_(1.0 - part.norm.eps)


def _normalise(network: MobileNet, parts: list[ConvNorm], faces: Tensor) -> None:
    """Give each normalisation the statistics of these faces, and the scale and shift that undo them."""
    seen: dict[int, tuple[Tensor, Tensor]] = {}
    hooks = [
        part.conv.register_forward_hook(
            lambda _, __, made, number=number: seen.__setitem__(
                number, (made.mean((0, 2, 3)), made.var((0, 2, 3), correction=0))
            )
        )
        for number, part in enumerate(parts)
    ]
    network(faces)
    for hook in hooks:
        hook.remove()
    for number, part in enumerate(parts):
        mean, variance = seen[number]
        norm = part.norm
        norm.bias.add_(mean)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_((variance + norm.eps).sqrt())

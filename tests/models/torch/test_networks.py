"""PyTorch's networks: that they are Keras' and the public ones, and that their own short cuts change nothing."""

from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

pytest.importorskip("torch.nn", reason="PyTorch is not installed")  # a folder of ours is called torch too
import torch

from edge.core.errors import BadModel, SourceNotFound
from models.torch.graphs import networks
from models.torch.graphs.layers import ConvNorm, TwoHeads
from models.torch.graphs.mobilenet import MobileNet
from models.torch.graphs.to_keras import HEADS, to_keras
from models.torch.pictures import given, plain
from models.training.both import Both

_DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"


def moved(network: TwoHeads) -> TwoHeads:
    """The network with the statistics of one batch of noise, so that its answers depend on what it is shown."""
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = 1.0
            torch.nn.init.uniform_(layer.bias, -0.5, 0.5)
    network.train()
    with torch.no_grad():
        network(torch.randn(8, 1, 64, 64, generator=torch.Generator().manual_seed(0)))
    network.eval()
    return network


@pytest.mark.parametrize("name", sorted(HEADS))
def test_the_network_carried_into_keras_answers_the_same(name: str) -> None:
    trained = moved(networks.build("mobilenet", seed=3))
    with torch.no_grad():
        trained.labels.weight.mul_(30)  # so that the answers are not all alike
        trained.votes.weight.mul_(30)
    joined = Both(weight=0.3, temperature=1.5)
    crops = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (4, 48, 48), np.uint8))
    faces = plain(crops, 64)
    with torch.no_grad():
        labels, votes = trained(faces)
    logits = {
        "emotion": labels,
        "emotion-ferplus": votes[:, :7],
        "emotion-both": (0.3 * labels + 0.7 * votes[:, :7]) / 1.5,
    }[name]
    expected = torch.softmax(logits, 1).numpy()
    model = to_keras(trained, name, 64, joined)
    found = np.asarray(model(faces.permute(0, 2, 3, 1).numpy()))
    assert np.ptp(expected, axis=0).max() > 0.01
    assert found == pytest.approx(expected, abs=1e-4)
    assert model.name == name


def test_a_teacher_is_not_carried_into_keras() -> None:
    with pytest.raises(BadModel, match="Only a MobileNet"):
        to_keras(networks.build("mobilefacenet"), "emotion", 64, Both(0.5))


def test_keras_weights_are_read_in_their_order(tmp_path: Path) -> None:
    keras.utils.set_random_seed(2)
    colour = keras.applications.MobileNetV2(input_shape=(64, 64, 3), include_top=False, weights=None, pooling="avg")
    rng = np.random.default_rng(1)
    for layer in colour.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = (rng.uniform(0.5, 1.5, array.shape) for array in layer.get_weights())
            layer.set_weights([gamma, beta - 0.5, (mean - 1) / 10, variance / 20])
    colour.save_weights(tmp_path / "colour.weights.h5")
    network = networks.build("mobilenet", init=tmp_path / "colour.weights.h5").eval()
    faces = rng.uniform(-1, 1, (2, 64, 64, 1)).astype(np.float32)
    with torch.no_grad():
        found = network.trunk(torch.from_numpy(faces.transpose(0, 3, 1, 2))).numpy()
    expected = np.asarray(colour(np.repeat(faces, 3, axis=3)))
    assert np.abs(expected).max() > 0.1
    assert found == pytest.approx(expected, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("name", ["mobilenet", "mobilefacenet"])
@pytest.mark.parametrize("content", [b"", b"no weights", b"PK\x03\x04 no zip"])
def test_weights_of_something_else_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    for file in ("other.npz", "other.weights.h5"):
        (tmp_path / file).write_bytes(content)
        with pytest.raises(SourceNotFound, match="holds no weights"):
            networks.build(name, init=tmp_path / file)


@pytest.mark.parametrize("name", ["mobilenet", "mobilefacenet"])
def test_kept_weights_come_back(tmp_path: Path, name: str) -> None:
    network = moved(networks.build(name, seed=1))
    networks.keep_weights(network, tmp_path / "best.npz")
    again = networks.build(name, seed=2, init=tmp_path / "best.npz").eval()
    faces = torch.zeros(1, 1, 64, 64)
    with torch.no_grad():
        assert [head.tolist() for head in again(faces)] == [head.tolist() for head in network(faces)]
    other = "mobilenet" if name == "mobilefacenet" else "mobilefacenet"
    with pytest.raises(SourceNotFound, match="holds no weights"):
        networks.build(other, init=tmp_path / "best.npz")


def test_the_teacher_is_the_public_one() -> None:
    weights, answers = _DATA / "teachers/mobilefacenet96.weights.npz", _DATA / "teachers/mobilefacenet96.answers.npz"
    if not weights.is_file() or not (_DATA / "fer2013/validation.zip").is_file():
        pytest.skip("the teacher (../shared/data/teachers) or FER-2013 is not here")
    from edge.evaluation.labelled import labelled_images

    network = networks.build("mobilefacenet", init=weights).eval()
    said = np.load(answers)
    by_row = dict(zip(said["validation_row"].tolist(), said["validation_label_logits"].astype(np.float32), strict=True))
    images = [image for image, _ in zip(labelled_images(_DATA / "fer2013/validation.zip"), range(8), strict=False)]
    crops = np.stack([cv2.cvtColor(image.pixels, cv2.COLOR_RGB2GRAY) for image in images])
    faces = plain(torch.from_numpy(crops), 96)
    with torch.no_grad():
        found = ((network(faces)[0] + network(faces.flip(3))[0]) / 2).numpy()
    expected = np.stack([by_row[int(Path(image.name).stem)] for image in images])
    assert found == pytest.approx(expected, abs=0.15), "they were computed in bfloat16"
    assert np.ptp(expected) > 3


def test_every_grey_value_is_its_int8_input_plus_128() -> None:
    every = torch.arange(256, dtype=torch.float32)[None, None, None]
    assert (given(every) * 127.5).round().flatten().tolist() == list(range(-128, 128))
    from edge.core.face.preprocess import real_input
    from models.networks import mobilenet

    crop = np.arange(256, dtype=np.uint8).repeat(9).reshape(48, 48)
    live = real_input(crop, mobilenet.INPUT.sized(48).spec)[..., 0]
    assert given(torch.from_numpy(crop).float()[None, None])[0, 0].numpy() == pytest.approx(live, abs=1e-6)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("side", [2, 5, 8])
def test_short_cuts_in_bfloat16_change_no_gradient(stride: int, side: int) -> None:
    torch.manual_seed(0)
    layer = ConvNorm((6, 6), 3, stride, depthwise=True, activation=None)
    face = torch.randn(3, 6, side, side).bfloat16().float().contiguous(memory_format=torch.channels_last)
    gradients = []
    for dtype in (torch.float32, torch.bfloat16):
        x = face.clone().requires_grad_()
        layer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype is torch.bfloat16):
            found = layer(x.to(dtype))
        assert found.shape[-1] == (side + stride - 1) // stride
        (found.float() * torch.arange(found.numel()).reshape(found.shape) / found.numel()).sum().backward()
        assert x.grad is not None
        assert layer.conv.weight.grad is not None
        gradients.append((x.grad, layer.conv.weight.grad.clone()))
    for plainly, quickly in zip(*gradients, strict=True):
        assert plainly.abs().max() > 1e-3
        assert (plainly - quickly.float()).abs().max() < 0.03 * plainly.abs().max() + 0.01


def test_a_mobilenet_has_as_many_weights_as_keras_builds() -> None:
    keras_count = keras.applications.MobileNetV2(
        input_shape=(32, 32, 1), include_top=False, weights=None
    ).count_params()
    network = MobileNet()
    trunk = {name: value for name, value in network.state_dict().items() if not name.startswith(("labels", "votes"))}
    assert sum(value.numel() for value in trunk.values() if value.dtype.is_floating_point) == keras_count

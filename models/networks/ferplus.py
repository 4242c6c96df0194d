"""The second emotion network: the MobileNetV2 of `emotion`, trained on the majority of the FER+ votes."""

from dataclasses import replace
from functools import partial

from models.networks import mobilenet
from models.specs.network import Network
from models.specs.targets import VotedEmotions

EMOTION_FERPLUS = replace(mobilenet.EMOTION, name="emotion-ferplus", network="emotion-ferplus", label_smoothing=0.0)

NETWORK = Network(
    name="emotion-ferplus",
    description="Which of seven emotions a face looks like to most of ten people who vote on it.",
    input=mobilenet.INPUT,
    target=VotedEmotions(),
    build=partial(mobilenet.build, name="emotion-ferplus"),
    recipes=(EMOTION_FERPLUS,),
    pretrained=mobilenet.NETWORK.pretrained,
)

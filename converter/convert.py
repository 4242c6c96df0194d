"""One conversion in a straight line: adjust, prepare, quantize, prove, and a model with its card."""

from dataclasses import dataclass

from converter.adjustment import adjust
from converter.cards.building import complete, draft
from converter.proof.guessing import refuse_guessing
from converter.proof.proving import Proof, prove
from converter.quantize import to_int8, to_int8_by_samples
from converter.recipe import Recipe
from converter.scoring import with_score
from converter.splits import Splits
from converter.strategies import Prepared, Unfolded, strategy_for
from converter.tflite_file import without_softmax
from converter.trained import Trained
from edge.core.errors import EdgeError
from edge.vision.card import InputKind, Model


@dataclass(frozen=True, slots=True, eq=False)
class Conversion:
    """A converted network.

    Attributes:
        model: The network with its card, ready to ship.
        proof: How it compares with the float network.
    """

    model: Model
    proof: Proof

    def require(self, *, tolerance: float, least_agreement: float | None) -> None:
        """Checks the limits that a network has to keep to be written.

        Args:
            tolerance: Most accuracy that INT8 may lose, as a share.
            least_agreement: Least share of the test faces with the same label in INT8 and float; None for any.

        Raises:
            EdgeError: It does not keep one of them.
        """
        compared = self.proof.comparison
        if compared.drop > tolerance:
            raise EdgeError(
                f"INT8 loses {compared.drop:.4f} of accuracy, more than {tolerance}: nothing was written.",
                fix="Train longer, fine-tune for INT8, or allow more with --tolerance.",
            )
        if least_agreement is not None and compared.agreement < least_agreement:
            raise EdgeError(
                f"INT8 and float agree on {compared.agreement:.4f} of the faces, less than {least_agreement}: "
                "nothing was written.",
                fix="Fine-tune for INT8, or ask for less with least_agreement in --recipe.",
            )


def convert(trained: Trained, data: Splits, recipe: Recipe, *, version: str = "1") -> Conversion:
    """Quantizes a network as the recipe says, and compares it with the float one on the test split.

    Args:
        trained: The network; neither it nor its Keras models are changed.
        data: Labelled faces of its three splits.
        recipe: The choices.
        version: Version for the card.

    Returns:
        The converted network and its proof.

    Raises:
        BadModel: The result is not INT8 throughout, or LiteRT does not load it.
        SourceNotFound: The data lacks the labels that this network was trained on.
    """
    trained.network.refuse_other_kind(data.validation)
    validation = trained.faces(data.validation)
    adjusted = adjust(trained, validation, recipe)
    if trained.foreign:
        refuse_guessing(trained.file, adjusted.outputs, validation)
    prepare = strategy_for(trained)
    quantizable = prepare(adjusted.trained, trained.faces(data.train), recipe)
    content = _quantized(quantizable)
    if trained.scored or trained.input.kind is InputKind.SEQUENCE:
        content = without_softmax(content)
    model = draft(content, adjusted, quantizable, recipe, version=version)
    if trained.scored:
        model = with_score(model, content, data)
    proof = prove(trained, adjusted.trained, model, data)
    return Conversion(complete(content, model.card, proof.as_json()), proof)


def _quantized(prepared: Prepared) -> bytes:
    if isinstance(prepared, Unfolded):
        return to_int8_by_samples(prepared.network, prepared.samples)
    return to_int8(prepared.network, prepared.ranges)

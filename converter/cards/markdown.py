"""The model card for people, in Markdown, after Mitchell et al. 2019, arXiv:1810.03993: all of it from the card."""

from collections.abc import Iterable
from textwrap import fill
from typing import Any

from edge.core.face.preprocess import CROP_PX
from edge.core.labels import EXPRESSIVE_ABOVE, RESERVED_BELOW
from edge.vision.card import Card, InputKind, OutputForm
from models.networks import network

_AGAINST = {"ferplus": "the majority of the FER+ votes", "folder": "the data set's own classes"}
_USE = """\
## What it is for, and what not

For research and for practice, by people who know that they are watched and can look at what is kept. It reads how a
face looks in one picture, not what a person feels, thinks, intends or is worth.

It must not be used

- to decide about people, or to help to decide: on hiring, promotion, marks, credit, insurance, entry or suspicion;
- to infer emotions of candidates, employees, pupils or students, which the European Union prohibits (AI Act, Regulation
  (EU) 2024/1689, Article 5(1)(f));
- to diagnose anything, or without the knowledge of those it watches.
"""
_LIMITS = """\
## Limits

- People who label pictures of faces disagree with one another: on FER-2013 the two sets of labels agree on 62.6 %.
- The pictures are small, grey and from the web, mostly posed or chosen for a strong expression; a camera sees others.
- Who the people in them are was never recorded, so how well it does for a group of people is unknown. Measure it with
  `edge-eval --groups` on pictures of your own before you rely on it.
- Its confidence was fitted on pictures like these; on others it may be too high.
"""


def model_card(card: Card) -> str:
    """Writes a card for people.

    Args:
        card: The card for programs; a figure that it does not hold is left out.

    Returns:
        The document, Markdown.
    """
    evidence = card.evidence
    sections = [
        f"# {card.name}, version {card.version}\n\n{_description(card)}\n",
        _rows(("", ""), _facts(card)),
        _USE,
        f"## Figures\n\n{_prose(_measured(card))}",
        _rows(("", "INT8", "float"), _figures(evidence)),
        _clean(evidence),
        *_classes(evidence),
        *(_against(name, other) for name, other in evidence.get("against", {}).items()),
        _score(card),
        _LIMITS,
        _making(card),
    ]
    return "\n".join(section for section in sections if section)


def _description(card: Card) -> str:
    return str(card.training.get("description") or network(card.name).description)


def _facts(card: Card) -> Iterable[tuple[str, ...]]:
    yield "file", f"`{card.file}`, {card.size_bytes / 1e6:.2f} MB, SHA-256 `{card.sha256}`"
    yield "given", _input(card)
    yield "answers", _answers(card)
    found = card.evidence.get("operators", {})
    yield "computes", f"{', '.join(f'{count} {name}' for name, count in found.items())}; no float tensor"
    loaders = card.evidence.get("interpreters", {})
    yield "loaded by", ", ".join(f"{name} {about['version']}" for name, about in loaders.items())
    yield "licence", "Apache 2.0"


def _answers(card: Card) -> str:
    if not card.labels:
        return "a standardised score"
    of = "a logit" if card.output.form is OutputForm.LOGITS else "a probability"
    return f"{of} each for {', '.join(card.labels)}"


def _input(card: Card) -> str:
    if card.input.kind is InputKind.SEQUENCE:
        grid = card.input.grid
        return f"the last {grid.window_s:g} s of landmarks, every {grid.step_s:g} s, read every {grid.stride_s:g} s"
    if card.input.kind is not InputKind.CROP:
        return f"{card.input.kind}, INT8 of shape {'x'.join(map(str, card.input.shape[1:]))}"
    spec = card.input.spec
    resized = f", resized from a {CROP_PX}x{CROP_PX} crop" if spec.size_px != CROP_PX else ""
    return f"{spec.size_px}x{spec.size_px} grey INT8{resized}; black is {spec.black:g}, white {spec.white:g}"


def _measured(card: Card) -> str:
    seen = card.conversion.get("recipe", {}).get("test_seen") or ""
    return f"Measured on {_data(card.evidence)}. Neither training nor calibration saw it. {seen}".rstrip()


def _data(evidence: dict[str, Any]) -> str:
    data = evidence.get("data", {})
    hashes = ", ".join(f"{name} `{digest[:12]}...`" for name, digest in data.get("sha256", {}).items())
    return f"{data.get('n', 0)} faces of {data.get('name', 'a test set')}, {data.get('split', 'test')} split ({hashes})"


def _figures(evidence: dict[str, Any]) -> Iterable[tuple[str, ...]]:
    if "int8" not in evidence:
        return
    int8, error, of = evidence["int8"], evidence.get("calibration_error", {}), ""
    if level := evidence.get("score", {}).get("level"):
        yield "accuracy", _share(level["accuracy"]), _share(level.get("float_accuracy"))
        yield "balanced accuracy", _share(level["balanced_accuracy"]), ""
        yield "expected calibration error", _share(level.get("expected_calibration_error")), ""
        of = " of the most probable level"
    yield f"accuracy{of}", _share(int8["accuracy"]), _share(evidence["float_accuracy"])
    yield f"balanced accuracy{of}", _share(int8["balanced_accuracy"]), ""
    if error:
        yield f"expected calibration error{of}", _share(error["int8"]), _share(error["float"])
        yield "the same before its temperature was fitted", "", _share(error["float_unadjusted"])
    if areas := evidence.get("area_under_curve"):
        yield "area under the curve", _share(areas["int8"]), _share(areas["float"])
    yield "same label as float", f"{evidence['top1_agreement']:.2%} of the faces", ""
    yield "largest gap between two probabilities", _share(evidence["largest_probability_gap"]), ""
    if latency := evidence.get("latency"):
        yield (
            f"an answer in LiteRT, one thread, {latency['machine']}",
            f"{latency['int8_ms']:.2f} ms ({latency['int8_ms'] / latency['float_ms']:.2f} of float's)",
            f"{latency['float_ms']:.2f} ms",
        )
    for name, found in list(evidence.get("interpreters", {}).items())[1:]:
        yield f"same label in {name}", f"{found['top1_agreement']:.2%} of {found['n']} faces", ""


def _clean(evidence: dict[str, Any]) -> str:
    if not (clean := evidence.get("clean")):
        return ""
    return _prose(
        f"{evidence['data']['n'] - clean['n']} of these pictures stand in the training or the validation split too, "
        f"exactly or nearly. On the other {clean['n']} the accuracy is {_share(clean['accuracy'])} (float "
        f"{_share(clean['float_accuracy'])}), balanced {_share(clean['balanced_accuracy'])}."
    )


def _classes(evidence: dict[str, Any]) -> Iterable[str]:
    head, figures = ("class", "recall", "precision", "F1"), ("recall", "precision", "f1")
    if level := evidence.get("score", {}).get("level"):
        yield _prose("The figures above that name no other are of the level that a run reports: that of the score.")
        cells = (
            (name, *(_share(row[figure]) for figure in figures), row["n"]) for name, row in level["per_class"].items()
        )
        yield _rows((*head, "n"), cells)
        yield _prose("The most probable label of the network's own softmax, by which INT8 and float are compared:")
    rows, drops = evidence.get("int8", {}).get("per_class", {}), evidence.get("recall_drop", {})
    cells = (
        (name, *(_share(row[figure]) for figure in figures), _signed(drops.get(name)), row["n"])
        for name, row in rows.items()
    )
    yield _rows((*head, "recall lost to INT8", "n"), cells)


def _against(name: str, other: dict[str, Any]) -> str:
    int8 = other["int8"]
    lowest, label = min((row["recall"], label) for label, row in int8["per_class"].items() if row["recall"] is not None)
    return _prose(
        f"Against {_AGAINST.get(name, name)} ({int8['n']} faces that have one among these labels) its accuracy is "
        f"{_share(int8['accuracy'])} (float {_share(other['float_accuracy'])}), balanced "
        f"{_share(int8['balanced_accuracy'])}; it finds {label} least often, {_share(lowest)} of them."
    )


def _score(card: Card) -> str:
    score, figures = card.score, card.evidence.get("score")
    if score is None or not figures:
        return ""
    made, floated = score.made, figures.get("float_rank_correlation")
    of_float = "" if floated is None else f" (float {_share(floated)})"
    paragraphs = [
        "The network's margin is log((2 P(expressive) + P(balanced)) / (2 P(reserved) + P(balanced))). The score is "
        f"the normal score of its quantile over the {made.get('train_faces', 0)} training faces, scaled so that the "
        f"tertiles fall on {RESERVED_BELOW} and {EXPRESSIVE_ABOVE}: the levels are these thirds. Between the "
        "quantiles, and beyond the outermost, it is linear in the margin, so that it has no end.",
        "The levels' probabilities follow from the score alone. At each threshold the two levels that meet there are "
        "equally probable and the third is less so, so that the level of the score is always the most probable one; "
        f"the slopes are those of greatest likelihood on the {made.get('validation_faces', 0)} validation faces.",
        f"The rank correlation of the network's score and the raters' is {_share(figures['rank_correlation'])}"
        f"{of_float}. Where the raters' score is a normal score as well, equal shares of the votes put in order by the "
        f"network's score, the correlation is {_share(figures.get('normal_correlation'))} and the mean difference "
        f"{_share(figures.get('normal_difference'))}.",
    ]
    return "\n".join(("## Score and levels\n", *map(_prose, paragraphs)))


def _making(card: Card) -> str:
    trained, converted = card.training, card.conversion
    said = ", ".join(f"{name} {value}" for name, value in trained.items() if isinstance(value, (str, int, float)))
    paragraphs = [_prose(f"Trained: {said}. `{card.name}.json` holds the recipe in full.")]
    if converted:
        paragraphs.append(
            _prose(
                f"Converted to full-integer INT8, weights per channel. Temperature {converted['temperature']}, fitted "
                f"on the validation split; stored between {_ranges(converted)}; compared with "
                f"`{converted['compared_with']}`."
            )
        )
        moved = ", ".join(f"{label} {bias:+.2f}" for label, bias in converted["class_bias"].items() if bias)
        if moved:
            paragraphs.append(_prose(f"Added to the logits so that every class counts equally: {moved}."))
    return "\n".join(("## How it was made\n", *paragraphs))


def _ranges(converted: dict[str, Any]) -> str:
    faces = converted["calibration_faces"]
    if faces:
        return f"the ranges that {faces} training faces, equally many a class, reach"
    return "the ranges of its fine-tuning"


def _prose(text: str) -> str:
    return fill(text, 120, break_long_words=False, break_on_hyphens=False) + "\n"


def _rows(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    cells = [tuple(map(str, row)) for row in rows]
    if not cells:
        return ""
    table = [head, tuple("---" for _ in head), *cells]
    return "\n".join(f"| {' | '.join(row)} |" for row in table) + "\n"


def _share(figure: float | None) -> str:
    return "" if figure is None else f"{figure:.4f}"


def _signed(figure: float | None) -> str:
    return "" if figure is None else f"{figure:+.4f}"

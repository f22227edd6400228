"""A run as one web page that needs nothing else: no script, no request, light and dark, printable.

The curves are matplotlib's, inlined as SVG with its colours replaced by the page's own; the tables
are tables, so that they can be read aloud, searched and copied.
"""

import shlex
from collections.abc import Iterable
from html import escape
from importlib.resources import files

from mnistcli import __version__
from mnistcli.evaluation.scoring import Evaluation
from mnistcli.figures import curves, headlines, plots, tables
from mnistcli.runs.history import Results
from mnistcli.runs.run import Run

LAYERS_NOTE = "FLOPs: floating-point operations for one image, on its way through the network."
SHOWN = 48  # mistakes: two screens of them
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

OPTIONS = {"added": "dataset", "from_run": "from"}
"""What fields of the configuration are called on the command line, where not alike."""

COLOURS = {
    plots.INK: "var(--ink)",
    plots.MUTED: "var(--muted)",
    plots.FAINT: "var(--faint)",
    plots.PAPER: "var(--paper)",
    plots.TRAINING: "var(--training)",
    plots.VALIDATION: "var(--validation)",
}
"""What each colour of the plots is called in report.css."""


def html(evaluation: Evaluation, results: Results) -> str:
    """Return the page on what a run is and what it scored in an evaluation."""
    run, config = evaluation.run, evaluation.run.config
    lead = f"{config.model} trained on {' + '.join(config.datasets)} with {config.optimizer}, {run.created[:10]}"
    parts = " ".join(f"<span>{escape(part)}</span>" for part in command(run))
    bins = evaluation.reliability
    learnt = section(
        headlines.curves(results.history),
        "Loss and accuracy after each epoch. Those of the training images are averages over "
        "the epoch, while the network was still learning.",
        svg(curves.curves(results.history, results.accuracy, None), "learning curves"),
    )
    sections = (
        *([] if run.members else [learnt]),  # an ensemble has learnt nothing itself
        *_tables(evaluation),
        _mistakes(evaluation),
        section(
            headlines.reliability(bins),
            "Whether a probability can be taken at its word: the nearer to the line, the more so.",
            svg(plots.reliability(bins, None), "reliability diagram"),
        ),
        *(
            [section(headlines.layers(run.layers), LAYERS_NOTE, tables.layers(run.layers))]
            if run.layers
            else []
        ),
        section("How to repeat it", "", f"<pre><code>{parts}</code></pre>"),
        section("What it is", "", _facts(_identity(run))),
    )
    title = f"{evaluation.subject}: {evaluation.scores.accuracy:.2%} read right"
    return page(run.name, title, lead, _numbers(evaluation, results), sections)


def page(name: str, title: str, lead: str, numbers: str, sections: Iterable[str]) -> str:
    """Return a page: what it is called, what it says first, then its sections, in HTML."""
    style = files("mnistcli.figures").joinpath("report.css").read_text("utf-8")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(name)}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
<p class="lead">{escape(lead)}</p>
{numbers}
</header>
<main>
{"".join(sections)}</main>
<footer>Written by mnistcli {__version__}.</footer>
</body>
</html>
"""


def command(run: Run) -> list[str]:
    """Return the command line that trains this run again, every choice spelt out.

    As its parts: the command, then each option with its value.
    """
    if run.members:
        return ["mnistcli ensemble", *(shlex.quote(name) for name, _ in run.members)]
    parts = ["mnistcli train"]
    for name, value in run.config.to_json().items():
        option = OPTIONS.get(name, name).replace("_", "-")
        if name in ("source", "weights"):
            continue
        if isinstance(value, list):
            said = value or ([0] if name == "hidden" else [])
            parts += [shlex.join([f"--{option}", str(each)]) for each in said]
        elif isinstance(value, bool):
            parts.append(f"--{option}" if value else f"--no-{option}")
        elif value is not None:
            parts.append(shlex.join([f"--{option}", str(value)]))
    return parts


def _tables(evaluation: Evaluation) -> Iterable[str]:
    """Yield what is said of each digit, or of pictures of each number of digits."""
    if evaluation.metrics:
        yield section(
            headlines.confusion(evaluation.metrics),
            "What was read as what. Mistakes are coloured, more for more.",
            tables.confusion(evaluation.metrics),
        )
        yield section(
            headlines.classes(evaluation.metrics.per_class),
            "Of the images that show it, how many were misread.",
            tables.classes(evaluation.metrics.per_class),
        )
    elif evaluation.texts:
        yield section(
            headlines.lengths(evaluation.texts.by_length),
            "Pictures read whole, and wrong characters, by the number of digits shown.",
            tables.lengths(evaluation.texts.by_length),
        )


def _mistakes(evaluation: Evaluation) -> str:
    """Return the surest mistakes: images, or pictures with boxes around what was read."""
    if evaluation.pictures:
        figures = [tables.misread(each) for each in evaluation.misread(SHOWN)]
        note, kind = "The pictures, a box around each digit that was read.", "sheet pictures"
    else:
        figures = [tables.mistake(each) for each in evaluation.mistakes(SHOWN)]
        note, kind = "As the network saw them.", "sheet"
    return section(
        headlines.mistakes(len(figures), evaluation.errors),
        note,
        f'<div class="{kind}">{"".join(figures)}</div>',
        "sheet-section",
    )


def section(title: str, text: str, body: str, name: str = "") -> str:
    """Return a part of a page: its headline, a note, and its body, which is HTML."""
    note = f'<p class="note">{escape(text)}</p>\n' if text else ""
    opening = f'<section class="{name}">' if name else "<section>"
    return f"{opening}\n<h2>{escape(title)}</h2>\n{note}{body}\n</section>\n"


def _numbers(evaluation: Evaluation, results: Results) -> str:
    scores = evaluation.scores
    low, high = scores.confidence_interval
    what = "pictures" if evaluation.texts else "images"
    tiles = [
        ("accuracy", f"{scores.accuracy:.2%}", f"95% interval {low:.2%} to {high:.2%}"),
        ("misread", f"{evaluation.errors:,}", f"of {scores.n:,} {what}"),
    ]
    if evaluation.metrics:
        tiles.append(("loss", f"{evaluation.metrics.loss:.4f}", "cross-entropy, nats"))
    elif evaluation.texts:
        rate = evaluation.texts.character_error_rate
        tiles.append(("character errors", f"{rate:.2%}", "edits by characters"))
    tiles += [
        ("calibration error", f"{scores.expected_calibration_error:.2%}", "claimed against true"),
        ("training", f"{results.seconds:.1f} s", f"{len(results.history)} epochs"),
    ]
    items = (
        f"<div><dt>{name}</dt><dd>{value}<small>{small}</small></dd></div>"
        for name, value, small in tiles
    )
    return f'<dl class="numbers">{"".join(items)}</dl>'


def svg(svg: bytes, name: str) -> str:
    """Return matplotlib's SVG as an element of the page, in the page's colours."""
    text = svg.decode()
    text = text[text.index("<svg") :]
    for colour, variable in COLOURS.items():
        text = text.replace(colour, variable)
    text = text.replace("<svg", f'<svg role="img" aria-label="{name}"', 1)
    # What may scroll must be reachable by keyboard.
    return f'<figure class="chart" tabindex="0">{text}</figure>'


def _identity(run: Run) -> Iterable[tuple[str, str]]:
    yield "trained", run.created.replace("T", " ")[:19] + " UTC"
    for dataset in run.datasets:
        yield "dataset", f"{dataset['name']}, sha256 {dataset['digest']}"
    yield "classes", " ".join(run.classes)
    config = run.config.to_json() | {
        "learning_rate": run.config.learning_rate or "the optimizer's own"
    }
    for name, value in config.items():
        if name not in ("dataset", "added"):
            yield name.replace("_", " "), _said(value)
    yield "temperature", _said(run.temperature)
    for name, digest in run.members:
        yield f"member {name}", f"sha256 {digest}"
    yield from run.versions.items()
    for name, artifact in run.artifacts.items():
        yield name, f"{artifact.size:,} bytes, sha256 {artifact.sha256}"


def _said(value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list():
            return " ".join(map(str, value)) or "none"
        case _:
            return str(value)


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    items = (f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in facts)
    return f'<dl class="facts">{"".join(items)}</dl>'

"""The tables and pictures of a report, as HTML."""

import base64
import io
from collections.abc import Sequence
from html import escape

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from mnistcli.evaluation.metrics import ClassMetrics, Metrics
from mnistcli.evaluation.mistakes import Mistake, sureness
from mnistcli.evaluation.texts import LengthMetrics, ReadPicture
from mnistcli.figures import headlines
from mnistcli.figures.boxes import boxed
from mnistcli.runs.layers import Layer

LONGEST = 60  # characters of a text below its picture


def confusion(metrics: Metrics) -> str:
    """Return the confusion matrix, mistakes coloured."""
    matrix = metrics.confusion_matrix.tolist()
    top = max(n for true, row in enumerate(matrix) for read, n in enumerate(row) if true != read)
    names = [escape(name) for name in metrics.classes]
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    rows = []
    for true, row in enumerate(matrix):
        cells = []
        for read, count in enumerate(row):
            if true == read:
                cells.append(f'<td class="hit">{count:,}</td>')
            elif count:
                share = round(80 * count / top)
                cells.append(f'<td class="miss" style="--share:{share}">{count:,}</td>')
            else:
                cells.append("<td></td>")
        rows.append(f'<tr><th scope="row">{names[true]}</th>{"".join(cells)}</tr>')
    return (
        f'<div class="wide" tabindex="0"><table class="confusion"><caption>down: shows; across: was read as'
        f"</caption><tr><td></td>{head}</tr>{''.join(rows)}</table></div>"
    )


def classes(classes: Sequence[ClassMetrics]) -> str:
    """Return a row for each class, with a bar for its misread share."""
    top = max((1 - each.recall for each in classes if each.support), default=0) or 1
    head = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("class", "images", "precision", "recall", "F1", "misread")
    )
    rows = (
        f'<tr><th scope="row">{escape(each.name)}</th><td>{each.support:,}</td>'
        f"<td>{each.precision:.2%}</td><td>{each.recall:.2%}</td><td>{each.f1:.2%}</td>"
        f"<td>{1 - each.recall:.2%}</td>"
        f'<td class="bar"><i style="--share:{100 * (1 - each.recall) / top:.1f}"></i></td></tr>'
        for each in classes
        if each.support
    )
    return (
        f'<div class="wide" tabindex="0"><table class="classes"><tr>{head}<td></td></tr>'
        f"{''.join(rows)}</table></div>"
    )


def layers(layers: Sequence[Layer]) -> str:
    """Return a row for each layer of a network, and one for all of them."""
    head = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("layer", "kind", "output", "parameters", "FLOPs")
    )
    rows = [
        f'<tr><th scope="row">{escape(row.name)}</th><td>{escape(row.kind)}</td>'
        f"<td>{' x '.join(map(str, row.output))}</td><td>{row.parameters:,}</td>"
        f"<td>{row.flops:,}</td></tr>"
        for row in layers
    ]
    parameters, flops = (
        sum(getattr(row, key) for row in layers) for key in ("parameters", "flops")
    )
    rows.append(
        f'<tr><th scope="row">all</th><td></td><td></td><td>{parameters:,}</td><td>{flops:,}</td></tr>'
    )
    return (
        f'<div class="wide" tabindex="0"><table class="classes"><tr>{head}</tr>'
        f"{''.join(rows)}</table></div>"
    )


def mistake(mistake: Mistake) -> str:
    """Return an image that was misread, as ink on paper."""
    data = _png(255 - mistake.image)
    what = escape(f"{mistake.label} read as {mistake.answer}")
    return (
        f'<figure><img src="data:image/png;base64,{data}" alt="{what}" width="28" height="28">'
        f"<figcaption>{what}<small>{sureness(mistake.probability)}</small>"
        f"<small>{escape(mistake.name.rpartition('/')[2])}</small></figcaption></figure>\n"
    )


def lengths(by_length: Sequence[LengthMetrics]) -> str:
    """Return a row for the pictures of each number of digits."""
    head = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("digits", "pictures", "read whole", "character errors")
    )
    rows = (
        f'<tr><th scope="row">{each.length}</th><td>{each.n:,}</td><td>{each.accuracy:.2%}</td>'
        f"<td>{each.character_error_rate:.2%}</td></tr>"
        for each in by_length
    )
    return (
        f'<div class="wide" tabindex="0"><table class="classes"><tr>{head}</tr>'
        f"{''.join(rows)}</table></div>"
    )


def misread(picture: ReadPicture) -> str:
    """Return a picture that was misread, with a box around each digit."""
    image = boxed(picture)
    label, text = (headlines.line(each, LONGEST) for each in (picture.label, picture.text))
    what = f"{label} read as {text}"
    return (
        f'<figure><img src="data:image/png;base64,{_png(image)}" alt="{what}" '
        f'width="{image.shape[1]}" height="{image.shape[0]}">'
        f"<figcaption>{what}<small>{sureness(picture.probability)}</small>"
        f"<small>{escape(picture.path.rpartition('/')[2])}</small></figcaption></figure>\n"
    )


def _png(image: NDArray[np.uint8]) -> str:
    file = io.BytesIO()
    PIL.Image.fromarray(image).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()

"""The drawing page and `POST /predict`: the same reading and the same answer as the command's."""

import re
from collections.abc import Callable, Iterable
from importlib import resources
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mnistcli.classes import are_digits
from mnistcli.reading.prediction import VERSION, Prediction
from mnistcli.runs.run import Run
from mnistcli.web.guard import LOOPBACK, Guard, problem
from mnistcli.web.limits import Body, Limits
from mnistcli.web.reader import Reader

ASSETS = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/sheet.js": ("sheet.js", "text/javascript"),
    "/favicon.svg": ("favicon.svg", "image/svg+xml"),
}
FORM = "multipart/form-data"
ANY = "any"  # number of digits


def create_app(
    run: Run,
    *,
    hosts: Iterable[str] = (),
    root: str = "",
    limits: Limits | None = None,
    report: Callable[[Exception], None] = lambda _error: None,
) -> Starlette:
    """Return the application that answers with the network of `run`.

    It answers requests addressed to the loopback names, to `hosts`, and to the very address that
    a connection arrived at; under `root`, such as /digits, as well as under /. `report` is told
    what went wrong in the program itself.
    """
    reader = Reader(run)
    body = Body(limits or Limits())

    async def predict(request: Request) -> Response:
        if request.headers.get("content-type", "").startswith(FORM):
            raise HTTPException(
                415, "a form was sent: expected the picture's bytes alone (curl --data-binary)."
            )
        count = _count(request.query_params.get("digits", ANY))
        if "digits" in request.query_params and not are_digits(run.classes):
            raise HTTPException(400, "digits goes with digits only: this run tells others apart.")
        async with body.of(request) as data:
            if not data:
                raise HTTPException(400, "the body is empty: expected the bytes of a picture.")
            prediction = await reader.read(data, count)
        return answer(prediction, run, with_image="image" in request.query_params)

    async def health(_request: Request) -> Response:
        about = {"version": VERSION, "status": "ok", "run": run.name, "classes": [*run.classes]}
        return JSONResponse(about)

    application = Starlette(
        routes=[
            *(Route(path, _asset(*asset)) for path, asset in ASSETS.items()),
            Route("/predict", predict, methods=["POST"]),
            Route("/health", health),
        ],
        middleware=[Middleware(Guard, hosts=LOOPBACK.union(hosts), report=report, root=root)],
        exception_handlers={HTTPException: _refuse},
    )
    application.router.redirect_slashes = False  # /predict/ is another path, not another spelling
    return application


def answer(prediction: Prediction, run: Run, *, with_image: bool) -> Response:
    """Return the JSON of `mnistcli predict --json -`; 422 when the picture could not be read.

    With the 28x28 images the status is always 200: browsers log every other as a defect of the
    page, and the first dot of a drawing is none.
    """
    prediction_json: dict[str, Any] = prediction.to_json()
    if with_image:
        image = prediction.image
        prediction_json["image"] = None if image is None else image.tolist()
        for digit, digit_json in zip(prediction.digits, prediction_json["digits"], strict=True):
            digit_json["image"] = digit.image.tolist()
        said = prediction.transcription
        prediction_json["size"] = list(said.size) if said else None
    content: dict[str, Any] = {
        "version": VERSION,
        "run": str(run.path.absolute()),
        "classes": list(run.classes),
        "predictions": [prediction_json],
    }
    if prediction.error is None:
        return JSONResponse(content)
    return JSONResponse({**content, "error": prediction.error}, 200 if with_image else 422)


def _count(name: str) -> int | None:
    """Return how many digits were asked for, None for any; raise HTTPException 400."""
    if name == ANY:
        return None
    if not re.fullmatch("[1-9][0-9]{0,3}", name):
        raise HTTPException(400, "digits is wrong: expected any, or a number from 1, such as 4.")
    return int(name)


def _asset(name: str, media_type: str) -> Callable[[Request], Response]:
    content = (resources.files("mnistcli.web") / name).read_bytes()

    def serve(_request: Request) -> Response:
        # no-cache: an upgraded mnistcli must not meet yesterday's page.
        return Response(content, media_type=media_type, headers={"cache-control": "no-cache"})

    return serve


def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
    reason = {
        404: "there is no such path: expected /, /predict or /health.",
        405: f"{request.method} does not go with this path: see the Allow header.",
    }.get(error.status_code, error.detail)
    return problem(error.status_code, reason, error.headers)

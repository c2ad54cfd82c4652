"""Flask at port 3456, under gunicorn with four processes: `python -m examples.services flask`."""

from __future__ import annotations

from flask import Flask, Response, jsonify, request

from examples.services.place import reviews_at
from openhitl.errors import HitlError
from openhitl.service import Reply, refusal, sample
from openhitl.service.wsgi import ReviewsWsgi

reviews = reviews_at(3456, "Flask example")
app = Flask(__name__, static_folder=None)
app.wsgi_app = ReviewsWsgi(reviews, app.wsgi_app)  # type: ignore[method-assign]


@app.post("/api/demo")
def demo() -> Response:
    """Ask one of the five sample questions."""
    return _sent(reviews.ask_sync(sample(request.args.get("type", "selection")), demo=True))


@app.errorhandler(HitlError)
def refused(error: HitlError) -> Response:
    """Say what was wrong."""
    return _sent(refusal(error))


def _sent(reply: Reply) -> Response:
    response = jsonify(reply.body)
    response.status_code = reply.status
    response.headers.update(reply.headers)
    return response

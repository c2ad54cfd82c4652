"""Django at port 3459, under waitress: `python -m examples.services django`.

A project's settings, views, urls and wsgi.py in one file, whose `app` is the application.
"""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from examples.services.place import reviews_at
from openhitl.errors import HitlError
from openhitl.service import Reply, refusal, sample
from openhitl.service.wsgi import ReviewsWsgi

reviews = reviews_at(3459, "Django example")
settings.configure(
    ROOT_URLCONF=__name__, ALLOWED_HOSTS=["localhost"], SECRET_KEY=secrets.token_hex(32), USE_TZ=True
)


@csrf_exempt
@require_POST
def demo(request: HttpRequest) -> JsonResponse:
    """Ask one of the five sample questions."""
    try:
        reply: Reply = reviews.ask_sync(sample(request.GET.get("type", "selection")), demo=True)
    except HitlError as error:
        reply = refusal(error)
    return JsonResponse(reply.body, status=reply.status, headers=dict(reply.headers))


urlpatterns = [path("api/demo", demo)]
app = ReviewsWsgi(reviews, get_wsgi_application())

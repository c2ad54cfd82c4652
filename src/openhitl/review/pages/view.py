"""What the pages are made from and what comes back from them: values, no requests.

The door reads a case, builds a `PageView` and sends the `Page` it gets. A form post comes back as
`(name, value)` pairs and is decoded by `posts.decode_answer` or `posts.decode_step`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime

from markupsafe import Markup

from openhitl.cases import Draft, StoredCase
from openhitl.protocol.case import Json
from openhitl.protocol.preferences import USUAL, Preferences
from openhitl.protocol.record import record
from openhitl.review.pages.theme import PLAIN, Theme

Pairs = Sequence[tuple[str, str]]
NOTHING = Markup()


@record(frozen=True, slots=True, kw_only=True)
class Problems:
    """Why a post was refused, and everything the person had typed.

    `errors` are as `InvalidAnswer.details["errors"]` has them; `pairs` is the whole form post.
    `message` is for refusals that name no field.
    """

    errors: Sequence[Mapping[str, object]] = ()
    pairs: Pairs = ()
    message: str = ""


@record(frozen=True, slots=True, kw_only=True)
class PageView:
    """Everything a review page depends on.

    Args:
        token: review token, already verified; goes into every link and form action. Empty for somebody who
            came by name.
        csrf: what shows a post to come from this page, where somebody is signed in.
        mark: who that is, for their browser: an answer that waits for a connection is sent as theirs alone.
        rounds: the cases before this one in its chain, newest first, as far as they are known.
        base: path prefix of the server, "" or "/prefix", without a trailing slash.
        query: the page's query parameters (`view`, `step`, …), token excluded or not.
        carried: sensitive form values opened from the sealed cookie; never stored on the server.
        prefills: values of `default_ref` fields that the door fetched because the query asked for
            them (`?prefill=<key>`), for browsers without script.
        problems: set when a post was refused; the page is then sent with status 422.
        submission_id: becomes a hidden field, so that a double tap is one answer.
        zone: IANA name of the reader's time zone; times are labelled UTC without one.
        look: how whoever is signed in wants pages to be.
        beside: what stands beside the page for somebody who came by name, as HTML of our own.
        lacks_passkey: whether somebody is signed in who has none, and the case asks for one.
    """

    stored: StoredCase
    token: str
    now: datetime
    csrf: str = ""
    mark: str = ""
    rounds: Sequence[StoredCase] = ()
    draft: Draft | None = None
    base: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"
    carried: Json = field(default_factory=dict)
    prefills: Json = field(default_factory=dict)
    problems: Problems | None = None
    submission_id: str = ""
    zone: str | None = None
    theme: Theme = PLAIN
    look: Preferences = USUAL
    beside: Markup = NOTHING
    lacks_passkey: bool = False


@record(frozen=True, slots=True)
class Page:
    """One HTML document and its status. `form_target`, `installs` and `mark` as in `page_headers`."""

    html: str
    status: int = 200
    form_target: str = ""
    installs: bool = False
    mark: str = ""


@record(frozen=True, slots=True, kw_only=True)
class StepPost:
    """A decoded draft post.

    `values` replaces the draft (they include what was drafted before and hold nothing sensitive);
    `sensitive` replaces what the sealed cookie carries; `version` is the draft version the page was
    made from, None when it said none. Redirect to `/review/{id}?token=…` with `query` added, unless
    there are `problems`: then render the page again with them and status 422, and save nothing.
    `step` is the one the person goes to, from 1; 0 where the case has no steps. `here` is the query of
    the page that was posted, so that it can be drawn again.
    """

    values: Json
    sensitive: Json = field(default_factory=dict)
    step: int = 0
    version: int | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    here: Mapping[str, str] = field(default_factory=dict)
    problems: Problems | None = None

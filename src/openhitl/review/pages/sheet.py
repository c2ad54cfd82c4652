"""One page being made: the view, its words and links, and the templates to draw it with."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from openhitl.errors import CallerError
from openhitl.protocol.case import Content, ReviewCase, Status
from openhitl.protocol.context import Context
from openhitl.protocol.policies import REFUSING, Mode, SubmitPath
from openhitl.protocol.preferences import USUAL
from openhitl.protocol.record import record
from openhitl.protocol.timestamps import timestamp
from openhitl.protocol.tree import humanise
from openhitl.protocol.visible import visible
from openhitl.review.pages import agent_text
from openhitl.review.pages.assets import asset_name
from openhitl.review.pages.links import Links
from openhitl.review.pages.moments import Moment, moment
from openhitl.review.pages.view import Page, PageView
from openhitl.words import Words


@record(frozen=True, slots=True)
class ProofAsked:
    """That answers come with a passkey: if people want, or all but those in `free`. HITL v0.8 §7.6."""

    optional: bool
    free: tuple[str, ...] = ()


@record(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What every part of a page needs. `context` is None when the stored one cannot be read."""

    view: PageView
    words: Words
    links: Links
    context: Context | None

    @property
    def case(self) -> ReviewCase:
        return self.view.stored.case

    @property
    def content(self) -> Content:
        return self.view.stored.content

    @property
    def proof(self) -> ProofAsked | None:
        """Say what evidence the page has to ask for."""
        policy = self.content.policy
        if policy is None or not policy.concerns(SubmitPath.BROWSER) or self.case.is_final:
            return None
        free = tuple(sorted(REFUSING)) if policy.mode is Mode.STEP_UP else ()
        return ProofAsked(policy.mode is Mode.OPTIONAL, free)

    @property
    def now_iso(self) -> str:
        return timestamp(self.view.now)

    @property
    def is_unopened(self) -> bool:
        """Tell whether the page still has to report that somebody looked at it."""
        return self.case.status is Status.PENDING

    def moment(self, instant: datetime) -> Moment:
        """Say an instant for this reader."""
        return moment(instant, now=self.view.now, words=self.words, zone=self.view.zone)

    def draw(self, template: str, *, status: int | None = None, **values: Any) -> Page:
        """Fill a template; a page with problems is sent as 422 unless told otherwise."""
        usual = 422 if self.view.problems else 200
        html = (
            environment(self.words)
            .get_template(template)
            .render(
                sheet=self,
                links=self.links,
                base=self.view.base,
                theme=self.view.theme,
                words=self.words,
                look=self.view.look,
                **values,
            )
        )
        return Page(html, usual if status is None else status)


def open_sheet(view: PageView, words: Words) -> Sheet:
    """Lay out a page for a view; an unreadable context is no error but draws only as raw text."""
    content = view.stored.content
    try:
        context = Context.parse(content.type, content.context, lenient=True)
    except CallerError:
        context = None
    return Sheet(view=view, words=words, links=Links.of(view), context=context)


@cache
def environment(words: Words) -> Environment:
    """Make the template environment of a language."""
    environment = Environment(
        loader=PackageLoader("openhitl.review"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        words.gettext, words.ngettext, newstyle=True
    )
    environment.globals.update(
        agent=agent_text.agent,
        drawn=agent_text.drawn,
        paragraphs=agent_text.paragraphs,
        linked=agent_text.linked,
        link=agent_text.link,
        visible=visible,
        humanise=humanise,
        asset=asset_name,
        look=USUAL,
    )
    return environment

"""The settings page, section by section: each is one file with one `Section`, named in `SECTIONS`."""

from openhitl.review.inbox.sections.account import ACCOUNT
from openhitl.review.inbox.sections.notifications import NOTIFICATIONS
from openhitl.review.inbox.sections.pages import PAGES
from openhitl.review.inbox.sections.section import Section

#: In the order in which they stand on the page.
SECTIONS: tuple[Section, ...] = (NOTIFICATIONS, PAGES, ACCOUNT)

__all__ = ["SECTIONS", "Section"]

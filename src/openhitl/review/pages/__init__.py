"""The server-rendered review pages."""

from openhitl.review.pages.assets import static_file
from openhitl.review.pages.headers import page_headers
from openhitl.review.pages.posts import check_seen, decode_answer, decode_step, merge_draft
from openhitl.review.pages.render import render_error, render_registration, render_review
from openhitl.review.pages.theme import PLAIN, Theme
from openhitl.review.pages.view import Page, PageView, Problems, StepPost

__all__ = [
    "PLAIN",
    "Page",
    "PageView",
    "Problems",
    "StepPost",
    "Theme",
    "check_seen",
    "decode_answer",
    "decode_step",
    "merge_draft",
    "page_headers",
    "render_error",
    "render_registration",
    "render_review",
    "static_file",
]

"""Response headers of pages and of static files."""

from __future__ import annotations

from collections.abc import Mapping

#: Nothing is inline and nothing comes from elsewhere; scripts cannot write HTML from strings.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)


#: The one thing that a page of the app makes of a string: the address of the service worker.
APP_POLICY = CONTENT_SECURITY_POLICY.replace(
    "trusted-types 'none'", "trusted-types hitl-sw; worker-src 'self'; manifest-src 'self'"
)


def page_headers(form_target: str = "", *, installs: bool = False, mark: str = "") -> Mapping[str, str]:
    """Return the headers that every page is sent with. The URL holds a token, hence no referrer.

    Args:
        form_target: where else the answer to the page's form may lead, as a source of CSP Level 3 §2.3.1.
        installs: whether it is part of the app, which may keep it to show it without a connection.
        mark: whose it is, for their browser, which shows what it keeps to nobody else.
    """
    policy = APP_POLICY if installs else CONTENT_SECURITY_POLICY
    if form_target:
        policy = policy.replace("form-action 'self'", f"form-action 'self' {form_target}")
    kept = {"X-Offline": f"{'keep' if installs else 'show'};{mark}"} if mark else {}
    return {
        **kept,
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex, nofollow",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Vary": "Accept-Language",
    }

"""Where somebody goes on to once they are signed in: a page of this server, and no other."""

from __future__ import annotations

import re

#: Where somebody sees how they sign in: after they have just made an account, or changed that.
HOME = "/account"
#: Where whoever wants nothing in particular goes.
INBOX = "/inbox"
#: Requests for a grant of OAuth are among them, with whatever state their program needs.
MAX_CHARACTERS = 8_000
#: One slash and then none: browsers read `//` and `/\` as another host, and leave out what cannot be seen
#: before they look. WHATWG URL §4.4.
_HERE = re.compile(r"/(?![/\\])[!-\[\]-~]*")


def destination(wanted: str) -> str:
    """Return a path of this server, in ASCII, with its query; the inbox for anything else."""
    is_ours = len(wanted) <= MAX_CHARACTERS and _HERE.fullmatch(wanted)
    return wanted if is_ours else INBOX

"""Links never decide: what opens every URL by itself changes nothing. HITL v0.8 §7."""

from __future__ import annotations

import pytest

from tests.door.bodies import BY_TYPE
from tests.door.test_flow import respond

#: User agents of link previews and mail scanners, as they name themselves.
BOTS = (
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "TelegramBot (like TwitterBot)",
    "WhatsApp/2.23.20.0",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Twitterbot/1.0",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "SkypeUriPreview Preview/0.5",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) SkypeUriPreview Preview/0.5 MicrosoftPreview/2.0",
    "Mozilla/5.0 (compatible; Google-Safety; +http://www.google.com/bot.html)",
    "GoogleImageProxy via ggpht.com",
    "Barracuda Sentinel (EE)",
    "Mimecast-URL-Protect/1.0",
    "Proofpoint URL Defense",
    "Mozilla/5.0 (compatible; Applebot/0.1; +http://www.apple.com/go/applebot)",
)


@pytest.mark.parametrize("review_type", ["confirmation", "approval", "input"])
def test_fetching_every_url_of_a_202_changes_nothing(server, review_type):
    hitl = server.ask(BY_TYPE[review_type])
    urls = [value for name, value in hitl.items() if name.endswith("_url") and value]
    assert len(urls) >= 3
    before = server.status(hitl)
    for bot in BOTS:
        for url in urls:
            for method in ("GET", "HEAD", "OPTIONS"):
                response = server.anyone.request(method, url, headers={"user-agent": bot, "accept": "*/*"})
                assert response.status_code < 500
        for suffix in ("&view=reject", "&view=edit", "&view=cancel", "&view=full", "&step=2"):
            assert server.anyone.get(hitl["review_url"] + suffix).status_code == 200
    assert server.status(hitl) == before
    shown = server.service.get(f"/api/v1/reviews/{hitl['case_id']}").json()
    assert shown["status"] == "pending"
    assert "opened_at" not in shown
    action = {"confirmation": "confirm", "approval": "approve"}.get(review_type)
    if action:  # the token is as good as before
        assert respond(server, hitl, {"action": action, "data": {}}).status_code == 200

"""Stand-ins of the five platforms on real sockets.

They refuse what the platforms refuse, keep messages and change them, and sign what they send when
somebody presses a button.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from openhitl.agent.inline import Call, discord, slack, whatsapp
from openhitl.agent.inline.discord_signature import check_discord
from openhitl.agent.inline.signatures import check_slack, check_telegram, check_whatsapp
from tests.agent.inline.limits import Refused, check, need
from tests.agent.inline.presses import PRESSES, SLACK_RESPONSE_URL, TO, buttons_of, form_of_slack, text_of

SECRET = "the-secret-of-the-app"
CREDENTIAL = "the-credential-of-the-bot"
_KEY = Ed25519PrivateKey.from_private_bytes(b"\5" * 32)


class Chat:
    """One platform. `messages` are what people see, by id; `notices` what one person was told."""

    def __init__(self, platform: str) -> None:
        self.platform = platform
        self.messages: dict[str, dict[str, Any]] = {}
        self.notices: list[str] = []

    def __enter__(self) -> Chat:
        chat = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                credential = self.headers.get("authorization", "")
                status, body = chat.take(self.command, self.path, credential, json.loads(raw))
                said = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            do_POST = do_PUT = do_PATCH = answer  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"
        if self.platform == "telegram":
            self.base += f"/bot{CREDENTIAL}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def send(self, call: Call) -> httpx2.Response:
        """Send a call as an agent would, with the bot's credential where it belongs."""
        url = call.url(self.base)
        needs_credential = not url.startswith("https://") and not call.path.startswith("webhooks/")
        url = url.replace("https://hooks.slack.com", f"{self.base}/hooks")
        headers = {"authorization": CREDENTIAL} if needs_credential else {}
        return httpx2.request(call.method, url, json=dict(call.body), headers=headers, trust_env=False)

    def take(self, method: str, path: str, credential: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Answer one request of an agent."""
        path = path.removeprefix("/")
        if path.startswith(f"bot{CREDENTIAL}/"):
            path, credential = path.removeprefix(f"bot{CREDENTIAL}/"), CREDENTIAL
        hook = path.startswith("hooks/")
        call = Call(
            method=method,
            path=path.replace("hooks/", "https://hooks.slack.com/") if hook else path,
            body=body,
        )
        if not hook and not path.startswith("webhooks/") and credential != CREDENTIAL:
            return 401, {"error": "unauthorized"}
        try:
            check(self.platform, call)
            return 200, _TAKE[self.platform](self, call)
        except Refused as refused:
            return 400, {"error": str(refused)}

    def post(self, body: Mapping[str, Any]) -> str:
        message_id = {"slack": f"1771581600.{len(self.messages):06}"}.get(
            self.platform, str(len(self.messages) + 1)
        )
        self.messages[message_id] = dict(body)
        return message_id

    def edit(self, message_id: str, body: Mapping[str, Any]) -> None:
        need(message_id in self.messages, "message to edit not found")
        need(self.messages[message_id] != body, "message is not modified")
        self.messages[message_id] = {**self.messages[message_id], **body}

    @property
    def last(self) -> str:
        return list(self.messages)[-1]

    def shows(self, message_id: str | None = None) -> str:
        """Return everything a message shows or opens."""
        return text_of(self.platform, self.messages[message_id or self.last])

    def buttons(self, message_id: str | None = None) -> dict[str, str]:
        return buttons_of(self.platform, self.messages[message_id or self.last])

    def press(self, label: str, message_id: str | None = None) -> Any:
        """Press a button; return what the agent reads, its signature checked on the way."""
        at = message_id or self.last
        made = PRESSES[self.platform](
            self.buttons(at)[label],
            chat=TO[self.platform],
            message=int(at) if self.platform == "telegram" else at,
        )
        return _DELIVER[self.platform](made)


# -- what each platform does with a request -----------------------------------------------------------


def _telegram(chat: Chat, call: Call) -> Any:
    body = call.body
    if call.path == "getUpdates":
        # Somebody presses the first button there is.
        labels = [] if body["offset"] else list(chat.buttons())
        return {"ok": True, "result": [chat.press(label) for label in labels[:1]]}
    if call.path == "answerCallbackQuery":
        chat.notices.append(body["text"])
        return {"ok": True, "result": True}
    if call.path == "sendMessage":
        message_id = int(chat.post(body))
        return {"ok": True, "result": {"message_id": message_id, "chat": {"id": body["chat_id"]}}}
    chat.edit(str(body["message_id"]), {"reply_markup": {"inline_keyboard": []}, **body})
    return {"ok": True, "result": True}


def _slack(chat: Chat, call: Call) -> Any:
    body = call.body
    if body.get("response_type") == "ephemeral" or call.path == "chat.postEphemeral":
        chat.notices.append(body["text"])
    elif call.path == "chat.postMessage":
        return {"ok": True, "channel": body["channel"], "ts": chat.post(body)}
    else:
        chat.edit(body.get("ts", chat.last), body)
    return {"ok": True}


def _discord(chat: Chat, call: Call) -> Any:
    steps = call.path.split("/")
    if call.method == "PATCH":
        chat.edit(chat.last if steps[-1] == "@original" else steps[-1], call.body)
    elif steps[0] == "webhooks":
        need(call.body["flags"] & 64, "everybody would see it")
        chat.notices.append(call.body["content"])
    else:
        return {"id": chat.post(call.body), "channel_id": steps[1]}
    return {}


def _whatsapp(chat: Chat, call: Call) -> Any:
    if "context" in call.body:
        need(call.body["context"]["message_id"] in chat.messages, "(#131009) context")
    return {"messaging_product": "whatsapp", "messages": [{"id": chat.post(call.body)}]}


def _teams(chat: Chat, call: Call) -> Any:
    conversation = unquote(call.path.split("/")[2])
    need(conversation == TO["teams"], "404")
    if call.method == "PUT":
        chat.edit(call.path.split("/")[-1], call.body)
    elif "text" in call.body:
        chat.notices.append(call.body["text"])
    else:
        return {"id": chat.post(call.body)}
    return {}


_TAKE: Mapping[str, Callable[[Chat, Call], Any]] = {
    "telegram": _telegram,
    "slack": _slack,
    "discord": _discord,
    "whatsapp": _whatsapp,
    "teams": _teams,
}


# -- how each platform delivers a press ------------------------------------------------------------------


def _from_telegram(payload: Any) -> Any:
    check_telegram(secret_token=SECRET, header=SECRET)
    return json.loads(json.dumps(payload))


def _from_slack(payload: Any) -> Any:
    assert payload["response_url"] == SLACK_RESPONSE_URL
    form, now = form_of_slack(payload), datetime.now(UTC)
    timestamp = str(int(now.timestamp()))
    signed = f"v0:{timestamp}:".encode() + form
    signature = "v0=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    check_slack(form, secret=SECRET, timestamp=timestamp, signature=signature, now=now)
    return slack.payload_in(form)


def _from_discord(payload: Any) -> Any:
    raw, timestamp = json.dumps(payload).encode(), "1771581600"
    signature = _KEY.sign(timestamp.encode() + raw).hex()
    public = _KEY.public_key().public_bytes_raw().hex()
    check_discord(raw, public_key=public, timestamp=timestamp, signature=signature)
    assert discord.acknowledgement(json.loads(raw)) == {"type": 6}
    return json.loads(raw)


def _from_whatsapp(payload: Any) -> Any:
    raw = json.dumps(payload).encode()
    signature = "sha256=" + hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
    check_whatsapp(raw, app_secret=SECRET, signature=signature)
    (one,) = whatsapp.split(json.loads(raw))
    return one


_DELIVER: Mapping[str, Callable[[Any], Any]] = {
    "telegram": _from_telegram,
    "slack": _from_slack,
    "discord": _from_discord,
    "whatsapp": _from_whatsapp,
    "teams": lambda payload: json.loads(json.dumps(payload)),
}

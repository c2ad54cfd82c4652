"""The tables of people, agents and what they hold. Of every secret that is random, only a hash is here.

Codes, links and tokens that are good once are kept until they would be too old, so that a second use is
told from an unknown one.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, SmallInteger, Table, Text

from openhitl.store.schema import Ref, metadata

#: `name` is what others read and what its person signs in with; `name_key` is it, folded, for finding.
people = Table(
    "people",
    metadata,
    Column("id", Ref, primary_key=True),
    Column("space_id", Integer, nullable=False, server_default="1"),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("password_hash", Text),
    Column("totp_sealed", LargeBinary),
    # The number of the last half minute whose code was used: no code is good twice.
    Column("totp_step", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
)

#: Who a person is to an OpenID provider.
person_subjects = Table(
    "person_subjects",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("person_id", Ref, ForeignKey("people.id"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
)

#: Where people are signed in. `kind` is browser or terminal; `method` is how they proved who they are.
sessions = Table(
    "sessions",
    metadata,
    Column("id", Ref, primary_key=True),
    Column("person_id", Ref, ForeignKey("people.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("method", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

#: Links that are good once. `kind` is join (an account is made, of this role) or sign_in (as a person).
person_links = Table(
    "person_links",
    metadata,
    Column("id", Ref, primary_key=True),
    Column("space_id", Integer, nullable=False, server_default="1"),
    Column("kind", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("role", Text),
    Column("person_id", Ref, ForeignKey("people.id"), index=True),
    Column("created_by", Ref, ForeignKey("people.id")),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

#: Challenges that a passkey has signed for signing in; each is good once.
spent_challenges = Table(
    "spent_challenges",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
)

#: Passkeys. `name` says whose they are, for the person or, in an embedded server, by label alone; `rp_id` is
#: the host they are for.
passkeys = Table(
    "passkeys",
    metadata,
    Column("id", Ref, primary_key=True),
    Column("space_id", Integer, nullable=False, server_default="1"),
    Column("name", Text, nullable=False),
    Column("rp_id", Text, nullable=False),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("person_id", Ref, ForeignKey("people.id"), index=True),
)

#: Links, good once, at which somebody registers a passkey; only their hash is here.
passkey_links = Table(
    "passkey_links",
    metadata,
    Column("id", Ref, primary_key=True),
    Column("space_id", Integer, nullable=False, server_default="1"),
    Column("name", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("person_id", Ref, ForeignKey("people.id")),
)

#: Who asks. `assurance` is the least that the agent's owners want; null for what is usual.
agents = Table(
    "agents",
    metadata,
    Column("id", Ref, primary_key=True),
    Column("space_id", Integer, nullable=False, server_default="1"),
    Column("name", Text, nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    # Counts the secrets that callbacks to this agent were signed with; they are derived, not stored.
    Column("callback_generation", Integer, nullable=False, server_default="0"),
    Column("callback_rotated_at", BigInteger),
    Column("assurance", Text),
    Column("disabled_at", BigInteger),
)

#: The people whom an agent belongs to.
agent_owners = Table(
    "agent_owners",
    metadata,
    Column("agent_id", Ref, ForeignKey("agents.id"), primary_key=True, autoincrement=False),
    Column("person_id", Ref, ForeignKey("people.id"), primary_key=True, autoincrement=False, index=True),
    Column("created_at", BigInteger, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Ref, primary_key=True),
    Column("agent_id", Ref, ForeignKey("agents.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("scopes", Text, nullable=False, server_default="ask read"),
)

#: Programs that ask people for grants. `kind` is how they came: dynamic (RFC 7591), document (a client id
#: that is the address of its metadata), admin. Lists are JSON.
oauth_clients = Table(
    "oauth_clients",
    metadata,
    Column("id", Ref, primary_key=True),
    Column("client_id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("secret_hash", LargeBinary),
    Column("redirect_uris", Text, nullable=False),
    Column("grant_types", Text, nullable=False),
    Column("auth_method", Text, nullable=False),
    Column("agent_name", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("fetched_at", BigInteger),
)

#: What a person has allowed a client: to act as one agent. All tokens of a grant end with it.
oauth_grants = Table(
    "oauth_grants",
    metadata,
    Column("id", Ref, primary_key=True),
    Column("client_ref", Ref, ForeignKey("oauth_clients.id"), nullable=False, index=True),
    Column("person_id", Ref, ForeignKey("people.id"), nullable=False, index=True),
    Column("agent_id", Ref, ForeignKey("agents.id"), nullable=False, index=True),
    Column("scopes", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

oauth_codes = Table(
    "oauth_codes",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("client_ref", Ref, ForeignKey("oauth_clients.id"), nullable=False),
    Column("person_id", Ref, ForeignKey("people.id"), nullable=False),
    Column("agent_name", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("challenge", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("used_at", BigInteger),
    Column("grant_id", Ref, ForeignKey("oauth_grants.id")),
)

#: A refresh token that was used keeps its row: using it again, later, ends its grant.
oauth_refresh_tokens = Table(
    "oauth_refresh_tokens",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("grant_id", Ref, ForeignKey("oauth_grants.id"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

#: Devices that wait for somebody to allow them elsewhere. RFC 8628.
device_codes = Table(
    "device_codes",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("user_code_hash", LargeBinary, nullable=False, unique=True),
    Column("client_ref", Ref, ForeignKey("oauth_clients.id"), nullable=False),
    Column("agent_name", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("interval_seconds", SmallInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("polled_at", BigInteger),
    Column("person_id", Ref, ForeignKey("people.id")),
    Column("allowed", SmallInteger),
    Column("used_at", BigInteger),
)

#: How fast something may be done: when a bucket that was emptied since would be full again.
rate_buckets = Table(
    "rate_buckets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("full_at", BigInteger, nullable=False, index=True),
)

#: Public keys (X25519, base64) that agents are written to with.
public_keys = Table(
    "public_keys",
    metadata,
    Column("id", Ref, primary_key=True),
    Column("agent_id", Ref, ForeignKey("agents.id"), nullable=False, index=True),
    Column("public_key", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

#: What people read encrypted questions on. `kind` is browser or terminal; `box_key` (X25519) is what is
#: encrypted to and `sign_key` (Ed25519) what signs device lists, both base64url. It ends with its session.
devices = Table(
    "devices",
    metadata,
    Column("id", Ref, primary_key=True),
    Column("person_id", Ref, ForeignKey("people.id"), nullable=False, index=True),
    Column("session_id", Ref, ForeignKey("sessions.id"), index=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("box_key", Text, nullable=False, unique=True),
    Column("sign_key", Text, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

#: The device list of each person: a chain of statements that their devices have signed.
device_lists = Table(
    "device_lists",
    metadata,
    Column("person_id", Ref, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("statement", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

#: Content keys of encrypted cases that a device of somebody's hands to another one of theirs which came
#: later: `body` is an envelope that only that one opens, `direction` says of what (request or answer).
handed_keys = Table(
    "handed_keys",
    metadata,
    Column("case_ref", Ref, ForeignKey("cases.id"), primary_key=True, autoincrement=False),
    Column("direction", Text, primary_key=True),
    Column("to_device", Ref, ForeignKey("devices.id"), primary_key=True, autoincrement=False, index=True),
    Column("from_device", Ref, ForeignKey("devices.id"), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

#: Devices on their way in: a code is shown where somebody is signed in (`session_id`; null: on the server's
#: terminal), the device claims it, and whoever showed it allows the number that the device shows.
pairings = Table(
    "pairings",
    metadata,
    Column("id", Ref, primary_key=True),
    Column("space_id", Integer, nullable=False, server_default="1"),
    Column("person_id", Ref, ForeignKey("people.id"), nullable=False, index=True),
    Column("session_id", Ref, ForeignKey("sessions.id")),
    Column("code_hash", LargeBinary, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("claim_hash", LargeBinary, unique=True),
    Column("claimed_at", BigInteger),
    Column("kind", Text),
    Column("name", Text),
    Column("box_key", Text),
    Column("sign_key", Text),
    Column("number", SmallInteger),
    Column("place", Text),
    Column("tries", SmallInteger, nullable=False, server_default="0"),
    Column("decided_at", BigInteger),
    Column("allowed", SmallInteger),
    Column("used_at", BigInteger),
)

#: Where browsers are told of cases. RFC 8030; `p256dh` and `auth` are base64url, as RFC 8291 has them.
push_subscriptions = Table(
    "push_subscriptions",
    metadata,
    Column("id", Ref, primary_key=True),
    Column("person_id", Ref, ForeignKey("people.id"), nullable=False, index=True),
    Column("session_id", Ref, ForeignKey("sessions.id"), nullable=False, index=True),
    Column("endpoint", Text, nullable=False, unique=True),
    Column("p256dh", Text, nullable=False),
    Column("auth", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("delivered_at", BigInteger),
    Column("failed_at", BigInteger),
    Column("last_error", Text),
)

#: How somebody wants things to be: language, time zone, theme and so on.
person_settings = Table(
    "person_settings",
    metadata,
    Column("person_id", Ref, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("v", SmallInteger, nullable=False),
    Column("body", Text, nullable=False),
)

#: Agents that somebody does not want to be told of.
agent_mutes = Table(
    "agent_mutes",
    metadata,
    Column("person_id", Ref, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("agent_id", Ref, ForeignKey("agents.id"), primary_key=True, autoincrement=False),
    Column("created_at", BigInteger, nullable=False),
)

#: Notices that somebody has read.
notice_reads = Table(
    "notice_reads",
    metadata,
    Column("person_id", Ref, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("notice_id", Ref, ForeignKey("notices.id"), primary_key=True, autoincrement=False),
    Column("read_at", BigInteger, nullable=False),
)

#: Which cases a browser was told of, so that it is told of their end.
push_deliveries = Table(
    "push_deliveries",
    metadata,
    Column(
        "subscription_id", Ref, ForeignKey("push_subscriptions.id"), primary_key=True, autoincrement=False
    ),
    Column("case_ref", Ref, ForeignKey("cases.id"), primary_key=True, autoincrement=False, index=True),
    Column("delivered_at", BigInteger, nullable=False),
)

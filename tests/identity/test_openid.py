"""The client of an OpenID provider, against one on a real socket."""

import base64
import hashlib
import hmac
import json
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from openhitl.errors import AddressRefused, PeerError, ProviderFailed, SsoFailed
from openhitl.identity.openid import CACHE_LIFE, OpenIdProvider, Registration
from openhitl.outbound import Guard, OutboundHttp
from openhitl.protocol.base64url import encode
from tests.identity.provider import ADA, CLIENT_ID, SECRET, new_rsa, providing

pytestmark = pytest.mark.anyio

REDIRECT = "https://hitl.example.org/sign-in/oidc/callback"
VERIFIER, NONCE, STATE = "v" * 43, "n" * 43, "s" * 43
CHALLENGE = encode(hashlib.sha256(VERIFIER.encode()).digest())


@pytest.fixture
def provider():
    with providing() as provider:
        provider.redirect_uri = REDIRECT
        yield provider


class Client:
    """Our side, and the browser between the two."""

    def __init__(self, provider, outbound):
        self.provider = provider
        self.now = datetime.now(UTC)
        registration = Registration(
            issuer=provider.url, client_id=CLIENT_ID, secret=provider.secret, redirect_uri=REDIRECT
        )
        self.ours = OpenIdProvider(registration, outbound, clock=lambda: self.now)

    async def come_back(self, **changes):
        """Go to the provider; return what the browser brings back."""
        url = await self.ours.authorization_url(state=STATE, nonce=NONCE, challenge=CHALLENGE)
        brought = dict(parse_qsl(urlsplit(self.provider.authorize(url)).query))
        assert brought["state"] == STATE
        return {name: value for name, value in {**brought, **changes}.items() if value is not None}

    async def sign_in(self, **changes):
        return await self.ours.identify(await self.come_back(**changes), verifier=VERIFIER, nonce=NONCE)


@asynccontextmanager
async def client_of(provider, networks=("127.0.0.0/8",)):
    outbound = OutboundHttp(Guard(networks))
    try:
        yield Client(provider, outbound)
    finally:
        await outbound.close()


async def test_a_provider_says_who_signed_in(provider):
    async with client_of(provider) as client:
        identity = await client.sign_in()
    assert (identity.subject.issuer, identity.subject.subject) == (provider.url, "ada-1815")
    assert (identity.name, identity.email) == ("Ada Lovelace", "ada@example.org")


async def test_what_is_published_is_fetched_once_and_again_when_it_is_old(provider):
    async with client_of(provider) as client:
        await client.sign_in()
        await client.sign_in()
        fixed = ["/.well-known/openid-configuration", "/token", "/keys", "/token"]
        assert provider.seen == fixed
        client.now += CACHE_LIFE + timedelta(seconds=1)
        with pytest.raises(SsoFailed):  # its tokens are of an hour ago, by our clock
            await client.sign_in()
        assert provider.seen[4:] == ["/.well-known/openid-configuration", "/token", "/keys"]


async def test_rotated_keys_are_looked_up(provider):
    async with client_of(provider) as client:
        await client.sign_in()
        provider.rotate("second")
        assert (await client.sign_in()).name == "Ada Lovelace"
        assert provider.seen.count("/keys") == 2


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256"])
async def test_providers_sign_with_what_they_publish(provider, algorithm):
    provider.algorithm = algorithm
    provider.rotate("own")
    async with client_of(provider) as client:
        assert await client.sign_in()


async def test_where_there_is_one_key_a_token_need_not_name_it(provider):
    """OpenID Connect Core 1.0 §10.1."""
    provider.header = {"kid": None}
    async with client_of(provider) as client:
        assert await client.sign_in()


async def test_clients_authenticate_as_the_provider_wants_it(provider):
    for methods in (None, ["client_secret_basic"], ["client_secret_post"]):
        provider.published = {"token_endpoint_auth_methods_supported": methods}
        async with client_of(provider) as client:
            assert await client.sign_in(), methods
    provider.secret = ""
    async with client_of(provider) as client:
        assert await client.sign_in(), "a public client has PKCE alone"


async def test_an_address_that_only_userinfo_tells_is_asked_for(provider):
    """OpenID Connect Core 1.0 §5.3."""
    provider.reserved = ("email", "email_verified", "name")
    async with client_of(provider) as client:
        identity = await client.sign_in()
        assert (identity.name, identity.email) == ("Ada Lovelace", "ada@example.org")
        provider.reserved, provider.told = ("email",), {"email_verified": None}
        assert (await client.sign_in()).email == "", "what verifies it is from elsewhere"
        provider.told = {"sub": "somebody-else"}  # §5.3.2: must not be used
        assert (await client.sign_in()).email == ""
        provider.answer["/userinfo"] = (500, b"")
        assert (await client.sign_in()).email == ""


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another client"},
        {"aud": ["another client"]},
        {"aud": [CLIENT_ID, "another client"]},
        {"aud": []},
        {"aud": None},
        {"azp": "another client"},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"nonce": 7},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"sub": "a\u202eb"},
        {"exp": 0},
        {"exp": int(time.time()) - 61},
        {"exp": None},
        {"exp": "4000000000"},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"exp": True},
        {"iat": None},
        {"iat": int(time.time()) + 100_000},
        {"iat": int(time.time()) - 3600},
        {"nbf": int(time.time()) + 100_000},
        {"nbf": "now"},
    ],
    ids=lambda claims: " ".join(claims),
)
async def test_a_token_that_is_not_for_this_sign_in_is_refused(provider, claims):
    """OpenID Connect Core 1.0 §3.1.3.7."""
    provider.claims = claims
    if "exp" in claims and isinstance(claims["exp"], float | str | bool):
        provider.forge = lambda header, wrong: _signed(provider, header, wrong)
    async with client_of(provider) as client:
        with pytest.raises(SsoFailed):
            await client.sign_in()


async def test_a_token_that_says_for_whom_in_other_ways_is_taken(provider):
    for claims in ({"aud": [CLIENT_ID]}, {"azp": CLIENT_ID}, {"nbf": int(time.time())}):
        provider.claims = claims
        async with client_of(provider) as client:
            assert await client.sign_in()


async def test_a_token_signed_by_another_key_of_the_same_name_is_refused(provider):
    other = new_rsa("first")
    provider.forge = lambda header, claims: jwt.encode(header, claims, other, algorithms=["RS256"])
    async with client_of(provider) as client:
        with pytest.raises(SsoFailed):
            await client.sign_in()


def _segment(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _signed(provider, header, claims):
    """Sign what a library would not, with RS256."""
    signing = f"{_segment(header)}.{_segment(claims)}"
    raw = provider.key.private_key.sign(signing.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signing}.{base64.urlsafe_b64encode(raw).rstrip(b'=').decode()}"


def unsigned(provider):
    return lambda header, claims: f"{_segment({**header, 'alg': 'none'})}.{_segment(claims)}."


def by_client_secret(provider):
    key = OctKey.import_key(SECRET.ljust(32).encode())
    return lambda header, claims: jwt.encode({"alg": "HS256", "kid": "first"}, claims, key)


def by_public_key(provider):
    """The oldest trick: the key that everybody knows, taken for a shared secret."""

    def forge(header, claims):
        signing = f"{_segment({'alg': 'HS256', 'kid': 'first'})}.{_segment(claims)}"
        mac = hmac.digest(provider.key.as_pem(private=False), signing.encode(), "sha256")
        return f"{signing}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"

    return forge


def with_own_key(provider):
    """The key comes along in the header. RFC 7515 §4.1.3."""
    own = new_rsa("mine")

    def forge(header, claims):
        return jwt.encode(
            {"alg": "RS256", "kid": "mine", "jwk": own.as_dict(private=False)},
            claims,
            own,
            algorithms=["RS256"],
        )

    return forge


def unpublished(provider):
    own = ECKey.generate_key("P-256", {"kid": "first"})
    return lambda header, claims: jwt.encode({"alg": "ES256", "kid": "first"}, claims, own)


def oddly_headed(**header):
    def forgery(provider):
        return lambda _, claims: _signed(provider, {"alg": "RS256", "kid": "first", **header}, claims)

    return forgery


def critical(provider):
    def forge(header, claims):
        return _signed(provider, {**header, "crit": ["b64"], "b64": False}, claims)

    return forge


@pytest.mark.parametrize(
    "forgery",
    [
        unsigned,
        by_client_secret,
        by_public_key,
        with_own_key,
        unpublished,
        critical,
        oddly_headed(alg=None),
        oddly_headed(alg=["RS256"]),
        oddly_headed(alg={"RS256": 1}),
        oddly_headed(alg=7),
        oddly_headed(alg="rs256"),
        oddly_headed(kid=["first"]),
        oddly_headed(kid=None),
        oddly_headed(kid="../first"),
        oddly_headed(enc="A256GCM"),
    ],
)
async def test_forgeries_are_refused(provider, forgery):
    """RFC 8725 §2: what is not signed, or in another way than the provider's own."""
    provider.forge = forgery(provider)
    async with client_of(provider) as client:
        with pytest.raises(SsoFailed):
            await client.sign_in()


@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c", "a.b.c.d.e", "\u00e9.\u00e9.\u00e9", 7, None, [], "..", "e30.e30.e30"]
)
async def test_what_is_no_token_is_refused(provider, token):
    provider.answer["/token"] = (200, json.dumps({"id_token": token}).encode())
    async with client_of(provider) as client:
        with pytest.raises((SsoFailed, ProviderFailed)):
            await client.sign_in()


async def test_a_code_is_good_once_and_for_its_own_verifier(provider):
    async with client_of(provider) as client:
        brought = await client.come_back()
        await client.ours.identify(brought, verifier=VERIFIER, nonce=NONCE)
        with pytest.raises(SsoFailed):
            await client.ours.identify(brought, verifier=VERIFIER, nonce=NONCE)
        with pytest.raises(SsoFailed):  # injected: begun by somebody else. RFC 7636 §1
            await client.ours.identify(await client.come_back(), verifier="x" * 43, nonce=NONCE)


@pytest.mark.parametrize("iss", ["https://evil.example", "", None])
async def test_a_response_of_another_provider_is_refused(provider, iss):
    """RFC 9207 §2.4: the code is not sent anywhere."""
    async with client_of(provider) as client:
        with pytest.raises(SsoFailed):
            await client.sign_in(iss=iss)
    assert "/token" not in provider.seen


async def test_a_provider_that_does_not_name_itself_need_not(provider):
    provider.published = {"authorization_response_iss_parameter_supported": None}
    async with client_of(provider) as client:
        assert await client.sign_in(iss=None)
        with pytest.raises(SsoFailed):
            await client.sign_in(iss="https://evil.example")


async def test_a_refusal_of_the_provider_is_one(provider):
    async with client_of(provider) as client:
        for brought in (
            {"error": "access_denied", "code": None},
            {"error": "x"},
            {"code": ""},
            {"code": None},
        ):
            with pytest.raises(SsoFailed):
                await client.sign_in(**brought)


@pytest.mark.parametrize(
    "published",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "http://evil.example/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://evil.example/\r\nset-cookie: a=b"},
        {"authorization_endpoint": "https://evil.example/; url=javascript:alert(1)"},
        {"authorization_endpoint": "https:"},
        {"authorization_endpoint": "https://[evil"},
        {"authorization_endpoint": "ftp://localhost/authorize"},
        {"token_endpoint": "http://evil.example/token"},
        {"token_endpoint": 7},
        {"jwks_uri": None},
        {"jwks_uri": "ftp://evil.example/keys"},
        {"userinfo_endpoint": "http://evil.example/userinfo"},
        {"id_token_signing_alg_values_supported": ["none", "HS256"]},
    ],
    ids=str,
)
async def test_a_provider_that_publishes_what_is_not_safe_is_refused(provider, published):
    provider.published = published
    async with client_of(provider) as client:
        with pytest.raises(ProviderFailed):
            await client.come_back()


@pytest.mark.parametrize(
    "answer", [(200, b"[]"), (200, b"{"), (500, b"{}"), (404, b""), (200, b"[" * 60_000)]
)
@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys"])
async def test_a_provider_that_answers_nonsense_fails(provider, path, answer):
    provider.answer[path] = answer
    async with client_of(provider) as client:
        with pytest.raises((ProviderFailed, SsoFailed)):
            await client.sign_in()


async def test_a_token_endpoint_that_is_broken_is_told_from_one_that_refuses(provider):
    async with client_of(provider) as client:
        provider.answer["/token"] = (503, b"")
        with pytest.raises(ProviderFailed):
            await client.sign_in()
        provider.answer["/token"] = (400, b'{"error": "invalid_grant"}')
        with pytest.raises(SsoFailed):
            await client.sign_in()


async def test_too_much_is_not_read(provider):
    provider.answer["/.well-known/openid-configuration"] = (200, b" " * 70_000 + b"{}")
    async with client_of(provider) as client:
        with pytest.raises(PeerError):
            await client.come_back()


async def test_a_private_network_is_reached_only_where_the_operator_says_so(provider):
    async with client_of(provider, networks=()) as client:
        with pytest.raises(AddressRefused):
            await client.come_back()
    assert provider.seen == []


async def test_broken_keys_do_not_hide_good_ones(provider):
    """RFC 7517 §5: what is not understood is ignored."""
    good = provider.key.as_dict(private=False)
    others = [
        7,
        {"kty": "XYZ", "kid": "first"},
        {"kty": "oct", "kid": "first", "k": "AAAA"},
        {**good, "use": "enc"},
    ]
    provider.answer["/keys"] = (200, json.dumps({"keys": [*others, good]}).encode())
    async with client_of(provider) as client:
        assert await client.sign_in()
    for broken in ([{**good, "n": "!"}], [{**good, "n": 7}], [{"kty": "RSA", "kid": "first"}], "keys", None):
        provider.answer["/keys"] = (200, json.dumps({"keys": broken}).encode())
        async with client_of(provider) as client:
            with pytest.raises(SsoFailed):
                await client.sign_in()


async def test_ada_is_who_she_was(provider):
    """The person is the subject, whatever else changes."""
    async with client_of(provider) as client:
        before = await client.sign_in()
        provider.human = {**ADA, "name": "Countess of Lovelace", "email": "countess@example.org"}
        after = await client.sign_in()
    assert before.subject == after.subject

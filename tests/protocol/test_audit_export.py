"""An exported log: whatever is changed in it is found, wherever that is; RFC 7515 for its signatures."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from openhitl.agent.receipts import is_signed
from openhitl.errors import InvalidCheckpoint, InvalidReceipt, LogBroken
from openhitl.protocol import checkpoints, jcs, jws, receipts
from openhitl.protocol.audit_chain import GENESIS, Chain, Entry, entry_hash, payload_digest
from openhitl.protocol.audit_export import Anchor, Export, Header, anchor_of, end_line, entry_line, lines_of
from openhitl.protocol.base64url import encode
from openhitl.protocol.checkpoints import Checkpoint, read_checkpoint
from openhitl.protocol.jws import public_jwk

AT = "2026-02-20T10:00:00Z"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
JWKS = {"keys": [public_jwk(KEY.public_key().public_bytes_raw())]}
OTHER_JWKS = {"keys": [public_jwk(OTHER_KEY.public_key().public_bytes_raw())]}
HEADER = Header(instance="i-1", exported_at=AT, jwks=JWKS)
MUTATIONS = 12_000


def chained(count, after=0, before=GENESIS):
    """Make a chain; of every third entry salt and payload are purged, the second is no case's."""
    made = []
    for number in range(after + 1, after + count + 1):
        salt, payload = bytes([number]) * 16, f'{{"data":{{"note":"{number} é\\u0007"}}}}'
        digest = payload_digest(salt, payload.encode())
        case_id = "" if number == 2 else f"review_{number}"
        before = entry_hash(before, (number, case_id, number, "completed", 7), ("link", "link:é"), digest)
        kept = number % 3 != 0
        made.append(
            Entry(
                position=number,
                case_id=case_id,
                seq=number,
                kind="completed",
                at=7,
                actor_kind="link",
                actor_id="link:é",
                payload_digest=digest,
                hash=before,
                salt=salt if kept else None,
                payload=payload if kept else None,
            )
        )
    return made


def signed(checkpoint, key=KEY):
    text = checkpoints.signing_input(checkpoint, jws.key_id(key.public_key().public_bytes_raw()))
    return jws.compact(text, key.sign(text))


def stated(entry, **given):
    return Checkpoint(
        **{"instance": "i-1", "position": entry.position, "hash": entry.hash, "at": AT, **given}
    )


def exported(entries, header=HEADER, *, key=KEY, marks=(), **end):
    """Write a file; `marks` are positions with a checkpoint, `end` what the last line says otherwise."""
    kept = [(entry.position, signed(stated(entry), key)) for entry in entries if entry.position in marks]
    lines = list(lines_of(header, entries, kept))
    digest = hashlib.sha256(b"".join(lines)).digest()
    last = stated(entries[-1], **{"file": digest, **end})
    return [*lines, end_line(last.position, last.hash, signed(last, key))]


def check(lines, jwks=JWKS, anchors=()):
    return Export(lines, is_signed).check(jwks, anchors)


def broken(lines, match, position, **given):
    with pytest.raises(LogBroken, match=match) as raised:
        check(lines, **given)
    assert raised.value.details.get("position") == position


ENTRIES = chained(6)
FILE = exported(ENTRIES, marks=(2, 4))


def test_an_untouched_file_is_whole():
    whole = check(FILE, anchors=[anchor_of(stated(ENTRIES[2]))])
    assert (whole.end.position, whole.end.hash, whole.end.instance) == (6, ENTRIES[5].hash, "i-1")
    assert (whole.purged, whole.checkpoints, whole.header) == (2, 2, HEADER)
    assert whole.witnesses == (f"the checkpoint of {AT} at position 3",)
    assert whole.end.key_id == jws.key_id(KEY.public_key().public_bytes_raw())


def test_a_file_may_begin_where_another_ended():
    after = replace(HEADER, after=2, after_hash=ENTRIES[1].hash)
    later = exported(ENTRIES[2:], after)
    assert check(later, anchors=[anchor_of(stated(ENTRIES[1]))]).header.after == 2
    broken(later, "is further up", 3, anchors=[anchor_of(stated(ENTRIES[0]))])
    broken(later, "not the log that the checkpoint", 2, anchors=[Anchor(2, bytes(32), "the checkpoint")])


def flipped(text, chance):
    place = chance.randrange(len(text))
    return text[:place] + bytes([text[place] ^ (1 << chance.randrange(8))]) + text[place + 1 :]


def retyped(text, chance):
    place = chance.randrange(len(text))
    return text[:place] + chance.choice([b"", b"0", b"a", b'"', b" ", b"\n", b"\xff"]) + text[place + 1 :]


def padded(text, chance):
    place = chance.randrange(len(text) + 1)
    return text[:place] + chance.choice([b" ", b"\n", b"0", b"a", b"\r", b"\\", b"{}\n"]) + text[place:]


def refielded(text, chance):
    """Change, drop, add or exchange a member, in the one spelling that is read."""
    lines = text.splitlines(keepends=True)
    number = chance.randrange(len(lines))
    value = json.loads(lines[number])
    other = json.loads(chance.choice(lines))
    name = chance.choice(sorted(value))
    deed = chance.randrange(5)
    if deed == 0:
        del value[name]
    elif deed == 1:
        value[chance.choice(["salt", "note", "payload"])] = chance.choice(["", "00" * 16, None])
    elif deed == 2:
        value[name] = other.get(name, 1)
    elif deed == 3:
        value[name] = chance.choice([None, 0, 1, -1, True, 2.5, "", "x", [], {}, "00" * 32, value[name]])
    elif isinstance(value[name], int):
        value[name] += chance.choice([-1, 1])
    elif isinstance(value[name], str):
        value[name] = value[name][::-1]
    lines[number] = jcs.canonical(value) + b"\n"
    return b"".join(lines)


def rearranged(text, chance):
    lines = text.splitlines(keepends=True)
    first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
    deed = chance.randrange(4)
    if deed == 0:
        del lines[first]
    elif deed == 1:
        lines.insert(second, lines[first])
    elif deed == 2:
        lines[first], lines[second] = lines[second], lines[first]
    else:
        lines.insert(second, lines.pop(first))
    return b"".join(lines)


def cut(text, chance):
    return text[: chance.randrange(len(text))]


DEEDS = (flipped, retyped, padded, refielded, rearranged, cut)


def test_of_twelve_thousand_changes_every_one_is_found():
    whole = b"".join(FILE)
    tried, unfound = 0, []
    for seed in range(MUTATIONS):
        chance = random.Random(seed)
        changed = DEEDS[seed % len(DEEDS)](whole, chance)
        if changed == whole:
            continue
        tried += 1
        try:
            check(changed.splitlines(keepends=True))
        except LogBroken:
            continue
        unfound.append((seed, changed))
    assert unfound == []
    assert tried >= 10_000


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"seq": 9}, "does not follow"),
        ({"kind": "expired"}, "does not follow"),
        ({"at": 8}, "does not follow"),
        ({"case_id": "review_9"}, "does not follow"),
        ({"actor_kind": "person"}, "does not follow"),
        ({"actor_id": "link:mallory"}, "does not follow"),
        ({"payload_digest": bytes(32)}, "payload is not"),
        ({"payload_digest": bytes(32), "salt": None, "payload": None}, "does not follow"),
        ({"payload": "{}"}, "payload is not"),
        ({"salt": bytes(16)}, "payload is not"),
        ({"hash": bytes(32)}, "does not follow"),
        ({"position": 3}, "stands twice, or out of order"),
        ({"position": 5}, "are missing"),
    ],
)
def test_a_changed_entry_shows_at_its_place(changes, match):
    entries = [*ENTRIES[:3], replace(ENTRIES[3], **changes), *ENTRIES[4:]]
    broken(exported(entries), match, 4)


def test_removed_doubled_added_and_exchanged_entries_show_at_their_place():
    broken(exported([*ENTRIES[:2], *ENTRIES[3:]]), "are missing", 3)
    broken(exported([*ENTRIES[:3], *ENTRIES[2:]]), "stands twice", 4)
    broken(exported([*ENTRIES[:2], ENTRIES[3], ENTRIES[2], *ENTRIES[4:]]), "are missing", 3)
    broken(exported([*ENTRIES, replace(ENTRIES[5], position=7)]), "does not follow", 7)


def test_a_payload_may_go_and_nothing_else():
    purged = [replace(entry, salt=None, payload=None) for entry in ENTRIES]
    whole = check(exported(purged))
    assert (whole.purged, whole.emptied) == (5, 1), "one is beside the cases"
    lines = [FILE[0], entry_line(purged[0]), *FILE[2:]]
    broken(lines, "though its entries are", 7)  # purged after it was signed


@pytest.mark.parametrize("key", [KEY, OTHER_KEY])
def test_who_holds_database_and_key_is_found_out_by_what_others_kept(key):
    """A tail is cut or written anew, and everything in the file signed again."""
    kept = anchor_of(stated(ENTRIES[4]))
    jwks = {"keys": [public_jwk(key.public_key().public_bytes_raw())]}
    shorter = exported(ENTRIES[:4], replace(HEADER, jwks=jwks), key=key, marks=(2, 4))
    assert check(shorter, jwks).end.position == 4
    broken(
        shorter, "missing at the end, or the file is older than the checkpoint", 5, jwks=jwks, anchors=[kept]
    )
    anew = exported(
        [*ENTRIES[:4], *relinked(ENTRIES[4:], ENTRIES[3].hash)], replace(HEADER, jwks=jwks), key=key
    )
    assert check(anew, jwks).end.position == 6
    broken(anew, "not the log that", 5, jwks=jwks, anchors=[kept])


def relinked(entries, before):
    """Say something else in each entry, and chain them again."""
    made = []
    for entry in entries:
        row = (entry.position, entry.case_id, entry.seq, "cancelled", entry.at)
        before = entry_hash(before, row, ("link", entry.actor_id), entry.payload_digest)
        made.append(replace(entry, kind="cancelled", hash=before))
    return made


def test_who_has_no_key_that_is_believed_signs_nothing():
    mine = exported(ENTRIES, replace(HEADER, jwks=OTHER_JWKS), key=OTHER_KEY, marks=(2,))
    assert check(mine, OTHER_JWKS)
    broken(mine, "no such key", 7)
    both = {"keys": [*OTHER_JWKS["keys"], *JWKS["keys"]]}
    older = exported(ENTRIES, replace(HEADER, jwks=both), key=OTHER_KEY, marks=(2,))
    assert check([*older[:-1], exported_end(older[:-1])]).checkpoints == 1


def exported_end(lines):
    last = stated(ENTRIES[-1], file=hashlib.sha256(b"".join(lines)).digest())
    return end_line(last.position, last.hash, signed(last))


def test_checkpoints_in_the_file_are_compared():
    lying = signed(stated(ENTRIES[1], hash=bytes(32)))
    lines = list(lines_of(HEADER, ENTRIES, [(2, lying)]))
    broken([*lines, exported_end(lines)], "not the log that", 2)
    further = signed(Checkpoint(instance="i-1", position=9, hash=bytes(32), at=AT))
    lines = list(lines_of(HEADER, ENTRIES, [(9, further)]))
    broken(
        [*lines, exported_end(lines)], "are missing at the end, or the file is older than the checkpoint", 7
    )
    late = list(lines_of(HEADER, ENTRIES, [(4, signed(stated(ENTRIES[1])))]))
    broken([*late, exported_end(late)], "further up", 5)
    foreign = list(lines_of(HEADER, ENTRIES, [(4, signed(stated(ENTRIES[3], instance="i-2")))]))
    broken([*foreign, exported_end(foreign)], "another installation", 5)


@pytest.mark.parametrize(
    ("end", "match"),
    [
        ({"file": None}, "though its entries are"),
        ({"file": bytes(32)}, "though its entries are"),
        ({"instance": "i-2"}, "another installation"),
        ({"position": 7}, "missing at the end"),
        ({"position": 5, "hash": ENTRIES[4].hash}, "not those that were signed"),
        ({"hash": bytes(32)}, "not those that were signed"),
    ],
)
def test_the_last_line_vouches_for_the_file(end, match):
    broken(exported(ENTRIES, **end), match, 7)


def test_the_last_line_says_what_was_signed():
    statement = json.loads(FILE[-1])["statement"]
    broken([*FILE[:-1], end_line(5, ENTRIES[5].hash, statement)], "not the one that was signed", 7)
    broken([*FILE[:-1], end_line(6, bytes(3), statement)], "digest", 7)


@pytest.mark.parametrize(
    ("lines", "match", "position"),
    [
        ([], "breaks off", None),
        ([b"{}\n"], "not one that is written here", None),
        ([b"nonsense\n"], "not JSON", None),
        ([b'["line"]\n'], "not one that is written here", None),
        ([b'{"line":["header"]}\n'], "not one that is written here", None),
        ([b'{"line":"\\ud800"}\n'], "not JSON", None),
        ([b'{"line":' + b"[" * 1000 + b"]" * 1000 + b"}\n"], "not", None),
        (FILE[1:], "does not begin", None),
        ([FILE[0].replace(b'"v":1', b'"v":2')], "does not begin", None),
        ([FILE[0].replace(b'"position":0', b'"position":-1')], "before the first entry", None),
        ([FILE[0].replace(b"0" * 64, b"1" * 64)], "before the first entry", None),
        ([FILE[0].replace(b'"position":0', b'"place":0')], "where the file begins", None),
        ([FILE[0], *FILE], "one header", 1),
        ([FILE[0], FILE[1].replace(b'"kind":"link"}', b'"kind":0}')], "who did it", 1),
        (FILE[:-1], "last line is missing", 7),
        ([*FILE[:-1], FILE[-1][:-1]], "breaks off", 7),
        ([*FILE, b"\n"], "behind the last line", 7),
    ],
)
def test_what_is_no_export_is_refused(lines, match, position):
    broken(lines, match, position)


def test_what_is_wrong_is_said_with_its_line():
    with pytest.raises(LogBroken) as raised:
        check([*FILE[:3], FILE[5]])
    assert raised.value.details == {"position": 3, "line": 4}


def test_a_chain_knows_how_far_it_held():
    chain = Chain()
    for entry in ENTRIES[:4]:
        chain.follow(entry)
    assert (chain.position, chain.hash) == (4, ENTRIES[3].hash)
    for changes in ({"salt": None}, {"payload": None}):
        with pytest.raises(LogBroken, match="payload is not"):
            chain.follow(replace(ENTRIES[4], **changes))
    assert chain.position == 4


# -- checkpoints ------------------------------------------------------------------------------


def test_a_checkpoint_is_read_as_it_was_signed():
    for given in (stated(ENTRIES[0]), stated(ENTRIES[0], file=bytes(32))):
        key_id = JWKS["keys"][0]["kid"]
        assert read_checkpoint(signed(given), JWKS, is_signed) == replace(given, key_id=key_id)


def test_neither_receipt_nor_checkpoint_passes_for_the_other():
    """RFC 8725 §3.11: each says in what is signed what it is."""
    key_id = JWKS["keys"][0]["kid"]
    claims = checkpoints.claims_of(stated(ENTRIES[0]))
    text = receipts.signing_input(claims, key_id)
    with pytest.raises(InvalidCheckpoint, match="not that of a checkpoint"):
        read_checkpoint(jws.compact(text, KEY.sign(text)), JWKS, is_signed)
    signature = {"algorithm": "EdDSA", "value": signed(stated(ENTRIES[0])), "signed_at": AT, "signer": "x"}
    with pytest.raises(InvalidReceipt, match="not that of a receipt"):
        receipts.read_receipt({"result": {"action": "approve", "data": {}, "signature": signature}})


def restated(**changes):
    claims = {**checkpoints.claims_of(stated(ENTRIES[0])), **changes}
    claims = {name: value for name, value in claims.items() if value is not ...}
    text = jws.signing_input(claims, key_id=JWKS["keys"][0]["kid"], kind=checkpoints.JWS_TYPE)
    return jws.compact(text, KEY.sign(text))


@pytest.mark.parametrize(
    ("statement", "match"),
    [
        (restated(v=2), "version"),
        (restated(v=...), "version"),
        (restated(more=1), "version"),
        (restated(position=True), "version"),
        (restated(hash="00"), "digest"),
        (restated(hash="0A" * 32), "digest"),
        (restated(hash="zz" * 32), "hexadecimal"),
        (restated(file=7), "version"),
        (signed(stated(ENTRIES[0]), OTHER_KEY), "no such key"),
        (signed(stated(ENTRIES[0]))[:-4] + "AAAA", "not signed with the key"),
        ("a.b", "not a compact JWS"),
        ("", "not a compact JWS"),
        (f"{encode(b'[]')}.b.c", "not a JSON object"),
        (f"{encode(b'no')}.b.c", "not JSON"),
        ("=.b.c", "base64url"),
    ],
)
def test_what_is_no_checkpoint_is_refused(statement, match):
    with pytest.raises(InvalidCheckpoint, match=match):
        read_checkpoint(statement, JWKS, is_signed)

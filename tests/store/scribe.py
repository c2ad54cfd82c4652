"""Writes cases and answers until it is killed, and says on stdout what was acknowledged."""

from __future__ import annotations

import sys

from tests.store.desk import AGENT, ALICE, creating, opened, submitting

AT_ONCE = 8


def main(url: str, prefix: str) -> None:
    with opened(url) as desk:
        number = 0
        while True:
            case_ids = [f"review_{prefix}_{number + index:08d}" for index in range(AT_ONCE)]
            number += AT_ONCE
            created = [desk.put(creating(case_id=case_id), AGENT) for case_id in case_ids]
            answered = [desk.put(submitting(case_id), ALICE) for case_id in case_ids]
            for word, futures in (("created", created), ("answered", answered)):
                for case_id, future in zip(case_ids, futures, strict=True):
                    assert future.result().decision.refusal is None
                    print(word, case_id, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

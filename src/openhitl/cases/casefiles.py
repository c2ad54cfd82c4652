"""What never changes about a case, and whose token a token is: read once, then remembered."""

from __future__ import annotations

from openhitl.cases.ledger import Ledger
from openhitl.errors import InvalidToken, NotFound
from openhitl.feed import WeightedCache
from openhitl.protocol.case import Assurance, Content
from openhitl.protocol.commands import TokenHash
from openhitl.protocol.context import Context
from openhitl.protocol.record import record
from openhitl.protocol.tokens import STORED_AS, Purpose, checked_hash
from openhitl.store.records import StoredCase, TokenRow

CONTENT_BYTES = 64 * 1024 * 1024
TOKEN_BYTES = 16 * 1024 * 1024
#: What a token weighs, and a file beside its content, in bytes and roughly.
TOKEN_WEIGHT = 400
FILE_WEIGHT = 2_000
#: How many bytes a byte of JSON becomes once it is read, roughly.
READ_WEIGHT = 4


@record(frozen=True, slots=True)
class CaseFile:
    """The immutable part of a case; `context` is its content's, in named parts."""

    case_id: str
    content: Content
    context: Context
    assurance: Assurance
    demo: bool


class CaseFiles:
    """Case files and tokens, remembered within a limit."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._files: WeightedCache[str, CaseFile] = WeightedCache(CONTENT_BYTES)
        self._tokens: WeightedCache[bytes, TokenRow] = WeightedCache(TOKEN_BYTES)

    @property
    def weight_bytes(self) -> int:
        """What the remembered files weigh, roughly."""
        return self._files.weight_bytes

    def keep(self, file: CaseFile, *, json_bytes: int) -> CaseFile:
        """Remember the file of a case that was just made or read from so much JSON."""
        self._files.put(file.case_id, file, FILE_WEIGHT + READ_WEIGHT * json_bytes)
        return file

    def keep_token(self, token: TokenHash, case_id: str) -> None:
        """Remember a token that was just made."""
        row = TokenRow(case_id=case_id, purpose=token.purpose, generation=token.generation)
        self._tokens.put(token.hash, row, TOKEN_WEIGHT)

    async def file(self, case_id: str) -> CaseFile:
        """Return the file of a case. Raises: NotFound."""
        return self._files.get(case_id) or self.keep_stored(await self.load(case_id))

    def keep_stored(self, stored: StoredCase) -> CaseFile:
        """Remember the file of a case that was read."""
        content = stored.content
        context = Context.parse(content.type, content.context)
        file = CaseFile(stored.case.case_id, content, context, stored.case.assurance, stored.case.demo)
        return self.keep(file, json_bytes=len(str(content.context)))

    async def load(self, case_id: str) -> StoredCase:
        """Read a case as it stands. Raises: NotFound."""
        stored = await self._ledger.read(self._ledger.store.load, case_id)
        if stored is None:
            raise NotFound
        return stored

    async def verify(self, purpose: Purpose, token: str | None, case_id: str) -> TokenRow:
        """Check that a token is this case's token of this purpose. HITL v0.8 §7.5.

        Raises: InvalidToken; NotFound if there is no such case.
        """
        token_hash = checked_hash(purpose, token)
        row = self._tokens.get(token_hash)
        if row is None:
            row = await self._ledger.read(self._ledger.store.find_token, case_id, token_hash)
            if row is not None:
                self._tokens.put(token_hash, row, TOKEN_WEIGHT)
        if row is None or row.case_id != case_id or row.purpose != STORED_AS[purpose]:
            await self.file(case_id)  # a case that does not exist is 404 whatever the token
            raise InvalidToken
        return row

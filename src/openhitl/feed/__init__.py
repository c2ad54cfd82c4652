"""What has happened, as seen by those who wait: the log's cursor, the poll cache and the streams."""

from openhitl.feed.feed import TRUST_SECONDS, Feed
from openhitl.feed.lru import WeightedCache
from openhitl.feed.polls import PollEntry
from openhitl.feed.streams import Stream, Streams

__all__ = ["TRUST_SECONDS", "Feed", "PollEntry", "Stream", "Streams", "WeightedCache"]

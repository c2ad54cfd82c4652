"""The words people read: gettext catalogues, English as written in the code and German."""

from openhitl.words.catalogue import LANGUAGES, N_, Words, choose_language, words_for

__all__ = ["LANGUAGES", "N_", "Words", "choose_language", "words_for"]

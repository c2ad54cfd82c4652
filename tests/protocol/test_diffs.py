"""Differences between two texts."""

from __future__ import annotations

from openhitl.protocol.diffs import MAX_LINES, compare, parse_patch

TEXT = "\n".join(f"line {number}" for number in range(1, 42))


def test_changed_lines_are_counted_against_all() -> None:
    found = compare(TEXT, TEXT.replace("line 20", "line twenty").replace("line 21\n", ""))
    assert (found.changed, found.total) == (2, 41)


def test_long_unchanged_runs_are_folded_but_for_three_lines_around_changes() -> None:
    chunks = compare(TEXT, TEXT.replace("line 20", "line twenty")).chunks
    assert [(chunk.same, chunk.folded, len(chunk.new)) for chunk in chunks] == [
        (True, True, 16),
        (True, False, 3),
        (False, False, 1),
        (True, False, 3),
        (True, True, 18),
    ]


def test_words_that_differ_within_a_line_are_marked() -> None:
    chunk = compare("a team of five", "a team of six").chunks[0]
    assert chunk.old[0].pieces == [("a team of ", False), ("five", True)]
    assert chunk.new[0].pieces == [("a team of ", False), ("six", True)]


def test_lines_with_little_in_common_are_not_marked_word_by_word() -> None:
    chunk = compare("alpha beta", "entirely other words here").chunks[0]
    assert chunk.old[0].pieces == (("alpha beta", False),)


def test_a_line_too_long_to_mark_is_shown_whole() -> None:
    chunk = compare("x " * 400, "x " * 400 + "y").chunks[0]
    assert len(chunk.new[0].pieces) == 1


def test_equal_texts_have_no_change() -> None:
    assert compare(TEXT, TEXT).changed == 0


def test_huge_texts_are_not_compared() -> None:
    assert compare("\n" * (MAX_LINES + 1), "").too_large


def test_a_patch_is_read_by_its_signs() -> None:
    lines = parse_patch("--- a\n+++ b\n@@ -1 +1 @@\n same\n-old\n+new\nbare")
    assert [line.kind for line in lines] == ["file", "file", "hunk", "same", "removed", "added", "same"]
    assert [line.text for line in lines[3:]] == ["same", "old", "new", "bare"]


def test_an_unchanged_run_without_a_middle_is_folded_as_a_whole() -> None:
    assert [chunk.folded for chunk in compare(TEXT, TEXT).chunks] == [True]


def test_words_that_only_one_side_has_are_marked_there() -> None:
    added = compare("a team", "a small team").chunks[0]
    assert (added.old[0].pieces, [text for text, differs in added.new[0].pieces if differs]) == (
        [("a ", False), ("team", False)],
        ["small "],
    )
    taken = compare("a small team", "a team").chunks[0]
    assert [text for text, differs in taken.old[0].pieces if differs] == ["small "]


def test_a_short_unchanged_run_between_changes_stays_open() -> None:
    chunks = compare("a\nb\nc\nd", "A\nb\nc\nD").chunks
    assert [(chunk.same, chunk.folded) for chunk in chunks] == [(False, False), (True, False), (False, False)]


def test_a_line_beyond_six_hundred_characters_is_not_marked_word_by_word() -> None:
    old, new = "word " * 130, "word " * 130 + "more"
    [chunk] = compare(old, new).chunks
    assert chunk.old[0].pieces == ((old, False),)

"""A log of any length is read by line numbers, found in and followed."""

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from app.web.log import Line, Log, Read, Section


def reading(content: bytes | bytearray, most: int = 1 << 20) -> Read:
    async def read(start: int, limit: int) -> bytes:
        return bytes(content[start : start + min(limit, most)])

    return read


@given(st.text(alphabet="aé\n", max_size=200), st.integers(1, 40), st.integers(1, 30))
async def test_any_lines_are_those_of_the_text(text: str, most: int, first: int) -> None:
    log = Log(reading(text.encode(), most))
    await log.catch_up()
    lines = text.removesuffix("\n").split("\n") if text else []
    expected = [Line(number, line) for number, line in enumerate(lines, 1) if first <= number <= first + 5]
    assert await log.read(first, first + 5) == expected
    assert log.lines == text.count("\n")


async def test_what_is_written_later_is_read_later() -> None:
    content = bytearray(b"one\ntwo")
    log = Log(reading(content))
    await log.catch_up()
    assert (log.lines, log.has_partial_line) == (1, True)
    content += b" and a half\nthree\n"
    await log.catch_up()
    assert (log.lines, log.has_partial_line) == (3, False)
    assert await log.read(2, 9) == [Line(2, "two and a half"), Line(3, "three")]


async def test_phases_are_found_wherever_a_block_ends() -> None:
    text = b"x\n[Container] 2026/11/21 14:00:00 Entering phase PRE_BUILD\ny\n" * 3
    for most in range(1, 70, 7):
        log = Log(reading(text, most))
        await log.catch_up()
        assert log.sections == [Section("PRE_BUILD", line) for line in (2, 5, 8)]


async def test_words_are_found_in_the_whole_log_whatever_their_case_and_colour() -> None:
    log = Log(reading(b"one\n\x1b[31mT\x1b[0mwo\ntwo again\n", 5))
    found = await log.find("TWO")
    assert (found.lines, found.total) == ((2, 3), 2)


async def test_the_end_of_fifty_megabytes_is_there_at_once(tmp_path: Path) -> None:
    """At once: by reading the log once for its line numbers, and then only its end."""
    line = b"a line of a long log, numbered %07d, with some words to fill it up ....................\n"
    path = tmp_path / "log"
    with path.open("wb") as file:
        for start in range(0, 600_000, 50_000):
            file.write(b"".join(line % number for number in range(start + 1, start + 50_001)))
    read_bytes = 0

    async def read(start: int, limit: int) -> bytes:
        nonlocal read_bytes
        with path.open("rb") as file:
            file.seek(start)
            chunk = file.read(limit)
        read_bytes += len(chunk)
        return chunk

    log = Log(read)
    await log.catch_up()
    assert (log.size > 50_000_000, log.lines, read_bytes) == (True, 600_000, log.size)
    read_bytes = 0
    last = await log.read(599_501, 600_000)
    assert [re.findall(r"\d{7}", text)[0] for _, text in last] == [f"{number:07}" for number in range(599_501, 600_001)]
    assert read_bytes < 2 << 20

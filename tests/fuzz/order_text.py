"""Throw text at the parsers: ``python -m tests.fuzz.order_text --seed 7 --count 20000``.

Half of the texts are phrases of the specification, mutated; half are noise. Each must be read,
asked about or ignored; what is read must be positive and survive rendering in both languages.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

from handlers.parsing import parse_alert, parse_amount, parse_order, parse_quantity, render_order
from services.errors import InvalidInput
from tests.handlers.parsing import phrases
from tests.handlers.parsing.texts import DIGITS, INVISIBLE, MARKS, WORDS

SLOWEST_SECONDS = 0.05  # a collection of garbage included; the tests hold 5 ms on average
BUDGET_SECONDS = 300.0
PHRASES = sorted(
    phrases.DESIGN_READ
    | phrases.TRAPS_READ
    | phrases.READ
    | phrases.DESIGN_ASKED
    | phrases.TRAPS_ASKED
    | phrases.ASKED
)
ODD = DIGITS + INVISIBLE + MARKS


class Violation(Exception):
    """A text that broke a promise."""


def texts(chance: random.Random) -> Iterator[str]:
    """Yield texts for ever, the same for the same seed."""
    while True:
        kind = chance.random()
        if kind < 0.5:
            yield mutated(chance)
        elif kind < 0.75:
            pieces = chance.choices([*WORDS, *ODD, " "], k=chance.randint(0, 15))
            yield chance.choice(["", " "]).join(pieces)
        elif kind < 0.99:
            length = chance.randint(0, 150)
            yield "".join(chr(chance.randrange(0x110000)) for _ in range(length))
        else:
            yield chance.choice([*WORDS, *ODD]) * 10_000


def mutated(chance: random.Random) -> str:
    text = chance.choice(PHRASES)
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(text))
        piece = chance.choice([*WORDS, *ODD, " "])
        cut = chance.randint(0, 3)
        match chance.randrange(4):
            case 0:
                text = text[:at] + piece + text[at:]
            case 1:
                text = text[:at] + text[at + cut :]
            case 2:
                text = text[:at] + piece + text[at + cut :]
            case _:
                words = text.split(" ")
                chance.shuffle(words)
                text = " ".join(words)
    return text


def outcome(text: str) -> str:
    """Return accepted, asked or ignored."""
    for parse in (parse_alert, parse_amount, parse_quantity):
        try:
            parse(text)
        except InvalidInput:
            continue
    try:
        wish = parse_order(text)
    except InvalidInput:
        return "asked"
    if wish is None:
        return "ignored"
    if wish.quantity.value <= 0 or (wish.price is not None and wish.price <= 0):
        raise Violation(f"not positive: {wish}")
    for rendered in (render_order(wish, "en"), render_order(wish, "zh_Hans")):
        if parse_order(rendered) != wish:
            raise Violation(f"{rendered!r} is not {wish}")
    return "accepted"


def run(seed: int, count: int) -> Counter[str]:
    """Return how the texts ended; the first violation ends the process with a replay line."""
    chance = random.Random(seed)
    outcomes: Counter[str] = Counter()
    parse_order("buy 1 btc")
    end = time.monotonic() + BUDGET_SECONDS
    for number, text in zip(range(count), texts(chance), strict=False):
        replay = f"python -m tests.fuzz.order_text --seed {seed} --count {number + 1}"
        with ExitStack() as on_violation:
            on_violation.callback(say, f"violation by {text[:200]!a}\nreplay: {replay}")
            start = time.process_time()
            outcomes[outcome(text)] += 1
            if (took := time.process_time() - start) > SLOWEST_SECONDS:
                raise Violation(f"took {took * 1000:.0f} ms")
            on_violation.pop_all()
        if time.monotonic() > end:
            break
    return outcomes


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> None:
    arguments = argparse.ArgumentParser(description="Throw text at the parsers.")
    arguments.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    arguments.add_argument("--count", type=int, default=20_000)
    chosen = arguments.parse_args()
    say(f"order text: seed={chosen.seed} count={chosen.count}")
    outcomes = run(chosen.seed, chosen.count)
    say("  ".join(f"{name}={outcomes[name]}" for name in ("accepted", "asked", "ignored")))
    if outcomes.total() < chosen.count:
        sys.exit(f"only {outcomes.total()} texts in {BUDGET_SECONDS:.0f} s")
    if chosen.count >= 1000 and not all(outcomes[name] for name in ("accepted", "asked")):
        sys.exit("nothing was accepted or nothing was asked: the fuzz proves nothing")


if __name__ == "__main__":
    main()

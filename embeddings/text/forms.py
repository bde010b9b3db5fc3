"""The ways in which texts write what a question says in another one: "Alaskan" for "Alaska", "4" for "four"."""

from __future__ import annotations

import re

_NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_AS_DIGITS = {
    **{word: str(number) for number, word in enumerate(_NUMBERS)},
    **{word: str(10 * number) for number, word in enumerate(_TENS, start=2)},
}
_AS_WORD = {digits: word for word, digits in _AS_DIGITS.items()}
_DECADES = {f"{word[:-1]}ies": str(10 * number) for number, word in enumerate(_TENS, start=2)}

_DECADE = re.compile(r"((?:1\d|20)?\d0)s?")
_LEAST_NAME = 4
_ENDINGS = ("n", "an", "ian", "s", "ese", "ish", "i")

_MONTHS = "january february april june july august september october november december".split()
_SHORT = {month: month[:3] for month in _MONTHS}
_LONG = {short: month for month, short in _SHORT.items()}
_OFTEN = {"month": "monthly", "week": "weekly", "year": "yearly", "quarter": "quarterly", "hour": "hourly"}
_PERIODS = {often: period for period, often in _OFTEN.items()}
_WAYS = (_SHORT, _LONG, _OFTEN, _PERIODS)
"""The months as tables write them, and "a month" for "monthly". Not March: the index has Mars as "mar"."""

_BY_USE = {"usa": ("u", "america"), "uk": ("britain",), "uae": (), "eu": (), "un": ()}
"""Abbreviations that everybody writes in several ways. "u": what libraries made before 0.2 hold for "U.S."."""


def forms(term: str, word: str, *, is_name: bool) -> tuple[str, ...]:
    """Return the index terms that count as `term`, itself first; `word` is how the question writes it,
    lower case.
    """
    found = [term, *_BY_USE.get(term, ()), *(ways[term] for ways in _WAYS if term in ways)]
    if word in _DECADES:
        tens = _DECADES[word]
        found += [word, f"19{tens}s", f"19{tens}", f"{tens}s"]
    elif term in _AS_DIGITS:
        found.append(_AS_DIGITS[term])
    elif term in _AS_WORD:
        found.append(_AS_WORD[term])
    elif decade := _DECADE.fullmatch(term):
        found += [decade[1], f"{decade[1]}s"]
    elif is_name and term.isalpha() and len(term) >= _LEAST_NAME:
        found += _name_forms(term)
    return tuple(dict.fromkeys(found))


def _name_forms(name: str) -> list[str]:
    """Return the people, the adjective and the plural of a name, and the name of those."""
    longer = [name + ending for ending in _ENDINGS]
    shorter = [
        name.removesuffix(ending)
        for ending in _ENDINGS
        if name.endswith(ending) and len(name) - len(ending) >= _LEAST_NAME
    ]
    return [*longer, *shorter, *(f"{one}a" for one in shorter if name.endswith("ese"))]

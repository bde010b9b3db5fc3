"""What a figure measures, by the words around it: a price is no revenue, the dead are not the hurt."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from embeddings.text.terms import terms

_MEASURES: Mapping[str, str] = {
    "price of a deal": "deal takeover acquisition acquire buy purchase bid offer merger sell worth value pay",
    "fine": "fine pay penalty penalise penalize",
    "revenue": "revenue sale sales turnover",
    "profit": "profit earnings earn",
    "loss": "loss lose deficit",
    "wage": "wage salary pay payroll",
    "inflation": "inflation",
    "unemployment": "unemployment jobless unemployed",
    "economy": "gdp economy growth output",
    "dead": "kill die dead death toll fatality victim lose drown perish",
    "hurt": "injure injury hurt wound",
    "missing": "missing unaccounted",
    "evacuated": "evacuate evacuation displace homeless flee leave",
    "jobs cut": "layoff redundancy axe job cut shed dismiss lay",
    "hired": "hire recruit",
    "stolen": "steal theft hack breach hacker leak expose compromise",
    "raised": "raise round funding fundraising",
    "invested": "invest investment",
    "cost": "cost bill budget expense",
    "damage": "damage",
    "rate": "rate benchmark",
    "attendance": "attend attendance crowd spectator audience visitor",
    "protest": "protest protester march demonstrator rally",
    "share price": "stock",
    "rescued": "rescue save survive survivor",
    "won": "win won victory",
    "lost": "lose defeat",
    "seats": "seat",
    "power": "power electricity",
    "destroyed": "destroy wreck",
    "price": "price cost sell",
    "staff": "employ employee workforce headcount",
    "fee": "fee charge premium",
    "allowance": "allowance",
    "debt": "debt owe borrow liability",
    "rent": "rent",
    "capacity": "capacity",
    "turnout": "turnout",
    "vote": "vote ballot poll",
    "dividend": "dividend",
    "aid": "aid donate donation grant",
    "distance": "long length distance stretch",
    "height": "tall height high depth deep",
    "weight": "weigh weight",
    "speed": "speed fast wind gust",
    "emission": "emission carbon co2",
    "temperature": "temperature degree heat",
    "efficacy": "efficacy protect protection effective",
    "market share": "market",
    "forecast": "forecast expect predict project target aim",
    "leave": "leave holiday vacation entitle",
    "arrest": "arrest detain",
    "on board": "board",
    "infection": "case infect infection",
    "order": "order backlog",
    "subscriber": "subscriber subscription",
    "delivery": "deliver delivery ship",
}

_COUNTED_PEOPLE = """
    people persons customers users clients patients passengers residents victims accounts workers employees staff
    jobs positions roles posts records protesters demonstrators spectators fans visitors pupils students migrants
    soldiers miners households homes civilians men women children members subscribers
"""


def measures_in(text: str) -> frozenset[str]:
    """Return what the words of a clause say is measured in it; empty when they don't tell."""
    by_term = _by_term()
    return frozenset(measure for term in terms(text) for measure in by_term.get(term, ()))


@cache
def counted_people() -> frozenset[str]:
    """Return the units that may count the same heads under another noun."""
    return frozenset(terms(_COUNTED_PEOPLE))


@cache  # not on import: the first term makes a process read its dictionary
def _by_term() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for measure, words in _MEASURES.items():
        for term in terms(words):
            found.setdefault(term, set()).add(measure)
    return found

"""What declares a kind of event."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class EventKind:
    """One word of the event log's vocabulary.

    Parameters
    ----------
    name
        ``subject.verb``, in the past tense where something happened.
    subject
        What the event's subject id names: a layer of the city, or ``case``, ``report``, ``alarm``, ``crew``,
        ``task``, ``order``, ``structure``, ``matter``, ``valve``, ``supply`` (a link, or the whole),
        ``lifeline`` (a failure of one), ``run``.
    zh, en
        How a screen says it.
    data
        Keys of the event's data, each with its meaning and unit.
    """

    name: str
    subject: str
    zh: str
    en: str
    data: Mapping[str, str] = field(default_factory=dict)

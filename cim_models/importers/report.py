"""What an import took, dropped, missed and assumed."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(slots=True)
class LayerReport:
    """One part of the city.

    Parameters
    ----------
    layer
        Layer, ``terrain``, ``sewer`` or ``supply``.
    source
        File, and layer in it; ``"assumed"`` for what the recipe generates.
    count
        Features (cells, for the terrain) in the city.
    dropped, lacks, assumed, notes
        Sentences for people.
    """

    layer: str
    source: str
    count: int = 0
    dropped: list[str] = field(default_factory=list)
    lacks: list[str] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ImportReport:
    """The whole import; printed by ``city import`` and kept as ``import_report.json``."""

    city: str
    recipe: str
    layers: list[LayerReport] = field(default_factory=list)
    lacks: list[str] = field(default_factory=list)

    def layer(self, name: str, source: str) -> LayerReport:
        """Return the entry of a layer; a second source of the same layer is added to it."""
        for entry in self.layers:
            if entry.layer == name:
                if source not in entry.source:
                    entry.source += f" + {source}"
                return entry
        self.layers.append(LayerReport(name, source))
        return self.layers[-1]

    def to_json(self) -> str:
        """Return the report as JSON text."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2) + "\n"


def read_report(bundle: Path) -> ImportReport | None:
    """Return the report of an imported bundle, or None when it was not imported."""
    path = bundle / REPORT
    if not path.is_file():
        return None
    data = json.loads(path.read_text(encoding="utf-8"))
    layers = [LayerReport(**entry) for entry in data.pop("layers")]
    return ImportReport(**data, layers=layers)


REPORT = "import_report.json"

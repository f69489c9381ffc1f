"""The gas of a city in time: leaks, boxes, detectors, fans."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cim_models.changes import Change
from cim_models.errors import InputError
from cim_models.orders import OrderOutcome
from twin.chance import Chance
from twin.gas.box import BoxFlow, Floats, advance_boxes
from twin.gas.detectors import CALM, Detectors
from twin.gas.diagnosis import LEAK, Diagnosis, Signals, diagnose
from twin.gas.flow import leak_flow
from twin.gas.leaks import GasLeak, OpenLeak
from twin.gas.mains import REGULATOR, GasMains
from twin.gas.migration import Pathways
from twin.gas.settings import GasSettings
from twin.gas.sites import GasSites

STEP_S = 60.0
SPIN_UP_S = 6 * 3600.0
_HISTORY, _EVERY = 12, 5  # readings kept for the rise within an hour, and steps between them
_METHANE, _ETHANE, _SULPHIDE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class GasAccount:
    """Where the gas of the leaks went, m3.

    Parameters
    ----------
    released
        Let out by leaks.
    to_open
        Reached no watched space.
    into_spaces
        Came into watched spaces.
    under_way
        On its way through the ground.
    """

    released: float
    to_open: float
    into_spaces: float
    under_way: float

    @property
    def relative_error(self) -> float:
        """What the account lacks, as a share of what was released."""
        gap = self.released - self.to_open - self.into_spaces - self.under_way
        return abs(gap) / self.released if self.released > 0.0 else 0.0


class GasSystem:
    """The watched spaces of a city and the leaks around them.

    It advances by whole minutes, so that nothing depends on how often it is asked to. Before the start, six
    hours pass without leaks: the run begins with tanks as they are on an ordinary day.

    Parameters
    ----------
    sites, mains
        The spaces and the mains.
    settings
        Coefficients.
    chance
        Noise of the detectors, looked up by time.
    leaks
        What goes wrong.
    time_of_day_s
        Time of day at the start, s since midnight.
    """

    def __init__(
        self,
        sites: GasSites,
        mains: GasMains,
        settings: GasSettings,
        chance: Chance,
        leaks: Sequence[GasLeak] = (),
        time_of_day_s: float = 0.0,
    ) -> None:
        self.sites, self.mains, self._settings = sites, mains, settings
        self._time_of_day_s = time_of_day_s
        self._row = {name: row for row, name in enumerate(sites.ids)}
        self._cabinet = np.array([kind == REGULATOR for kind in sites.kinds], dtype=bool)
        self.detectors = Detectors(len(sites), settings, chance)
        self._ways = Pathways(sites.x, sites.y, settings.migration)
        self.share = np.zeros((len(sites), 3))
        self.crew_fan = np.zeros(len(sites), dtype=bool)
        self._low_pressure = np.zeros(len(sites), dtype=np.int64)
        self._history = np.zeros((_HISTORY, len(sites)))
        self._peak_lel = np.zeros(len(sites))
        self._fed_by = np.full(len(sites), -1, dtype=np.int64)
        self.leaks: list[OpenLeak] = []
        self.diagnoses: dict[str, Diagnosis] = {}
        self._into_m3 = 0.0
        self._changes: list[Change] = []
        self._planned = sorted(leaks, key=lambda leak: (leak.t_s, leak.id))
        self._tick = -round(SPIN_UP_S / STEP_S)
        self.advance_to(0.0)
        self._changes.clear()

    @property
    def time_s(self) -> float:
        """Time reached, s since the start."""
        return self._tick * STEP_S

    def advance_to(self, t_s: float) -> None:
        """Let all whole minutes until a time pass."""
        while (self._tick + 1) * STEP_S <= t_s + 1e-6:
            self._step()

    def plan(self, leak: GasLeak) -> None:
        """Add a leak that begins now or later."""
        self._planned = sorted([*self._planned, leak], key=lambda other: (other.t_s, other.id))

    # --- one minute -------------------------------------------------------------------------------

    def _step(self) -> None:
        start_s = self.time_s
        while self._planned and self._planned[0].t_s < start_s + STEP_S - 1e-6 and start_s >= 0.0:
            self._begin(self._planned.pop(0))
        self._mix()
        self._tick += 1
        if self._tick % _EVERY == 0:
            self._history[self._tick // _EVERY % _HISTORY] = self.detectors.lel
        level, fan = self.detectors.level, self.detectors.fan
        methane, sulphide = self.share[:, _METHANE], self.share[:, _SULPHIDE]
        changed = self.detectors.read(self._tick, self.time_s, methane, sulphide)
        for row in changed.tolist():
            self._note_level(row, int(level[row]))
            self._note_fan(row, bool(fan[row]))
        self._follow_alarms()

    def _mix(self) -> None:
        """Let gas and air flow through the boxes for a step."""
        sites, marsh, natural = self.sites, self._settings.marsh_gas, self._settings.natural
        flows = np.array([leak.flow_m3_s for leak in self.leaks])
        leaked = self._ways.advance(flows, STEP_S)
        for leak in self.leaks:
            leak.released_m3 += leak.flow_m3_s * STEP_S
        self._into_m3 += float(leaked.sum()) * STEP_S
        source = np.empty_like(self.share)
        for column, name in enumerate(("methane", "ethane", "hydrogen_sulphide")):
            source[:, column] = getattr(natural, name) * leaked + getattr(marsh, name) * sites.marsh_m3_s
        flow = BoxFlow(leaked + sites.marsh_m3_s, self._air_m3_s())
        self.share = advance_boxes(self.share, source, flow, sites.volume_m3, STEP_S)

    def _air_m3_s(self) -> Floats:
        """Fresh air into each space in the middle of the step, m3/s."""
        marsh, sites = self._settings.marsh, self.sites
        hour = (self._time_of_day_s + self.time_s + 0.5 * STEP_S) / 3600.0 % 24.0
        swing = 1.0 + marsh.ventilation_swing * math.cos(math.tau * (hour - marsh.strongest_hour) / 24.0)
        exchange = sites.exchange_1_s * swing + np.where(self.detectors.fan, sites.fan_1_s, 0.0)
        exchange += np.where(self.crew_fan, self._settings.crew_fan_1_h / 3600.0, 0.0)
        air: Floats = exchange * sites.volume_m3
        return air

    # --- leaks ------------------------------------------------------------------------------------

    def _begin(self, leak: GasLeak) -> None:
        values = self._settings.leak
        site = self._row[leak.site] if leak.site else None
        if site is not None:
            x, y = float(self.sites.x[site]), float(self.sites.y[site])
            inlet = self.mains.inlet(x, y)
            if inlet is None:
                raise InputError(
                    f"Leak '{leak.id}' in cabinet '{leak.site}'",
                    got="no gas main near it",
                    remedy="Choose another cabinet, or complete layer gas_mains",
                )
            main, name = inlet
        else:
            x, y = self.mains.place(leak.main, leak.position)
            main, name = self.mains.main(leak.main, x, y), leak.main
        flow, pressure_kpa = leak_flow(main, leak.hole_m, values)
        lost = 1.0 - pressure_kpa / main.pressure_kpa
        number = len(self.leaks)
        rows = self._ways.add(number, x, y, site)
        self.leaks.append(OpenLeak(leak.id, x, y, flow, name, lost, leak.t_s, leak.site))
        self._fed_by[rows] = number
        if lost >= values.pressure_alarm_share:
            self._low_pressure[self.mains.beside(name)] += 1
        data = {
            "x": x,
            "y": y,
            "source": leak.site or leak.main,
            "hole_m": leak.hole_m,
            "flow_m3_h": round(3600.0 * flow, 3),
            "pressure_kpa": round(pressure_kpa, 3),
        }
        self._changes.append(Change(leak.t_s, "gas.leaking", leak.id, leak.because, data))

    def seal(self, leak: str, order: str) -> OrderOutcome:
        """Stop a leak; gas that is in the ground goes on coming for a while."""
        found = next((one for one in self.leaks if one.id == leak), None)
        if found is None or not found.is_open:
            return OrderOutcome(False, f"no open leak '{leak}'")
        found.flow_m3_s = 0.0
        if found.lost_share >= self._settings.leak.pressure_alarm_share:
            self._low_pressure[self.mains.beside(found.main)] -= 1
        data = {"released_m3": round(found.released_m3, 3)}
        self._changes.append(Change(self.time_s, "gas.sealed", leak, order, data))
        return OrderOutcome(True)

    def ventilate(self, site: str, order: str) -> OrderOutcome:
        """Blow air through a space with a crew's fan, until its detector is calm."""
        row = self._row.get(site)
        if row is None:
            return OrderOutcome(False, f"no hazard site '{site}'")
        if not self.crew_fan[row]:
            self.crew_fan[row] = True
            data = {"by": "crew", "lel": round(float(self.detectors.lel[row]), 4)}
            self._changes.append(Change(self.time_s, "gas.ventilation_started", site, order, data))
        return OrderOutcome(True)

    # --- alarms -----------------------------------------------------------------------------------

    def _note_level(self, row: int, before: int) -> None:
        level, site = int(self.detectors.level[row]), self.sites.ids[row]
        if level == before:
            return
        lel = float(self.detectors.lel[row])
        if level == CALM:
            over = {"peak_lel": round(float(self._peak_lel[row]), 4), "lel": round(lel, 4)}
            self._changes.append(Change(self.time_s, "gas.alarm_over", site, f"gas.alarm {site}", over))
            self._peak_lel[row] = 0.0
            self.diagnoses.pop(site, None)
            return
        leak = self.leak_behind(site)
        because = f"gas.alarm {site}" if before != CALM else f"gas.leaking {leak}" if leak else ""
        data: dict[str, Any] = {
            "level": level,
            "lel": round(lel, 4),
            "hydrogen_sulphide_ppm": round(float(self.detectors.ppm[row]), 1),
            "kind": self.sites.kinds[row],
            "x": float(self.sites.x[row]),
            "y": float(self.sites.y[row]),
        }
        self._changes.append(Change(self.time_s, "gas.alarm", site, because, data))

    def leak_behind(self, site: str) -> str:
        """Id of the leak that most of a space's methane comes from; empty where it is marsh gas."""
        row = self._row[site]
        gas = self.share[row, _ETHANE] / self._settings.natural.ethane
        is_leak = gas * self._settings.natural.methane > 0.5 * self.share[row, _METHANE]
        return self.leaks[self._fed_by[row]].id if is_leak and self._fed_by[row] >= 0 else ""

    def _note_fan(self, row: int, before: bool) -> None:
        running, site = bool(self.detectors.fan[row]), self.sites.ids[row]
        if running == before or self.sites.fan_1_s[row] == 0.0:
            return
        kind = "gas.ventilation_started" if running else "gas.ventilation_stopped"
        because = f"gas.alarm {site}" if running else f"gas.ventilation_started {site}"
        data = {"by": "fan", "lel": round(float(self.detectors.lel[row]), 4)}
        self._changes.append(Change(self.time_s, kind, site, because, data))

    def _follow_alarms(self) -> None:
        """Keep peaks and diagnoses of the spaces in alarm up to date; pack up blowers that are done."""
        detectors = self.detectors
        for row in np.flatnonzero((detectors.level != CALM) & (detectors.read_s == self.time_s)).tolist():
            self._peak_lel[row] = max(self._peak_lel[row], detectors.lel[row])
            self._diagnose(row)
        done = self.crew_fan & (detectors.level == CALM) & ~detectors.fan
        for row in np.flatnonzero(done).tolist():
            self.crew_fan[row] = False
            site = self.sites.ids[row]
            data = {"by": "crew", "lel": round(float(detectors.lel[row]), 4)}
            self._changes.append(
                Change(
                    self.time_s,
                    "gas.ventilation_stopped",
                    site,
                    f"gas.ventilation_started {site}",
                    data,
                )
            )

    def _diagnose(self, row: int) -> None:
        site, detectors, marsh = self.sites.ids[row], self.detectors, self._settings.marsh_gas
        lel = float(detectors.lel[row])
        signals = Signals(
            lel=lel,
            ppm=float(detectors.ppm[row]),
            rise_lel=lel - float(self._history[:, row].min()),
            pressure_drop=bool(self._low_pressure[row] > 0),
            cabinet=bool(self._cabinet[row]),
        )
        per_lel = 1e6 * self._settings.lower_explosive_limit * marsh.hydrogen_sulphide / marsh.methane
        found = diagnose(signals, self._settings.diagnosis, per_lel)
        before = self.diagnoses.get(site)
        if before is not None and before.verdict == LEAK != found.verdict:
            return  # a leak is ruled out on site, not by a detector that reads less after the sealing
        self.diagnoses[site] = found
        if before is not None and before.verdict == found.verdict:
            return
        data = {
            "verdict": found.verdict,
            "leak_probability": round(found.leak_probability, 4),
            "evidence": dict(found.evidence),
        }
        self._changes.append(Change(self.time_s, "gas.diagnosed", site, f"gas.alarm {site}", data))

    # --- what others ask --------------------------------------------------------------------------

    def take_changes(self) -> list[Change]:
        """Hand out what has happened since the last call, in order of time."""
        changes, self._changes = self._changes, []
        return sorted(changes, key=lambda change: change.t_s)

    @property
    def account(self) -> GasAccount:
        """Where the gas of the leaks went so far."""
        released = sum(leak.released_m3 for leak in self.leaks)
        open_m3 = sum(
            leak.released_m3 * self._ways.open_share(number) for number, leak in enumerate(self.leaks)
        )
        return GasAccount(released, open_m3, self._into_m3, self._ways.under_way_m3)

    def state(self) -> dict[str, Any]:
        """Return all that a system of the same city and scenario needs to go on."""
        return {
            "tick": self._tick,
            "arrays": {name: getattr(self, name).copy() for name in _ARRAYS},
            "detectors": self.detectors.state(),
            "ways": self._ways.state(),
            "leaks": copy.deepcopy(self.leaks),
            "planned": list(self._planned),
            "diagnoses": dict(self.diagnoses),
            "into_m3": self._into_m3,
            "changes": list(self._changes),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over such a state."""
        self._tick, self._into_m3 = state["tick"], state["into_m3"]
        for name, values in state["arrays"].items():
            setattr(self, name, values.copy())
        self.detectors.restore(state["detectors"])
        self._ways.restore(state["ways"])
        self.leaks, self._planned = copy.deepcopy(state["leaks"]), list(state["planned"])
        self.diagnoses, self._changes = dict(state["diagnoses"]), list(state["changes"])


_ARRAYS = ("share", "crew_fan", "_low_pressure", "_history", "_peak_lel", "_fed_by")

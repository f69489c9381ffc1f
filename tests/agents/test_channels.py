"""Reporting channels: what they see, how often, and that they repeat themselves only so much."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from agents.channels.beats import beats
from agents.draws import Draws
from agents.places import read_places
from agents.settings import CitizenSettings, PatrolSettings, SensorSettings, StaffingSettings, VideoSettings
from tests.agents.toy_town import ToyRun, make_toy_city, toy_settings

NOBODY = {"citizens": None, "sensors": None, "video": None, "patrols": None}


def flooded(depths, **channels):
    """The toy town with held depths, nobody at work, and only the named channels."""
    settings = toy_settings(**(NOBODY | {"staffing": StaffingSettings(crews={})} | channels))
    run = ToyRun({}, settings=settings)
    run.town.fixed = dict(depths)
    return run


def reports(run, channel=None):
    made = run.log.of("report.made")
    return [event for event in made if channel in (None, event.data["channel"])]


def toy_roads():
    return read_places(make_toy_city(), reach_m=100.0, persons_per_m=0.3).roads


# --- sensors -----------------------------------------------------------------------------------------


def test_a_road_sensor_reports_at_each_threshold_and_repeats_while_the_water_stands():
    exact = SensorSettings(recall=1.0, false_alarms_per_day=0.0, repeat_s=1800.0, delay_s=15.0)
    run = flooded({}, sensors=exact)
    for depth, until_s in ((0.1, 600), (0.2, 1200), (0.35, 1800), (0.6, 4200), (0.0, 9000)):
        run.town.fixed["H11"] = depth
        run.run(until_s)
    depths = [event.data["depth_m"] for event in reports(run)]
    assert depths == pytest.approx([0.2, 0.35, 0.6, 0.6], abs=0.04)  # the last one is the repetition
    assert {event.data["reporter"] for event in reports(run)} == {"S-H11"}
    assert reports(run)[0].t_s == pytest.approx(600.0 + 15.0)


def test_a_sensor_that_misses_every_reading_says_nothing():
    run = flooded({"H11": 0.6}, sensors=SensorSettings(recall=0.0)).run(3600.0)
    assert reports(run) == []


def test_a_sensor_reads_no_more_than_its_range_and_its_noise_is_unbiased():
    run = flooded({"H11": 5.0}, sensors=SensorSettings(recall=1.0, repeat_s=60.0)).run(7200.0)
    assert {event.data["depth_m"] for event in reports(run)} == {1.5}
    run = flooded({"H11": 0.8}, sensors=SensorSettings(recall=1.0, repeat_s=60.0)).run(7200.0)
    depths = [event.data["depth_m"] for event in reports(run)]
    assert len(depths) > 100
    assert np.mean(depths) == pytest.approx(0.8, abs=0.003)
    assert np.std(depths) == pytest.approx(0.01, abs=0.003)


def test_a_report_names_the_flood_that_it_saw_and_a_false_alarm_none():
    run = flooded({"H11": 0.3}, sensors=SensorSettings()).run(600.0)
    flood = run.log.events[reports(run)[0].cause - 1]
    assert (flood.kind, flood.subject) == ("road.flooded", "H11")
    run = flooded({}, sensors=SensorSettings(false_alarms_per_day=50.0)).run(7200.0)
    false = reports(run)
    assert false
    assert {(event.cause, event.data["genuine"]) for event in false} == {(None, False)}


# --- cameras -----------------------------------------------------------------------------------------


def test_video_finds_water_as_often_as_its_recall_says():
    looks = 12 * 60
    for recall in (0.0, 0.4, 1.0):
        video = VideoSettings(recall=recall, interval_s=60.0, repeat_s=0.0, false_alarms_per_day=0.0)
        run = flooded({"H22": 0.4}, video=video).run(looks * 60.0 + 1.0)
        assert len(reports(run, "video")) == pytest.approx(recall * looks, abs=45)


def test_video_finds_by_day_what_it_misses_by_night():
    by_hour = tuple(1.0 if 7 <= hour < 19 else 0.0 for hour in range(24))
    video = VideoSettings(recall=by_hour, interval_s=600.0, repeat_s=0.0, false_alarms_per_day=0.0)
    run = flooded({"H22": 0.4}, video=video).run(86400.0)
    hours = [(9.0 + (event.t_s - 30.0) / 3600.0) % 24.0 for event in reports(run, "video")]
    assert len(hours) == 12 * 6 - 1  # the look at nine on the second day is the run's end
    assert all(7.0 <= hour < 19.01 for hour in hours)


def test_video_sees_what_is_in_view_and_repeats_itself_only_after_a_while():
    video = VideoSettings(recall=1.0, interval_s=60.0, repeat_s=1800.0, false_alarms_per_day=0.0)
    assert reports(flooded({"H00": 0.9}, video=video).run(3600.0)) == []
    assert reports(flooded({"H22": 0.1}, video=video).run(3600.0)) == []
    assert len(reports(flooded({"H22": 0.4}, video=video).run(3600.0))) == 2


def test_false_alarms_of_video_come_at_their_rate():
    video = VideoSettings(interval_s=60.0, repeat_s=0.0, false_alarms_per_day=192.0)
    run = flooded({}, video=video).run(43200.0)
    assert len(reports(run)) == pytest.approx(96, abs=30)
    assert not any(event.data["genuine"] for event in reports(run))


# --- citizens ----------------------------------------------------------------------------------------


def people(**changes):
    return CitizenSettings(per_day=0.0, **changes)


def test_citizens_report_more_the_deeper_the_water():
    counts = [
        len(reports(flooded({"H11": depth}, citizens=people()).run(4 * 3600.0), "citizen"))
        for depth in (0.1, 0.25, 0.35, 0.5)
    ]
    assert counts[0] == 0
    assert counts[0] < counts[1] < counts[2] < counts[3]
    # 8000 people on 64 ha: 393 within 100 m, each at 0.01/h in half a metre of water
    assert counts[3] == pytest.approx(4 * 393 * 0.01, rel=0.6)


def test_citizens_state_the_depth_in_steps_of_five_centimetres_and_nearly_right():
    run = flooded({"H11": 0.4}, citizens=people(reports_per_person_h=0.2)).run(3600.0)
    depths = np.array([event.data["depth_m"] for event in reports(run)])
    assert np.allclose(depths / 0.05, np.round(depths / 0.05))
    assert np.median(depths) == pytest.approx(0.4, abs=0.06)
    assert depths.std() > 0.02


def test_other_matters_come_at_their_rate_and_in_the_catalogues_shares():
    run = flooded({}, citizens=CitizenSettings(per_day=3000.0)).run(86400.0)
    made = reports(run)
    assert len(made) == pytest.approx(3000, rel=0.06)
    classes = Counter(event.data["class_code"] for event in made)
    assert classes["01-02"] == pytest.approx(0.24 * 3000, rel=0.15)
    assert not any(event.data["genuine"] for event in made if event.data["class_code"] == "04-06")
    false = sum(not event.data["genuine"] for event in made if event.data["class_code"] != "04-06")
    assert false == pytest.approx(0.1 * 0.96 * 3000, rel=0.2)


# --- patrols -----------------------------------------------------------------------------------------


def patrolling(depths, **changes):
    values = {"recall": 1.0, "false_alarms_per_day": 0.0} | changes
    return flooded(depths, patrols=PatrolSettings(**values))


def test_a_round_covers_every_street_of_the_grid_without_a_jump():
    run = patrolling({}).run(60.0)
    way = run.operations.patrols["patrol-P1-1"].round
    assert set(way.passes) == set(run.town.ids)
    assert way.length_m < 1.8 * 24 * 200.0  # 24 streets of 200 m, some of them twice, and back
    assert way.legs[0].start == way.legs[-1].end
    for before, after in pairwise(way.legs):
        assert before.end == after.start
        assert before.from_m + before.length_m == pytest.approx(after.from_m)


def test_a_patroller_finds_the_water_when_coming_to_it():
    run = patrolling({"V12": 0.2}, repeat_s=0.0, sight_m=0.0)
    run.run(1.0)
    patrol = run.operations.patrols["patrol-P1-1"]
    leg = patrol.round.legs[patrol.round.passes["V12"][0]]
    low_s = leg.passes_m(leg.road.low_m) / 1.2
    run.run(low_s + 200.0)
    first = reports(run)[0]
    assert low_s + 60.0 <= first.t_s <= low_s + 120.0  # the next look, and a minute to report
    assert (first.data["reporter"], first.data["depth_m"]) == ("patrol-P1-1", 0.2)
    assert run.operations.book.cases["C-00001"].road == "V12"


def test_two_patrollers_of_a_grid_find_the_water_sooner_than_one():
    def first_report_s(per_grid):
        waits = []
        for road in ("H00", "V30", "H23", "V12", "H11"):
            run = patrolling({road: 0.2}, per_grid=per_grid)
            while not reports(run) and run.env.now < 4 * 3600.0:
                run.run(run.env.now + 300.0)
            waits.append(run.env.now)
        return np.mean(waits)

    assert first_report_s(3) < 0.7 * first_report_s(1)


def test_a_faster_patroller_finds_the_water_sooner():
    slow, fast = (patrolling({"H23": 0.2}, speed_m_s=speed, sight_m=0.0) for speed in (0.6, 2.4))
    first = [next(iter(reports(run.run(4 * 3600.0)))).t_s - 60.0 for run in (slow, fast)]
    assert first[0] == pytest.approx(4 * first[1], abs=4 * 60.0)


def test_a_patroller_turns_back_at_deep_water_and_goes_on_elsewhere():
    run = patrolling({"V12": 0.5})
    while not reports(run):
        run.run(run.env.now + 60.0)
    patrol = run.operations.patrols["patrol-P1-1"]
    assert {event.data["depth_m"] for event in reports(run)} == {0.5}
    assert patrol.rounds > 1
    assert "V12" in patrol._shut
    assert "V12" not in patrol.round.passes
    assert len(patrol.round.passes) == 23


def test_a_patroller_walks_by_day_only():
    run = patrolling({"V12": 0.2}, from_h=7.0, to_h=10.0, repeat_s=0.0)
    run.run(86400.0)
    hours = [9.0 + event.t_s / 3600.0 for event in reports(run)]
    assert hours
    assert all(hour <= 10.05 or hour >= 31.0 for hour in hours)


def test_a_patroller_enclosed_by_water_waits():
    run = patrolling({})
    run.town.fixed = dict.fromkeys(run.town.ids, 0.9)
    run.run(7200.0)
    assert run.operations.patrols["patrol-P1-1"].rounds <= 40
    assert reports(run)


def test_false_alarms_of_patrols_come_at_their_rate():
    run = patrolling({}, false_alarms_per_day=96.0, repeat_s=0.0, from_h=0.0, to_h=24.0).run(86400.0)
    assert len(reports(run)) == pytest.approx(96, abs=30)
    assert not any(event.data["genuine"] for event in reports(run))


def test_grids_in_pieces_are_walked_piece_by_piece():
    roads = [road for road in toy_roads() if road.id in ("H00", "H33", "H23")]
    way = beats(roads, None)[0].round_from("J0", frozenset(), 1, Draws(1, "patrols"))
    assert set(way.passes) == {"H00", "H33", "H23"} & {road.id for road in roads}
    jumps = [leg for leg in way.legs if leg.road is None]
    assert [leg.length_m > 600.0 for leg in jumps] == [True, True]  # there and back
    assert way.legs[0].start == way.legs[-1].end == "J0"


def test_beats_are_made_for_the_named_grids_only():
    roads = toy_roads()
    assert [beat.grid for beat in beats(roads, None)] == ["P1"]
    assert beats(roads, ["P9"]) == []


def test_patrol_grids_can_come_from_the_grid_cells():
    city = make_toy_city(without=["patrol_grids"])
    cells = city.layers["grid_cells"].copy()
    cells["patrol_grid"] = "from-cells"
    roads = read_places(city.with_layer("grid_cells", cells), reach_m=100.0, persons_per_m=0.3).roads
    assert {road.patrol_grid for road in roads} == {"from-cells"}

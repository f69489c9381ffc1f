"""Editing a SWMM file keeps its lines where they are."""

from datetime import datetime

from twin.sewer import SewerSettings
from twin.sewer.swmm_input import SwmmInput, prepare

TEXT = """[TITLE]
[OPTIONS]
flow_units  LPS ; litres
ROUTING_STEP 30
START_DATE 06/18/2026
START_TIME 17:30

[JUNCTIONS]
J1 1.0 2.0
[FILES]
SAVE HOTSTART end.hsf
"""


def test_options_change_in_place_and_new_ones_go_to_the_end():
    edited = SwmmInput.parse(TEXT).with_options({"ROUTING_STEP": "1", "THREADS": "1"})
    before = TEXT.splitlines()
    assert edited.lines[3] == "ROUTING_STEP 1"
    assert edited.lines[: len(before)] == (*before[:3], "ROUTING_STEP 1", *before[4:])
    assert edited.lines[len(before) :] == ("[OPTIONS]", "THREADS 1")


def test_option_is_read_whatever_its_case_and_comment():
    assert SwmmInput.parse(TEXT).option("FLOW_UNITS") == "LPS"
    assert SwmmInput.parse(TEXT).option("THREADS", "2") == "2"


def test_switched_off_section_keeps_its_lines_as_comments():
    edited = SwmmInput.parse(TEXT).without("FILES")
    assert edited.lines[-1] == ";SAVE HOTSTART end.hsf"
    assert len(edited.lines) == len(TEXT.splitlines())


def test_start_is_read_from_the_file():
    assert SwmmInput.parse(TEXT).start() == datetime(2026, 6, 18, 17, 30)
    assert SwmmInput.parse("[OPTIONS]\n").start() is None


def test_prepared_file_runs_without_rain_and_without_an_end_in_sight():
    edited = prepare(TEXT, SewerSettings(), 2.0)
    assert edited.option("ROUTING_STEP") == "2"
    assert edited.option("VARIABLE_STEP") == "0"
    assert edited.option("IGNORE_RAINFALL") == "YES"
    assert edited.option("ALLOW_PONDING") == "YES"
    assert edited.option("SURCHARGE_METHOD") == "SLOT"
    assert edited.option("START_DATE") == "06/18/2026"
    assert edited.option("END_DATE") == "06/15/2036"
    assert edited.option("FLOW_UNITS") == "LPS"


def test_prepared_file_may_keep_its_rain_and_start_at_another_time():
    start = datetime(2025, 7, 1, 8, 0)
    settings = SewerSettings(rain=True, riser_area_m2=None, surcharge_method=None, start=start)
    edited = prepare(TEXT, settings, 2.0, elapsed_s=90.5)
    assert edited.option("IGNORE_RAINFALL") == ""
    assert edited.option("ALLOW_PONDING") == ""
    assert edited.option("SURCHARGE_METHOD") == ""
    assert (edited.option("START_DATE"), edited.option("START_TIME")) == ("07/01/2025", "08:01:30")

"""The run folder: what a run writes and everything else reads."""

from scenarios.runfolder.frames import FrameReader
from scenarios.runfolder.reader import RunFolder
from scenarios.runfolder.writer import RunWriter

__all__ = ["FrameReader", "RunFolder", "RunWriter"]

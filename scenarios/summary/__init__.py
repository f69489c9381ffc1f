"""What a run reports: ``summary.json``, computed from what the run folder holds."""

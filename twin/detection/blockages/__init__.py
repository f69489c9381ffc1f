"""Blockages of a sewer found from level and flow sensors alone."""

"""Alarms: readings judged by rules, and the life of an alarm from publication to the archive."""

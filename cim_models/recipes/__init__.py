"""Import recipes that come with citytwin: mappings only, never data."""

"""Cities from other people's files, by recipe."""

from cim_models.importers.assembly import import_city
from cim_models.importers.recipe import read_recipe, recipe_names
from cim_models.importers.report import ImportReport, LayerReport, read_report

__all__ = ["ImportReport", "LayerReport", "import_city", "read_recipe", "read_report", "recipe_names"]

"""Settings of the property tests here."""

from hypothesis import settings

# the first example compiles kernels, which takes longer than any deadline
settings.register_profile("compiled", deadline=None)
settings.load_profile("compiled")

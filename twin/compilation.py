"""Where compiled kernels are kept, and how their threads run; set before Numba is imported."""

import hashlib
import os
import sys
from pathlib import Path
from typing import Any

from llvmlite import binding  # type: ignore[import-untyped]

THREADING_LAYER = "workqueue"
"""The simulation process forks to branch; of Numba's threading layers only this one survives that."""

INNER: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""Options of a kernel that only kernels call: without an entry for Python it compiles faster. It is kept with
those that call it."""

UNCOUNTED: dict[str, Any] = {"_nrt": False}
"""Option of a kernel that makes no arrays. Numba counts the users of an array wherever it is handed on, with
hundreds of calls for each row of the sweep, on counters for which threads wait. Whoever calls a kernel holds
its arrays."""

BORROWING: dict[str, Any] = {**INNER, **UNCOUNTED}
"""Options of a kernel that only kernels call, and that makes no arrays."""

BY_ADDRESS: dict[str, Any] = {"cache": True, "no_cpython_wrapper": True, **UNCOUNTED}
"""Options of a kernel that kernels call by its address, see `twin.surface.kernel_bands.workers`."""

FROM_PYTHON: dict[str, Any] = {"cache": True, "no_cfunc_wrapper": True, **UNCOUNTED}
"""Options of a kernel that only Python calls, and that makes no arrays."""

CONSTANT_MODULES = ("constants.py", "lending.py", "state.py", "storage.py")
"""Files without kernels whose constants and tuples are compiled into kernels."""


def prepare_numba() -> None:
    """Choose threading layer and cache folder, unless the environment has done so.

    Numba's cache looks at the file of a function alone and would miss a change in a constant or a callee
    of another file. The folder's name therefore carries a fingerprint of the kernels and their constants.
    """
    cache = user_cache_folder() / f"kernels-{_fingerprint()}"
    chosen = {"NUMBA_THREADING_LAYER": THREADING_LAYER, "NUMBA_CACHE_DIR": str(cache), **_wide_vectors()}
    for name, value in chosen.items():
        os.environ.setdefault(name, value)
    numba = sys.modules.get("numba")
    if numba is not None:
        numba.config.reload_config()


def _wide_vectors() -> dict[str, str]:
    """Return settings that let the compiler use vectors of 512 bits where the processor has them.

    By default LLVM keeps to 256 bits on processors that once lowered their clock for wider ones. The
    kernels gain a third with wide vectors, measured on such a processor (Cascade Lake).
    """
    features = binding.get_host_cpu_features()
    if not features.get("avx512f"):
        return {}
    return {
        "NUMBA_CPU_NAME": binding.get_host_cpu_name(),
        "NUMBA_CPU_FEATURES": features.flatten() + ",-prefer-256-bit",
    }


def user_cache_folder() -> Path:
    """Return the folder for files that can be made again."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "citytwin"


def _fingerprint() -> str:
    """Return a digest of the sources that compiled code depends on."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        source = path.read_bytes()
        if b"import njit" in source or path.name in CONSTANT_MODULES:
            digest.update(source)
    return digest.hexdigest()[:16]
